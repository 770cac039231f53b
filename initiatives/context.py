from django.http import HttpRequest

from ensomhed.models import User


def demo(request: HttpRequest) -> dict[str, bool]:
    """Whether this installation holds demo people, and so invented movements: said on every page that somebody who is logged in sees."""
    user = getattr(request, "user", None)
    return {"is_demo": bool(user and user.is_authenticated) and (getattr(user, "is_demo", False) or User.objects.filter(is_demo=True).exists())}
