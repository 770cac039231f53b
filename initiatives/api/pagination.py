"""Pages by cursor: a page costs the same wherever it lies, and nothing is counted."""

import re
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

LARGEST = 200
PAGE_SIZE = {"type": "integer", "minimum": 1, "maximum": LARGEST}


class PageSize(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST, **kwargs)


class ByNewest(CursorPagination):
    """Newest first."""

    ordering = "-id"
    page_size: int = 50
    page_size_query_param = "page_size"
    max_page_size = LARGEST

    def get_page_size(self, request: Request) -> int | None:
        if "page_size" not in request.query_params:
            return self.page_size
        try:
            return PageSize().run_validation(request.query_params["page_size"])
        except serializers.ValidationError as wrong:
            raise serializers.ValidationError({"page_size": wrong.detail}) from wrong

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and not re.fullmatch(r"[0-9]{1,18}", str(cursor.position)):
            raise NotFound  # it came from somewhere else
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor, page_size = super().get_schema_operation_parameters(view)
        return [cursor, {**page_size, "schema": {**PAGE_SIZE, "default": self.page_size}}]


class InOrder(ByNewest):
    """Oldest first: what has a place of its own, such as earmarks and accounts."""

    ordering = "id"
