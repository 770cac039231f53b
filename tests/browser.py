"""A real Chromium on the real site: fixtures and a visitor who also notices what a person would not say aloud."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from waitress.server import create_server

from initiatives import demo

SHELL = "chromium-headless-shell"  # the same engine without the windows that nobody sees: half the work
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
RULES = Axe().axe_script  # axe-core itself
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")  # a folder: every page visited is also drawn there


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def install_chromium() -> str | None:
    """Fetches what is missing: the system's package where we may install one, or else the browser library's own build. None means: the library's own.

    The tests run in several processes: one installs, the others wait and find it.
    """
    with Path(tempfile.gettempdir(), f"ensomhed-chromium-{os.geteuid()}.lock").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if shutil.which(SHELL) or install_package(SHELL) or chromium():
            return chromium()
        if subprocess.run(["playwright", "install", "chromium"], capture_output=True, check=False, timeout=600).returncode == 0:
            return None
        if install_package("chromium"):
            return chromium()
    pytest.fail("The page tests need Chromium and could not install it: install the package chromium (or Google Chrome) and run them again.")


def may_install_packages() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_package(name: str) -> bool:
    """Whether the system has this program now."""
    if may_install_packages():
        install = ["install", "-y", "-qq", "--no-install-recommends", name, "fonts-dejavu-core"]
        for arguments in (["update", "-qq"], install):
            subprocess.run(["apt-get", *arguments], capture_output=True, check=False, timeout=900, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    return shutil.which(name) is not None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    connections.close_all()  # the loop that starts here gets connections of its own, and these would stay open behind it
    with sync_playwright() as playwright:
        executable = chromium()
        ours = executable is None and Path(playwright.chromium.executable_path).exists()  # the library's own build, which has the shell with it
        if not ours and (executable is None or may_install_packages()):
            executable = install_chromium()
        launched = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def site(committed) -> Iterator[str]:
    """The address of the site, served by the production server on a database of this test's own."""
    server = create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=4, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.trigger.pull_trigger(server.close)  # in its own thread: it may be listening on what is closed
    server.task_dispatcher.shutdown()
    thread.join(5)


@dataclass
class Visitor:
    """One person at the site. Every page is checked: WCAG 2.1 AA by axe-core, and a console without a word."""

    site: str
    context: BrowserContext
    tab: Page
    size: str
    spoken: list[str] = field(default_factory=list)
    seen: int = 0
    arrived: bool = False

    @property
    def page(self) -> Page:
        """The page at hand: where this person lands, until they go somewhere."""
        if not self.arrived:
            self.arrived = True
            self.tab.goto(self.site)
        return self.tab

    def listen(self) -> None:
        self.tab.on("console", lambda message: self.spoken.append(f"{message.type}: {message.text}") if message.type in ("error", "warning") else None)
        self.tab.on("pageerror", lambda problem: self.spoken.append(f"error: {problem}"))

    def log_in(self, username: str) -> None:
        """With the password, at the address where everybody logs in. That page and where each role lands are judged by tests of their own."""
        client = Client(headers={"user-agent": self.tab.evaluate("navigator.userAgent")})
        client.post("/log-ind/", {"username": username, "password": demo.PASSWORD})
        self.context.add_cookies([{"name": name, "value": cookie.value, "url": self.site} for name, cookie in client.cookies.items()])

    def go(self, path: str) -> None:
        self.arrived = True
        self.tab.goto(self.site + path)
        self.look()

    def click(self, name: str, role: str = "link") -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()
        self.look()

    def look(self) -> None:
        """Judges the page at hand. Raises AssertionError naming every rule that it breaks."""
        self.page.wait_for_load_state("load")
        self.seen += 1
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            name = self.page.url.removeprefix(self.site).strip("/").replace("/", "_").split("?")[0] or "forside"
            self.page.screenshot(path=f"{SCREENSHOTS}/{self.size}-{self.seen:02d}-{name}.png", full_page=True)
        self.page.evaluate(f"{RULES};0")
        violations = self.page.evaluate(
            "options => axe.run(document, options).then(found => found.violations)", WCAG
        )  # all else would take longer to tell than to find
        words = [f"{found['id']}: {found['help']} — {[node['html'][:160] for node in found['nodes'][:3]]}" for found in violations]
        assert words == [], f"{self.page.url}: {words}"
        assert self.spoken == [], f"{self.page.url}: {self.spoken}"
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{self.page.url} is {too_wide} pixels too wide for {self.size}"

    def text(self) -> str:
        """What the page says, with plain spaces."""
        return self.page.locator("main, #content").first.inner_text().replace("\u00a0", " ")


@pytest.fixture
def visit(browser, site) -> Iterator:
    """`visit("sofie")` is Sofie, logged in, at a desk; `visit("maria", size="phone")` holds a phone."""
    contexts: list[BrowserContext] = []

    def arrive(username: str | None = None, size: str = "desk", **options) -> Visitor:
        context = browser.new_context(viewport=SIZES[size], locale="da-DK", accept_downloads=True, **options)
        contexts.append(context)
        visitor = Visitor(site, context, context.new_page(), size)
        visitor.listen()
        if username:
            visitor.log_in(username)
        return visitor

    yield arrive
    for context in contexts:
        context.close()
