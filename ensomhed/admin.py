"""The people in the admin. Access administrators make users and give them roles; nobody gives any to themselves."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ensomhed.adminsite import acting
from ensomhed.models import User
from ensomhed.templatetags.danish import tidspunkt
from initiatives.models import Grantee

NAMES = {"is_staff": "medarbejder", "is_active": "kan logge ind"}
OWN = ("groups", "is_active", "is_staff")


def require_passwords(form: forms.BaseForm) -> None:
    """Both fields must be filled in; Django asks for them only after the fact, and speaks as if the password were one's own."""
    for name in ("password1", "password2"):
        form.fields[name].required = True
    form.fields["password1"].help_text = "Mindst 12 tegn. Ikke kun tal, ikke en udbredt adgangskode og ikke noget, der ligner personens navn."
    form.fields["password2"].help_text = "Skriv den samme adgangskode igen."


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
        fields = ["username", "first_name", "last_name", "email", "job_title", "is_active", "is_staff", "groups"]
        labels = {"is_active": "Kan logge ind", "is_staff": "Er medarbejder i ministeriet", "groups": "Roller"}
        help_texts = {
            "username": "Bogstaver, tal og tegnene @ . + - _",
            "is_active": "Fjern fluebenet, når personen ikke længere skal have adgang. En bruger slettes ikke.",
            "is_staff": "Medarbejdere arbejder her; tilskudsmodtagere og revisorer har deres egne sider.",
            "groups": "",
        }
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = self.fields.get("groups")
        if isinstance(roles, forms.ModelMultipleChoiceField):  # the admin's own wrapping would take away the group of checkboxes' common name
            roles.widget = forms.CheckboxSelectMultiple()
            roles.widget.choices = roles.choices
        self.initial.setdefault("grantees", list(self.instance.grantees.all()) if self.instance.pk else [])


class NewUserForm(AdminUserCreationForm):
    """A new person has a password from the start, and can change it after logging in."""

    usable_password = None  # type: ignore[assignment]

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "job_title"]
        help_texts = {"username": "Bogstaver, tal og tegnene @ . + - _"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        require_passwords(self)


class PasswordForm(AdminPasswordChangeForm):
    """Another password for another person; taking it away altogether is done by making the person inactive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        require_passwords(self)


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
class UserAdmin(DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    add_form_template = "admin/ensomhed/user.html"
    change_password_form = PasswordForm
    change_form_template = "admin/ensomhed/user.html"
    change_user_password_template = "admin/ensomhed/password.html"  # noqa: S105 — a page, no secret
    actions = None
    list_display = ["username", "name", "job_title", "roles", "access", "last_seen"]
    list_filter = [("groups", Role), ("is_staff", YesOrNo), ("is_active", YesOrNo)]
    search_fields = ["username", "first_name", "last_name", "job_title"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "job_title")}),
        (
            "Adgang",
            {"fields": ("is_active", "is_staff", "groups", "grantees"), "description": "Rollerne bestemmer, hvad en person må. Ingen kan ændre sine egne."},
        ),
    )
    add_fieldsets = ((None, {"fields": ("username", "first_name", "last_name", "email", "job_title", "password1", "password2")}),)

    @admin.display(description="Roller")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @admin.display(description="Navn", ordering="first_name")
    def name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="Adgang", ordering="is_active")
    def access(self, user: User) -> str:
        return ("Medarbejder" if user.is_staff else "Ekstern") if user.is_active else "Kan ikke logge ind"

    @admin.display(description="Sidst logget ind", ordering="last_login")
    def last_seen(self, user: User) -> str:
        return tidspunkt(user.last_login)

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
        messages.success(request, f"Brugeren {obj} er oprettet. Vælg nu rollerne nedenfor.")
        return redirect("admin:ensomhed_user_change", obj.pk)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody who has booked anything can go away; whoever leaves is made inactive."""
        return False

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 — Django's own name
        """Sets another person's password; one's own is changed with the old one at hand."""
        if id == str(acting(request).pk):
            raise PermissionDenied("Du skifter din egen adgangskode under »Skift adgangskode« øverst på siden.")
        return super().user_change_password(request, id, form_url)
