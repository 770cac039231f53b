"""Every address of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("initiatives.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("initiatives.api.urls")),
]
