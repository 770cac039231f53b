"""HTTP, and nothing else: who asks, what they sent, which verb or question answers."""

import re
import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, prefetch_related_objects
from django.shortcuts import get_object_or_404
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from ensomhed.models import User
from initiatives import payments, vouchers
from initiatives.api import filters, permissions, serializers
from initiatives.api.pagination import InOrder
from initiatives.api.parsers import SmallJson
from initiatives.api.problems import Refused
from initiatives.api.schema import BY_SESSION, EXAMPLES, KEY, NOTHING_FOUND, REFUSALS, REGISTERED, SETTLED
from initiatives.models import Earmark, Voucher
from ledger import questions
from ledger.kinds import Kind, Step
from ledger.models import Account, Transfer
from ledger.refusals import refused


class Endpoint(APIView):
    """One address. Nothing that it answers is kept by a browser or a proxy."""

    http_method_names = ["get", "head", "post"]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    @cached_property
    def person(self) -> User:
        return permissions.person(self.request)

    @cached_property
    def own(self) -> frozenset[int] | None:
        return permissions.own_accounts(self.person)

    def given(self, serializer: type[BaseSerializer[Any]], data: Any) -> dict[str, Any]:
        """What was sent, read. Raises ValidationError naming each field that cannot be."""
        reader = serializer(data=data)
        reader.is_valid(raise_exception=True)
        return reader.validated_data

    def key(self) -> uuid.UUID:
        """The Idempotency-Key. Raises Refused when there is none, or it is no UUID."""
        sent = self.request.headers.get("Idempotency-Key", "")
        if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", sent):
            detail = (
                "Send headeren Idempotency-Key med en UUID, som du selv danner til netop denne registrering; så kan kaldet gentages uden at bogføre to gange."
            )
            raise Refused("idempotency_key_is_a_uuid", "Nøglen mangler eller er ikke en UUID", detail, 400)
        return uuid.UUID(sent)

    def transfer(self, number: int, status: int = 200) -> Response:
        row = permissions.visible_transfers(self.own).get(pk=number)
        return Response(serializers.TransferSerializer(row, context={"own": self.own}).data, status)


class Listing(Endpoint, GenericAPIView[Any]):
    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "own": self.own}


class EarmarkView(Endpoint, GenericAPIView[Earmark]):
    serializer_class = serializers.EarmarkSerializer
    pagination_class = InOrder
    lookup_field = "slug"
    queryset = Earmark.objects.none()

    def get_queryset(self) -> QuerySet[Earmark]:
        return Earmark.objects.visible_to(self.person).with_accounts().select_related("used_account", "written_off_account")

    def numbered(self, earmarks: Iterable[Earmark]) -> dict[str, Any]:
        return {"numbers": questions.numbers_of(earmark.account for earmark in earmarks)}


class Earmarks(EarmarkView):
    """The earmarks with their numbers."""

    @extend_schema(operation_id="earmarks_list", responses={(200, "application/json"): serializers.EarmarkSerializer(many=True), **REFUSALS, **NOTHING_FOUND})
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.serializer_class(page, many=True, context=self.numbered(page)).data)


class OneEarmark(EarmarkView):
    """One earmark with its numbers."""

    @extend_schema(operation_id="earmarks_retrieve", responses={(200, "application/json"): serializers.EarmarkSerializer, **REFUSALS, **NOTHING_FOUND})
    def get(self, request: Request, slug: str) -> Response:
        earmark = self.get_object()
        return Response(self.serializer_class(earmark, context=self.numbered([earmark])).data)


class AccountView(Listing):
    serializer_class = serializers.AccountSerializer
    pagination_class = InOrder
    queryset = Account.objects.none()

    def get_queryset(self) -> QuerySet[Account]:
        return permissions.visible_accounts(self.own)


@extend_schema(responses={(200, "application/json"): serializers.AccountSerializer(many=True), **REFUSALS, **NOTHING_FOUND})
class Accounts(AccountView, ListAPIView[Account]):
    """The accounts."""

    filter_backends = [filters.Strict]
    filterset_class = filters.Accounts


@extend_schema(responses={(200, "application/json"): serializers.AccountSerializer, **REFUSALS, **NOTHING_FOUND})
class OneAccount(AccountView, RetrieveAPIView[Account]):
    """One account."""


class Statement(AccountView):
    """An account statement (kontokort): the newest entries first."""

    @extend_schema(
        operation_id="accounts_statement",
        parameters=[serializers.StatementPage],
        responses={(200, "application/json"): serializers.StatementSerializer, **REFUSALS, **NOTHING_FOUND},
    )
    def get(self, request: Request, pk: int) -> Response:
        account = self.get_object()
        asked = self.given(serializers.StatementPage, request.query_params)
        after, size = asked.get("after"), asked.get("page_size", InOrder.page_size)
        entries = questions.statement(account, before=asked.get("before"), after=after, count=size)
        if after is not None:
            entries.reverse()
        prefetch_related_objects([entry.transfer for entry in entries], "pending", "settlement")
        older = entries[-1].number if entries and entries[-1].number > 1 else None
        newer = entries[0].number if entries and entries[0].number < account.entry_count else None
        shown = [entry for entry in entries if permissions.is_visible(entry.transfer, self.own)]
        page = {"next": self.page("before", older, size), "previous": self.page("after", newer, size), "results": shown}
        return Response(serializers.StatementSerializer(page, context=self.get_serializer_context()).data)

    def page(self, direction: str, number: int | None, size: int) -> str | None:
        if number is None:
            return None
        address = self.request.build_absolute_uri(self.request.path)
        return replace_query_param(replace_query_param(address, "page_size", size), direction, number)


