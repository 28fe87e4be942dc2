"""A sealed plan with all it needs, ready to be worked on: recordings, models, mocks, prices, the journal."""

from __future__ import annotations

import asyncio
import functools
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, ParamSpec, TypeVar
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import ReadableSpan

from replay.budget import Prices
from replay.calling import Ask, Asked
from replay.emission import spans_of
from replay.engine import Engine, Result, work
from replay.journal import Item, Journal
from replay.mocks.ladder import Mocks, Outcome, Simulate, Stubs
from replay.mocks.stub_host import StubHost
from replay.mocks.tape import Recorded, recorded_of
from replay.model import Recording
from replay.plan import Plan, Sealed
from replay.preview import Preview, preview
from replay.progress import Progress, read_progress
from replay.providers.addresses import check_address
from replay.providers.answers import Answer
from replay.providers.asking import ask
from replay.providers.keys import Key
from replay.providers.models import Model
from replay.providers.pool import Pool, open_pool
from replay.rewriting import Rewriter
from replay.sealing import Recordings, recordings_of
from replay.targets import Changes
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import Json
from spotlight.packs import read_pack
from spotlight.pricing import book_of
from spotlight.reports import Reports, open_lake

BUDGET: Final = "budget_usd"  # a budget that was raised after the plan was made

# Takes the spans of some results to where runs are kept; returns when they are safe.
Send = Callable[[Sequence[ReadableSpan]], None]
P = ParamSpec("P")
T = TypeVar("T")


class Setting:
    """What the work on a plan reads: its recordings, and the tools that stand for real ones."""

    def __init__(self, sealed: Sealed, recordings: Recordings, data: Path, stubs: Stubs | None) -> None:
        self.sealed = sealed
        self._stubs = stubs
        self.prices = Prices(book_of(data))
        self.recordings = recordings
        for path, known in sealed.packs.items():
            if read_pack(Path(path)).digest != known:
                raise SpotlightError(
                    f"the pack {path} is not what it was when this plan was made", hint="make a new plan"
                )
        self._rewriters = {variant.name: Rewriter(variant) for variant in sealed.plan.all_variants()}

    def changes(self, variant: str, found: Recording) -> Changes:
        """Return what a variant changes of a recording."""
        return Changes(self._rewriters[variant], found)

    def mocks(self, found: Recording, item: Item, from_step: int, simulate: Simulate | None = None) -> Mocks:
        """Return the mocked tools of one item; `simulate` makes up results where the policy wants that."""
        case = self.sealed.cases[item.case_no]
        return Mocks(
            recorded_of(found), policy=self.sealed.policy, declared=self._rewriters[item.variant].tools,
            pool=self._pool(found), from_step=from_step, seed=self.sealed.plan.seed, case=case.run_id,
            repeat=item.repeat, stubs=self._stubs, simulate=simulate,
            tools={tool.name: tool for call in found.calls for tool in call.request.tools or ()},
        )  # fmt: skip

    def _pool(self, found: Recording) -> list[Recorded]:
        """Return the tool calls of the plan's other runs of the same case: those that were asked the same."""
        if not self.sealed.plan.pool:
            return []
        own = str(found.run["run_id"])
        task = next(case.question for case in self.sealed.cases if case.run_id == own)
        others = [c.run_id for c in self.sealed.cases if c.question == task and c.run_id != own]
        return [recorded_of(self.recordings(run_id)) for run_id in others]


class _NamedStubs(NamedTuple):
    """Stubs by name alone: what a preview needs to know, and runs nothing."""

    names: frozenset[str]

    def call(self, name: str, arguments: Json, about: Mapping[str, Json]) -> Outcome:
        """Return nothing."""
        return Outcome(None)


@contextmanager
def opened_stubs(sealed: Sealed) -> Iterator[StubHost | None]:
    """Yield the process with a plan's stubs, as they were when the plan was made; None where it has none."""
    if sealed.stubs is None:
        yield None
        return
    with TemporaryDirectory(prefix="spotlight-stubs-") as folder:
        path = Path(folder) / "stubs.py"
        path.write_text(sealed.stubs, encoding="utf-8")
        with StubHost(path) as host:
            yield host


def _beside_loops(function: Callable[P, T]) -> Callable[P, T]:
    """Have a function work in a thread of its own where this one runs an event loop, as in a notebook."""

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return function(*args, **kwargs)
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(function, *args, **kwargs).result()

    return called


