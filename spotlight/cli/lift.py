"""`spotlight lift SEARCH`: what differs about the runs that a search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spotlight.cli.narrowing import Narrowing, narrowed
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import duration, money, one_line, out, print_json, say, table
from spotlight.figures import percent

if TYPE_CHECKING:
    from spotlight.reports.lift import Feature, Lift

_FEATURES = ("feature", "of", "these", "others", "times", "q", "same runs")
_NUMBERS = ("number", "these", "others", "larger in", "q")


@narrowed
def lift(
    narrowing: Narrowing,
    search: Annotated[str, typer.Argument(metavar="SEARCH", help="Which runs, best in single quotes.")],
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many features.")] = 30,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what differs about the runs that a search finds, beside all other runs.

    Versions, models, tools, arguments, phrases and numbers, each with support, a test and its correction
    for how many were tested; docs/failures.md tells the method.

    Example: spotlight lift 'status:error' --since 7d
    """
    from spotlight.reports import open_lake
    from spotlight.reports.lift import lift as lift_of

    found = lift_of(open_lake(existing_data(data)), search, narrowing.run_filters())
    if as_json:
        features = [feature._asdict() for feature in found.features]
        print_json(found._asdict() | {"features": features, "numbers": [n._asdict() for n in found.numbers]})
        return
    _print(found, limit)


def _print(found: Lift, limit: int) -> None:
    say(f"{found.inside_all:,} runs against {found.outside_all:,} others, {found.tested:,} features tested")
    if (found.inside_n, found.outside_n) != (found.inside_all, found.outside_all):
        say(f"of them {found.inside_n:,} and {found.outside_n:,} were compared")
    if found.left_out:
        say(f"left out, since the runs were chosen by it: {', '.join(found.left_out)}")
    if not found.inside_n or not found.outside_n:
        which = "no run is among these" if not found.inside_n else "no other run is left"
        say(f"{which}: there is nothing to compare")
        return
    if not found.features and not found.numbers:
        say("nothing differs by more than chance would make differ")
        return
    if found.features:
        out.print(table(_FEATURES, [_feature(feature) for feature in found.features[:limit]]))
    if len(found.features) > limit:
        say(f"{len(found.features) - limit:,} more features differ: -n lists them")
    if found.numbers:
        rows = [
            (n.what, _figure(n.what, n.inside_median), _figure(n.what, n.outside_median),
             f"{100 * n.superiority:.0f} of 100", _rate(n.q))
            for n in found.numbers
        ]  # fmt: skip
        out.print(table(_NUMBERS, rows, numbers=_NUMBERS[1:]))


def _figure(what: str, number: float) -> str:
    """Return a median in its unit."""
    from spotlight.reports.lift import NUMBERS

    column = next(column for column, name in NUMBERS.items() if name == what)
    if column.endswith("_ms"):
        return duration(number)
    if column.endswith("_usd"):
        return money(number)
    return percent(number) if column.endswith("_share") else f"{number:,.10g}"


def _rate(q: float) -> str:
    """Return a false discovery rate; what is too small for a number is not 0."""
    return f"{q:.3g}" if q else "<1e-300"


def _feature(feature: Feature) -> tuple[str, ...]:
    def side(count: int, share: float | None) -> str:
        return f"{count:,}" if share is None else f"{count:,} · {percent(share)}"

    return (
        one_line(feature.value), feature.what, side(feature.inside, feature.inside_share),
        side(feature.outside, feature.outside_share), "" if feature.lift is None else f"{feature.lift:.1f}",
        _rate(feature.q), one_line(", ".join(feature.same_as[:2])),
    )  # fmt: skip
