"""A sealed plan with all it needs, ready to be worked on: recordings, models, mocks, prices, the journal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan

from replay.budget import Prices
from replay.calling import Ask, Asked
from replay.emission import spans_of
from replay.engine import Engine, Result, work
from replay.journal import Item, Journal
from replay.mocks.ladder import Mocks, Outcome, Stubs
from replay.mocks.stub_host import StubHost
from replay.mocks.tape import Recorded, recorded_of
from replay.model import Recording
from replay.plan import Plan, Sealed
from replay.preview import Preview, preview
from replay.progress import Progress, read_progress
from replay.providers.answers import Answer
from replay.providers.asking import ask
from replay.providers.keys import Key
from replay.providers.pool import Pool, open_pool
from replay.recording import recording
from replay.rewriting import Rewriter
from replay.sealing import Recordings
from replay.targets import Changes
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import Json, message_json
from spotlight.messages.digests import canonical_json, digest
from spotlight.packs import read_pack
from spotlight.pricing import book_of
from spotlight.reports import Reports, open_lake

BUDGET: Final = "budget_usd"  # a budget that was raised after the plan was made
_REPEATS: Final = 1_000_000  # more than any plan has
_HELD: Final = 64  # recordings kept in memory

# Takes the spans of some results to where runs are kept; returns when they are safe.
Send = Callable[[Sequence[ReadableSpan]], None]


class Setting:
    """What the work on a plan reads: its recordings, and the tools that stand for real ones."""

    def __init__(self, sealed: Sealed, reports: Reports, data: Path, stubs: Stubs | None) -> None:
        self.sealed = sealed
        self._stubs = stubs
        self.prices = Prices(book_of(data))
        self.recordings: Recordings = lru_cache(maxsize=_HELD)(lambda run_id: recording(reports, run_id))
        for path, known in sealed.packs.items():
            if read_pack(Path(path)).digest != known:
                raise SpotlightError(
                    f"the pack {path} is not what it was when this plan was made", hint="make a new plan"
                )
        self._rewriters = {variant.name: Rewriter(variant) for variant in sealed.plan.all_variants()}
        self._pools: dict[str, list[str]] | None = None

    def changes(self, variant: str, found: Recording) -> Changes:
        """Return what a variant changes of a recording."""
        return Changes(self._rewriters[variant], found)

    def mocks(self, found: Recording, item: Item, from_step: int) -> Mocks:
        """Return the mocked tools of one item."""
        case = self.sealed.cases[item.case_no]
        return Mocks(
            recorded_of(found), policy=self.sealed.policy, declared=self._rewriters[item.variant].tools,
            pool=self._pool(found), from_step=from_step, seed=self.sealed.plan.seed, case=case.run_id,
            repeat=item.repeat, stubs=self._stubs,
        )  # fmt: skip

    def _pool(self, found: Recording) -> list[Recorded]:
        """Return the tool calls of the plan's other runs of the same case: those that were asked the same."""
        if not self.sealed.plan.pool or len(self.sealed.cases) < 2:
            return []
        if self._pools is None:
            self._pools = {}
            for case in self.sealed.cases:
                self._pools.setdefault(question(self.recordings(case.run_id)), []).append(case.run_id)
        own = str(found.run["run_id"])
        others = [run_id for run_id in self._pools[question(found)] if run_id != own]
        return [recorded_of(self.recordings(run_id)) for run_id in others]


def question(found: Recording) -> str:
    """Return what tells cases apart: a digest of the messages with which a run begins."""
    first = found.calls[0].request.messages if found.calls else ()
    asked = [message_json(message) for message in first if message.role == "user"]
    return digest(canonical_json(asked)) if asked else str(found.run["run_id"])


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


def look_ahead(sealed: Sealed, reports: Reports, data: Path) -> Preview:
    """Return what a plan will ask, cover and cost. Raises: SpotlightError for stubs that cannot be loaded."""
    with opened_stubs(sealed) as host:
        stubs = _NamedStubs(host.names) if host else None
    told = Setting(sealed, reports, data, stubs)
    return asyncio.run(preview(sealed, told.recordings, told.prices, told.changes, told.mocks))


def check(plan: Plan, ahead: Preview) -> None:
    """Refuse a plan that cannot keep to its limits, has nothing to ask or lacks a key.

    Raises: SpotlightError.
    """
    for target in ahead.targets:
        Key(target).check()
    if ahead.unpriced_calls and not plan.allow_unpriced:
        raise SpotlightError(
            f"{', '.join(sorted(ahead.unpriced))}: no price, so no budget holds",
            hint="price it in prices.yaml of the data folder, or say --allow-unpriced",
        )
    if not ahead.calls:
        why = next(iter([*ahead.refused, *ahead.skipped]), "nothing was recorded")
        raise SpotlightError(
            f"no model call is left to ask: {why}", hint="see `spotlight replay inspect RUN`"
        )


def run_plan(
    folder: Path, data: Path, sealed: Sealed, send: Send, budget_usd: Decimal | None = None
) -> Progress:
    """Work on a plan until it has ended, its money is spent or somebody cancels; return how far it is.

    `budget_usd` raises the plan's own budget, now and from now on.
    Raises: SpotlightError where another process works on it, or a recording has changed.
    """
    with Journal.open(folder, sealed.items()) as journal:
        if budget_usd is not None:
            journal.mark(BUDGET, format(budget_usd, "f"))
            journal.reopen(["budget"])
        raised = journal.marked(BUDGET)
        limit = Decimal(raised) if raised is not None else sealed.plan.budget_usd
        asyncio.run(_run(journal, data, sealed, send, limit))
    return read_progress(folder)


async def _run(journal: Journal, data: Path, sealed: Sealed, send: Send, limit: Decimal | None) -> None:
    async def emit(results: Sequence[Result]) -> None:
        spans = [
            span for result in results for span in spans_of(sealed, result.path, result.run, result.times)
        ]
        await asyncio.to_thread(send, spans)

    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        setting = Setting(sealed, open_lake(data), data, stack.enter_context(opened_stubs(sealed)))
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, journal.mark, "cancel", "1")
            stack.callback(loop.remove_signal_handler, name)
        async with open_pool(data, allow_private=sealed.plan.allow_private) as pool:
            ask_model = asker(pool, sealed.plan.seed)
            engine = Engine(
                sealed,
                journal,
                setting.recordings,
                setting.changes,
                ask_model,
                setting.mocks,
                setting.prices,
                emit,
            )
            await work(engine, budget_usd=limit)


def asker(pool: Pool, seed: int) -> Ask:
    """Return what asks models over a pool; another seed asks anew what is remembered for this one."""

    async def ask_model(asked: Asked) -> Answer:
        recorded = asked.recorded.response if asked.recorded else None
        repeat = seed * _REPEATS + asked.item.repeat
        return await ask(pool, asked.model, asked.request, recorded=recorded, repeat=repeat)

    return ask_model
