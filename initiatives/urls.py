"""The pages of grantees and auditors."""

from django.urls import URLPattern, path

from initiatives.views import auditor, cases, closeout, controls, downloads, grantee, home, log, notices

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("tilskud/", grantee.grants, name="grants"),
    path("tilskud/<slug:slug>/", grantee.earmark, name="earmark"),
    path("tilskud/<slug:slug>/afslutning/", closeout.letter, name="close_out_letter"),
    path("beskeder/", notices.notices, name="notices"),
    path("beskeder/<int:number>/", notices.notice, name="notice"),
    path("kontrolsum/", notices.check, name="witness"),
    path("indsigelser/", cases.listed, name="cases"),
    path("indsigelser/ny/", cases.new, name="new_case"),
    path("indsigelser/<int:number>/", cases.case, name="case"),
    path("revision/", auditor.overview, name="audit"),
    path("revision/posteringer/", auditor.journal, name="journal"),
    path("revision/posteringer/<int:number>/", auditor.transfer, name="transfer"),
    path("revision/konti/", auditor.accounts, name="accounts"),
    path("revision/konti/<path:code>/", auditor.account, name="account"),
    path("revision/undtagelser/", controls.exceptions, name="exceptions"),
    path("revision/adgange/", controls.access, name="access"),
    path("revision/forslag/<int:number>/", controls.proposal, name="proposal"),
    path("revision/log/", log.log, name="log"),
    path("revision/hent/log.csv", log.log_file, {"kind": "csv"}, name="log_csv"),
    path("revision/hent/log.xlsx", log.log_file, {"kind": "xlsx"}, name="log_xlsx"),
    path("revision/hent/posteringsliste/", downloads.journal, name="journal_file"),
    path("revision/hent/posteringsliste.csv", downloads.journal_csv, name="journal_csv"),
    path("revision/hent/kontokort/<path:code>/", downloads.statement, name="statement_file"),
    path("revision/hent/kontokort/<path:code>.csv", downloads.statement_csv, name="statement_csv"),
    path("bilag/<str:sha256>/", downloads.voucher, name="voucher"),
]
