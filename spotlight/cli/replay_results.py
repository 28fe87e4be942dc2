"""Where results of replays go: the running collector over OTLP, or the pipeline in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from spotlight.cli.senders import VISIBLE_S, collector_address, into_pipeline, is_visible
from spotlight.errors import PartFailed, Unavailable

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_POSITION: Final = "x-spotlight-position"
_MOST_CHARACTERS: Final = 8_000_000  # of one request: each span may carry a whole conversation
_TRIES: Final = 5
_PAUSE_S: Final = 2.0


class Results:
    """Takes spans of results into the lake of a data folder, and knows up to where they were taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._position = 0

    def send(self, spans: Sequence[ReadableSpan]) -> None:
        """Return when the spans are stored safely. Raises: Unavailable where nobody takes them."""
        for request in _requests(spans):
            self._send(request)

    def _send(self, spans: Sequence[ReadableSpan]) -> None:
        for attempt in range(_TRIES):
            time.sleep(_PAUSE_S if attempt else 0.0)
            address = collector_address(self._folder)
            try:
                if address is None:
                    self._store(spans)
                elif not self._export(address, spans):
                    continue
                return
            except (Unavailable, PartFailed):  # another process writes just now
                if attempt + 1 == _TRIES:
                    raise
        raise Unavailable(
            f"the collector did not take the results ({_TRIES} times in a row)",
            hint="see `spotlight status`; `spotlight replay resume ID` sends what is missing",
        )

    def _export(self, address: str, spans: Sequence[ReadableSpan]) -> bool:
        """Send spans with the SDK's exporter; False where it gave up."""
        import requests
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import SpanExportResult

        with requests.Session() as session:
            session.trust_env = False  # no proxy and no netrc stands between us and our own collector
            session.hooks["response"].append(self._note)
            exporter = OTLPSpanExporter(
                f"{address}/v1/traces", headers={"x-spotlight-client": "replay"}, session=session, timeout=60
            )
            return exporter.export(spans) is SpanExportResult.SUCCESS

    def _note(self, response: Any, *_: Any, **__: Any) -> None:
        said = response.headers.get(_POSITION, "")
        if said.isdecimal():
            self._position = max(self._position, int(said))

    def _store(self, spans: Sequence[ReadableSpan]) -> None:
        from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

        from ingest.files import FileRequest

        body = encode_spans(spans).SerializeToString()
        with into_pipeline(self._folder) as send:
            send(FileRequest(Path("replay"), "traces", "protobuf", body))

    def wait(self) -> bool:
        """Wait until what was sent can be queried; False where that takes more than two minutes."""
        return not self._position or is_visible(self._folder, self._position, time.monotonic() + VISIBLE_S)


def _requests(spans: Sequence[ReadableSpan]) -> Iterator[list[ReadableSpan]]:
    """Yield the spans in requests that a collector takes."""
    request: list[ReadableSpan] = []
    size = 0
    for span in spans:
        own = sum(len(value) for value in (span.attributes or {}).values() if isinstance(value, str))
        if request and size + own > _MOST_CHARACTERS:
            yield request
            request, size = [], 0
        request.append(span)
        size += own
    if request:
        yield request
