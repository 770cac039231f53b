"""The frame settlement (bevillingsafregning): each frame by fiscal year as the books have it, and beside it the year profile, which a controller writes down."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from djmoney.money import Money

from ensomhed.adminsite import acting
from ensomhed.lists import Extract, Kind
from initiatives import rights, years
from initiatives.admin.accounts_forms import UsedField
from initiatives.admin.forms import Deed
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import Frame, YearProfile
from initiatives.years import Year
from ledger.formats import number
from ledger.models import ZERO, Period
from ledger.refusals import LedgerError

COLUMNS = (
    "Finansår",
    "Status",
    "Finansloven",
    "Overført fra året før",
    "Bevilget",
    "Anvendt",
    "Bortfaldet",
    "Videreført",
    "Heraf øremærket",
    "Tilbagebetalt til statskassen",
)


@dataclass(frozen=True)
class Row:
    """One fiscal year: what the books have, and the figure that stands beside it."""

    went: Year
    figure: Money | None
    state: str


@dataclass(frozen=True)
class Settlement:
    """One frame's settlement with its year profile."""

    frame: Frame
    rows: list[Row]
    profile: YearProfile | None
    older: list[YearProfile]

    @property
    def total(self) -> dict[str, Money]:
        """What happened in all years together; what was carried over is not added up."""
        return {name: sum((getattr(row.went, name) for row in self.rows), ZERO) for name in ("granted", "used", "lapsed", "repaid_to_treasury")}

    @property
    def difference(self) -> Money:
        """By how much the profile's figures sum to something else than the frame: shown, never corrected."""
        return abs((self.profile.total if self.profile else ZERO) - self.frame.amount)

    @property
    def outside(self) -> list[Any]:
        """Figures of years that the settlement has no row for."""
        told = {row.went.year for row in self.rows}
        return [figure for figure in self.profile.figures.all() if figure.year not in told] if self.profile else []


def settlements(frames: list[Frame]) -> list[Settlement]:
    """The settlements of these frames, with every version of their profiles."""
    closed = set(Period.objects.filter(closed=True, code__endswith="-13.2").values_list("code", flat=True))
    profiles: dict[int, list[YearProfile]] = {}
    for profile in YearProfile.objects.filter(frame__in=frames).select_related("made_by").prefetch_related("figures").order_by("frame", "-number"):
        profiles.setdefault(profile.frame_id, []).append(profile)
    return [_settlement(frame, profiles.get(frame.pk, []), closed) for frame in frames]


def _settlement(frame: Frame, profiles: list[YearProfile], closed: set[str]) -> Settlement:
    newest = profiles[0] if profiles else None
    figures = {figure.year: figure.amount for figure in newest.figures.all()} if newest else {}
    today = timezone.localdate()

    def state(year: int) -> str:
        if f"{year}-13.2" in closed:
            return "lukket"
        return "foreløbig" if year <= today.year else "ikke begyndt"

    rows = [Row(year, figures.get(year.year), state(year.year)) for year in years.settlement(frame)]
    return Settlement(frame, rows, newest, profiles[1:])


@require_safe
@opens_with(rights.READ_ALL)
def show(request: HttpRequest) -> HttpResponse:
    """Every frame's settlement, one below the other and never added."""
    told = settlements(list(Frame.objects.select_related("account")))
    return page(request, "years/settlement.html", "Bevillingsafregning", settlements=told, may_record=acting(request).may(rights.CLOSE))


@require_safe
@opens_with(rights.READ_ALL)
def fetch(request: HttpRequest, slug: str, kind: Kind) -> HttpResponseBase:
    """One frame's settlement as a file: the rows of the page, to the øre."""
    frame = get_object_or_404(Frame, slug=slug)
    (told,) = settlements([frame])
    about = [("Ramme", str(frame)), ("Rammens beløb", str(frame.amount.amount))]
    if told.profile:
        about.append(("Finanslovens tal", f"{told.profile.source} (version {told.profile.number})"))
    rows = ([row.went.year, row.state, row.figure, *list(vars(row.went).values())[1:]] for row in told.rows)
    return Extract(f"Bevillingsafregning {frame.slug}", COLUMNS, rows, about).sent(request, kind)


class FigureField(UsedField):
    """A fiscal year's figure. Left out, the year has none; 0 is a figure."""

    def __init__(self, year: int) -> None:
        super().__init__(label=f"{year}, kr.", required=False)


class YearProfileForm(Deed):
    """The figures of a frame, a field for each fiscal year, and where they stand."""

    source = forms.CharField(
        label="Kilde",
        max_length=500,
        help_text="Hvor tallene står, for eksempel »Finanslov 2023, § 15.71.13.10, standardkonto 46«.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Angiv, hvor tallene står."},
    )
    reason = forms.CharField(
        label="Hvorfor tallene ændres",
        max_length=500,
        help_text="De tidligere tal bliver stående som en ældre version.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Angiv, hvorfor tallene ændres."},
    )

    def __init__(self, *args: Any, frame: Frame, profile: YearProfile | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {figure.year: figure.amount for figure in profile.figures.all()} if profile else {}
        self.years = sorted({*range(frame.starts.year, frame.ends.year + 2), *known})
        for year in self.years:
            self.fields[f"figure_{year}"] = FigureField(year)
            if year in known:
                self.initial[f"figure_{year}"] = number(known[year])
        if profile:
            self.initial["source"] = profile.source
        else:
            del self.fields["reason"]
        self.order_fields([*(f"figure_{year}" for year in self.years), "source", "reason"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(f"figure_{year}" in self.errors for year in self.years) and not self.figures:
            self.add_error(f"figure_{self.years[0]}", "Angiv tallet for mindst ét finansår.")
        return cleaned

    @property
    def figures(self) -> dict[int, Money]:
        filled = {year: self.cleaned_data.get(f"figure_{year}") for year in self.years}
        return {year: amount for year, amount in filled.items() if amount is not None}


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.CLOSE)
def record(request: HttpRequest, slug: str) -> HttpResponse:
    """A controller writes a frame's figures down, or new ones beside the old."""
    user, frame = acting(request), get_object_or_404(Frame, slug=slug)
    profile = years.current(frame)
    form = YearProfileForm(request.POST if request.method == "POST" else None, by=user, frame=frame, profile=profile)
    if form.is_valid():
        try:
            made = years.record(
                user,
                frame,
                figures=form.figures,
                source=form.cleaned_data["source"],
                reason=form.cleaned_data.get("reason", ""),
                key=form.cleaned_data["key"],
            )
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Finanslovens tal er gemt som version {made.number}.")
            return redirect("admin:initiatives_settlement")
    form.focus()
    return page(request, "years/profile.html", f"Finanslovens tal for {frame}", form=form, frame=frame, profile=profile)
