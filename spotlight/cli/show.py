"""`spotlight show RUN`: what happened in a run, as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text
from rich.tree import Tree

from spotlight.cli.options import DataOption, JsonOption, existing_data, settings
from spotlight.cli.output import (
    UNKNOWN,
    count,
    duration,
    harmless,
    money,
    one_line,
    out,
    print_json,
    say,
    status,
    when,
)
from spotlight.cli.show_transcript import show_transcript
from spotlight.cli.show_usage import print_usage

if TYPE_CHECKING:
    from spotlight.reports import Reports
    from spotlight.reports.first_bad import FirstBad
    from spotlight.reports.noise import Shown

# Each is a question to the lake; a run with more errors has said enough.
_MOST_ERRORS: Final = 100
_ERROR_LENGTH: Final = 300
_SIGNALS: Final = {"log": "log records: no spans were sent", "log,span": "spans and log records"}


def show(
    run: Annotated[str, typer.Argument(help="Run id, or the beginning of one.")],
    payloads: Annotated[bool, typer.Option("--payloads", help="With what each step carried.")] = False,
    usage: Annotated[
        bool,
        typer.Option("--usage", help="Every number of its usage: whence, by what rule, what is left out."),
    ] = False,
    transcript: Annotated[
        bool, typer.Option("--transcript", help="What was said, in reading order: each message once.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="With spans that are no steps of the agent, however many.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a run as a tree: kinds, durations, tokens, errors.

    Example: spotlight show 14c173b1 --payloads
    """
    from spotlight.reports import open_lake
    from spotlight.reports.first_bad_run import first_bad
    from spotlight.reports.noise import shown_rows

    reports = open_lake(existing_data(data), run_budget_usd=settings().run_budget_usd)
    if usage:
        account = reports.usage_account(run)
        if as_json:
            print_json(account)
        else:
            print_usage(account)
        return
    if transcript:
        show_transcript(reports, run, as_json=as_json)
        return
    document: dict[str, Any] = reports.run_document(run)
    run_id = document["run"]["run_id"]
    carried = reports.run_payloads(run_id) if payloads else {}
    scores = reports.run_scores(run_id)
    if as_json:
        print_json(document | {"scores": scores} | ({"payloads": carried} if payloads else {}))
        return
    out.print(_headline(document["run"]))
    for score in scores:
        out.print(score_line(score))
    _say_first_bad(first_bad(reports, run_id))
    rows = shown_rows(document, everything=everything)
    for tree in _trees(document, rows, carried, _errors(reports, document, rows)):
        out.print(tree)
    _say_hidden(document, len(rows))


def _say_first_bad(found: FirstBad | None) -> None:
    if found is not None:
        out.print(
            Text(f"look first at span {one_line(found.span_id)}: {one_line(found.why)[:_ERROR_LENGTH]}")
        )


def _say_hidden(document: dict[str, Any], shown: int) -> None:
    hidden, failed = document["count"] - shown, document["noise"]["errors"]
    if hidden:
        errors = f", {failed:,} of them with an error" if failed else ""
        what = f"{hidden:,} of {document['count']:,} spans are no steps of the agent{errors}"
        say(f"{what}; see them with --all")


def score_line(score: dict[str, Any]) -> Text:
    """Return one judgement as a line: its name, number and label, of what, by whom, and why."""
    said = [f"{score['value']:g}"] if score["value"] is not None else []
    said += [one_line(score["label"])] if score["label"] is not None else []
    line = Text.assemble(
        ("score ", "dim"), one_line(score["name"]), "  ", (" ".join(said) or UNKNOWN, "bold")
    )
    what = {"span": f"of span {score['span_id']}", "session": "of the session"}.get(score["target_type"], "")
    by = [
        f"by {one_line(score['annotator'])}" if score["annotator"] else "",
        one_line(score["evaluator"] or ""),
    ]
    line.append("".join(f"  {part}" for part in (what, *by) if part), "dim")
    if score["explanation"]:
        line.append(f"  {one_line(score['explanation'])[:_ERROR_LENGTH]}")
    return line


