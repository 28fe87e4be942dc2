"""The page on instrumenting: its code runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import spotlight_sdk
from spotlight_sdk import keys
from tests.sdk.conftest import Collected

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "instrumenting.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_gives_a_whole_run(collected: Collected, tmp_path: Path) -> None:
    """Pasted into a file and started, it gives one run with its pack, its tokens and four steps."""
    program = tmp_path / "engine.py"
    program.write_text("\n".join(BLOCKS), encoding="utf-8")
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collected.running.addresses.http,
        "OTEL_EXPORTER_OTLP_TIMEOUT": "60",
        "PYTHONPATH": str(ROOT / "spotlight" / "sdk"),
    }
    done = subprocess.run(
        [sys.executable, program], env=os.environ | settings, capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stdout + done.stderr)
    collected.drained()
    [row] = collected.rows("select * from runs")
    assert ("renewals", "s-42", "u-7", "renewal-pack", "1.4.0", "ok", 120, 18, 1) == tuple(
        row[name]
        for name in (
            "agent_name", "session_id", "user_id", "pack_name", "pack_version", "status", "input_tokens",
            "output_tokens", "tool_calls",
        )
    )  # fmt: skip
    kinds = [span["kind"] for span in collected.rows("select kind from spans order by kind")]
    assert ["agent", "approval", "decision", "llm", "tool"] == kinds


def test_the_page_names_everything() -> None:
    """Every step and every key of ours is on the page."""
    ours = {value for name, value in vars(keys).items() if name.isupper() and value.startswith("spotlight.")}
    assert set() == {key for key in ours if f"`{key}`" not in PAGE}
    functions = {name for name in spotlight_sdk.__all__ if name.islower() and not name.startswith("_")}
    assert set() == {name for name in functions if f"{name}(" not in PAGE}
