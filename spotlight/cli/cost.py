"""`spotlight cost`: how a price came about, prices anew, what it would have cost, the provider's bill."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from spotlight.cli.narrowing import Narrowing, narrowed
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, one_line, out, print_json, say, table
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from spotlight.pricing import Book
    from spotlight.reports.reconcile import Reconciled
    from spotlight.reports.reprice import Repriced
    from spotlight.reports.whatif import WhatIf

_MOST_ROWS: Final = 200
_UNKNOWN: Final = "–"


class Switch(enum.StrEnum):
    """What can be switched on."""

    ON = "on"


cost = typer.Typer(
    name="cost",
    help="Explain prices, price again, ask what it would have cost, compare with the provider's bill.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
BookOption = Annotated[
    Path | None,
    typer.Option("--book", help="Price file (YAML).", show_default="prices.yaml in the data folder"),
]


@cost.command()
def explain(
    target: Annotated[str, typer.Argument(metavar="RUN|SPAN", help="Id of a run or step, or its beginning.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how a price came about: attribute, rule, price row, arithmetic; for a run, step by step.

    What cannot be is flagged: more cache than input, more reasoning than output, a cost far from the
    client's own.

    Example: spotlight cost explain 9c75985e
    """
    from spotlight.reports import open_lake
    from spotlight.reports.ledger import cost_ledger

    found = cost_ledger(open_lake(existing_data(data)), target)
    if as_json:
        print_json(found)
        return
    for step in found["steps"]:
        _print_step(step)
    books = ", ".join(found["price_books"]) or "no prices"
    unpriced = f", {found['unpriced']} steps with usage have no price" if found["unpriced"] else ""
    reported = f"; the client reports {usd(found['cost_reported_usd'])}" if found["cost_reported_usd"] else ""
    say(f"{usd(found['cost_usd'])} by {books}{unpriced}{reported}")
    for fault in found["faults"]:
        say(f"impossible or odd: {fault['fault']} ({fault['span_id'] or 'somewhere in the run'})")


