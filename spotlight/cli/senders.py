"""Where `spotlight load` sends requests: a running collector, or the journal itself."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from spotlight.cli.supervisor import read_ready
from spotlight.errors import PartFailed, Unavailable, UnreadableFile

if TYPE_CHECKING:
    from ingest.files import FileRequest
    from ingest.journal import Journal

# How long a load waits for the writer after its last request was taken.
VISIBLE_S: Final = 120.0
_TRIES: Final = 20
_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 10.0


class Sent(NamedTuple):
    """What became of one request; `position` is the journal's end after it."""

    position: int
    items: int
    rejected: int


Send = Callable[["FileRequest"], Sent]
_MEDIA: Final = {
    "json": "application/json", "protobuf": "application/x-protobuf",
    "arrow": "application/vnd.apache.arrow.stream",
}  # fmt: skip


def collector_address(folder: Path) -> str | None:
    """Return where the collector of a data folder takes OTLP/HTTP, None where none is running."""
    said = read_ready(folder, "collector")
    address = said.get("http") if said else None
    return address if isinstance(address, str) else None


@contextlib.contextmanager
def into_pipeline(folder: Path) -> Iterator[Send]:
    """Yield a sender that writes the journal itself; at the end the journal is drained into the lake."""
    from ingest.journal import Journal
    from ingest.limits import Limits
    from ingest.requests import accept

    limits = Limits()
    with contextlib.closing(Journal.open(folder / "journal")) as journal:

        def send(request: FileRequest) -> Sent:
            taken = accept(request.signal, request.body, request.encoding, limits)
            if not taken.items:
                return Sent(journal.end, 0, taken.rejected)
            return Sent(_append(journal, request.signal, taken.body), taken.items, taken.rejected)

        yield send
        _drain(folder, journal.end)


def _append(journal: Journal, signal: str, body: bytes) -> int:
    """Append one request, again where the journal asks for patience; return its end after it.

    Raises: Unavailable when it stays so.
    """
    from spotlight.model import DEFAULT_TENANT

    for _ in range(_TRIES):
        try:
            return journal.append(signal, DEFAULT_TENANT, time.time_ns(), body).result()
        except Unavailable as exc:
            refusal = exc
            time.sleep(_PAUSE_S)
    raise refusal


def _drain(folder: Path, position: int) -> None:
    """Bring the journal into the lake; where another writer has it, wait for that one.

    Raises: Unavailable where neither has come to `position` within two minutes.
    """
    from ingest.writer import run_writer

    deadline = time.monotonic() + VISIBLE_S
    while True:
        try:
            run_writer(folder, threading.Event(), drain=True)
            return
        except PartFailed:  # the other writer may be a load that ends with less than our requests
            if is_visible(folder, position, time.monotonic() + _PAUSE_S):
                return
            if time.monotonic() > deadline:
                raise Unavailable(_NOT_SHOWN, hint=_SEE_STATUS) from None


@contextlib.contextmanager
def into_collector(folder: Path) -> Iterator[Send]:
    """Yield a sender that posts to the running collector and, at the end, waits for its writer."""
    last = 0
    connection = _Connection(folder)

    def send(request: FileRequest) -> Sent:
        nonlocal last
        sent = _post(connection, request)
        last = sent.position
        return sent

    with contextlib.closing(connection):
        yield send
    if not is_visible(folder, last, time.monotonic() + VISIBLE_S):
        raise Unavailable(_NOT_SHOWN, hint=_SEE_STATUS)


_NOT_SHOWN: Final = f"everything was taken in, but the writer has not shown it within {VISIBLE_S:.0f} s"
_SEE_STATUS: Final = "it is safe in the journal; see `spotlight status`"


class _Connection:
    """A connection to the collector of a folder, made anew after a failure: its port may have changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: http.client.HTTPConnection | None = None

    def post(self, request: FileRequest) -> tuple[http.client.HTTPResponse, bytes]:
        """Return the answer and its body. Raises: OSError or HTTPException where there is none."""
        kind = _MEDIA[request.encoding]
        if self._open is None:
            address = collector_address(self._folder)
            if address is None:
                raise ConnectionRefusedError("it is not running")
            parts = urlsplit(address)
            self._open = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=120)
        try:
            self._open.request("POST", f"/v1/{request.signal}", request.body, {"content-type": kind})
            response = self._open.getresponse()
            return response, response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _post(connection: _Connection, request: FileRequest) -> Sent:
    """Post one request; again where the collector asks for patience, restarts or cannot be reached.

    An answer that was lost does no harm: the same spans again count once.
    Raises: Unavailable when it stays so; UnreadableFile when it refuses the request.
    """
    why, pause = "", 0.0
    for _ in range(_TRIES):
        time.sleep(pause)
        pause = _PAUSE_S
        try:
            response, answer = connection.post(request)
        except (OSError, http.client.HTTPException) as exc:
            why = f"cannot be reached: {exc or type(exc).__name__}"
            continue
        if response.status == 200:
            return _receipt(response)
        if response.status not in (429, 503):
            raise _refusal(response.status, answer, request)
        why = f"says: {_status_message(answer, request)}"
        with contextlib.suppress(ValueError):
            pause = min(_LONGEST_PAUSE_S, max(0.0, float(response.headers.get("retry-after", pause))))
    raise Unavailable(
        f"the collector {why} ({_TRIES} times in a row)", hint="see `spotlight status` and its log"
    )


def _receipt(response: http.client.HTTPResponse) -> Sent:
    """Return what the collector says it took. Raises: Unavailable where it is no collector of ours."""
    said = [response.headers.get(f"x-spotlight-{name}", "") for name in ("position", "items", "rejected")]
    if not all(word.isdecimal() for word in said):
        raise Unavailable(
            "what answers at the collector's address is not a Spotlight collector",
            hint="see `spotlight status`; start it again with `spotlight up`",
        )
    return Sent(*map(int, said))


def _refusal(status: int, answer: bytes, request: FileRequest) -> UnreadableFile:
    too_large = "it is too large: split the file into smaller requests"
    return UnreadableFile(
        f"the collector refused a request of {str(request.path)!r} with {status}: "
        f"{_status_message(answer, request)}",
        hint=too_large if status == 413 else "the file is not what its name says, or it is damaged",
    )


def _status_message(answer: bytes, request: FileRequest) -> str:
    """Return the message of the google.rpc.Status that an OTLP error carries, else the text of the answer."""
    import orjson
    from google.protobuf.message import DecodeError
    from google.rpc.status_pb2 import Status

    with contextlib.suppress(DecodeError, orjson.JSONDecodeError, AttributeError):
        if request.encoding != "protobuf":
            return str(orjson.loads(answer).get("message", ""))
        return str(Status.FromString(answer).message)
    return answer[:500].decode("utf-8", "replace")


def is_visible(folder: Path, position: int, deadline: float) -> bool:
    """Wait until the writer has assembled the runs up to a journal position; False where it has not."""
    from ingest.progress import read_progress

    while True:
        progress = read_progress(folder / "journal")
        if progress is not None and progress.assembled >= position:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
