"""Results as runs: each item becomes one trace, made with the OpenTelemetry SDK, in OTel GenAI words.

Trace and span ids come from the plan, the item and the place in it, so that the same result sent twice
is stored once. Times are those of the real calls. Tools take no time: nothing ran.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from replay.journal import Item
from replay.model import Request, Response, Rung, Usage
from replay.path import AnsweredTool, Outcome, Path, Step
from replay.plan import Case, Sealed
from spotlight import semconv as sc
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import message_json, part_json
from spotlight.messages.digests import digest
from spotlight.messages.writing import to_otel

SCOPE: Final = "spotlight.replay"
ENVIRONMENT: Final = "replay"
_FAILED: Final = frozenset({Outcome.ERROR, Outcome.INCOMPLETE})
# Whose a result is: what the recorded run says of itself, and what our own spans call it.
_IDENTITY: Final[Mapping[str, str]] = {
    "agent_name": sc.GEN_AI_AGENT_NAME, "pack_name": sc.SPOTLIGHT_PACK_NAME,
    "pack_version": sc.SPOTLIGHT_PACK_VERSION, "feature": sc.SPOTLIGHT_FEATURE,
    "surface": sc.SPOTLIGHT_SURFACE, "tenant_claimed": sc.SPOTLIGHT_TENANT_ID,
}  # fmt: skip
_USAGE: Final[Mapping[str, str]] = {
    "input_tokens": sc.GEN_AI_USAGE_INPUT_TOKENS, "output_tokens": sc.GEN_AI_USAGE_OUTPUT_TOKENS,
    "cache_read_tokens": sc.GEN_AI_USAGE_CACHE_READ, "cache_write_tokens": sc.GEN_AI_USAGE_CACHE_CREATION,
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}  # fmt: skip
_NO_LIMIT: Final = 1_000_000


def result_id(sealed: Sealed, case: Case, item: Item) -> str:
    """Return the trace id, 32 hex digits, under which the result of an item is sent, and its run's id."""
    named = json.dumps([sealed.id, case.run_id, item.variant, item.repeat, item.leg])
    return digest(named)[:32]


def spans_of(
    sealed: Sealed, path: Path, run: Mapping[str, Any], times: tuple[int, int]
) -> list[ReadableSpan]:
    """Return the ended spans of one result, its root last; `run` is the recorded run's row.

    `times` are the first start and the last end where no call was made.
    Raises: SpotlightError where the OpenTelemetry SDK was switched off.
    """
    kept = _Kept()
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource({sc.SERVICE_NAME: SCOPE, sc.DEPLOYMENT_ENVIRONMENT_NAME: ENVIRONMENT}),
        shutdown_on_exit=False,
        id_generator=_Ids(result_id(sealed, path.case, path.item)),
        span_limits=SpanLimits(
            max_span_attributes=_NO_LIMIT,
            max_events=_NO_LIMIT,
            max_attribute_length=SpanLimits.UNSET,
            max_span_attribute_length=SpanLimits.UNSET,
        ),
    )
    provider.add_span_processor(kept)
    tracer = provider.get_tracer(SCOPE)
    begin, end = _extent(path, times)
    root = tracer.start_span(
        f"invoke_agent {run.get('agent_name') or 'agent'}", kind=SpanKind.INTERNAL,
        attributes=_root(sealed, path, run), start_time=begin,
    )  # fmt: skip
    inside = set_span_in_context(root)
    of = _plain({sc.SPOTLIGHT_REPLAY_OF: path.case.run_id, sc.SPOTLIGHT_VARIANT: path.item.variant})
    for step in path.steps:
        started, ended = _step_times(step, begin)
        name = f"chat {_asked_name(step) or ''}".rstrip()  # nobody may know the model of a recorded answer
        span = tracer.start_span(name, inside, SpanKind.CLIENT, of | _step(step), start_time=started)
        if step.failed is not None:
            span.set_status(Status(StatusCode.ERROR, step.failed.error))
        span.end(ended)
        for tool in step.tools:
            one = tracer.start_span(
                f"execute_tool {tool.call.name}", inside, SpanKind.INTERNAL,
                of | {sc.SPOTLIGHT_REPLAY_STEP: step.step} | _tool(tool), start_time=tool.at_ns,
            )  # fmt: skip
            if tool.answer.is_error:
                one.set_status(Status(StatusCode.ERROR, "the tool answered with an error"))
            one.end(tool.at_ns)
    if path.outcome in _FAILED:
        root.set_status(Status(StatusCode.ERROR, path.reason))
    root.end(end)
    if not kept.spans:
        raise SpotlightError(
            "the OpenTelemetry SDK makes no spans, so results cannot be kept",
            hint="take OTEL_SDK_DISABLED out of the environment",
        )
    return kept.spans


