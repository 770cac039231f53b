"""A mail server of a test's own: it takes mails over SMTP like any other, keeps them, and refuses the addresses that it is told to refuse."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class MailServer:
    port: int = 0
    refuses: set[str] = field(default_factory=set)
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    """who each mail was for, and the mail"""

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for recipient, mail in self.mails if recipient == address]


class Session(socketserver.StreamRequestHandler):
    """One client's conversation (RFC 5321, as much of it as a client needs)."""

    def handle(self) -> None:
        keeper: MailServer = self.server.keeper  # type: ignore[attr-defined]
        self.say("220 test.example")
        recipient = ""
        for line in self.rfile:
            words = line.decode().strip()
            verb = words.upper()[:4]
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "RCPT":
                recipient = words.partition("<")[2].partition(">")[0]
                self.say("550 no such person" if recipient in keeper.refuses else "250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                keeper.mails.append((recipient, email.message_from_bytes(self.data(), policy=email.policy.default)))
                self.say("250 kept")
            else:
                self.say("250 ok")

    def data(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def running() -> Iterator[MailServer]:
    keeper = MailServer()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        server.keeper = keeper  # type: ignore[attr-defined]
        keeper.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield keeper
        server.shutdown()
        thread.join(5)
