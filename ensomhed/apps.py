from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class EnsomhedConfig(AppConfig):
    name = "ensomhed"
    verbose_name = "Brugere"


class AdminConfig(DjangoAdminConfig):
    default_site = "ensomhed.adminsite.MinistrySite"

    def ready(self) -> None:
        """Roles come from migrations and tokens from their holders: neither is edited in the admin."""
        super().ready()
        from django.contrib import admin
        from django.contrib.auth.models import Group
        from rest_framework.authtoken.models import TokenProxy

        admin.site.unregister([Group, TokenProxy])
