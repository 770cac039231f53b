"""Where each person belongs."""

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from ensomhed.models import User
from initiatives import rights
from initiatives.views.access import Request, reading


@reading
def home(request: Request) -> HttpResponseBase:
    """Sends staff to the administration, auditors to the books, grantees to their grants; whoever has no role is told whom to ask."""
    if request.user.is_staff:
        return redirect("admin:index")
    if request.user.may(rights.READ_ALL):
        return redirect("audit")
    if request.user.may(rights.SEE_OWN):
        return redirect("grants")
    keepers = User.objects.filter(is_active=True, groups__permissions__codename="change_user").distinct()
    return render(request, "no_role.html", {"keepers": keepers})