@_beside_loops
def look_ahead(sealed: Sealed, reports: Reports, data: Path, recordings: Recordings | None = None) -> Preview:
    """Return what a plan will ask, cover and cost. Raises: SpotlightError for stubs that cannot be loaded."""
    with opened_stubs(sealed) as host:
        stubs = _NamedStubs(host.names) if host else None
    told = Setting(sealed, recordings or recordings_of(reports), data, stubs)
    return asyncio.run(preview(sealed, told.recordings, told.prices, told.changes, told.mocks))


def check(plan: Plan, ahead: Preview) -> None:
    """Refuse a plan that cannot keep to its limits, has nothing to ask or lacks a key.

    Raises: SpotlightError.
    """
    simulate = [plan.simulate.parsed()] if plan.simulate else []
    for target in (*ahead.targets, *simulate):
        Key(target).check()
        _check_host(target, plan.allow_private)
    if plan.budget_usd == 0 and ahead.worst_usd:
        raise SpotlightError(
            "a budget of 0 USD pays for no call", hint="give more, or --model recorded, which is free"
        )
    if ahead.unpriced_calls and not plan.allow_unpriced:
        raise SpotlightError(
            f"{', '.join(sorted(ahead.unpriced))}: no price, so no budget holds",
            hint="price it in prices.yaml of the data folder, or say --allow-unpriced",
        )
    if not ahead.calls:
        why = next(iter([*ahead.refused, *ahead.skipped]), "nothing was recorded")
        raise SpotlightError(
            f"no model call is left to ask: {why}",
            hint="`spotlight replay inspect RUN` says what is recorded",
        )


def _check_host(target: Model, allow_private: bool) -> None:
    """Refuse an address that needs no looking up; names are judged when they are asked."""
    host = urlsplit(target.base_url).hostname or ""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return
    check_address(str(address), host, allow_private=allow_private)


@_beside_loops
def run_plan(
    folder: Path,
    data: Path,
    sealed: Sealed,
    send: Send,
    *,
    budget_usd: Decimal | None = None,
    retry: bool = False,
    recordings: Recordings | None = None,
) -> Progress:
    """Work on a plan until it has ended, its money is spent or somebody cancels; return how far it is.

    `budget_usd` raises the plan's own budget, now and from now on. `retry`: what failed is tried once more;
    its results take the place of those before. `recordings` reads those of `data`.

    Raises: SpotlightError where another process works on it, or a recording has changed.
    """
    with Journal.open(folder, sealed.items()) as journal:
        if budget_usd is not None:
            journal.mark(BUDGET, format(budget_usd, "f"))
            journal.reopen(["budget"])
        if retry:
            journal.reopen(["error", "incomplete"])
        raised = journal.marked(BUDGET)
        limit = Decimal(raised) if raised is not None else sealed.plan.budget_usd
        with opened_stubs(sealed) as stubs:
            setting = Setting(sealed, recordings or recordings_of(open_lake(data)), data, stubs)
            asyncio.run(_run(journal, data, setting, send, limit))
    return read_progress(folder)


async def _run(journal: Journal, data: Path, setting: Setting, send: Send, limit: Decimal | None) -> None:
    sealed = setting.sealed

    async def emit(results: Sequence[Result]) -> None:
        spans = [
            span for result in results for span in spans_of(sealed, result.path, result.run, result.times)
        ]
        await asyncio.to_thread(send, spans)

    with ExitStack() as stack:
        loop = asyncio.get_running_loop()
        is_main = threading.current_thread() is threading.main_thread()  # no other may take signals
        for name in (signal.SIGINT, signal.SIGTERM) if is_main else ():
            loop.add_signal_handler(name, journal.mark, "cancel", "1")
            stack.callback(loop.remove_signal_handler, name)
        async with open_pool(data, allow_private=sealed.plan.allow_private) as pool:
            engine = Engine(
                sealed, journal, setting.recordings, setting.changes, asker(pool, sealed),
                setting.mocks, setting.prices, emit,
            )  # fmt: skip
            await work(engine, budget_usd=limit)


def asker(pool: Pool, sealed: Sealed) -> Ask:
    """Return what asks models over a pool.

    Every step of every run, by every variant, each time it is repeated, is a trial of its own. Another plan
    with the same trial does not pay for it again; another seed asks anew.
    """

    async def ask_model(asked: Asked, may_go_on: Callable[[], bool]) -> Answer:
        recorded = asked.recorded.response if asked.recorded else None
        item = asked.item
        run_id = sealed.cases[item.case_no].run_id
        trial = json.dumps([sealed.plan.seed, run_id, asked.step, item.variant, item.repeat])
        return await ask(
            pool, asked.model, asked.request, recorded=recorded, trial=trial, may_go_on=may_go_on
        )

    return ask_model