class _Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class _Ids(IdGenerator):
    """Ids that follow from a trace id and the order of its spans."""

    def __init__(self, trace_id: str) -> None:
        self._trace_id = trace_id
        self._count = 0

    def generate_trace_id(self) -> int:
        return int(self._trace_id, 16) or 1

    def generate_span_id(self) -> int:
        self._count += 1
        return int(digest(f"{self._trace_id}/{self._count}")[:16], 16) or 1


def _extent(path: Path, times: tuple[int, int]) -> tuple[int, int]:
    known = [step for step in path.steps if step.called or step.failed]
    if not known:
        return times
    moments = [_step_times(step, times[0]) for step in known]
    return min(start for start, _ in moments), max(end for _, end in moments)


def _step_times(step: Step, otherwise: int) -> tuple[int, int]:
    ended = step.called or step.failed
    return (ended.started_ns, ended.ended_ns) if ended else (otherwise, otherwise)


def _root(sealed: Sealed, path: Path, run: Mapping[str, Any]) -> dict[str, AttributeValue]:
    same, compared = path.agreement
    told = {
        sc.GEN_AI_OPERATION_NAME: "invoke_agent",
        **{key: run.get(column) for column, key in _IDENTITY.items()},
        sc.SPOTLIGHT_ENVIRONMENT: ENVIRONMENT,
        sc.SPOTLIGHT_REPLAY_OF: path.case.run_id,
        sc.SPOTLIGHT_VARIANT: path.item.variant,
        sc.SPOTLIGHT_EXPERIMENT_ID: sealed.id,
        sc.SPOTLIGHT_REPLAY_MODE: "closed" if path.item.leg == "follow" else sealed.plan.mode,
        sc.SPOTLIGHT_REPLAY_LEG: path.item.leg,
        sc.SPOTLIGHT_REPLAY_REPEAT: path.item.repeat,
        sc.SPOTLIGHT_REPLAY_GRADE: path.case.grade,
        sc.SPOTLIGHT_REPLAY_OUTCOME: path.outcome.value,
        sc.SPOTLIGHT_REPLAY_OUTCOME_STEP: path.at_step,
        sc.SPOTLIGHT_REPLAY_REASON: path.reason or None,
        sc.SPOTLIGHT_REPLAY_FIRST_DIFFERENCE: path.first_difference,
        sc.SPOTLIGHT_REPLAY_AGREEMENT: same / compared if compared else None,
        sc.SPOTLIGHT_REPLAY_COMPARED: compared,
        sc.SPOTLIGHT_REPLAY_FIDELITY: path.fidelity or None,
        sc.SPOTLIGHT_REPLAY_SKIPPED: {str(step): why for step, why in path.skipped.items()} or None,
        sc.SPOTLIGHT_REPLAY_UNUSED: list(path.unused) or None,
        sc.SPOTLIGHT_REPLAY_NOTES: list(path.notes) or None,
        sc.ERROR_TYPE: path.outcome.value if path.outcome in _FAILED else None,
    }
    return _plain(told)


