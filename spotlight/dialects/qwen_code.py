"""Qwen Code, a fork of Gemini CLI: log events and metrics only, with the parent's field names.

Source: qwen-code 0.15, packages/core/src/telemetry.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.gemini_cli import log_rules
from spotlight.dialects.table import Dialect, RunRule

DIALECT: Final = Dialect(
    name="qwen_code",
    scopes=("qwen-code",),
    services=("qwen-code",),
    own_service_version=False,
    keys=("qwen-code.",),
    usage_basis="inclusive",
    extends=("gemini_cli",),
    logs=log_rules("qwen-code"),
    runs=RunRule(by_turn=True),
    failed_results=(r"Exit Code: (?:[1-9]|-)",),
)