@cost.command()
@narrowed
def faults(narrowing: Narrowing, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List usage that no call can have, and costs far from what the client reports.

    Example: spotlight cost faults --since 7d
    """
    from spotlight.reports import open_lake
    from spotlight.reports.ledger import usage_faults

    rows = usage_faults(open_lake(existing_data(data)), narrowing.run_filters()).to_pylist()
    if as_json:
        print_json(rows)
        return
    headings = ("run", "step", "model", "fault", "value", "not above")
    shown = rows[:_MOST_ROWS]
    cells = (
        (r["run_id"], r["span_id"] or _UNKNOWN, r["model"] or _UNKNOWN, r["fault"], _figure(r["value"]),
         _figure(r["bound"]))
        for r in shown
    )  # fmt: skip
    if rows:
        out.print(table(headings, cells, numbers=("value", "not above")))
    say(
        f"{rows[0]['n'] if rows else 0:,} faults"
        + (f", {len(shown)} shown" if len(rows) > len(shown) else "")
    )


@cost.command()
@narrowed
def reprice(
    narrowing: Narrowing,
    book: BookOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Price recorded steps again, each at the price in force when it began; earlier prices are kept.

    Without --book the library's newest prices and prices.yaml of the data folder are taken.

    Example: spotlight cost reprice --since 30d --book contract.yaml --dry-run
    """
    from spotlight.lake import Lake
    from spotlight.reports import open_lake
    from spotlight.reports.reprice import reprice as run

    folder = existing_data(data)
    lake = None if dry_run else Lake(folder / "lake")
    found = run(open_lake(folder), narrowing.run_filters(), _book(folder, book), lake)
    if as_json:
        print_json(found._asdict() | {"dry_run": dry_run, "models": [m._asdict() for m in found.models]})
        return
    _print_repriced(found, dry_run)


@cost.command("what-if")
@narrowed
def what_if(
    narrowing: Narrowing,
    model: Annotated[
        str | None, typer.Option("--model", help="Every call by this model: provider/model.")
    ] = None,
    book: BookOption = None,
    cache: Annotated[
        Switch | None, typer.Option("--cache", help="With the provider's prompt cache: on.")
    ] = None,
    batch: Annotated[bool, typer.Option("--batch", help="Through the provider's batch interface.")] = False,
    of_model: Annotated[
        str | None,
        typer.Option("--of-model", help="Only what this model did, in place of the others' --model."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what recorded usage would have cost otherwise, without a model call; assumptions are listed.

    Example: spotlight cost what-if --model openai/gpt-5-mini --since 7d

    Example: spotlight cost what-if --cache on --pack renewal-agent
    """
    from spotlight.reports import open_lake
    from spotlight.reports.whatif import Change
    from spotlight.reports.whatif import what_if as run

    folder = existing_data(data)
    if not (model or book or cache or batch):
        raise SpotlightError("nothing would be otherwise", hint="give --model, --book, --cache on or --batch")
    change = Change(model, cache is Switch.ON, batch)
    filters = narrowing._replace(model=of_model).run_filters()
    found = run(open_lake(folder), filters, _book(folder, book), change)
    if as_json:
        print_json(found._asdict() | {"parts": [part._asdict() for part in found.parts]})
        return
    _print_what_if(found)


@cost.command()
def reconcile(
    file: Annotated[Path, typer.Argument(help="Usage or cost export of OpenAI or Anthropic: CSV or JSON.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare what was recorded with a provider's export, by UTC day and model.

    Example: spotlight cost reconcile completions_usage_2026-11.csv
    """
    from spotlight.reports import open_lake
    from spotlight.reports.reconcile import reconcile as run

    found = run(open_lake(existing_data(data)), file)
    if as_json:
        print_json(found._asdict() | {"rows": [row._asdict() for row in found.rows]})
        return
    _print_reconciled(found)


def _book(folder: Path, path: Path | None) -> Book:
    from spotlight.pricing import book_of, default_book

    return default_book(path) if path else book_of(folder)


def usd(value: float | None) -> str:
    """Return an amount with as many digits as tell it from nothing."""
    if value is None:
        return _UNKNOWN
    return f"{value:,.2f} USD" if abs(value) >= 100 else f"{value:,.6f} USD"


def _model(provider: str | None, model: str | None) -> str:
    return model if model and "/" in model else "/".join(filter(None, [provider, model]))


def _figure(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.6g}"


def _difference(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return _UNKNOWN
    share = f" ({(after - before) / before:+.1%})" if before else ""
    return f"{after - before:+,.6f}{share}"


def _print_step(step: dict[str, Any]) -> None:
    """Print a step from what was reported to what it cost."""
    who = _model(step["provider"], step["model"]) or step["tool_name"] or step["kind"]
    out.print(
        one_line(f"{step['step']}. {step['name']}  {who}  {step['span_id']}"), style="bold", soft_wrap=True
    )
    for number in step["numbers"]:
        value = count(number["value"]) if isinstance(number["value"], int) else number["value"]
        out.print(
            one_line(f"   {number['column']} {value} ← {number['attribute'] or 'derived'}"), soft_wrap=True
        )
    for text in filter(None, [step["rule"], step["basis"]]):
        out.print(one_line(f"   rule: {text}"), soft_wrap=True)
    if step["price_row"]:
        out.print(one_line(f"   price: {step['price_row']} ({step['price_book']})"), soft_wrap=True)
    if step["unpriced_reason"]:
        out.print(one_line(f"   no price: {step['unpriced_reason']}"), style="yellow", soft_wrap=True)
    for line in step["lines"]:
        out.print(one_line(f"   {line['class']}: {line['arithmetic']}  [{line['rule']}]"), soft_wrap=True)
    if step["cost_usd"] is not None:
        out.print(f"   = {usd(step['cost_usd'])}", soft_wrap=True)
    for fault in step["faults"]:
        out.print(one_line(f"   odd: {fault}"), style="yellow", soft_wrap=True)
    out.print()


def _print_repriced(found: Repriced, dry_run: bool) -> None:
    headings = (
        "provider",
        "model",
        "steps",
        "changed",
        "now priced",
        "no longer",
        "before",
        "after",
        "change",
    )
    rows = (
        (m.provider or _UNKNOWN, m.model or _UNKNOWN, count(m.steps), count(m.changed), count(m.newly_priced),
         count(m.no_longer_priced), usd(m.before_usd), usd(m.after_usd),
         _difference(m.before_usd, m.after_usd))
        for m in found.models[:_MOST_ROWS]
    )  # fmt: skip
    if found.models:
        out.print(table(headings, rows, numbers=headings[2:]))
    verb = "would get" if dry_run else "got"
    say(
        f"{found.steps:,} steps of {found.runs:,} runs {verb} a new price by {found.price_book}: "
        f"{usd(found.before_usd)} before, {usd(found.after_usd)} after"
    )


def _print_what_if(found: WhatIf) -> None:
    headings = ("pack", "version", "model", "steps", "compared", "cost", "otherwise", "change")
    rows = (
        (p.pack_name or _UNKNOWN, p.pack_version or _UNKNOWN, _model(p.provider, p.model) or _UNKNOWN,
         count(p.steps), count(p.compared), usd(p.before_usd), usd(p.after_usd),
         _difference(p.before_usd, p.after_usd))
        for p in found.parts[:_MOST_ROWS]
    )  # fmt: skip
    if found.parts:
        out.print(table(headings, rows, numbers=headings[3:]))
    say(
        f"{usd(found.before_usd)} became {usd(found.after_usd)}: "
        f"{_difference(found.before_usd, found.after_usd)} by {found.price_book}"
    )
    say(f"{found.compared:,} of {found.steps:,} steps have both prices; {found.unchanged:,} cost the same")
    for text in found.assumptions:
        say(f"assumed: {text}")


def _print_reconciled(found: Reconciled) -> None:
    headings = ("day", "model", "what", "recorded", "provider", "difference", "note")
    rows = (
        (row.day, row.model or _UNKNOWN, row.measure, _figure(row.ours), _figure(row.theirs),
         _figure(row.difference), row.note)
        for row in found.rows[:_MOST_ROWS]
    )  # fmt: skip
    if found.rows:
        out.print(table(headings, rows, numbers=("recorded", "provider", "difference")))
    say(
        f"{found.shape}, {found.first_day} to {found.last_day}; "
        f"recorded: {found.steps:,} calls of {found.provider}"
    )
    for text in found.notes:
        say(text)
