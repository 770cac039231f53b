"""What an address cannot mean."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

API = "/api/"  # refuses a NUL itself, in its own shape


def without_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers that there is nothing at an address with a NUL in its path or its query: PostgreSQL keeps none in a text, so nothing is called that."""

    def answer(request: HttpRequest) -> HttpResponse:
        has_nul = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        if has_nul and not request.path.startswith(API):
            raise Http404
        return get_response(request)

    return answer
