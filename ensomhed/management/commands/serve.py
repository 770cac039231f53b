import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

HOST = "127.0.0.1"
PORT = 8000
THREADS = 8
LARGEST_REQUEST = 64 * 2**20  # bytes; what is larger is turned away before it is read
TAKEN = "{host}:{port} is taken; choose another with --port."


def free(host: str, port: int) -> bool:
    """Whether this address can be served on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def stop_in_order() -> None:
    """A signal that ends the process (SIGTERM, a closed terminal) ends it like Ctrl-C does: what was started is stopped."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def serve(host: str, port: int, ready: Callable[[], None]) -> None:
    """Serves until it is told to stop; says when it is `ready` to answer. Raises CommandError when the address cannot be had."""
    if not free(host, port):
        raise CommandError(TAKEN.format(host=host, port=port))
    server = made(host, port)
    ready()
    server.run()


def made(host: str, port: int) -> Any:
    """The production server. What proxies say of a request reaches the settings, which know how many of them are ours; where there are none it is dropped."""
    import waitress

    from ensomhed.wsgi import application

    options = {"threads": THREADS, "ident": None, "max_request_body_size": LARGEST_REQUEST, "clear_untrusted_proxy_headers": not settings.PROXIES}
    return waitress.create_server(application, host=host, port=port, **options)


class Command(BaseCommand):
    help = "Serves the site with the production server; stop it with Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=HOST)
        parser.add_argument("--port", type=int, default=PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        stop_in_order()
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        serve(options["host"], options["port"], lambda: self.stdout.write(f"http://{options['host']}:{options['port']}/"))
