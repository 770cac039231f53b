"""Downloading a voucher: always as a file, never shown, and only when it still is what was kept."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from initiatives.admin.pages import opens_with, page
from initiatives.models import Voucher


@require_safe
@opens_with("initiatives.view_voucher")
def download(request: HttpRequest, digest: str) -> HttpResponse:
    voucher = get_object_or_404(Voucher, pk=digest)
    content = bytes(voucher.content)
    if hashlib.sha256(content).hexdigest() != voucher.sha256:
        return page(request, "voucher_damaged.html", "Bilaget er ikke det, der blev gemt", status=500, voucher=voucher)
    name = "".join(letter for letter in voucher.name if letter.isprintable())
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)
