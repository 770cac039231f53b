from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class EnsomhedConfig(AppConfig):
    name = "ensomhed"
    verbose_name = "Brugere"


class AdminConfig(DjangoAdminConfig):
    default_site = "ensomhed.adminsite.MinistrySite"

    def ready(self) -> None:
        """Roles come from migrations, second steps from their holders: neither is edited in the admin."""
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from django.contrib import admin
        from django.contrib.auth.models import Group

        admin.site.unregister([Group, EmailAddress, Authenticator])
