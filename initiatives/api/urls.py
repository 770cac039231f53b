"""The API, version 1."""

from django.urls import URLPattern, path, re_path

from initiatives.api import views

urlpatterns: list[URLPattern] = [
    path("schema/", views.Schema.as_view(), name="api-schema"),
    path("earmarks/", views.Earmarks.as_view(), name="api-earmarks"),
    path("earmarks/<slug:slug>/", views.OneEarmark.as_view(), name="api-earmark"),
    path("accounts/", views.Accounts.as_view(), name="api-accounts"),
    path("accounts/<int:pk>/", views.OneAccount.as_view(), name="api-account"),
    path("accounts/<int:pk>/statement/", views.Statement.as_view(), name="api-statement"),
    path("transfers/", views.Transfers.as_view(), name="api-transfers"),
    path("transfers/<int:pk>/", views.OneTransfer.as_view(), name="api-transfer"),
    path("disbursements/", views.Disbursements.as_view(), name="api-disbursements"),
    path("disbursements/<int:pk>/approve/", views.Approve.as_view(), name="api-approve"),
    path("disbursements/<int:pk>/reject/", views.Reject.as_view(), name="api-reject"),
    path("disbursements/<int:pk>/withdraw/", views.Withdraw.as_view(), name="api-withdraw"),
    re_path("", views.Unknown.as_view(), name="api-unknown"),
]
