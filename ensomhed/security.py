"""A person's own second step: setting it up, adding another, taking one away, recovery codes."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ensomhed import authenticators, factor
from ensomhed.adminsite import acting
from ensomhed.login import onward
from ensomhed.models import Attempt, User

SECRET = "new_app"  # noqa: S105 — where a session keeps it until the app has shown its first code


class AppForm(forms.Form):
    code = forms.CharField(
        label="Kode fra appen",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Skriv de seks cifre, som appen viser."},
    )


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label="Hvad skal den hedde?",
        max_length=authenticators.LONGEST_NAME,
        initial="Min computer",
        help_text="For eksempel »Arbejdscomputer« eller »Nøgle i skuffen«. Så kan du kende den igen.",
        error_messages={"required": "Giv adgangsnøglen et navn, så du kan kende den igen."},
    )
    credential = forms.CharField(required=False, max_length=100_000, widget=forms.HiddenInput)


@login_required
@never_cache
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What the person has, and what is missing."""
    person = acting(request)
    kept = [(one, authenticators.NAMES[one.type], one.wrap().name if one.type == authenticators.PASSKEY else "") for one in authenticators.of(person)]
    context = {
        "kept": kept,
        "has_app": any(one.type == authenticators.APP for one, _, _ in kept),
        "codes_left": authenticators.recovery_codes_left(person),
        "is_required": factor.required_of(person),
        "is_invented": person.is_demo,
    }
    return render(request, "factor/overview.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@factor.asked_again
def add_app(request: HttpRequest) -> HttpResponse:
    """Setting up an app that shows codes: scan, type the first code, done."""
    person = acting(request)
    if authenticators.of(person).filter(type=authenticators.APP).exists():
        return redirect("security")
    secret = request.session.get(SECRET) or authenticators.new_secret()
    request.session[SECRET] = secret
    form = AppForm(request.POST if "code" in request.POST else None)
    if form.is_valid():
        made = authenticators.add_app(person, secret, form.cleaned_data["code"])
        if made:
            del request.session[SECRET]
            return _added(request, person, made, "Appen er sat op.")
        form.add_error("code", "Koden passer ikke. Skriv den, som appen viser nu, og se efter, at telefonens ur går rigtigt.")
    side, squares = authenticators.qr(person, secret)
    return render(
        request, "factor/app.html", {"form": form, "side": side, "squares": squares, "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))}
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@factor.asked_again
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Adding a passkey: the browser makes it and keeps the secret half."""
    person = acting(request)
    form = PasskeyForm(request.POST if "credential" in request.POST else None)
    if form.is_valid():
        made = authenticators.add_passkey(person, form.cleaned_data["name"], form.cleaned_data["credential"])
        if made:
            return _added(request, person, made, "Adgangsnøglen er gemt.")
        form.add_error(None, "Adgangsnøglen blev ikke lavet. Prøv igen, og følg browserens anvisning helt til ende.")
    host = request.get_host().rpartition(":")[0] or request.get_host()
    has_name = not host.replace(".", "").isdigit() and not host.startswith("[")
    return render(request, "factor/passkey.html", {"form": form, "question": authenticators.question_for_new_passkey(person), "has_name": has_name})


def _added(request: HttpRequest, person: User, made: authenticators.Authenticator, said: str) -> HttpResponse:
    factor.shown(request, made)
    messages.success(request, said)
    if authenticators.recovery_codes_left(person):
        return redirect("security")
    return _codes(request, person)


@login_required
@never_cache
@require_POST
@factor.asked_again
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten new codes, shown this once."""
    person = acting(request)
    if not authenticators.of(person).exists():
        return redirect("security")
    return _codes(request, person)


def _codes(request: HttpRequest, person: User) -> HttpResponse:
    return render(request, "factor/codes.html", {"codes": [f"{code[:4]} {code[4:]}" for code in authenticators.make_recovery_codes(person)]})


@login_required
@never_cache
@require_POST
@factor.asked_again
def remove(request: HttpRequest) -> HttpResponse:
    """Takes one of the person's own second steps away; whoever must have one keeps the last."""
    person = acting(request)
    number = request.POST.get("number", "")
    if not number.isdecimal():
        return redirect("security")
    if factor.required_of(person) and authenticators.of(person).count() < 2:
        messages.error(request, "Det er dit eneste andet trin, og din rolle kræver et. Sæt først et nyt op, og fjern så det gamle.")
    elif authenticators.remove(person, int(number[:18])):
        messages.success(request, "Det er fjernet og kan ikke bruges mere.")
    return redirect("security")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Shows the second step in a session that has not: one that began before it was set up."""
    person, wanted = acting(request), request.POST.get("next", request.GET.get("next", ""))
    if factor.standing(request) is not factor.Standing.NOT_SHOWN:
        return redirect(onward(request, wanted))
    form = factor.Proof(person, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.show(request, Attempt.Step.AGAIN):
        return redirect(onward(request, wanted))
    return factor.asking(request, form, carried=[("next", wanted)])
