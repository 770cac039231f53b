"""Who may open a page. Every page here only reads, is asked for by name, and is kept by no cache."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ensomhed.models import User
from initiatives import rights

P = ParamSpec("P")


class Request(HttpRequest):
    """A request of somebody who is logged in."""

    user: User


View = Callable[Concatenate[Request, P], HttpResponseBase]


def reading(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for whoever is logged in: GET and HEAD only."""
    return require_safe(never_cache(login_required(view)))


def auditing(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for whoever reads all the books: auditors, and staff with that right."""

    @functools.wraps(view)
    def page(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        rights.require(request.user, rights.READ_ALL)
        return view(request, *args, **kwargs)

    return reading(page)
