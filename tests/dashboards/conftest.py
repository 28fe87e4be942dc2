"""The dashboards as users have them: a server process over a data folder, and a real browser."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

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
HERE = Path(__file__).parent
VIEWPORT = {"width": 1500, "height": 900}
# What takes a second on a quiet machine may take many on a busy one; a wait that succeeds costs nothing.
WAIT_MS = 60_000
READY = '[data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
APP = '[data-testid="stApp"]'
# The state of Streamlit's own component around a page: which run of the script it shows.
STATE = """const app = document.querySelector('[data-testid="stApp"]');
  let part = app[Object.keys(app).find((key) => key.startsWith("__reactFiber"))];
  while (!(part.stateNode?.state && "scriptRunId" in part.stateNode.state)) part = part.return;
  const state = part.stateNode.state;"""
# What Back and Forward do: the address changes, and its page is drawn by the scripts that are loaded.
MOVE = f"""(address) => {{
  {STATE}
  history.pushState({{}}, "", address);
  window.dispatchEvent(new PopStateEvent("popstate"));
  return [state.scriptRunId, state.scriptRunFinishedSequence];
}}"""
MOVED = f"""([run, finished]) => {{
  {STATE}
  const isNew = state.scriptRunId !== run && state.scriptRunFinishedSequence > finished;
  return isNew && state.fragmentIdsThisRun.length === 0;  // a fragment looks for news by itself
}}"""


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
def hostile_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with runs in which every text is an attack."""
    return made_once(common_folder(tmp_path_factory) / "hostile", lakes.hostile)


@pytest.fixture(scope="session")
def hostile(hostile_data: Path, servers: Servers) -> ServedLake:
    """Return dashboards over runs in which every text is an attack."""
    return ServedLake(servers.url(hostile_data), open_lake(hostile_data))


def chromium() -> str | None:
    """Return the browser that is installed, None for the one playwright brings."""
    named = os.environ.get("SPOTLIGHT_BROWSER")
    return (
        named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )


class Browser:
    """A headless browser that starts when a page is wanted, with a cache that outlives it."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._running = contextlib.ExitStack()
        self._tab: Any = None

    def tab(self) -> Any:
        """Return the tab of all tests; skip without a browser, fail in CI."""
        if self._tab is None:
            self._tab = self._started().new_page()
        return self._tab

    def close(self) -> None:
        """End the browser, where one runs."""
        self._tab = None
        self._running.close()

    def _started(self) -> Any:
        from playwright.sync_api import Error, expect, sync_playwright

        expect.set_options(timeout=WAIT_MS)
        playwright = self._running.enter_context(sync_playwright())
        try:
            launched = playwright.chromium.launch_persistent_context(
                self._profile, executable_path=chromium(), args=FLAGS, timeout=START_SECONDS * 1000,
                viewport=VIEWPORT, reduced_motion="reduce",
            )  # fmt: skip
        except Error as exc:
            self._running.close()
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no browser: install chromium ({exc.message.splitlines()[0]})")
        self._running.callback(launched.close)
        launched.set_default_timeout(WAIT_MS)
        return launched


BROWSER = pytest.StashKey[Browser]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """End the browser with the last test of this folder.

    While it lives, its event loop counts as running in this thread, and tests elsewhere start loops of
    their own.
    """
    yield
    if BROWSER in item.config.stash and (nextitem is None or HERE not in nextitem.path.parents):
        item.config.stash[BROWSER].close()


@pytest.fixture
def page(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, servers: Servers
) -> Iterator[Any]:
    """Return a page; whatever a test does, no script may fail and no request may leave the machine.

    It knows nothing of the pages before it but the scripts: what they stored is cleared.
    """
    stash = request.config.stash
    if BROWSER not in stash:
        stash[BROWSER] = Browser(tmp_path_factory.mktemp("profile"))
    tab = stash[BROWSER].tab()
    browser = tab.context
    failed: list[str] = []
    asked: list[str] = []

    def note_failure(error: Any) -> None:
        failed.append(str(error))

    def note_request(request: Any) -> None:
        asked.append(request.url)

    tab.on("pageerror", note_failure)
    browser.on("request", note_request)
    yield tab
    tab.remove_listener("pageerror", note_failure)  # what leaving interrupts is no failure of a script
    failures = [said for said in failed if "ResizeObserver loop" not in said]  # a hint about frames, no error
    for left in {*browser.pages[1:]} - {tab}:  # the first keeps the browser open
        left.close()
    _leave(tab, lasting=servers.lasts(tab.url))
    browser.remove_listener("request", note_request)
    _forget(tab, {"/".join(url.split("/")[:3]) for url in asked if url.startswith("http")})
    local = ("http://127.0.0.1:", "data:", "blob:", "about:", "file:")
    assert ([], []) == (failures, [url for url in asked if not url.startswith(local)])


def _leave(page: Any, *, lasting: bool) -> None:
    """Leave a page as if it had been closed, for one of its server on which nothing stands, if that lasts.

    The next test that visits the same server goes on from there: a page takes half a second to one of
    processor time so, 2.3 when its scripts are loaded and run anew.
    """
    page.unroute_all()
    page.mouse.move(0, 0)
    page.set_viewport_size(VIEWPORT)
    page.emulate_media(media="null", color_scheme="null", reduced_motion="reduce")
    if lasting and "tz=" not in page.url and page.locator(APP).count():
        visit(page, urljoin(page.url, "/run"))
    else:
        page.goto("about:blank")


def _forget(page: Any, origins: set[str]) -> None:
    """Clear what pages of these origins stored; the cache of their scripts stays."""
    page.evaluate("() => { try { sessionStorage.clear(); } catch { /* no page of a server has one */ } }")
    browser = page.context.new_cdp_session(page)
    for origin in sorted(origins):
        kinds = "cookies,local_storage,indexeddb,service_workers,cache_storage"
        browser.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": kinds})
    browser.detach()


def visit(page: Any, url: str) -> None:
    """Open an address of the dashboards and wait until it is drawn; scripts it has are not loaded anew.

    It is drawn by the server as after Back, and the session goes on: who tests what a new session sees
    uses `page.goto`.
    """
    if _kept(page.url) == _kept(url) and page.locator(APP).count():
        settled(page)
        page.wait_for_function(MOVED, arg=page.evaluate(MOVE, url))
    else:
        page.goto(url)
    settled(page)


def _kept(url: str) -> tuple[str, list[str]]:
    """Return what a session keeps to: its server and its clock."""
    return urlsplit(url).netloc, parse_qs(urlsplit(url).query).get("tz", [])


def fits_a_phone(page: Any) -> None:
    """Wait until nothing on 390 px makes the page scroll sideways."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.documentElement.scrollWidth <= 390")


def settled(page: Any) -> None:
    """Wait until the script of a page that shows something has come to its end.

    From then on its elements stay the same ones until somebody acts: no click hits one on its way out.
    """
    page.locator(APP + READY).wait_for()


def open_run(page: Any, url: str, run_id: str, more: str = "") -> None:
    """Open a run as a tree, and wait for its rows and for the panel of the selected span."""
    visit(page, f"{url}/run?run={run_id}&view=tree{more}")
    page.locator(".row").first.wait_for()
    page.get_by_role("tab", name="Raw").wait_for()
    settled(page)


def painted(page: Any) -> None:
    """Wait until what the keys pressed so far changed is drawn, also where that is nothing."""
    page.wait_for_function("() => new Promise(requestAnimationFrame)")
