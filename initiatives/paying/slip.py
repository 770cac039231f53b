"""One page of PDF with a few lines of text: the document behind a reversal is the one row that it stands on, not the whole list. The same lines give the same bytes."""

WIDTH = 88


def pdf(heading: str, lines: list[str]) -> bytes:
    """A4, Helvetica, Danish letters. A long line goes on below."""
    folded = [part for line in lines for part in (line[at : at + WIDTH] for at in range(0, max(len(line), 1), WIDTH))]
    shown = f"BT /F1 16 Tf 60 770 Td ({_escaped(heading)}) Tj /F1 11 Tf 0 -12 Td 18 TL "
    shown += " ".join(f"T* ({_escaped(line)}) Tj" for line in folded) + " ET"
    drawn = shown.encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (da-DK) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    written, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        starts.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def _escaped(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
