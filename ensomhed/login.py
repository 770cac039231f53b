"""Logging in and out, and the password: one page each, for everybody."""

import time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import SetPasswordForm, UsernameField
from django.contrib.auth.views import LogoutView, PasswordChangeDoneView, PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ensomhed import attempts, authenticators, factor, sessions
from ensomhed.models import Attempt, User
from ensomhed.templatetags.danish import tidspunkt

ENTERING = "entering"
ENTERING_SECONDS = 10 * 60
BACKEND = "ensomhed.login.Backend"
WRONG = "Brugernavn eller adgangskode er forkert. Prøv igen."
WAIT = (
    "Der er forsøgt for mange gange herfra med det brugernavn. Vent til {moment}, og prøv så igen. "
    "Har du glemt adgangskoden, så bed adgangsadministratoren om at sende dig et link til en ny."
)


class Backend(ModelBackend):
    """Django's own; where the installation is not for trying, invented people are nobody: their password is known to everybody."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and (settings.FOR_TRYING or not getattr(user, "is_demo", False))


class LogInForm(forms.Form):
    username = UsernameField(label="Brugernavn", max_length=150, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"}))
    password = forms.CharField(label="Adgangskode", max_length=1000, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))


def onward(request: HttpRequest, wanted: str) -> str:
    """Where somebody came from, if that is a page of ours; else where they belong."""
    inside = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and inside else reverse("home")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The one place to log in. It never tells which of the two was wrong, nor whether a person exists."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(onward(request, wanted))
    if request.method == "POST" and "person" in request.POST and settings.FOR_TRYING:
        invented = get_object_or_404(User.objects.filter(is_demo=True, is_active=True), username=request.POST["person"])
        return _begin(request, invented, wanted)
    form, status = LogInForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = attempts.tried(request, given["username"], Attempt.Step.PASSWORD, lambda: _authenticated(request, given), entered=False)
        except attempts.TooMany as wait:
            form.add_error(None, WAIT.format(moment=tidspunkt(wait.minute)))
            status = 429
        else:
            if user:
                return _begin(request, user, wanted)
            form.add_error(None, WRONG)
    people = User.objects.filter(is_demo=True, is_active=True).order_by("pk") if settings.FOR_TRYING else User.objects.none()
    context = {"form": form, "next": wanted, "people": people, "notice": request.session.pop(sessions.NOTICE, "")}
    return render(request, "login.html", context, status=status)


def _authenticated(request: HttpRequest, given: dict[str, Any]) -> User | None:
    user = authenticate(request, username=given["username"], password=given["password"])
    return user if isinstance(user, User) else None


def _begin(request: HttpRequest, user: User, wanted: str) -> HttpResponse:
    """After the password: the second step for whoever has one, and in for everybody else."""
    request.session.flush()
    if not authenticators.of(user).exists():
        return _enter(request, user, wanted, step=Attempt.Step.PASSWORD)
    request.session[ENTERING] = {"person": user.pk, "password": user.get_session_auth_hash(), "next": wanted, "at": time.time()}
    return redirect("login_factor")


def _enter(request: HttpRequest, user: User, wanted: str, step: Attempt.Step | None = None) -> HttpResponse:
    login(request, user, backend=BACKEND)
    request.session[sessions.BEGAN] = request.session[sessions.SEEN] = time.time()
    if step:
        attempts.entered(request, user, step)
    answer = redirect(onward(request, wanted))
    attempts.remember(request, answer, user.get_username())
    return answer


def entering(request: HttpRequest) -> User | None:
    """Who has given the right password in this session within the last ten minutes, and has the second step left."""
    begun = request.session.get(ENTERING, {})
    if not 0 <= time.time() - begun.get("at", 0) <= ENTERING_SECONDS:
        return None
    user = Backend().get_user(begun["person"])
    return user if isinstance(user, User) and constant_time_compare(user.get_session_auth_hash(), begun["password"]) else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_in_factor(request: HttpRequest) -> HttpResponse:
    """The second step of logging in."""
    user = entering(request)
    if user is None or request.user.is_authenticated:
        return redirect("login")
    form = factor.Proof(user, request.POST if request.method == "POST" else None)
    if not form.kinds:
        return redirect("login")  # it was taken away meanwhile
    if request.method == "POST" and form.show(request, Attempt.Step.FACTOR):
        wanted = request.session.pop(ENTERING)["next"]
        return _enter(request, user, wanted)
    return factor.asking(request, form)


class LogOut(LogoutView):
    """Ends the session altogether: what it knew is deleted on the server."""


class ChangePassword(PasswordChangeView):
    """Everybody's own password. Whoever was logged in elsewhere with the old one is logged out there."""

    template_name = "password.html"
    success_url = reverse_lazy("password_changed")


class PasswordChanged(PasswordChangeDoneView):
    template_name = "password_changed.html"


class ChosenPasswordForm(SetPasswordForm):
    """A password that the person chooses after following a one-time link."""


class ChoosePassword(PasswordResetConfirmView):
    """Where a one-time link leads. The link works once, and not for long; whoever is not allowed to log in has none."""

    template_name = "password_chosen.html"
    form_class = ChosenPasswordForm
    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and Backend().user_can_authenticate(user) else None

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        self.request.session[sessions.NOTICE] = "Adgangskoden er gemt. Log ind med den."
        return answer
