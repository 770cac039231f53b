from django.http import HttpRequest


def demo(request: HttpRequest) -> dict[str, bool]:
    """Whether the page is seen by a demo person, and so shows invented movements."""
    return {"is_demo": getattr(getattr(request, "user", None), "is_demo", False)}
