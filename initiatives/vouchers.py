"""Vouchers (bilag): the document behind an entry, kept in PostgreSQL beside what it proves."""

import hashlib

from django.conf import settings

from ensomhed.models import User
from initiatives import filetypes
from initiatives.models import Voucher
from ledger.refusals import VoucherMissing


def keep(by: User, content: bytes, name: str) -> Voucher:
    """Keeps a document and answers with it; the same bytes kept again are the one that exists.

    Raises VoucherMissing for a file that is empty, too large, or no whole document of a listed type.
    """
    if not content:
        raise VoucherMissing("voucher_is_not_empty", "Filen er tom. Vælg det dokument, der viser udbetalingen.", {}, "voucher")
    if len(content) > settings.VOUCHER_MAX_BYTES:
        raise VoucherMissing(
            "voucher_is_not_too_large",
            f"Filen fylder mere end {settings.VOUCHER_MAX_BYTES // 2**20} MB. Vælg en mindre fil.",
            {"size": len(content)},
            "voucher",
        )
    digest = hashlib.sha256(content).hexdigest()
    known = Voucher.objects.defer("content").filter(pk=digest).first()
    if known:
        return known
    try:
        filetypes.type_of(content)
    except filetypes.NotListed as problem:
        raise VoucherMissing("voucher_is_of_a_listed_type", str(problem), {"size": len(content)}, "voucher") from problem
    printable = "".join(letter for letter in name if letter.isprintable())
    voucher = Voucher(sha256=digest, content=content, size=len(content), name=printable[-200:] or "bilag", kept_by=by)
    Voucher.objects.bulk_create([voucher], ignore_conflicts=True)  # the same document, kept by somebody else at this moment, is no quarrel
    return Voucher.objects.defer("content").get(pk=digest)


def content_of(voucher: Voucher) -> bytes | None:
    """What was kept, byte by byte; None when it no longer gives the digest that it was kept under."""
    content = bytes(voucher.content)
    return content if hashlib.sha256(content).hexdigest() == voucher.sha256 else None
