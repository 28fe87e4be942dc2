"""`spotlight check`: whether runs keep to limits of cost, failures, time and quality."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from spotlight.cli.narrowing import Narrowing, narrowed
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, out, print_json, say, table
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from rich.text import Text

    from spotlight.cli.budgets import Limits
    from spotlight.reports import RunFilters
    from spotlight.reports.limits import Verdict

_STYLES: Final = {"pass": "green", "fail": "bold red", "unknown": "yellow"}


class Checked(NamedTuple):
    """One limit of one budget, what it came to, and the runs that it is about."""

    budget: str
    filters: RunFilters
    verdict: Verdict


class Typed(NamedTuple):
    """Limits as they were typed, by the names of budget files."""

    max_cost_usd: float | None
    max_cost_per_run_usd: float | None
    max_failure_rate: float | None
    max_p95_ms: float | None
    max_unpriced_share: float | None
    min_score: list[str]


@narrowed
def check(
    narrowing: Narrowing,
    max_cost: Annotated[float | None, typer.Option(min=0, help="USD that all runs may cost.")] = None,
    max_cost_per_run: Annotated[
        float | None, typer.Option(min=0, help="USD that a run may cost, on average.")
    ] = None,
    max_failure_rate: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of ended runs that may fail: 0.05.")
    ] = None,
    max_p95_ms: Annotated[
        float | None, typer.Option(min=0, help="Milliseconds within which 95 % of the runs must end.")
    ] = None,
    max_unpriced_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the tokens that may have no price.")
    ] = None,
    min_score: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Least mean of a score; may be repeated.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Budgets in a YAML file: docs/reports.md.")] = None,
    allow_unknown: Annotated[
        bool, typer.Option("--allow-unknown", help="A value that cannot be known breaks no limit.")
    ] = False,
    webhook: Annotated[
        str | None,
        typer.Option(
            envvar="SPOTLIGHT_WEBHOOK", metavar="URL", help="POST the result here if a limit breaks."
        ),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The webhook may be in a private network.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold runs to limits: exit code 0 where all are kept, 1 where one is broken, 2 for wrong usage.

    A value that cannot be known, such as the score of runs that nobody judged, breaks its limit.

    Example: spotlight check --since 24h --max-cost 50 --max-failure-rate 0.05

    Example: spotlight check --file budgets.yaml --webhook https://hooks.example.com/T0/secret
    """
    typed = Typed(
        max_cost, max_cost_per_run, max_failure_rate, max_p95_ms, max_unpriced_share, min_score or []
    )
    found = _found(existing_data(data), _asked(typed, narrowing, file))
    kept = {"pass", "unknown"} if allow_unknown else {"pass"}
    broken = [one for one in found if one.verdict.outcome not in kept]
    document = _document(found, broken)
    _show(found, document, as_json=as_json)
    if broken and webhook:
        from spotlight.cli.webhook import post_json

        post_json(webhook, document, allow_private=allow_private)
        say("the webhook was told")
    raise typer.Exit(1 if broken else 0)


def _found(data: Path, asked: list[_Asked]) -> list[Checked]:
    """Return what every limit came to."""
    from spotlight.reports import open_lake
    from spotlight.reports.limits import verdicts

    reports = open_lake(data)
    return [
        Checked(name, filters, verdict)
        for name, filters, limits in asked
        for verdict in verdicts(reports, filters, limits.listed())
    ]


class _Asked(NamedTuple):
    budget: str
    filters: RunFilters
    limits: Limits


def _asked(typed: Typed, narrowing: Narrowing, file: Path | None) -> list[_Asked]:
    """Return the limits that were typed and those of the file; exit code 2 where they cannot be used."""
    from pydantic import ValidationError

    from spotlight.cli.budgets import Limits, read_budgets

    try:
        limits = Limits(**(typed._asdict() | {"min_score": _scores(typed.min_score)}))
        own = [_Asked("", narrowing.run_filters(), limits)] if limits.listed() else []
        if file is None:
            budgets = []
        elif narrowing != Narrowing():
            raise SpotlightError("filters are for limits that are typed", hint="a budget file names its own")
        else:
            budgets = read_budgets(file)
        asked = [*own, *(_Asked(b.name, b.narrowing().run_filters(), b) for b in budgets)]
    except ValidationError as exc:
        raise typer.BadParameter(str(exc.errors()[0]["msg"])) from exc
    except SpotlightError as exc:
        raise typer.BadParameter(str(exc)) from exc
    except OSError as exc:
        raise typer.BadParameter(f"{file}: {exc.strerror}") from exc
    if not asked:
        raise typer.BadParameter("nothing to check: name a limit such as --max-cost 50, or a --file")
    return asked


def _scores(words: list[str]) -> dict[str, float]:
    """Return scores with their least values. Raises: typer.BadParameter for what is no NAME=VALUE."""
    found = {}
    for word in words:
        name, _, bound = word.rpartition("=")
        try:
            found[name.strip()] = float(bound)
        except ValueError:
            name = ""
        if not name.strip():
            raise typer.BadParameter(f"{word!r} is no NAME=VALUE", param_hint="--min-score")
    return found


def _document(found: list[Checked], broken: list[Checked]) -> dict[str, Any]:
    """Return the result for programs; `text` is what chat services show of it."""
    from spotlight.reports.moments import time_text, window_text

    said = [f"{one.budget or 'limit'}: {_words(one.verdict)}" for one in broken]
    return {
        "text": "\n".join(["Spotlight: limits broken", *said]) if broken else "Spotlight: all limits kept",
        "ok": not broken,
        "checked_at": time_text(time.time_ns()),
        "checks": [
            {
                "budget": one.budget or None,
                "window": window_text(one.filters.since_ns, one.filters.until_ns),
                **one.verdict._asdict(),
            }
            for one in found
        ],
    }


def _words(verdict: Verdict) -> str:
    value, bound = (_figure(verdict, number) for number in (verdict.value, verdict.bound))
    return f"{verdict.limit} is {value}, limit {bound} (n = {verdict.n:,} {verdict.of})"


def _figure(verdict: Verdict, value: float | None) -> str:
    from spotlight.reports.export.figures import cell

    return cell("value", {"unit": verdict.unit, "value": value})


def _show(found: list[Checked], document: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    rows = [
        [one.budget or "-", one.verdict.limit, _figure(one.verdict, one.verdict.value),
         _figure(one.verdict, one.verdict.bound), count(one.verdict.n), one.verdict.of,
         _outcome(one.verdict.outcome), one.verdict.note]
        for one in found
    ]  # fmt: skip
    headings = ("budget", "limit", "value", "bound", "n", "of", "outcome", "note")
    out.print(table(headings, rows, numbers=("value", "bound", "n")))


def _outcome(word: str) -> Text:
    from rich.text import Text

    return Text(word, style=_STYLES[word])
