"""The pages of grantees and auditors, and logging in."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
