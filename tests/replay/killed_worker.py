"""A process that works on one plan, over and over: for each line on stdin it forks one that does the work.

What takes long, the imports, happens once; each fork opens the journal, the pool and the loop of its own.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import openai  # noqa: F401  before the forks

from replay.budget import Prices
from replay.engine import Engine, work
from replay.journal import Journal
from replay.mocks.ladder import Mocks
from replay.mocks.tape import recorded_of
from replay.plan import Sealed
from replay.providers.models import parse_model
from replay.providers.pool import open_pool
from replay.rewriting import Rewriter
from replay.running import asker
from replay.targets import Changes
from spotlight.pricing import default_book
from tests.replay.scripted import MODEL, Turn, recorded, says, sealed_of

CASES, STEPS = 30, 4
BOOK = default_book()
RECORDINGS = [
    recorded(*[Turn(says(f"{case}"), said=f"{case}/{step}") for step in range(STEPS)], run_id=f"run-{case}")
    for case in range(CASES)
]


def plan_for(url: str) -> Sealed:
    """Return the plan over all recordings with a model at this address."""
    variant = {"name": "v", "model": f"openai:{MODEL}", "base_url": url}
    return sealed_of(RECORDINGS, variants=[variant], concurrency=4, allow_private=True)


async def _work(journal: Journal, sealed: Sealed) -> None:
    found = {str(one.run["run_id"]): one for one in RECORDINGS}
    rewriter = Rewriter(sealed.plan.variants[0])

    async def emit(_: object) -> None:
        pass

    async with open_pool(None, allow_private=True) as pool:
        engine = Engine(
            sealed, journal, found.__getitem__, lambda _, one: Changes(rewriter, one), asker(pool, sealed),
            lambda one, item, step, _: Mocks(recorded_of(one)), Prices(BOOK), emit,
        )  # fmt: skip
        await work(engine, budget_usd=None)


async def _prepare(url: str) -> None:
    """Import and read what a first call needs, once for all forks: the client's modules and the prices."""
    BOOK.offer("openai", MODEL, None)
    async with open_pool(None, allow_private=True) as pool:
        client = pool.line(parse_model(f"openai:{MODEL}", base_url=url)).client
        assert client.chat.completions


def main(folder: Path, url: str) -> None:
    """Fork a worker for each line; print its process id, and how it ended."""
    sealed = plan_for(url)
    asyncio.run(_prepare(url))
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            with Journal.open(folder, sealed.items()) as journal:
                asyncio.run(_work(journal, sealed))
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print("ended" if os.waitstatus_to_exitcode(status) == 0 else "killed", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
