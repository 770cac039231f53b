"""The pages of grantees and auditors, and logging in."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from initiatives.views import auditor, downloads, grantee, home

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("log-ind/", home.LogIn.as_view(), name="login"),
    path("log-ud/", LogoutView.as_view(), name="logout"),
    path("adgangskode/", home.ChangePassword.as_view(), name="change_password"),
    path("adgangskode/skiftet/", home.PasswordChanged.as_view(), name="password_changed"),
    path("tilskud/", grantee.grants, name="grants"),
    path("tilskud/<slug:slug>/", grantee.earmark, name="earmark"),
    path("revision/", auditor.overview, name="audit"),
    path("revision/posteringer/", auditor.journal, name="journal"),
    path("revision/posteringer/<int:number>/", auditor.transfer, name="transfer"),
    path("revision/konti/", auditor.accounts, name="accounts"),
    path("revision/konti/<path:code>/", auditor.account, name="account"),
    path("revision/hent/posteringsliste/", downloads.journal, name="journal_file"),
    path("revision/hent/posteringsliste.csv", downloads.journal_csv, name="journal_csv"),
    path("revision/hent/kontokort/<path:code>/", downloads.statement, name="statement_file"),
    path("revision/hent/kontokort/<path:code>.csv", downloads.statement_csv, name="statement_csv"),
    path("bilag/<str:sha256>/", downloads.voucher, name="voucher"),
]
