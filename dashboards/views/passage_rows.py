"""What the list of passages says: which run, step and part, and the words around what was found."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from dashboards.text import one_line, short_id
from spotlight.reports.find.passages import Passage

RUN_PATH: Final = "/run"
PARTS: Final = {
    "system": "instructions", "user": "user", "assistant": "assistant", "tool": "tool result in messages",
    "args": "tool arguments", "result": "tool result", "input": "input", "output": "output",
}  # fmt: skip


def passage_row(passage: Passage, ending: str) -> dict[str, Any]:
    """Return one row; its address opens the run at the step and asks for the words to be marked.

    `ending` is what addresses of runs opened from this list end with.
    """
    opened = {"run": passage.run_id, "span": passage.span_id, "find": passage.find}
    step = f"{passage.step}. " if passage.step is not None else ""
    return {
        "href": f"{RUN_PATH}?{urlencode(opened)}{ending}",
        "where": [short_id(passage.run_id), step + one_line(passage.name or passage.kind or "", 40),
                  PARTS.get(passage.part, passage.part)],
        "before": passage.before, "found": passage.found, "after": passage.after,
    }  # fmt: skip
