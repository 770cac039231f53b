"""What a document is, told from its own bytes: never from its name, nor from what a browser calls it.

A document is of one type and whole. A file that is two things at once, that was cut off, or that carries a program or a password is none of these.
PostgreSQL looks at the bytes once more, less closely, and keeps the type (initiatives_type_of).
"""

import io
import re
import struct
import zipfile
import zlib

PDF, PNG, JPEG, EML = "application/pdf", "image/png", "image/jpeg", "message/rfc822"
OFFICE = "application/vnd.openxmlformats-officedocument."
XLSX, DOCX = f"{OFFICE}spreadsheetml.sheet", f"{OFFICE}wordprocessingml.document"
NAMES = {PDF: "PDF", PNG: "PNG-billede", JPEG: "JPEG-billede", XLSX: "Excel (xlsx)", DOCX: "Word (docx)", EML: "e-mail (eml)"}
KINDS = "PDF, billede (PNG, JPEG), Excel, Word eller e-mail."
LISTED = "Et bilag er PDF, PNG, JPEG, Excel (xlsx), Word (docx) eller e-mail (eml)."
SUFFIXES = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg"), XLSX: (".xlsx",), DOCX: (".docx",), EML: (".eml",)}
ACCEPT = ",".join(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)  # what the dialog for choosing a file offers first

SIGNATURES = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
MAIN_PARTS = {XLSX: b"spreadsheetml.sheet.main+xml", DOCX: b"wordprocessingml.document.main+xml"}
# What carries a program inside an Office document: macros of today, of 1992, and controls.
PROGRAMS = re.compile(r"vbaproject\.bin|macrosheets/|activex/|\.(exe|dll|js|vbs|bat|cmd|ps1|scr)$", re.IGNORECASE)
PARTS_MAX, UNPACKED_MAX, CONTENTS_MAX = 10_000, 256 * 2**20, 2**20  # an honest document is far below; a bomb is not
HEADERS_MAX = 64 * 1024
KNOWN = {
    b"MZ": "et program",
    b"\xd0\xcf\x11\xe0": "i et ældre Office-format eller beskyttet med adgangskode",
    b"PK": "en zip-fil",
    b"Rar!": "en arkivfil",
    b"7z\xbc\xaf": "en arkivfil",
    b"GIF8": "et GIF-billede",
    b"<": "en webside eller XML-fil",
    b"{\\rtf": "en RTF-fil",
}


class NotListed(ValueError):
    """No whole document of a listed type. The message says in Danish what is wrong, and what to do."""


def type_of(content: bytes) -> str:
    """The type of a whole document. Raises NotListed."""
    found = next((kind for signature, kind in SIGNATURES.items() if content.startswith(signature)), None)
    if found is None and content.startswith(b"PK\x03\x04"):
        return _office(content)
    if found is None and _is_mail(content):
        found = EML
    if found is None:
        raise NotListed(f"Filen er {_known_as(content)}. {LISTED} Gem dokumentet som PDF, og vælg den fil.")
    whole = {PDF: _is_whole_pdf, PNG: _is_whole_png, JPEG: _is_whole_jpeg}.get(found)
    if whole and not whole(content):
        raise NotListed(f"Filen ({NAMES[found]}) er ikke hel, eller der er sat noget efter den. Hent eller gem den på ny, og vælg den igen.")
    if zipfile.is_zipfile(io.BytesIO(content)) or (found != PDF and b"%PDF-" in content[:1024]):
        raise NotListed(f"Filen er to ting på én gang ({NAMES[found]} og noget andet). Gem dokumentet som PDF, og vælg den fil.")
    return found


def named(name: str, kind: str) -> str:
    """The name to hand a document out under: it ends as its type does, whatever it was called when it came in."""
    suffixes = SUFFIXES.get(kind, ("",))
    return name if name.lower().endswith(suffixes) else name + suffixes[0]


