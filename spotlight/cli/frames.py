"""Whether this process may load pandas: commands hand no frames around, and start faster without it."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any


class _NoPandas(MetaPathFinder):
    """Says that pandas is not installed.

    pyarrow imports it at the first list it is given, only to see whether that is a Series: 0.3 s of
    processor time and 34 MB in each command, collector and writer.
    """

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is kept out of this process", name=name)


_KEPT_OUT = _NoPandas()


def keep_pandas_out() -> None:
    """Let this process go on as if pandas were not installed."""
    if _KEPT_OUT not in sys.meta_path:
        sys.meta_path.insert(0, _KEPT_OUT)


def let_pandas_in() -> None:
    """Take that back, for the dashboards; before pyarrow has looked for pandas."""
    if _KEPT_OUT in sys.meta_path:
        sys.meta_path.remove(_KEPT_OUT)
