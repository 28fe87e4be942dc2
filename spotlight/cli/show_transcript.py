"""`spotlight show RUN --transcript`: what a run said, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from spotlight.cli.output import duration, harmless, one_line, out, print_json, say

if TYPE_CHECKING:
    from spotlight.reports import Reports
    from spotlight.reports.transcript import Step, Transcript
    from spotlight.reports.transcript_document import Entry

_STYLES: Final = {
    "user": "bold cyan", "text": "bold", "thought": "italic dim", "call": "yellow", "result": "dim",
    "error": "bold red", "system": "dim", "thread": "bold magenta", "agent": "bold magenta",
}  # fmt: skip
_WORDS: Final = {
    "text": "assistant", "call": "calls", "thread": "sub-agent", "silent": "assistant", "lost": "context",
    "other": "content", "summary": "summary of earlier messages",
}  # fmt: skip
_BARE: Final = frozenset(("agent", "thread", "lost"))
_INDENT: Final = "  "


def show_transcript(reports: Reports, run_id: str, *, as_json: bool) -> None:
    """Print the transcript of a run, or its entries as JSON."""
    from spotlight.reports.transcript_document import content_account, entries

    transcript = reports.transcript(run_id)
    found = entries(transcript)
    if as_json:
        print_json([_as_json(entry, transcript) for entry in found])
        return
    for entry in found:
        out.print(_line(entry, transcript.steps[entry.step]), soft_wrap=True)
    account: dict[str, Any] = content_account(transcript)
    if account["calls"]:
        calls = f"{account['calls']:,} of {account['of']:,} model calls"
        say(f"content was not recorded for {calls}. {account['advice']}".rstrip())


def _as_json(entry: Entry, transcript: Transcript) -> dict[str, object]:
    step = transcript.steps[entry.step]
    return {
        "what": entry.what, "span_id": step.span_id, "depth": entry.depth, "agent": step.agent,
        "name": entry.name, "failed": entry.failed, "text": entry.text,
    }  # fmt: skip


def _line(entry: Entry, step: Step) -> Text:
    """Return one entry: who, then what, set in by how deep it stands."""
    indent = _INDENT * entry.depth
    word = step.kind if entry.what == "step" else _WORDS.get(entry.what, entry.what)
    line = Text.assemble(indent, (word, _STYLES.get(entry.what, "")))
    if entry.name and entry.what != "result":
        line.append(f" {one_line(entry.name)}", "bold" if entry.what in ("call", "thread", "agent") else "")
    if entry.failed and entry.what != "error":
        line.append("  failed", "bold red")
    if entry.what in ("text", "silent", "call") and step.ended_ns is not None and step.started_ns is not None:
        line.append(f"  {duration(max(0, step.ended_ns - step.started_ns) / 1e6)}", "dim")
    if entry.what == "lost":
        line.append(f": {entry.number:,} parts of the call before left it")
    if entry.what not in _BARE:
        _append_text(line, entry, indent + _INDENT)
    return line


def _append_text(line: Text, entry: Entry, indent: str) -> None:
    if entry.text is None:
        said = "no message was reported" if entry.what == "error" else "not recorded"
    elif entry.what == "media":
        said = f"{len(entry.text):,} characters, not shown"
    else:
        said = harmless(entry.text.replace("\r\n", "\n"))
    for part in said.split("\n") if said else ():
        line.append(f"\n{indent}{part}")
