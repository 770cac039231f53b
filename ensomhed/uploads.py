"""Receiving files: one that is too large is let go as it comes in, and takes neither memory nor disk. Whoever asked for it then says so beside its field.

What is so much that not even its fields are read is turned away whole, with what to do.
"""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template import loader

ADVICE: dict[type[Exception], str] = {
    TooManyFilesSent: "Der blev valgt mere end {files} filer på én gang. Gå tilbage, og vælg færre ad gangen; resten kan vedlægges bagefter.",
    TooManyFieldsSent: "Der blev udfyldt mere end {fields} felter på én gang. Gå tilbage, og tag færre ad gangen.",
    RequestDataTooBig: "Der blev sendt mere end {size} MB tekst på én gang. Gå tilbage, og gør det kortere; vedlæg resten som fil.",
}


class UpToTheLimit(TemporaryFileUploadHandler):
    """Keeps one byte more than a document may have, so that it is known to be too large, and forgets the rest."""

    file: TemporaryUploadedFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = settings.VOUCHER_MAX_BYTES + 1 - start
        if room > 0:
            self.file.write(raw_data[:room])


def turned_away(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for what could not be read at all; when there was too much of it, it says so and how to go on."""
    limits = {
        "files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        "fields": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
        "size": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20,
    }
    advice = ADVICE.get(type(exception), "").format(**limits)
    return HttpResponseBadRequest(loader.get_template("400.html").render({"advice": advice}))
