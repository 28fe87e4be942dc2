"""A judgement of the step that is under way."""

from __future__ import annotations

from typing import Any, Literal

from opentelemetry import context, trace
from opentelemetry.trace import Span

from spotlight_sdk import keys
from spotlight_sdk.content import captures_content, clean, to_text
from spotlight_sdk.guard import harmless, say_once


def score(
    name: str,
    value: float | None = None,
    *,
    label: str | None = None,
    explanation: object = None,
    annotator: Literal["human", "llm", "code"] | None = None,
    evaluator: str | None = None,
    response_id: str | None = None,
    span: Span | None = None,
) -> None:
    """Record a score of the current span, or of `span`, as the event `gen_ai.evaluation.result`.

    A span that has ended takes no more scores. `annotator` and `evaluator` say who judged; `response_id`
    names the answer of the model that is judged.
    """
    with harmless("recording a score"):
        judged = trace.get_current_span() if span is None else span
        if not judged.is_recording():
            say_once(f"score {name!r:.100}: no span is under way (or it is not sampled): not recorded")
            return
        with_words = captures_content(context.get_current())
        said: dict[str, Any] = {
            keys.EVALUATION_NAME: clean(name),
            keys.EVALUATION_VALUE: None if value is None else float(value),
            keys.EVALUATION_LABEL: None if label is None else clean(label),
            keys.EVALUATION_EXPLANATION: to_text(explanation) if with_words and explanation else None,
            keys.SCORE_ANNOTATOR: annotator,
            keys.SCORE_EVALUATOR: evaluator,
            keys.RESPONSE_ID: response_id,
        }
        judged.add_event(keys.EVALUATION_EVENT, {key: v for key, v in said.items() if v is not None})