class TransferView(Listing):
    serializer_class = serializers.TransferSerializer
    queryset = Transfer.objects.none()

    def get_queryset(self) -> QuerySet[Transfer]:
        return permissions.visible_transfers(self.own)


@extend_schema(responses={(200, "application/json"): serializers.TransferSerializer(many=True), **REFUSALS, **NOTHING_FOUND})
class Transfers(TransferView, ListAPIView[Transfer]):
    """The transfers, newest first."""

    filter_backends = [filters.Strict]
    filterset_class = filters.Transfers


@extend_schema(responses={(200, "application/json"): serializers.TransferSerializer, **REFUSALS, **NOTHING_FOUND})
class OneTransfer(TransferView, RetrieveAPIView[Transfer]):
    """One transfer."""


class Disbursements(Endpoint):
    """Registering a disbursement."""

    permission_classes = [IsAuthenticated, permissions.MayRegister]
    parser_classes = [SmallJson, MultiPartParser]

    @extend_schema(
        operation_id="disbursements_register",
        parameters=[KEY],
        request={"application/json": serializers.RegistrationByDigest, "multipart/form-data": serializers.RegistrationWithFile},
        responses=REGISTERED,
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Reserves the amount until a second person decides. 201 the first time; 200 when this key has booked it already."""
        key = self.key()
        with_file = request.content_type.startswith("multipart/")
        asked = self.given(serializers.RegistrationWithFile if with_file else serializers.RegistrationByDigest, request.data)
        earmark = Earmark.objects.visible_to(self.person).with_accounts().filter(slug=asked["earmark"]).first()
        if earmark is None:
            raise ValidationError({"earmark": "Der er ingen øremærkning med det navn, som du kan se. Find navnet (slug) under /api/v1/earmarks/."})
        voucher = self.kept(asked["voucher"]) if with_file else self.known(asked["voucher_sha256"])
        first = not Transfer.objects.filter(key=key).exists()
        registered = payments.register_disbursement(
            self.person,
            earmark,
            amount=asked["amount"],
            value_date=asked["value_date"],
            voucher=voucher,
            key=key,
            case_number=asked.get("case_number", ""),
            text=asked.get("text", ""),
            period=asked.get("period"),
        )
        return self.transfer(registered.pk, 201 if first else 200)

    def kept(self, upload: Any) -> Voucher:
        return vouchers.keep(self.person, upload.read(settings.VOUCHER_MAX_BYTES + 1), upload.name)

    def known(self, sha256: str) -> Voucher:
        voucher = Voucher.objects.defer("content").filter(pk=sha256, kept_by=self.person).first()
        if voucher is None:
            raise refused("voucher_is_kept")
        return voucher


class Settling(Endpoint):
    """Deciding about a registered disbursement."""

    parser_classes = [SmallJson]

    def registered(self, number: int) -> Transfer:
        """The registration, also when it is settled: the same key then answers with what settled it."""
        return get_object_or_404(permissions.visible_transfers(self.own), pk=number, kind=Kind.DISBURSEMENT, step=Step.PENDING)


class Approve(Settling):
    permission_classes = [IsAuthenticated, permissions.InSession]

    @extend_schema(operation_id="disbursements_approve", parameters=[KEY], request=serializers.Approval, responses=SETTLED, auth=BY_SESSION)
    def post(self, request: Request, pk: int) -> Response:
        """Approves what another person registered: the money moves. By somebody who is logged in, never by token."""
        key, pending = self.key(), self.registered(pk)
        return self.transfer(payments.approve(self.person, pending, key=key, **self.given(serializers.Approval, request.data)).pk)


class Reject(Settling):
    @extend_schema(operation_id="disbursements_reject", parameters=[KEY], request=serializers.Rejection, responses=SETTLED)
    def post(self, request: Request, pk: int) -> Response:
        """Turns down what another person registered; what it reserved is free again."""
        key, pending = self.key(), self.registered(pk)
        return self.transfer(payments.reject(self.person, pending, key=key, **self.given(serializers.Rejection, request.data)).pk)


class Withdraw(Settling):
    @extend_schema(operation_id="disbursements_withdraw", parameters=[KEY], request=serializers.Withdrawal, responses=SETTLED)
    def post(self, request: Request, pk: int) -> Response:
        """Takes back one's own registration; what it reserved is free again."""
        key, pending = self.key(), self.registered(pk)
        return self.transfer(payments.withdraw(self.person, pending, key=key, **self.given(serializers.Withdrawal, request.data)).pk)


class Schema(Endpoint, SpectacularAPIView):
    """This description, as JSON."""

    permission_classes = [IsAuthenticated]
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer]


class Unknown(Endpoint):
    """Every other address under /api/v1/."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound
