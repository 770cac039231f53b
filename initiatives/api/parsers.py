from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from initiatives.api.problems import Refused

LARGEST_BODY = 64 * 1024


class SmallJson(JSONParser):
    """JSON of a size that a registration can have, and no deeper than it can be read."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        if parser_context and int(parser_context["request"].META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
            raise Refused(
                "body_is_too_large", "For meget indhold", f"JSON må højst fylde {LARGEST_BODY // 1024} kB. Send et bilag som multipart/form-data.", 413
            )
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as deep:
            raise ParseError from deep