def _headline(run: dict[str, Any]) -> Text:
    line = Text.assemble(
        (f"run {run['run_id']}", "bold"), "  ", status(run["status"]),
        f"  {when(_number(run['started_ns']))} UTC",
        f"  {duration(run['duration_ms'])}\n",
    )  # fmt: skip
    digest = run["pack_digest"]
    short = digest.rpartition(":")[2][:8] if digest else ""
    content = f"(content {short})" if short and short not in (run["pack_version"] or "") else None
    traces = len(run["trace_ids"] or ())
    facts = {
        "pack": " ".join(filter(None, (run["pack_name"], run["pack_version"], content))),
        "session": run["session_id"],
        "turn": run["turn_id"],
        "user": run["user_id"],
        "from": _SIGNALS.get(run["signals"]),
        "traces": f"{traces:,}" if traces > 1 else None,
        "models": ", ".join(run["models"] or ()),
        "tokens": f"{count(run['input_tokens'])} in, {count(run['output_tokens'])} out",
        "cost": _cost(run),
        "time": _time(run),
        "why": run["status_reason"],
        "error": ": ".join(filter(None, (run["error_type"], run["error_message"]))),
    }
    for name, value in facts.items():
        if value:
            line.append(f"{name:>8}  {harmless(value)}\n")
    return line


def _cost(run: dict[str, Any]) -> str:
    """Return what the run cost, what of it has no price, and what the client itself says."""
    said = [money(run["cost_usd"])]
    if unpriced := run["unpriced_generations"]:
        said.append(f"{unpriced:,} model call{'s' if unpriced > 1 else ''} without a price")
    if run["cost_reported_usd"] is not None:
        said.append(f"{money(run['cost_reported_usd'])} as the client reports")
    return ", ".join(said)


def _time(run: dict[str, Any]) -> str:
    """Return where the run's time went, the largest part first."""
    parts = {name: run[f"{column}_ms"] for name, column in _TIME_PARTS.items() if run[f"{column}_ms"]}
    longest = sorted(parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {duration(ms)}" for name, ms in longest)


_TIME_PARTS: Final = {
    "model": "model", "tools": "tool", "people": "human", "before the first step": "queue",
    "unaccounted": "unaccounted",
}  # fmt: skip


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) else value


def _errors(reports: Reports, document: dict[str, Any], rows: list[Shown]) -> dict[str, str]:
    """Return the type and message of the errors of the steps that are shown, by span id."""
    columns = document["cols"]
    failed = [columns["id"][row] for row, _ in rows if columns["err"][row]]
    errors: dict[str, str] = {}
    for span_id in failed[:_MOST_ERRORS]:
        span: Any = reports.span_document(document["run"]["run_id"], span_id)["span"]
        message = span["error_message"] or span["status_message"]
        errors[span_id] = ": ".join(filter(None, (span["error_type"], message)))
    return errors


def _trees(
    document: dict[str, Any],
    rows: list[Shown],
    carried: dict[str, dict[str, str | None]],
    errors: dict[str, str],
) -> list[Tree]:
    """Return a tree per shown span without a shown parent, in display order."""
    columns = document["cols"]
    branches: dict[int, Tree] = {}
    tops: list[Tree] = []
    for row, parent in rows:
        span_id = columns["id"][row]
        label = _label(document, row)
        if errors.get(span_id):
            label.append(f"  {one_line(errors[span_id])[:_ERROR_LENGTH]}", "red")
        branch = branches[parent].add(label) if parent >= 0 else Tree(label)
        if parent < 0:
            tops.append(branch)
        for name, text in carried.get(span_id, {}).items():
            if text is not None and name != "dialect":
                branch.add(Text.assemble((f"{name} ", "cyan"), harmless(text)))
        branches[row] = branch
    return tops


def _label(document: dict[str, Any], row: int) -> Text:
    columns = {name: values[row] for name, values in document["cols"].items()}
    kind = document["kinds"][columns["kind"]] if columns["kind"] >= 0 else "other"
    name = document["names"][columns["name"]]
    label = Text.assemble((f"{kind} ", "dim"), one_line(name))
    for words in ("agent", "tool"):
        said = document[f"{words}s"][columns[words]] if kind == words and columns[words] >= 0 else ""
        if said not in name:
            label.append(f"  {one_line(said)}")
    if columns["dur"] is not None or not columns["log"]:
        label.append(f"  {'not ended' if columns['dur'] is None else duration(columns['dur'])}", "dim")
    if columns["log"]:
        label.append("  log", "dim")
    for words in ("decision", "decider"):
        if columns[words] >= 0:
            label.append(f"  {one_line(document[f'{words}s'][columns[words]])}", "cyan")
    if kind == "llm" or columns["role"] != "none":
        counted = "" if columns["role"] in ("leaf", "none") else f" ({columns['role']}, not counted)"
        label.append(f"  {count(columns['tin'])} in, {count(columns['tout'])} out{counted}", "dim")
    if columns["err"]:
        label.append("  failed" if columns["err"] == 2 else "  error", "bold red")
    if columns["orphan"]:
        label.append("  parent has not arrived", "yellow")
    return label
