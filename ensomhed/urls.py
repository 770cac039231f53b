"""Every address of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from ensomhed import login, security

handler400 = "ensomhed.uploads.turned_away"
urlpatterns: list[URLPattern | URLResolver] = [
    path("log-ind/", login.log_in, name="login"),
    path("log-ind/andet-trin/", login.log_in_factor, name="login_factor"),
    path("log-ud/", login.LogOut.as_view(), name="logout"),
    path("adgangskode/", login.ChangePassword.as_view(), name="change_password"),
    path("adgangskode/skiftet/", login.PasswordChanged.as_view(), name="password_changed"),
    path("adgangskode/vaelg/<uidb64>/<token>/", login.ChoosePassword.as_view(), name="choose_password"),
    path("andet-trin/", security.overview, name="security"),
    path("andet-trin/app/", security.add_app, name="security_app"),
    path("andet-trin/adgangsnoegle/", security.add_passkey, name="security_passkey"),
    path("andet-trin/noedkoder/", security.recovery_codes, name="security_codes"),
    path("andet-trin/fjern/", security.remove, name="security_remove"),
    path("andet-trin/bekraeft/", security.confirm, name="confirm"),
    path("", include("initiatives.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("initiatives.api.urls")),
]
