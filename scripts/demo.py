"""Start Spotlight on a fresh data folder, load the recorded samples through the collector, show the address.

With --check it also looks, over HTTP, whether the pages answer and the runs are there, prints one line
of JSON on stdout and stops. Everything else it says goes to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_traces"
DATA = ROOT / ".spotlight-demo"
START_SECONDS = 90
STOP_SECONDS = 30
PAGES = ("/", "/run", "/_stcore/health", "/healthz")


class DemoFailed(Exception):
    """The demo cannot go on; the text says what failed."""


class Ports(NamedTuple):
    """Where the three servers listen, all on 127.0.0.1."""

    http: int
    grpc: int
    dashboards: int


def say(text: str) -> None:
    """Tell the person at the terminal; stdout belongs to the result."""
    print(text, file=sys.stderr, flush=True)


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose_ports(check: bool, dashboards: int | None) -> Ports:
    """Return the usual ports; 0, which means any free one, for those that are taken and for a check."""
    if dashboards and not is_free(dashboards):
        raise DemoFailed(f"port {dashboards} is taken: choose another with --port")
    usual = (0, 0, dashboards or 0) if check else (4318, 4317, dashboards or 8501)
    return Ports(*(port if port and is_free(port) else 0 for port in usual))


def spotlight(*words: str) -> Any:
    """Run one `spotlight ... --json` command and return what it printed."""
    done = subprocess.run(["spotlight", *words, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise DemoFailed(f"`spotlight {words[0]}` ended with {done.returncode}: its words are above")
    return json.loads(done.stdout)


def fetch(url: str) -> bytes:
    """Return the body of a page, or raise DemoFailed with the page and its answer."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own address
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise DemoFailed(f"{url} answered {error.code}") from error
    except OSError as error:
        raise DemoFailed(f"{url} does not answer: {error}") from error


def wait_until_ready(up: subprocess.Popen[bytes], data: Path) -> str:
    """Return the dashboards' address once the collector and they have said that they are ready."""
    ready = [data / "run" / "collector.json", data / "run" / "dashboards.json"]
    deadline = time.monotonic() + START_SECONDS
    while not all(path.exists() for path in ready):
        if up.poll() is not None:
            raise DemoFailed(f"`spotlight up` ended with {up.returncode} while starting: its words are above")
        if time.monotonic() > deadline:
            raise DemoFailed(
                f"not ready after {START_SECONDS} s: {[p.name for p in ready if not p.exists()]}"
            )
        time.sleep(0.1)
    url: str = json.loads(ready[1].read_text())["url"]
    return url.rstrip("/")


@contextlib.contextmanager
def running(data: Path, ports: Ports) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start `spotlight up`; give its process and the dashboards' address; stop it at the end."""
    words = ["spotlight", "up", "--data", str(data), "--http-port", str(ports.http)]
    words += ["--grpc-port", str(ports.grpc), "--port", str(ports.dashboards)]
    # A session of its own: Ctrl-C reaches this process alone, which then stops the other in order.
    up = subprocess.Popen(words, stdout=sys.stderr, start_new_session=True)
    try:
        yield up, wait_until_ready(up, data)
    finally:
        up.send_signal(signal.SIGTERM)
        try:
            up.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            up.kill()
            up.wait()
            raise DemoFailed(f"`spotlight up` did not stop within {STOP_SECONDS} s of SIGTERM") from None


def recorded() -> list[Path]:
    """Return the folders of the samples that were recorded, not made by hand."""
    folders = sorted(path.parent for path in SAMPLES.glob("*/expected.json"))
    return [folder for folder in folders if not folder.name.endswith("-by-hand")]


def expected(what: str) -> int:
    """Return how many runs or failed_runs the recorded samples hold by their own account."""
    return sum(json.loads((folder / "expected.json").read_text())[what] for folder in recorded())


def check(data: Path, url: str) -> dict[str, Any]:
    """Return the result line, having looked at every page and at a failed run."""
    for page in PAGES:
        fetch(url + page)
    runs = spotlight("runs", "--data", str(data))
    failed = [run for run in runs if run["status"] == "error"]
    for what, found in (("runs", len(runs)), ("failed_runs", len(failed))):
        if found != expected(what):
            raise DemoFailed(f"{found} {what} are there, the samples hold {expected(what)}")
    if b"send_email" not in fetch(f"{url}/api/runs/{failed[0]['run_id']}"):
        raise DemoFailed(f"the failed run {failed[0]['run_id']} does not name the tool that failed")
    return {"runs": len(runs), "failed_runs": len(failed), "url": url}


def show(up: subprocess.Popen[bytes], url: str) -> None:
    """Print the address and wait for Ctrl-C or the end of `spotlight up`."""
    say(f"\nSpotlight is running with the sample traces.  Open:\n\n    {url}/\n\nCtrl-C stops it.")
    with contextlib.suppress(KeyboardInterrupt):
        up.wait()
        raise DemoFailed(f"`spotlight up` ended by itself with {up.returncode}")


def stop_on_terminate(*_: object) -> None:
    """Treat SIGTERM as Ctrl-C, so that nothing is left running."""
    raise KeyboardInterrupt


def demo(options: argparse.Namespace) -> None:
    """Do it all; raise DemoFailed with the reason where something fails."""
    with contextlib.ExitStack() as stack:
        if options.check:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spotlight-demo-")))
        else:
            data = DATA
            shutil.rmtree(data, ignore_errors=True)
        up, url = stack.enter_context(running(data, choose_ports(options.check, options.port)))
        loaded = spotlight("load", *map(str, recorded()), "--data", str(data))
        say(f"Loaded {loaded['spans']} spans of {loaded['requests']} requests: {loaded['runs']} runs.")
        if options.check:
            result = check(data, url)
        else:
            show(up, url)
            return
    print(json.dumps(result))  # only after everything has stopped in order


def main() -> int:
    """Return the exit code: 0 all well, 1 with the reason on stderr, 130 after Ctrl-C while starting."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="see that it works, print a line of JSON, stop")
    parser.add_argument("--port", type=int, help="port of the dashboards")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop_on_terminate)
    try:
        demo(options)
    except DemoFailed as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
