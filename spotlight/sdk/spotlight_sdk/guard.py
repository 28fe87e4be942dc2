"""A fault in telemetry is said once on the log and never reaches the program that is observed."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Final

_log: Final = logging.getLogger("spotlight_sdk")
_MOST_SAID: Final = 200  # words come from outside too: the set of what was said stays small
_said: Final[set[str]] = set()


def say_once(text: str, error: BaseException | None = None) -> None:
    """Log a warning the first time that this text is said in this process."""
    if text in _said or len(_said) >= _MOST_SAID:
        return
    _said.add(text)
    _log.warning(text, exc_info=error)


class harmless:  # noqa: N801  (reads as a word in `with harmless("...")`)
    """A block whose exceptions end here: logged once, and the program goes on."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        say_once(f"{self._doing} failed: the telemetry is incomplete, the program goes on", error)
        return True
