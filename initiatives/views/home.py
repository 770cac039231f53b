"""Logging in, and where each person belongs afterwards."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeDoneView, PasswordChangeView
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy

from ensomhed.models import User
from initiatives import rights
from initiatives.views.access import Request, reading


class LogInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "Brugernavn eller adgangskode er forkert. Prøv igen.",
        "inactive": "Brugernavn eller adgangskode er forkert. Prøv igen.",
    }


class LogIn(LoginView):
    """The log-in page. It never tells which of the two was wrong, nor whether a person exists."""

    authentication_form = LogInForm
    redirect_authenticated_user = True
    template_name = "login.html"


class ChangePassword(PasswordChangeView):
    """Everybody's own password. Whoever was logged in elsewhere with the old one is logged out there."""

    template_name = "password.html"
    success_url = reverse_lazy("password_changed")


class PasswordChanged(PasswordChangeDoneView):
    template_name = "password_changed.html"


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
