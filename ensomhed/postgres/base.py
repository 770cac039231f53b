"""Django's PostgreSQL backend on the embedded cluster: the first connection starts the server."""

import threading
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from ensomhed import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        address = running().address(self.settings_dict["USER"])
        self.settings_dict.update(HOST=address["host"], PORT=address["port"], PASSWORD=address["password"])
        return super().get_connection_params()


_clusters: dict[str, embedded.Cluster] = {}
_one_at_a_time = threading.Lock()


def running() -> embedded.Cluster:
    """The embedded cluster of this installation, started by the first who asks."""
    folder = str(settings.VAR_DIR)
    with _one_at_a_time:
        if folder not in _clusters or not _clusters[folder].socket():
            _clusters[folder] = embedded.ensure(settings.VAR_DIR)
        return _clusters[folder]
