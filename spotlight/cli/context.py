"""`spotlight context RUN [SPAN]`: what a model call saw, beside the call before it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import UNKNOWN, count, one_line, out, print_json, say, table

if TYPE_CHECKING:
    from spotlight.reports import Reports
    from spotlight.reports.context import Context

_SIGNS: Final = {"added": "+", "dropped": "-", "changed": "~", "truncated": "✂", "compacted": "⇣", "kept": ""}
_PREVIEW: Final = 60


def context(
    run: Annotated[str, typer.Argument(help="Run id, or the beginning of one.")],
    span: Annotated[
        str | None, typer.Argument(help="Span id of a model call; without one, a line for each of the run.")
    ] = None,
    find: Annotated[
        str | None, typer.Option("--find", help="Say which calls held this text, and what took it out.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what model calls saw: what came, went, was cut or summed up since the call before.

    Example: spotlight context 14c173b1 --find "order 1017"
    """
    from spotlight.reports import open_lake
    from spotlight.reports.context_document import context_document, fact_document

    reports = open_lake(existing_data(data))
    if find is None and span is None:
        _print_run(reports, run, as_json)
        return
    told = (
        context_document(reports, run, span)
        if span and find is None
        else fact_document(reports, run, find or "")
    )
    if as_json:
        print_json(told)
    elif find is None:
        _print_call(told)
    else:
        _print_fact(told)


def _print_run(reports: Reports, run: str, as_json: bool) -> None:
    from spotlight.reports.context_run import contexts_of

    told = contexts_of(reports, run)
    rows = [_line(one) for one in told.contexts]
    if as_json:
        print_json(rows)
        return
    headings = (
        "step",
        "span",
        "agent",
        "parts",
        "characters",
        "tokens",
        "cache read",
        "since the call before",
    )
    cells = [
        (
            row["step"], row["span_id"], one_line(row["agent"] or UNKNOWN), row["parts"], count(row["chars"]),
            count(row["input_tokens"]), count(row["cache_read_tokens"]), _marks(row),
        )
        for row in rows
    ]  # fmt: skip
    out.print(table(headings, cells, numbers=("step", "parts", "characters", "tokens", "cache read")))
    if told.calls > len(rows):
        say(f"{told.calls - len(rows):,} of {told.calls:,} model calls are not shown")


def _line(one: Context) -> dict[str, Any]:
    marks: Counter[str] = Counter(entry.mark for entry in one.entries)
    return {
        "step": one.call.step,
        "span_id": one.call.span_id,
        "agent": one.call.agent_name,
        "parts": len(one.parts),
        "chars": one.chars,
        "input_tokens": one.call.input_tokens,
        "cache_read_tokens": one.call.cache_read_tokens,
        "previous_span_id": one.previous.span_id if one.previous else None,
        "previous_why": one.previous_why,
        "marks": {mark: marks[mark] for mark in _SIGNS if marks[mark]},
    }


def _marks(row: dict[str, Any]) -> str:
    told = ", ".join(f"{number} {mark}" for mark, number in row["marks"].items())
    return told or str(row["previous_why"])


def _print_call(document: dict[str, Any]) -> None:
    tokens = document["input_tokens"]
    reported = "tokens not reported" if tokens is None else f"{tokens:,} tokens reported"
    out.print(f"{len(document['parts'])} parts, {document['chars']:,} characters, {reported}")
    earlier = document["previous"]
    against = f"step {earlier['step']} ({earlier['span_id']}), " if earlier else "nothing: "
    out.print(f"compared with {against}{document['previous_why']}")
    prefix = document["prefix"]
    if prefix["change"]:
        out.print(f"read from the cache: {count(prefix['cache_read_tokens'])} tokens; {_broken(prefix)}")
    for note in document["notes"]:
        say(note)
    shares = [
        (one_line(share["source"]), f"{share['share']:.1%}", count(share["chars"]), count(share["tokens"]))
        for share in document["shares"]
    ]
    out.print(table(("source", "share", "characters", "tokens, estimated"), shares,
                    numbers=("share", "characters", "tokens, estimated")))  # fmt: skip
    for title, changes in (("tool definition", document["tools"]), ("parameter", document["parameters"])):
        for change in changes:
            out.print(f"{title} {change.get('change') or change['op']}: {one_line(_named(change))}")
    out.print(
        table(("", "mark", "part", "characters", "note", "text"), _parts(document), numbers=("characters",))
    )


def _broken(prefix: dict[str, Any]) -> str:
    front = int(100 * (prefix["same_share"] or 0.0))  # 100 only where it is all
    if prefix["change"]["part"] == "none":
        return f"the earlier prompt stands unchanged in front, {front}% of this one"
    return one_line(f"{prefix['change']['said']}, {front}% stands unchanged in front of it")


def _named(change: dict[str, Any]) -> str:
    if "name" in change:
        return str(change["name"])
    return f"{change['path']}: {change['before']} → {change['after']}"


def _parts(document: dict[str, Any]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for entry in document["entries"]:
        known = entry["now"] is not None
        part = document["parts"][entry["now"]] if known else document["old"][str(entry["before"])]
        named = " · ".join(str(part[key]) for key in ("role", "name") if part[key])
        rows.append((
            _SIGNS.get(entry["mark"], ""), entry["mark"] or "", one_line(named), count(part["chars"]),
            entry["note"] or "", one_line(part["preview"][:_PREVIEW]),
        ))  # fmt: skip
    return rows


def _print_fact(found: dict[str, Any]) -> None:
    if found["first"] is None:
        out.print(f"none of {found['calls_read']} calls held it")
    else:
        holders = sum(one["holds"] for one in found["held"])
        first, last = found["first"], found["last"]
        out.print(
            f"held by {holders} of {found['calls_read']} calls, "
            f"from step {first['step']} ({first['span_id']}) to step {last['step']} ({last['span_id']})"
        )
        for left in found["exits"]:
            step = left["next"]
            out.print(one_line(
                f"left after step {left['last']['step']}: {left['note']}; "
                f"step {step['step']} ({step['span_id']}) went without it"
            ))  # fmt: skip
        if found["stays"]:
            out.print("no later call of its agent went without it")
    if found["calls_read"] < found["calls"]:
        say(f"{found['calls'] - found['calls_read']} calls recorded no content")
