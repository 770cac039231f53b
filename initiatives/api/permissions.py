"""Who asks, how they showed who they are, and what they may see. What they may do is asked by the verbs."""

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ensomhed import factor
from ensomhed.models import ApiKey, User
from initiatives import rights
from initiatives.api.problems import Refused
from initiatives.models import Earmark
from ledger.kinds import Step
from ledger.models import Account, Transfer

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module for its settings

MOVED = (Step.SINGLE, Step.POST)


class Key(TokenAuthentication):
    """`Authorization: Token …`: a key that the operator made for somebody, of which only the digest is kept."""

    def authenticate_credentials(self, key: str) -> tuple[User, ApiKey]:
        known = ApiKey.objects.select_related("user").filter(pk=ApiKey.digest_of(key), user__is_active=True).first()
        if known is None:
            raise AuthenticationFailed
        return known.user, known


class Session(SessionAuthentication):
    """Logged in on the site, with the second step that the person needs; a write then carries the site's CSRF token in X-CSRFToken."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        if found and factor.standing(request._request) is not factor.Standing.CLEAR:
            detail = "Din rolle kræver et andet trin ved log-ind. Åbn siden i browseren, og sæt det op eller bekræft det der; prøv så igen."
            raise Refused("second_step_is_shown", "Andet trin mangler", detail, 403)
        return found

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as forged:
            detail = "Kaldet mangler sidens sikkerhedskode. Send cookien csrftoken også som X-CSRFToken, fra samme adresse som siden."
            raise Refused("csrf_failed", "Kaldet kom ikke fra siden", detail, 403) from forged


class MayRegister(BasePermission):
    """Asked before the body is read: a file is not kept for somebody who may not register."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        rights.require(person(request), rights.REGISTER)
        return True


class InSession(BasePermission):
    """A token can lie in a script; an approval is a person's own act, so it takes a log-in."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.successful_authenticator, SessionAuthentication):
            if factor.is_fresh(request._request):
                return True
            detail = "Før en godkendelse skal andet trin være vist inden for fem minutter. Bekræft på siden, eller godkend udbetalingen der."
            raise Refused("second_step_is_fresh", "Bekræft først, at det er dig", detail, 403)
        detail = "En udbetaling godkendes af et menneske, der er logget ind, ikke med en nøgle. Log ind på siden, og godkend den der."
        raise Refused("approval_takes_a_log_in", "Godkendelse kræver, at du er logget ind", detail, 403)


def person(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def own_accounts(user: User) -> frozenset[int] | None:
    """The accounts of the earmarks that this person sees: each with what hangs under it in the tree. None: all of the books."""
    if user.may(rights.READ_ALL):
        return None
    earmarks = Earmark.objects.visible_to(user).values("account")
    under = Q(pk__in=earmarks) | Q(parent__in=earmarks) | Q(parent__parent__in=earmarks)
    return frozenset(Account.objects.filter(under).values_list("pk", flat=True))


def visible_accounts(own: frozenset[int] | None) -> QuerySet[Account]:
    accounts = Account.objects.select_related("parent")
    return accounts if own is None else accounts.filter(pk__in=own)


def visible_transfers(own: frozenset[int] | None) -> QuerySet[Transfer]:
    """A grantee sees what moved on its accounts, and what is or was reserved there; not what the ministry only considers to grant."""
    transfers = Transfer.objects.select_related("debit_account", "credit_account", "booked_by", "pending", "settlement")
    return transfers if own is None else transfers.filter(Q(debit_account__in=own) | Q(credit_account__in=own, step__in=MOVED))


def is_visible(transfer: Transfer, own: frozenset[int] | None) -> bool:
    """The same of one row of an account that this person sees."""
    return own is None or transfer.debit_account_id in own or transfer.step in MOVED
