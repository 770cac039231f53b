"""The second step of logging in: who must have one, whether this session has shown it, and asking for it again before money moves."""

import functools
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, Concatenate, ParamSpec

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from ensomhed import attempts, authenticators, sessions
from ensomhed.models import Attempt, User
from ensomhed.templatetags.danish import tidspunkt

P = ParamSpec("P")

MONEY = (
    "initiatives.register_payment",
    "initiatives.approve_payment",
    "initiatives.propose_decision",
    "initiatives.approve_decision",
    "initiatives.propose_details",
    "initiatives.verify_details",
    "initiatives.check_accounts",
    "initiatives.release_payments",
    "initiatives.reconcile_payments",
    "initiatives.answer_case",
    "initiatives.review_access",
    "initiatives.read_all",
    "ledger.close_period",
    "ensomhed.change_user",
    "ensomhed.add_user",
)
"""whoever holds one of these rights logs in with two steps"""
FRESH_SECONDS = 5 * 60
SHOWN = "factor"
LEAVING = {"logout", "admin:logout"}
SETTING_UP = {"security", "security_app", "security_passkey", "security_codes"}


class Standing(Enum):
    """How a session stands to the second step."""

    CLEAR = "clear"
    MISSING = "missing"  # the person needs one and has none
    NOT_SHOWN = "not shown"  # the person has one, and this session has not shown it


def required_of(user: User) -> bool:
    """Whether this person logs in with two steps: whoever can register, approve, decide, or read it all. Invented people do not, where nothing is real."""
    return not (user.is_demo and settings.FOR_TRYING) and (user.is_superuser or any(user.may(right) for right in MONEY))


def standing(request: HttpRequest) -> Standing:
    """How this session stands; asked of the database once for each request, so that a second step taken away counts at once."""
    known: Standing | None = getattr(request, "_factor_standing", None)
    if known is None:
        assert isinstance(request.user, User)
        kinds = dict(Authenticator.objects.filter(user=request.user).values_list("pk", "type"))
        if not any(kind != authenticators.RECOVERY for kind in kinds.values()):
            known = Standing.MISSING if required_of(request.user) else Standing.CLEAR
        else:
            known = Standing.CLEAR if request.session.get(SHOWN, {}).get("id") in kinds else Standing.NOT_SHOWN
        request._factor_standing = known  # type: ignore[attr-defined]
    return known


def shown(request: HttpRequest, authenticator: Authenticator | None) -> None:
    """This session has shown a second step now; or, of somebody who has none, the password."""
    request.session[SHOWN] = {"id": authenticator.pk if authenticator else None, "at": time.time()}
    vars(request).pop("_factor_standing", None)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the second step was shown within the last five minutes. Of somebody without one: whether the password was."""
    if standing(request) is Standing.NOT_SHOWN:
        return False
    seconds = time.time() - request.session.get(SHOWN, {}).get("at", 0)
    if 0 <= seconds <= FRESH_SECONDS:
        return True
    assert isinstance(request.user, User)
    if authenticators.of(request.user).exists():
        return False
    return (request.user.is_demo and settings.FOR_TRYING) or sessions.began_seconds_ago(request) <= FRESH_SECONDS


class Proof(forms.Form):
    """The second step, or the password of somebody who has none."""

    code = forms.CharField(
        label="Kode",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
        help_text="De seks cifre, som appen viser nu. Har du den ikke, så skriv en af dine nødkoder.",
    )
    credential = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    password = forms.CharField(
        label="Adgangskode", required=False, max_length=1000, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, data: QueryDict | None = None) -> None:
        super().__init__(data, prefix="factor")
        self.user = user
        self.kinds = set(authenticators.of(user).values_list("type", flat=True))
        self.authenticator: Authenticator | None = None
        for name in ("code", "credential") if not self.kinds else ("password",):
            del self.fields[name]
        if self.kinds == {authenticators.PASSKEY}:
            self.fields["code"].label = "Nødkode"
            self.fields["code"].help_text = "Kun hvis du ikke har din adgangsnøgle."
            self.fields["code"].widget.attrs = {"autocomplete": "off", "inputmode": "numeric"}

    @property
    def has_app(self) -> bool:
        return authenticators.APP in self.kinds

    def show(self, request: HttpRequest, step: Attempt.Step) -> bool:
        """Whether what was sent proves the person; the form says why when it does not."""
        if not self.is_valid():
            return False
        try:
            found = attempts.tried(request, self.user.get_username(), step, self._holds, entered=True)
        except attempts.TooMany as wait:
            self.add_error(None, f"For mange forsøg. Vent til {tidspunkt(wait.minute)}, og prøv så igen.")
            return False
        if found is None:
            name = "password" if not self.kinds else "code"
            self.add_error(name, "Adgangskoden er forkert." if not self.kinds else self._wrong())
            return False
        shown(request, self.authenticator)
        return True

    def _holds(self) -> User | None:
        if not self.kinds:
            return self.user if self.user.check_password(self.cleaned_data["password"]) else None
        self.authenticator = authenticators.accepted(self.user, code=self.cleaned_data["code"], credential=self.cleaned_data["credential"])
        return self.user if self.authenticator else None

    def _wrong(self) -> str:
        if self.cleaned_data["credential"]:
            return "Adgangsnøglen passer ikke til din bruger. Prøv igen, eller brug en kode."
        return "Koden passer ikke. Skriv den, som appen viser nu; den samme kode virker kun én gang."


def asking(request: HttpRequest, form: Proof, **context: Any) -> HttpResponse:
    """The page that asks for the second step."""
    question = authenticators.question_for_passkey(form.user) if form.kinds else None
    return render(request, "factor/ask.html", {"form": form, "question": question, **context})


def asked_again(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A view whose POST is carried out only with a second step shown within five minutes. Otherwise the person is asked for it first, at the same address,
    with everything that was filled in carried along; a chosen file is the one thing that the browser must choose again, and the page says so.
    """

    @functools.wraps(view)
    def asked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method != "POST" or not request.user.is_authenticated or is_fresh(request):
            return view(request, *args, **kwargs)
        assert isinstance(request.user, User)
        proving = "factor-asked" in request.POST
        form = Proof(request.user, request.POST if proving else None)
        if proving and form.show(request, Attempt.Step.AGAIN):
            return view(request, *args, **kwargs)
        carried = [
            (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken" and not name.startswith("factor-")
        ]
        return asking(request, form, again=True, carried=carried, has_files=bool(request.FILES), back=_back(request))

    return asked


def _back(request: HttpRequest) -> str:
    """The page that somebody was on when they were asked."""
    came = request.POST.get("factor-back") or request.headers.get("Referer", "")
    return came if url_has_allowed_host_and_scheme(came, {request.get_host()}) else reverse("home")


class Required:
    """Middleware: whoever must have a second step reaches only the page where it is set up, until it is; and nobody goes around one that they have."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        at = request.resolver_match
        if not request.user.is_authenticated or at is None or at.view_name in LEAVING or at.view_name.startswith("api-"):
            return None  # the API asks for itself, in its own shape
        found = standing(request)
        if found is Standing.MISSING:
            return None if at.view_name in SETTING_UP else redirect("security")
        if found is Standing.CLEAR or at.view_name == "confirm":
            return None
        return redirect(f"{reverse('confirm')}?{urlencode({'next': request.get_full_path() if request.method == 'GET' else '/'})}")
