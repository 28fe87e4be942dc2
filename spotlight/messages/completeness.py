"""How much of what a model was sent is known, from what a model call's content was found to hold.

    exact      the body as it was sent
    semantic   instructions, messages, tools and parameters: the body can be made again
    partial    something is missing, cut or redacted
    none       no messages

What a call holds is told twice: while it is taken in, from its texts, unread, and when it is looked at, from
its conversation. Both speak the words of `Held`, and the grade is decided here alone. See docs/replay.md.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final, Literal, NamedTuple

Level = Literal["exact", "semantic", "partial", "none"]
LEVELS: Final[tuple[Level, ...]] = ("exact", "semantic", "partial", "none")  # the most complete first


class Held(IntFlag):
    """What the content of a model call holds, and what is wrong with it."""

    NOTHING = 0
    MESSAGES = 1  # messages in
    TOOLS = 2  # definitions of tools
    PARAMS = 4  # parameters; or the vocabulary would tell of them, had there been any
    BODY = 8  # the body of the request
    CALLS = 16  # calls of tools, in what was said or answered
    CUT = 32
    REDACTED = 64
    CHAINED = 128  # it goes on from what its provider keeps: a response, a conversation, a cache
    UNSIGNED = 256  # reasoning that its provider takes back only with the signature, which is missing


# Of an imported run nobody knows whether its format tells parameters; of these clients, that they do not.
SILENT_ON_PARAMS: Final = frozenset(
    ["agenthippo", "autogen", "claude_code", "codex", "copilot", "imported", "qwen_code"]
)
# Kinds of spans around a call that may tell what it was sent.
WRAPPERS: Final = ("llm", "step", "workflow", "other")
BY_NAME: Final = {flag.name.lower(): flag for flag in Held if flag.name}

_NO_MESSAGES: Final = "the messages it was sent are not recorded"
_NO_BODY: Final = "the body as it was sent is not recorded, what it said is"
_FLAWS: Final = (
    (Held.CUT, "its content was cut short before it arrived"),
    (Held.REDACTED, "parts of its content are redacted"),
    (Held.CHAINED, "it goes on by id from what its provider keeps, and that is not sent again"),
    (Held.UNSIGNED, "the signature of its reasoning is not recorded, without which its provider refuses it"),
)
NO_TOOLS: Final = "tool definitions are not recorded, and the run calls tools"
NO_PARAMS: Final = "parameters (temperature, ...) are not recorded, and the run calls tools"


class Verdict(NamedTuple):
    """How complete a call is, and why it is no better; "" for exact."""

    level: Level
    reason: str


def verdict(held: Held, *, calls_tools: bool) -> Verdict:
    """Return how complete a model call is, given what it and the agent above it hold.

    `calls_tools`: whether the run calls tools. A call that knows its tools where others do, was sent none.
    """
    if not held & Held.MESSAGES:
        return Verdict("none", _NO_MESSAGES)
    flaws = [text for flag, text in _FLAWS if held & flag]
    if calls_tools and not held & (Held.TOOLS | Held.BODY):
        flaws.append(NO_TOOLS)
    if calls_tools and not held & (Held.PARAMS | Held.BODY):
        flaws.append(NO_PARAMS)
    if flaws:
        return Verdict("partial", "; ".join(flaws))
    return Verdict("exact", "") if held & Held.BODY else Verdict("semantic", _NO_BODY)


def names(held: Held) -> str | None:
    """Return what is held as words in their order, comma separated; None for nothing."""
    return ",".join(name for name, flag in BY_NAME.items() if held & flag) or None


def flags(words: str | None) -> Held:
    """Return what some words say; words of a later version are passed over."""
    found = Held.NOTHING
    for word in (words or "").split(","):
        found |= BY_NAME.get(word, Held.NOTHING)
    return found
