"""Real documents of every type that a voucher may be, as small as they come. Another text gives another document."""

import io
import struct
import zipfile
import zlib

from initiatives import paper

OFFICE = "application/vnd.openxmlformats-officedocument."
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MOMENT = (2023, 2, 15, 9, 0, 0)


def pdf(text: str = "Faktura 17") -> bytes:
    return paper.pdf([text])


def png(text: str = "Faktura 17") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"tEXt", b"Title\0" + text.encode()) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")


def jpeg(text: str = "Faktura 17") -> bytes:
    """One grey dot: quantisation, size, two tables of codes, and the picture."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    tables = segment(0xC4, b"\x00\x01" + b"\0" * 15 + b"\0") + segment(0xC4, b"\x10\x01" + b"\0" * 15 + b"\0")
    picture = segment(0xC0, b"\x08\x00\x01\x00\x01\x01\x01\x11\x00") + tables + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x3f"
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + segment(0xFE, text.encode())
        + segment(0xDB, b"\0" + b"\x01" * 64)
        + picture
        + b"\xff\xd9"
    )


def package(parts: dict[str, str | bytes], **options) -> bytes:
    """A zip with these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def parts(kind: str, main: str, content: str) -> dict[str, str | bytes]:
    """What every Office document consists of: the list of its contents, the way to its main part, and that part."""
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/{main}" ContentType="{OFFICE}{kind}.main+xml"/></Types>'
    way = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="{main}"/></Relationships>'
    return {"[Content_Types].xml": types, "_rels/.rels": way, main: content}


def xlsx(text: str = "Faktura 17") -> bytes:
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row></sheetData></worksheet>'
    book = f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{RELATIONS}"><sheets><sheet name="Ark1" sheetId="1" r:id="r1"/></sheets></workbook>'
    way = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    return package({**parts("spreadsheetml.sheet", "xl/workbook.xml", book), "xl/_rels/workbook.xml.rels": way, "xl/worksheets/sheet1.xml": sheet})


def docx(text: str = "Faktura 17", **more: bytes) -> bytes:
    letter = f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    return package({**parts("wordprocessingml.document", "word/document.xml", letter), **more})


def eml(text: str = "Faktura 17") -> bytes:
    return f"From: regnskab@example.dk\r\nTo: sofie@example.dk\r\nDate: Wed, 15 Feb 2023 09:00:00 +0100\r\nSubject: {text}\r\n\r\nSe vedlagte.\r\n".encode()


ALL = {"pdf": pdf, "png": png, "jpg": jpeg, "xlsx": xlsx, "docx": docx, "eml": eml}
