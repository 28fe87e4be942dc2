"""`spotlight replay serve RUN`: answer a user's own agent from a recording, and live after it."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from spotlight.cli import replay_words as opt
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import money, out, print_json, say
from spotlight.cli.replay import replay

if TYPE_CHECKING:
    from replay.proxy.report import Event, Report


@replay.command()
def serve(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or the beginning of one.")],
    to: Annotated[
        int | None,
        typer.Option("--to", min=0, metavar="STEP", help="Last model call from the recording. Default: all."),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")] = 0,
    live_model: Annotated[
        str | None, typer.Option("--live-model", help="provider:name that answers after the last step.")
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option(
            "--upstream", metavar="URL", help="Base URL to ask after it, for the agent's own model."
        ),
    ] = None,
    key_env: opt.KeyEnvOption = None,
    allow_private: opt.AllowPrivateOption = False,
    budget: opt.BudgetOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first request that is not as recorded.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer your own agent's model calls from a recorded run, at an address of this machine, until Ctrl-C.

    Speaks OpenAI's chat completions and responses, and Anthropic's messages. Your agent runs its own tools:
    let it run those that do no harm. Requests that are not as recorded are told as they come and at the end.

    Example: spotlight replay serve 9c75985e --to 3 --live-model openai:gpt-5
    """
    from replay.budget import Prices
    from replay.proxy.live import Live
    from replay.proxy.serving import serving
    from replay.recording import recording
    from replay.typed import usd_of
    from spotlight.pricing import book_of
    from spotlight.reports import open_lake

    folder = existing_data(data)
    found = recording(open_lake(folder), run)
    limit = None if budget is None else usd_of(budget)
    live = Live(live_model, upstream, key_env, allow_private, limit, Prices(book_of(folder)))
    ended = threading.Event()
    with serving(found, to_step=to, live=live, is_strict=strict, port=port, on_event=_tell) as proxy:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: ended.set())
        say(f"OPENAI_BASE_URL={proxy.openai_url} ANTHROPIC_BASE_URL={proxy.url}")
        say(f"requests and how they were answered: {proxy.url}/report; stop with Ctrl-C")
        ended.wait()
        report = proxy.report()
    print_json(report.document()) if as_json else _print_report(report)
    if report.is_halted:
        raise typer.Exit(1)


def _tell(event: Event) -> None:
    from spotlight.cli.output import one_line

    say(one_line(event.sentence()))


def _print_report(report: Report) -> None:
    counts = report.document()["by_match"]
    told = ", ".join(f"{number:,} {match}" for match, number in counts.items() if number)
    out.print(f"{len(report.events):,} requests: {told or 'none'}")
    if report.unasked:
        out.print(f"recorded steps that were not asked for: {json.dumps(list(report.unasked))}")
    if report.inexact:
        out.print(f"{len(report.inexact):,} were not answered by the recorded answer to the same request")
    if counts["live"]:
        beside = f"; {report.unpriced_calls:,} calls have no price" if report.unpriced_calls else ""
        out.print(f"spent {money(float(report.spent_usd))}{beside}")
