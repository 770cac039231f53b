"""The ministry's admin: stock Django in Danish, with a front page, a menu and a look of our own. What a person sees follows from groups."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_safe

from ensomhed.lists import ExportedAdmin
from ensomhed.models import User


def acting(request: HttpRequest) -> User:
    """The person behind a request that the admin has let in."""
    assert isinstance(request.user, User)
    return request.user


class MinistrySite(admin.AdminSite):
    site_title = "Midler mod ensomhed"
    site_header = "Midler mod ensomhed 2023–2025"
    index_title = "Forside"
    site_url = None
    enable_nav_sidebar = False
    empty_value_display = "–"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from initiatives.admin.urls import addresses  # the models are not loaded yet when this module is

        stock = [entry for entry in super().get_urls() if getattr(entry, "name", None) not in ("password_change", "password_change_done")]
        return [*addresses(self), *stock]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from initiatives.admin.pages import menu

        return {**super().each_context(request), "menu": menu(request) if self.has_permission(request) else []}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """How the code is divided is shown nowhere, and asking every register whether it may be seen would be a question or two on each page."""
        return []

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from initiatives.admin import front

        context = {**self.each_context(request), "title": self.index_title, **front.sheet(acting(request)), **(extra_context or {})}
        request.current_app = self.name
        return TemplateResponse(request, "admin/index.html", context)

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        """How the code is divided says nothing to a case officer: there is one front page."""
        return redirect("admin:index")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one place to log in, and it is not here."""
        if request.user.is_authenticated:
            raise PermissionDenied("Denne del er for ministeriets medarbejdere.")
        return redirect_to_login(request.GET.get("next") or request.path.removesuffix("login/"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        """Logs out as everywhere else, and leads to the one log-in page."""
        from ensomhed.login import LogOut

        answer = LogOut.as_view()(request)
        assert isinstance(answer, HttpResponse)
        return answer


class ReadOnlyAdmin(ExportedAdmin):
    """A register that is read and taken out, and nothing else: no address adds, changes or deletes, and no action works on many rows."""

    actions = None
    right: str = ""
    """the right that opens it; the model's own right to view unless told otherwise"""
    rows_have_pages = True
    """each row has its page in the register; otherwise `address_of` says where it leads"""
    change_form_template = "admin/register.html"
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        listed = [path(self.list_path, self.opened(self.changelist_view), name=self.list_name), *self.export_addresses()]
        if not self.rows_have_pages:
            return listed
        return [*listed, path("<path:object_id>/change/", self.opened(self.change_view), name=f"{self.opts.app_label}_{self.opts.model_name}_change")]

    def opened(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """The view behind the log-in, for reading only."""
        return self.admin_site.admin_view(require_safe(view))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return acting(request).may(self.right or f"{self.opts.app_label}.view_{self.opts.model_name}")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One row's own page: its facts, and what belongs to it. Stock Django's form is not even built."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": self.heading(row),
            "opts": self.opts,
            "original": row,
            "facts": self.facts(row),
            **self.belongings(request, row),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.change_form_template, context)

    def heading(self, row: Any) -> str:
        return str(row)[:1].upper() + str(row)[1:]

    def facts(self, row: Any) -> Sequence[tuple[str, Any]]:
        """What there is to know of one row: label and value."""
        return []

    def belongings(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What else the row's page shows."""
        return {}