def _known_as(content: bytes) -> str:
    if content[4:12] in (b"ftypheic", b"ftypmif1", b"ftypheix"):
        return "et HEIC-billede"
    named = next((name for start, name in KNOWN.items() if content.lstrip().startswith(start)), None)
    return named or ("en tekstfil" if b"\0" not in content else "af en anden slags")


def _is_whole_pdf(content: bytes) -> bool:
    return content.rstrip(b"\r\n\t\f \0").endswith(b"%%EOF") and b"startxref" in content[-2048:]


def _is_whole_png(content: bytes) -> bool:
    """Every chunk with its own checksum, from IHDR to IEND, and nothing after it."""
    at, first = 8, True
    while at + 12 <= len(content):
        (length,), name = struct.unpack_from(">I", content, at), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content) or first != (name == b"IHDR"):
            return False
        if zlib.crc32(content[at + 4 : end - 4]) != struct.unpack_from(">I", content, end - 4)[0]:
            return False
        if name == b"IEND":
            return end == len(content)
        at, first = end, False
    return False


def _is_whole_jpeg(content: bytes) -> bool:
    """Segment after segment to the picture itself, with its size among them, and the end at the end."""
    at, sized = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, (length,) = content[at + 1], struct.unpack_from(">H", content, at + 2)
        if marker == 0xDA:
            return sized and content.endswith(b"\xff\xd9")
        sized = sized or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC))
        at += 2 + length
    return False


def _office(content: bytes) -> str:
    """A workbook or a letter without programs in it. Its directory is read, and the list of its contents; nothing else is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if package.comment or package.start_dir + _directory_size(content) + 22 != len(content) or not _is_harmless(parts):
                raise NotListed(f"Filen er pakket på en måde, som et dokument ikke er. {LISTED} Gem dokumentet som PDF, og vælg den fil.")
            if any(part.flag_bits & 1 for part in parts):
                raise NotListed("Filen er beskyttet med adgangskode og kan ikke læses af revisor. Fjern adgangskoden, og vælg filen igen.")
            names = [part.filename for part in parts]
            contents = package.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error) as problem:
        raise NotListed("Filen er ikke hel. Hent eller gem den på ny, og vælg den igen.") from problem
    if any(PROGRAMS.search(name) for name in names) or b"macroenabled" in contents.lower():
        raise NotListed("Filen indeholder makroer eller et program. Gem dokumentet uden makroer (xlsx eller docx) eller som PDF, og vælg den fil.")
    kinds = [kind for kind, part in MAIN_PARTS.items() if part in contents]
    if len(kinds) != 1:
        raise NotListed(f"Filen er en zip-fil. {LISTED} Pak den ud, og vælg selve dokumentet.")
    return kinds[0]


def _directory_size(content: bytes) -> int:
    """What the end of a zip says that its directory takes. Read at its place: a file with something after its end has none there."""
    end = content[-22:]
    if not end.startswith(b"PK\x05\x06"):
        raise zipfile.BadZipFile("something stands after the end")
    size: int = struct.unpack_from("<I", end, 12)[0]
    return size


def _is_harmless(parts: list[zipfile.ZipInfo]) -> bool:
    """Few parts, no name twice, and small enough when unpacked."""
    contents = [part.file_size for part in parts if part.filename == "[Content_Types].xml"]
    names = {part.filename for part in parts}
    return len(parts) == len(names) <= PARTS_MAX and sum(part.file_size for part in parts) <= UNPACKED_MAX and max(contents, default=0) <= CONTENTS_MAX


def _is_mail(content: bytes) -> bool:
    """Header lines from the first one on, a sender and a date among them, and no character that a mail cannot have."""
    head, _, _ = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    if len(head) > HEADERS_MAX or b"\0" in content or head.count(b"\n") < 1:
        return False
    lines = head.split(b"\n")
    if not all(re.match(rb"[!-9;-~]+:|[ \t]", line) for line in lines) or lines[0][:1] in b" \t":
        return False
    named = {line.partition(b":")[0].lower() for line in lines}
    return {b"from", b"date"} <= named
