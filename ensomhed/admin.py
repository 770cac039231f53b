"""The people in the admin. Access administrators make users and give them roles; nobody gives any to themselves."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from ensomhed import authenticators, links
from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from ensomhed.lists import ExportedAdmin, column
from ensomhed.models import User
from ensomhed.widgets import LongSelectMultiple
from initiatives import rights
from initiatives.models import Grantee
from ledger.refusals import refused

NAMES = {"is_staff": "medarbejder", "is_active": "kan logge ind"}
OWN = ("is_active", "is_staff")
TICKED = 20
"""organisations that are ticked in a row of boxes; more are a list"""


class UserForm(forms.ModelForm):
    """A person without the password: that has a page of its own, and its digest is shown nowhere."""

    grantees = forms.ModelMultipleChoiceField(
        Grantee.objects.all(),
        label="Organisation",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Kun for tilskudsmodtagere: den organisation, hvis tilskud personen kan se.",
    )

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "job_title", "is_active", "is_staff"]
        labels = {"is_active": "Kan logge ind", "is_staff": "Er medarbejder i ministeriet"}
        help_texts = {
            "username": "Bogstaver, tal og tegnene @ . + - _",
            "is_active": "Fjern fluebenet, når personen ikke længere skal have adgang. En bruger slettes ikke.",
            "is_staff": "Medarbejdere arbejder her; tilskudsmodtagere og revisorer har deres egne sider.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("grantees", list(self.instance.grantees.all()) if self.instance.pk else [])
        field = self.fields["grantees"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        if Grantee.objects.count() > TICKED:
            field.widget = LongSelectMultiple(attrs={"size": TICKED})
            field.widget.choices = field.choices

    def clean(self) -> Any:
        """An address that PostgreSQL would not let change is said so beside its field."""
        super().clean()
        person = self.instance
        if "email" in self.changed_data and self.cleaned_data.get("is_active", person.is_active) and person.groups.exists() and not person.may(rights.SEE_OWN):
            self.add_error("email", str(refused("address_stays_with_the_role")))
        return self.cleaned_data


class NewUserForm(forms.ModelForm):
    """A new person, without a password: a one-time link goes to the address, and the person chooses one."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "job_title"]
        help_texts = {
            "username": "Bogstaver, tal og tegnene @ . + - _",
            "email": "Personens egen. Hertil sendes det link, som adgangskoden vælges med.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def save(self, commit: bool = True) -> Any:
        self.instance.set_unusable_password()
        return super().save(commit)


class Role(admin.RelatedFieldListFilter):
    """The groups, under the name that the page uses."""

    def __init__(self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = "rolle"


class YesOrNo(admin.BooleanFieldListFilter):
    """The filter under the name that the page uses."""

    def __init__(self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = NAMES[field_path]


@admin.register(User)
class UserAdmin(ExportedAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    add_form_template = "admin/ensomhed/user.html"
    change_form_template = "admin/ensomhed/user.html"
    actions = None
    list_display = ["username", "name", "job_title", "roles", "access", "last_seen"]
    list_filter = [("groups", Role), ("is_staff", YesOrNo), ("is_active", YesOrNo)]
    search_fields = ["username", "first_name", "last_name", "job_title"]
    search_help_text = "Søg på navn, brugernavn eller stilling"
    list_per_page = 50
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "job_title")}),
        (
            "Adgang",
            {
                "fields": ("is_active", "is_staff", "grantees"),
                "description": "Rollerne bestemmer, hvad en person må. De foreslås på deres egen side, og ledelsen afgør dem.",
            },
        ),
    )
    add_fieldsets = ((None, {"fields": ("username", "first_name", "last_name", "email", "job_title")}),)

    @column("Roller")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @column("Navn", ordering="first_name")
    def name(self, user: User) -> str:
        return user.get_full_name()

    @column("Adgang", ordering="is_active")
    def access(self, user: User) -> str:
        return ("Medarbejder" if user.is_staff else "Ekstern") if user.is_active else "Kan ikke logge ind"

    @column("Sidst logget ind", ordering="last_login")
    def last_seen(self, user: User) -> datetime | None:
        return user.last_login

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.pk != request.user.pk:
            return fieldsets
        return [(name, {**options, "fields": [field for field in options["fields"] if field != "grantees"]}) for name, options in fieldsets]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "grantees" in form.cleaned_data and form.instance.pk != request.user.pk:
            form.instance.grantees.set(form.cleaned_data["grantees"])

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return OWN if obj is not None and obj.pk == request.user.pk else ()

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Leads straight on to the roles: a new person has none."""
        messages.success(request, f"Brugeren {obj} er oprettet. Vælg nu rollerne nedenfor, og send så linket til adgangskoden.")
        return redirect("admin:ensomhed_user_change", obj.pk)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """An address that is changed is told so itself: mails about the account go to the new one from now on."""
        super().save_model(request, obj, form, change)
        old = form.initial.get("email", "")
        if change and old and "email" in form.changed_data:
            try:
                links.tell_old_address(acting(request), obj, old)
            except links.NotSent:
                messages.warning(request, f"Den gamle adresse {old} kunne ikke få besked om ændringen. Sig det til {obj} selv.")

    def get_urls(self) -> list[URLPattern]:
        """No page sets another person's password."""
        own = [
            path("<int:number>/link/", self.admin_site.admin_view(require_POST(asked_again(self.send_link))), name="ensomhed_user_link"),
        ]
        return [*own, *self.export_addresses(), *super(DjangoUserAdmin, self).get_urls()]

    def keeping(self, request: HttpRequest, number: int) -> User:
        """The person whom the access administrator does something for."""
        if not acting(request).may(rights.MANAGE_USERS):
            raise PermissionDenied("Kun adgangsadministratoren kan dette.")
        return get_object_or_404(User, pk=number, is_active=True)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        person = self.get_object(request, object_id)
        steps = [authenticators.NAMES[one.type] for one in authenticators.of(person)] if person else []
        return super().change_view(request, object_id, form_url, {"steps": steps, **(extra_context or {})})

    def send_link(self, request: HttpRequest, number: int) -> HttpResponse:
        """Sends the person a one-time link to choose a password by; nobody else ever knows it."""
        person = self.keeping(request, number)
        if not person.email:
            messages.error(request, f"{person} har ingen e-mailadresse. Skriv den nedenfor, gem, og send så linket.")
            return redirect("admin:ensomhed_user_change", person.pk)
        try:
            links.send(request, person)
        except links.NotSent:
            messages.error(request, "Mailen kunne ikke sendes. Prøv igen om lidt, eller bed driften se på mailserveren.")
        else:
            self.log_change(request, person, f"Sendte et engangslink til adgangskoden til {person.email}.")
            messages.success(request, f"Linket er sendt til {person.email}. Det virker én gang og i fire timer.")
        return redirect("admin:ensomhed_user_change", person.pk)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody who has booked anything can go away; whoever leaves is made inactive."""
        return False
