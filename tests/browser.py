"""A real Chromium for the tests of pages, and what is asked of every page in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.serving import finish_serving

# Nothing but the page: no updates, no synchronising, no calls home.
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NARROW, WIDE = (360, 740), (1280, 860)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Without one the test is skipped, but in CI it fails."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        why = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at a browser. Whatever the console complains of is kept."""

    browser: Browser
    base_url: str
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def opens(self, path: str, *, client: Client | None = None, **options: Any) -> Page:
        """A page in a window of its own, logged in as the client is; options are Playwright's."""
        width, height = options.pop("size", WIDE)
        context = self.browser.new_context(
            base_url=self.base_url, viewport={"width": width, "height": height}, **options
        )
        self.contexts.append(context)
        if client is not None:
            name = settings.SESSION_COOKIE_NAME
            session = client.cookies[name].value
            context.add_cookies([{"name": name, "value": session, "url": self.base_url}])
        page = context.new_page()
        page.on("console", self._hears)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path)
        return page

    def leaves(self) -> None:
        """Close every window; no request outlives the test."""
        for context in self.contexts:
            context.close()
        finish_serving()

    def _hears(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def barriers(page: Page) -> str:
    """What axe-core finds in the way of people; empty: nothing."""
    results = Axe().run(page)
    return str(results.generate_report()) if results.violations_count else ""


def sticks_out(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def expect_no_barrier(page: Page) -> None:
    """Nothing of the page is in anybody's way, nor wider than its window."""
    assert barriers(page) == "", page.url
    assert sticks_out(page) <= 0, page.url
