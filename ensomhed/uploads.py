"""Receiving files: one that is too large is let go as it comes in, and takes neither memory nor disk. Whoever asked for it then says so beside its field."""

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class UpToTheLimit(TemporaryFileUploadHandler):
    """Keeps one byte more than a document may have, so that it is known to be too large, and forgets the rest."""

    file: TemporaryUploadedFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = settings.VOUCHER_MAX_BYTES + 1 - start
        if room > 0:
            self.file.write(raw_data[:room])
