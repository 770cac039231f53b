from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class EnsomhedConfig(AppConfig):
    name = "ensomhed"
    verbose_name = "Brugere"


class AdminConfig(DjangoAdminConfig):
    default_site = "ensomhed.adminsite.MinistrySite"
