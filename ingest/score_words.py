"""Judgements that clients send under names of their own: which attribute or event is which score.

Sources: genkit 1.x (userFeedback and userAcceptance spans); logfire 4 (experimental.annotations); Copilot
Chat for VS Code 2026 (docs/monitoring of its repository); Claude Code 2.1 (monitoring, feedback survey).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class SpanScore(NamedTuple):
    """A span attribute that is a judgement of its trace; `why` names the attribute with the reason."""

    key: str
    name: str
    annotator: str
    why: str | None = None


class LogScore(NamedTuple):
    """A log event that is a judgement of the session that it names.

    `value` names the attribute that judges, `only` an attribute and what it must say. `id` names what tells
    judgements of one session apart.
    """

    event: str
    name: str
    value: str
    session: tuple[str, ...]
    id: tuple[str, ...]
    only: tuple[str, str] | None = None


SPANS: Final = (
    SpanScore("genkit:metadata:feedbackValue", "user_feedback", "human", "genkit:metadata:textFeedback"),
    SpanScore("genkit:metadata:acceptanceValue", "acceptance", "human"),
)
# Logfire hangs an annotation below the span that it judges; the value stands under the annotation's name.
ANNOTATION_NAME: Final = "logfire.feedback.name"
ANNOTATION_WHY: Final = "logfire.feedback.comment"
# What the text of a span's attributes has where one of these may be in it.
MARKS: Final = ("genkit:metadata:feedback", "genkit:metadata:acceptance", ANNOTATION_NAME)

_COPILOT: Final = ("conversation_id", "gen_ai.conversation.id", "session.id")
_LISTED: Final = (
    LogScore("copilot_chat.user.feedback", "user_feedback", "rating", _COPILOT, ("request_id",)),
    LogScore("copilot_chat.edit.feedback", "acceptance", "outcome", _COPILOT, ("request_id", "edit_surface")),
    LogScore("copilot_chat.inline.done", "acceptance", "accepted", _COPILOT, ("request_id",)),
    LogScore("feedback_survey", "user_feedback", "response", ("session.id",), ("appearance_id",),
             ("event_type", "responded")),
    LogScore("claude_code.feedback_survey", "user_feedback", "response", ("session.id",), ("appearance_id",),
             ("event_type", "responded")),
)  # fmt: skip
LOGS: Final = {listed.event: listed for listed in _LISTED}