def _step(step: Step) -> dict[str, AttributeValue]:
    agreed = step.agreement
    told: dict[str, Any] = {
        sc.GEN_AI_OPERATION_NAME: "chat",
        sc.GEN_AI_PROVIDER_NAME: step.request.provider if step.model.is_recorded else step.model.provider,
        sc.SPOTLIGHT_REPLAY_STEP: step.step,
        sc.SPOTLIGHT_REPLAY_OF_SPAN: step.recorded.span_id if step.recorded else None,
        sc.SPOTLIGHT_REPLAY_CHANGES: list(step.changes) or None,
    }
    if agreed is not None:
        told |= {
            sc.SPOTLIGHT_REPLAY_SAME_DECISION: agreed.decision,
            sc.SPOTLIGHT_REPLAY_SAME_TOOLS: agreed.tools,
            sc.SPOTLIGHT_REPLAY_SAME_ARGUMENTS: agreed.arguments,
            sc.SPOTLIGHT_REPLAY_SAME_TEXT: agreed.text,
        }
    if step.failed is not None:
        told[sc.ERROR_TYPE] = "model_call_failed"
    if step.called is not None:
        told |= _response(step.called.response)
        told |= {
            sc.SPOTLIGHT_REPLAY_CACHED: bool(step.called.facts.get("was_cached")),
            sc.SPOTLIGHT_REPLAY_TRIES: len(step.called.facts.get("tries", ())),
            sc.SPOTLIGHT_REPLAY_NOTES: list(step.called.facts.get("notes", ())) or None,
        }
    return _plain(_request(step.request, _asked_name(step)) | told)


def _asked_name(step: Step) -> str | None:
    """Return the model that was asked; of what the recording answered, the recorded one."""
    return step.request.model if step.model.is_recorded else step.model.name


def _request(request: Request, model: str | None) -> dict[str, Any]:
    written = to_otel(request.messages, system=request.system, tools=request.tools or ()).body
    return {
        sc.GEN_AI_REQUEST_MODEL: model,
        **{f"gen_ai.request.{name}": value for name, value in request.params.items()},
        sc.GEN_AI_INPUT_MESSAGES: _json(written["messages"]),
        sc.GEN_AI_SYSTEM_INSTRUCTIONS: _json([part_json(part) for part in request.system] or None),
        sc.GEN_AI_TOOL_DEFINITIONS: _json(written.get("tool_definitions")),
    }


def _response(response: Response) -> dict[str, Any]:
    usage: Usage = response.usage
    first_s = None if response.ttft_ms is None else response.ttft_ms / 1000
    return {
        sc.GEN_AI_RESPONSE_MODEL: response.model,
        sc.GEN_AI_RESPONSE_ID: response.response_id,
        sc.GEN_AI_RESPONSE_FINISH_REASONS: [response.finish_reason] if response.finish_reason else None,
        "gen_ai.response.time_to_first_chunk": first_s,
        **{key: getattr(usage, name) for name, key in _USAGE.items()},
        sc.GEN_AI_OUTPUT_MESSAGES: _json([message_json(message) for message in response.messages]),
    }


def _tool(tool: AnsweredTool) -> dict[str, AttributeValue]:
    answer = tool.answer
    has_result = answer.is_error or (answer.has_result and answer.rung is not Rung.DIVERGED)
    return _plain(
        {
            sc.GEN_AI_OPERATION_NAME: "execute_tool",
            sc.GEN_AI_TOOL_NAME: tool.call.name,
            sc.GEN_AI_TOOL_CALL_ID: tool.call.id,
            sc.GEN_AI_TOOL_CALL_ARGUMENTS: _text(tool.call.arguments),
            sc.GEN_AI_TOOL_CALL_RESULT: _result_text(answer.result) if has_result else None,
            sc.SPOTLIGHT_REPLAY_RUNG: answer.rung.value,
            sc.SPOTLIGHT_REPLAY_STALE: answer.is_stale or None,
            sc.SPOTLIGHT_REPLAY_SOURCE_RUN: answer.source_run,
            sc.SPOTLIGHT_REPLAY_SOURCE_SPAN: answer.source.span_id if answer.source else None,
            sc.SPOTLIGHT_REPLAY_DELAY_MS: answer.delay_ms or None,
            sc.SPOTLIGHT_REPLAY_REASON: answer.reason or None,
            sc.ERROR_TYPE: "tool_error" if answer.is_error else None,
        }
    )


def _result_text(value: Any) -> str:
    """Return what a tool answered; a null that it answered is one, and nothing that is missing."""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str, ensure_ascii=False)


def _plain(told: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Return attributes as spans take them: what is not known left out, objects as JSON."""
    return {key: _value(value) for key, value in told.items() if value is not None}


def _value(value: Any) -> AttributeValue:
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Sequence) and all(isinstance(one, str) for one in value):
        return list(value)
    return json.dumps(value, default=str, ensure_ascii=False)
