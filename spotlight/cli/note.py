"""`spotlight note`: what people write on a run, one of its steps, or a session."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import harmless, out, print_json, say
from spotlight.cli.score import send_score
from spotlight.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotlight.reports import Reports


def note(
    place: Annotated[
        str,
        typer.Argument(metavar="RUN[/SPAN]|SESSION", help="What the note is about; beginnings of ids do."),
    ],
    text: Annotated[
        str | None, typer.Argument(help="The note. Without it, the notes there are are listed.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who writes.", show_default="your user name")] = None,
    edit: Annotated[
        str | None, typer.Option("--edit", metavar="ID", help="Write a new version of this note.")
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option("--withdraw", metavar="ID", help="Take this note back.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a note on a run, a step or a session, or list what was written.

    Notes are kept with who and when. A new version stands beside the old one, and so does a withdrawal: what
    was recorded is never changed. Goes the same way as `spotlight score`.

    Example: spotlight note 4bf92f35/00f067aa0ba902b7 "asked the wrong account" --by jo
    """
    from spotlight.reports import open_lake
    from spotlight.reports.notes import run_notes
    from spotlight.semconv import SPOTLIGHT_NOTE, SPOTLIGHT_WITHDRAWN

    folder = existing_data(data)
    reports = open_lake(folder)
    of, run_id = _place(reports, place)
    if text is None and withdraw is None:
        _list(run_notes(reports, run_id)["entries"], of, as_json=as_json)
        return
    said: dict[str, Any] = of | {
        "name": SPOTLIGHT_NOTE,
        "label": SPOTLIGHT_WITHDRAWN if withdraw else "note",
        "explanation": None if withdraw else text,
        "annotator": "human",
        "evaluator": by or getpass.getuser(),
        "id": withdraw or edit,
    }
    said["time"] = _now()
    sent = send_score(folder, said)
    if as_json:
        print_json({"note_id": sent} | {key: value for key, value in said.items() if value is not None})
    else:
        say(f"note {sent} {'withdrawn' if withdraw else 'written'} by {said['evaluator']}")


def _now() -> str:
    """Return the time, so that two notes with the same words are two."""
    import datetime as dt

    return dt.datetime.now(dt.UTC).isoformat()


class _Place(NamedTuple):
    """The fields that name what a note is about, and a run of it."""

    of: dict[str, str]
    run_id: str


def _place(reports: Reports, place: str) -> _Place:
    """Return what a note is about. Raises: NotFound."""
    run_id, _, span = place.partition("/")
    try:
        run = reports.run(run_id)
    except NotFound:
        found = reports.ask("case_session", {"session_id": place}).column("run_id").to_pylist()
        if not found:
            raise
        return _Place({"session_id": place}, found[0])
    if not span:
        return _Place({"run_id": str(run["run_id"])}, str(run["run_id"]))
    steps = reports.ask("run_spans", {"traces": run["trace_ids"]}).select(["trace_id", "span_id"]).to_pylist()
    fitting = [step for step in steps if step["span_id"].startswith(span.lower())]
    if len(fitting) != 1:
        many = "no span" if not fitting else f"{len(fitting)} spans"
        raise NotFound(
            f"run {run['run_id']!r} has {many} beginning {span!r}", hint="see them with `spotlight show RUN`"
        )
    of = {name: str(fitting[0][name]) for name in ("trace_id", "span_id")}
    return _Place(of, str(run["run_id"]))


def _list(entries: Sequence[dict[str, Any]], of: dict[str, str], *, as_json: bool) -> None:
    """Print the notes and scores of a run that are about one of its steps, its session, or anything."""
    if "session_id" in of:
        entries = [entry for entry in entries if entry["target"] == "session"]
    elif "span_id" in of:
        entries = [entry for entry in entries if entry["span_id"] == of["span_id"]]
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        said = [
            entry["name"],
            entry["value"],
            entry["label"],
            "(withdrawn)" if entry["withdrawn"] else entry["text"],
        ]
        words = " ".join(str(part) for part in said if part is not None)
        place = entry["span_id"] or entry["target"]
        out.print(harmless(f"{entry['id']}  {place}  {entry['by'] or '-'}  {words}"), soft_wrap=True)
    if not entries:
        say("nothing was written")
