"""Canonical messages -> the forms the providers take, for replay; what a form cannot carry is noted."""

from __future__ import annotations

from spotlight.messages.writing.anthropic import to_anthropic
from spotlight.messages.writing.gemini import to_gemini
from spotlight.messages.writing.openai import to_openai
from spotlight.messages.writing.otel import to_otel
from spotlight.messages.writing.responses import to_responses
from spotlight.messages.writing.written import Written

__all__ = ["Written", "to_anthropic", "to_gemini", "to_openai", "to_otel", "to_responses"]
