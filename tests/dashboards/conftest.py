"""The dashboards as users have them: a server process over a data folder, and a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from spotlight.reports import Reports, open_lake
from tests.dashboards import lakes
from tests.dashboards.servers import START_SECONDS, Servers, serving
from tests.sharing import common_folder, made_once

# Everything by which a browser would call home is off: what a test sees leave comes from our pages.
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
    "--disable-sync",
)
VIEWPORT = {"width": 1500, "height": 900}
# What takes a second on a quiet machine may take many on a busy one; a wait that succeeds costs nothing.
WAIT_MS = 60_000
READY = '[data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'


Serve = Callable[[Path], Any]


class ServedLake(NamedTuple):
    """Dashboards over a lake, and the questions to that lake."""

    url: str
    reports: Reports


@pytest.fixture(scope="session")
def serve_lake() -> Serve:
    """Return what serves a data folder to one test: a context manager giving the address."""
    return serving


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Return the servers that all workers use together; nobody may write into their folders."""
    used = Servers()
    yield used
    used.close()


@pytest.fixture(scope="session")
def lake_url(sample_lake: Any, servers: Servers) -> str:
    """Return the address of dashboards over all samples."""
    return servers.url(sample_lake.data)


@pytest.fixture(scope="session")
def invented_url(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> str:
    """Return the address of dashboards over invented runs: many, a huge one, a hostile one."""
    return servers.url(common_folder(tmp_path_factory) / "invented", "--invented", "240")


@pytest.fixture(scope="session")
def empty_url(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> str:
    """Return the address of dashboards without a run."""
    return servers.url(common_folder(tmp_path_factory) / "empty", "--invented", "0")


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> ServedLake:
    """Return dashboards over a month of made-up runs."""
    data = made_once(common_folder(tmp_path_factory) / "fleet", lakes.fleet)
    return ServedLake(servers.url(data), open_lake(data))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> ServedLake:
    """Return dashboards over runs in which every text is an attack."""
    data = made_once(common_folder(tmp_path_factory) / "hostile", lakes.hostile)
    return ServedLake(servers.url(data), open_lake(data))


def chromium() -> str | None:
    """Return the browser that is installed, None for the one playwright brings."""
    named = os.environ.get("SPOTLIGHT_BROWSER")
    return (
        named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the browser's cache: what it compiled of the scripts once, every page has."""
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def browser(profile: Path) -> Iterator[Any]:
    """Return the context of a headless browser with its cache; skip without a browser, fail in CI.

    It ends with its module: while it lives, its event loop counts as running in this thread, and
    tests of other modules start loops of their own.
    """
    from playwright.sync_api import Error, expect, sync_playwright

    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        try:
            launched = playwright.chromium.launch_persistent_context(
                profile, executable_path=chromium(), args=FLAGS, timeout=START_SECONDS * 1000,
                viewport=VIEWPORT, reduced_motion="reduce",
            )  # fmt: skip
        except Error as exc:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no browser: install chromium ({exc.message.splitlines()[0]})")
        launched.set_default_timeout(WAIT_MS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Return a fresh page; whatever a test does, no script may fail and no request may leave the machine.

    It knows nothing of the pages before it but the scripts: what they stored is cleared.
    """
    failed: list[str] = []
    asked: list[str] = []

    def note(request: Any) -> None:
        asked.append(request.url)

    opened = browser.new_page()
    opened.on("pageerror", lambda error: failed.append(str(error)))
    browser.on("request", note)
    yield opened
    failures = [said for said in failed if "ResizeObserver loop" not in said]  # a hint about frames, no error
    _forget(opened, {"/".join(url.split("/")[:3]) for url in asked if url.startswith("http")})
    for left in browser.pages[1:]:  # the first keeps the browser open
        left.close()  # what it interrupts is no failure of a script: those are counted above
    browser.remove_listener("request", note)
    local = ("http://127.0.0.1:", "data:", "blob:", "about:", "file:")
    assert ([], []) == (failures, [url for url in asked if not url.startswith(local)])


def _forget(page: Any, origins: set[str]) -> None:
    """Clear what pages of these origins stored; the cache of their scripts stays."""
    browser = page.context.new_cdp_session(page)
    for origin in sorted(origins):
        kinds = "cookies,local_storage,indexeddb,service_workers,cache_storage"
        browser.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": kinds})


def settled(page: Any) -> None:
    """Wait until the script of a page that shows something has come to its end.

    From then on its elements stay the same ones until somebody acts: no click hits one on its way out.
    """
    page.locator(f'[data-testid="stApp"]{READY}').wait_for()


def open_run(page: Any, url: str, run_id: str, more: str = "") -> None:
    """Open a run as a tree, and wait for its rows and for the panel of the selected span."""
    page.goto(f"{url}/run?run={run_id}&view=tree{more}")
    page.locator(".row").first.wait_for()
    page.get_by_role("tab", name="Raw").wait_for()
    settled(page)


def painted(page: Any) -> None:
    """Wait until what the keys pressed so far changed is drawn, also where that is nothing."""
    page.wait_for_function("() => new Promise(requestAnimationFrame)")
