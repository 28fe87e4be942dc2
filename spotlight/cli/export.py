"""`spotlight export`: some runs as a file: a case that opens offline and loads back, or OTLP."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from spotlight.cli.options import DataOption, JsonOption, RedactOption, RulesOption, existing_data
from spotlight.cli.output import print_json, say
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spotlight.reports.case import CaseRows


class Form(enum.StrEnum):
    """What an export is written as."""

    CASE = "case"
    OTLP = "otlp"
    OTLP_JSON = "otlp-json"


def export(
    words: Annotated[
        list[str], typer.Argument(metavar="RUN|SESSION...", help="Ids; of a run, its beginning.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Write to this file.")],
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            help="case: a zip that opens offline and loads back without loss. otlp-json: requests as "
            "they were sent, one a line. otlp: the same as protobuf, one file per signal.",
        ),
    ] = Form.CASE,
    redact: RedactOption = False,
    rules: RulesOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write runs, or all runs of a session, with everything recorded of them, into one file.

    A case file holds Parquet, a manifest with hashes and a page to read without Spotlight. `spotlight load`
    brings it back as it was. With --redact it says what was replaced and where, never the value.

    Example: spotlight export 4bf92f35 -o case.zip --redact
    """
    from spotlight.reports import open_lake
    from spotlight.reports.case import select_case, write_case
    from spotlight.reports.case.otlp import known_keys, otlp_requests
    from spotlight.reports.case.page import case_page

    if form is Form.CASE and output.suffix in (".json", ".jsonl", ".ndjson"):
        raise typer.BadParameter(f"a case file is a zip, not {output.suffix}: add --format otlp-json")
    reports = open_lake(existing_data(data))
    rows, redaction = select_case(reports, words), None
    if redact or rules is not None:
        rows, redaction = _redacted(rows, rules)
    if form is Form.CASE:
        write_case(output, rows, case_page(rows), redaction)
        written = [output]
    else:
        requests = otlp_requests(rows.recorded, known_keys(reports, rows))
        write = _write_lines if form is Form.OTLP_JSON else _write_protobuf
        written = write(output, requests)
    said = _said(written, rows, redaction)
    if as_json:
        print_json(said)
    else:
        _report(said)


def _redacted(rows: CaseRows, path: Path | None) -> tuple[CaseRows, dict[str, Any]]:
    from spotlight.reports.case.redaction import Redactor
    from spotlight.reports.case.redaction_rules import read_rules

    redactor = Redactor(read_rules(path))
    return redactor.redact(rows), redactor.report()


def _write_lines(output: Path, requests: Iterable[dict[str, Any]]) -> list[Path]:
    """Write requests as JSON, one a line."""
    import orjson

    with _opened(output) as file:
        for request in requests:
            file.write(orjson.dumps(request) + b"\n")
    return [output]


def _write_protobuf(output: Path, requests: Iterable[dict[str, Any]]) -> list[Path]:
    """Write the requests of each signal as one: protobuf messages one after another are one message."""
    import orjson

    from ingest.otlp_json import to_protobuf

    written: list[Path] = []
    for request in requests:
        signal = _SIGNALS[next(iter(request))]
        path = output.with_name(f"{output.stem}.{signal}{output.suffix or '.binpb'}")
        body = to_protobuf(signal, orjson.dumps(request), _MOST_VALUES)
        with _opened(path, append=path in written) as file:
            file.write(body)
        if path not in written:
            written.append(path)
    return written


_SIGNALS: Final = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
_MOST_VALUES: Final = 1 << 40  # it is our own JSON, of rows that were taken in once


def _opened(path: Path, *, append: bool = False) -> Any:
    try:
        return path.open("ab" if append else "wb")
    except OSError as exc:
        raise SpotlightError(
            f"{str(path)!r} cannot be written: {exc.strerror or exc}",
            hint="name a file in a folder you may write to",
        ) from exc


def _said(written: list[Path], rows: CaseRows, redaction: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "files": [str(path) for path in written],
        "bytes": sum(path.stat().st_size for path in written),
        "runs": rows.derived["runs"].column("run_id").to_pylist(),
        "rows": {name: table.num_rows for name, table in rows.recorded.items()},
        "redaction": redaction,
    }


def _report(said: dict[str, Any]) -> None:
    rows = ", ".join(f"{count:,} {name}" for name, count in said["rows"].items() if count)
    say(f"{', '.join(said['files'])}: {len(said['runs']):,} runs, {rows}, {said['bytes']:,} bytes")
    if said["redaction"] is not None:
        replaced = said["redaction"]["summary"]["replaced"]
        counts = ", ".join(f"{count:,} {rule}" for rule, count in replaced.items())
        say(f"redacted: {counts or 'nothing was found'}; a second look found nothing more")
