"""Plain pages of text as PDF, for documents that the system writes itself. The same lines give the same bytes."""

import textwrap
from collections.abc import Iterable

LINES, LETTERS = 50, 95  # on an A4 page, in the size below


def pdf(lines: Iterable[str]) -> bytes:
    """A PDF with these lines, on as many A4 pages as they need; a long line goes on in the next."""
    written = [part for line in lines for part in textwrap.wrap(line, LETTERS, subsequent_indent="    ") or [""]]
    pages = [written[first : first + LINES] for first in range(0, len(written), LINES)] or [[]]
    numbers = [4 + 2 * page for page in range(len(pages))]  # of the pages' objects; each is followed by its text
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (da) >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % number for number in numbers), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in zip(numbers, pages, strict=True):
        text = b"BT /F 10 Tf 14 TL 50 790 Td " + b" ".join(b"(%s) Tj T*" % _escaped(line) for line in page) + b" ET"
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> /Contents %d 0 R >>" % (number + 1))
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text))
    return _file(objects)


def _escaped(line: str) -> bytes:
    """A line as a string of PDF, in the character set of western Europe."""
    return line.encode("cp1252", errors="replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: list[bytes]) -> bytes:
    """The objects one after the other, and the table of where each begins."""
    content, places = b"%PDF-1.7\n%\xe6\xf8\xe5\xc6\n", []
    for number, described in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, described)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        len(content),
    )
