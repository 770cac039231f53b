"""The people in the admin. Access administrators make users and give them roles; nobody gives any to themselves."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from ensomhed.adminsite import acting
from ensomhed.models import User

OWN = ("groups", "is_active", "is_staff")


class UserForm(forms.ModelForm):
    """A person without the password: that has a page of its own, and its digest is shown nowhere."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "job_title", "is_active", "is_staff", "groups"]


class NewUserForm(AdminUserCreationForm):
    """A new person has a password from the start, which they change at their first log-in."""

    usable_password = None  # type: ignore[assignment]

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "job_title"]


class PasswordForm(AdminPasswordChangeForm):
    usable_password = None


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    add_form_template = None
    change_password_form = PasswordForm
    change_form_template = "admin/ensomhed/user.html"
    actions = None
    list_display = ["username", "first_name", "last_name", "job_title", "roles", "is_staff", "is_active", "last_login"]
    list_filter = ["groups", "is_staff", "is_active"]
    search_fields = ["username", "first_name", "last_name", "job_title"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "job_title")}),
        ("Adgang", {"fields": ("is_active", "is_staff", "groups"), "description": "Rollerne bestemmer, hvad en person må. Ingen kan ændre sine egne."}),
    )
    add_fieldsets = ((None, {"fields": ("username", "first_name", "last_name", "email", "job_title", "password1", "password2")}),)

    @admin.display(description="Roller")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
            kwargs["label"] = "Roller"
            kwargs["help_text"] = ""
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return OWN if obj is not None and obj.pk == request.user.pk else ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody who has booked anything can go away; whoever leaves is made inactive."""
        return False

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 — Django's own name
        """Sets another person's password; one's own is changed with the old one at hand."""
        if id == str(acting(request).pk):
            raise PermissionDenied("Du skifter din egen adgangskode under »Skift adgangskode« øverst på siden.")
        return super().user_change_password(request, id, form_url)
