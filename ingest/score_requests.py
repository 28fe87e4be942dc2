"""Judgements as people and programs send them -> the log records that say the same to every OTLP sender.

One way in: a score becomes a gen_ai.evaluation.result record in the journal and is read from there like
any other (`ingest.scores`). docs/scores.md describes the fields.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    ValidationError,
    field_validator,
    model_validator,
)

from spotlight import semconv as sc
from spotlight.errors import BadRequest

MOST_SCORES: Final = 10_000  # in one request
SCOPE: Final = "spotlight.scores"
_RUN_ID: Final = re.compile(r"(?P<trace>[0-9a-f]{32})(?:-(?P<span>[0-9a-f]{16}))?")
_LAST_YEAR: Final = 2261  # nanoseconds since 1970 fit into 64 bits until then
_HINT: Final = "docs/scores.md lists the fields"
_METADATA_BYTES: Final = 65_536
_INFO: Final = 9  # OTLP severity

Hex = Annotated[str, Field(pattern=r"^[0-9a-fA-F]+$")]
Id = Annotated[str, Field(min_length=1, max_length=512)]
Word = Annotated[str, Field(min_length=1, max_length=200)]


class NewScore(BaseModel):
    """One judgement: exactly one target, a name, and a value or a label or both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id: Id | None = None
    trace_id: Annotated[Hex, Field(min_length=32, max_length=32)] | None = None
    span_id: Annotated[Hex, Field(min_length=16, max_length=16)] | None = None
    session_id: Id | None = None
    response_id: Id | None = None
    name: Word
    value: StrictBool | StrictInt | StrictFloat | None = None
    label: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    explanation: Annotated[str, Field(max_length=65_536)] | None = None
    annotator: Literal["human", "llm", "code"] | None = None
    evaluator: Word | None = None
    evaluator_version: Word | None = None
    metadata: dict[str, Any] | None = None
    time: AwareDatetime | None = None
    id: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @field_validator("run_id", "trace_id", "span_id")
    @classmethod
    def _lower(cls, text: str | None) -> str | None:
        return None if text is None else text.lower()

    @field_validator("value")
    @classmethod
    def _finite(cls, value: float | None) -> float | None:
        if value is not None and not (abs(value) < 2**1023 and math.isfinite(value)):
            raise ValueError("must be a finite number, true or false")
        return None if value is None else float(value)

    @field_validator("time")
    @classmethod
    def _in_reach(cls, time: Any) -> Any:
        if time is not None and not (1970 <= time.year <= _LAST_YEAR and time.timestamp() > 0):
            raise ValueError(f"must lie between the years 1970 and {_LAST_YEAR}")
        return time

    @field_validator("metadata")
    @classmethod
    def _small(cls, metadata: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            size = len(orjson.dumps(metadata))
        except orjson.JSONEncodeError as exc:
            raise ValueError("nests too deep") from exc
        if size > _METADATA_BYTES:
            raise ValueError(f"is larger than {_METADATA_BYTES} bytes")
        return metadata

    @model_validator(mode="after")
    def _whole(self) -> NewScore:
        named = [name for name in ("run_id", "session_id", "response_id") if getattr(self, name)]
        named += ["trace_id and span_id"] if self.trace_id or self.span_id else []
        if len(named) != 1:
            said = f"not {', '.join(named)}" if named else "none is there"
            raise ValueError(
                f"name one thing that is judged: run_id, trace_id, span_id, session_id or response_id; {said}"
            )
        if self.run_id and not _RUN_ID.fullmatch(self.run_id):
            raise ValueError("run_id is not the whole id of a run (32 hex digits, maybe - and 16 more)")
        if self.value is None and self.label is None:
            raise ValueError("a value or a label is needed")
        return self

    def score_id(self) -> str:
        """Return the sender's id, else a digest of what it says: sent again, it is the same score."""
        if self.id is not None:
            return self.id
        said = self.model_dump(mode="json", exclude_none=True, exclude={"metadata"})
        text = orjson.dumps([said, self.metadata], option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(text, digest_size=16).hexdigest()


def read_score_request(body: bytes) -> list[NewScore]:
    """Return the scores of a JSON body: one object, or a list of them.

    Raises: BadRequest naming the first field that cannot be, and of which score.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadRequest(f"the body is not JSON: {exc}", hint=_HINT) from exc
    listed = found if isinstance(found, list) else [found]
    if not listed:
        raise BadRequest("the list of scores is empty", hint=_HINT)
    if len(listed) > MOST_SCORES:
        raise BadRequest(
            f"{len(listed)} scores are more than {MOST_SCORES} in one request", hint="send smaller lists"
        )
    return [_checked(given, number) for number, given in enumerate(listed, 1)]


def _checked(given: object, number: int) -> NewScore:
    if not isinstance(given, dict):
        raise BadRequest(f"score {number} is no JSON object", hint=_HINT)
    try:
        return NewScore.model_validate(given)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100]
        said = first["msg"].removeprefix("Value error, ")
        raise BadRequest(f"score {number}{': ' + place if place else ''}: {said}", hint=_HINT) from exc


def encode_scores(scores: Sequence[NewScore], now_ns: int) -> bytes:
    """Return an OTLP logs request, protobuf, a record per score; `now_ns` dates those without a time."""
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.add(key=sc.SERVICE_NAME).value.string_value = "spotlight"
    of_scope = resource.scope_logs.add()
    of_scope.scope.name = SCOPE
    for score in scores:
        record = of_scope.log_records.add(event_name=sc.GEN_AI_EVALUATION_RESULT, severity_number=_INFO)
        record.time_unix_nano = now_ns if score.time is None else _nanoseconds(score.time)
        target = _place(record, score)
        texts = {
            sc.SPOTLIGHT_SCORE_ID: score.score_id(),
            sc.SPOTLIGHT_SCORE_TARGET: target,
            sc.GEN_AI_EVALUATION_NAME: score.name,
            sc.GEN_AI_EVALUATION_LABEL: score.label,
            sc.GEN_AI_EVALUATION_EXPLANATION: score.explanation,
            sc.SPOTLIGHT_SESSION_ID: score.session_id,
            sc.GEN_AI_RESPONSE_ID: score.response_id,
            sc.SPOTLIGHT_SCORE_ANNOTATOR: score.annotator,
            sc.SPOTLIGHT_SCORE_EVALUATOR: score.evaluator,
            sc.SPOTLIGHT_SCORE_EVALUATOR_VERSION: score.evaluator_version,
            sc.SPOTLIGHT_SCORE_METADATA: _json(score.metadata),
        }
        for key, text in texts.items():
            if text is not None:
                record.attributes.add(key=key).value.string_value = text.encode("utf-8", "replace").decode()
        if score.value is not None:
            record.attributes.add(key=sc.GEN_AI_EVALUATION_VALUE).value.double_value = float(score.value)
    return request.SerializeToString(deterministic=True)


def _place(record: Any, score: NewScore) -> str:
    """Put the ids of what is judged into the record; return what sort of thing it is."""
    if score.run_id is not None:
        parts = _RUN_ID.fullmatch(score.run_id)
        assert parts is not None, "the model has checked it"
        record.trace_id = bytes.fromhex(parts["trace"])
        record.span_id = bytes.fromhex(parts["span"] or "")
        return "run"
    record.trace_id = bytes.fromhex(score.trace_id or "")
    record.span_id = bytes.fromhex(score.span_id or "")
    if score.span_id is not None:
        return "span"
    if score.trace_id is not None:
        return "trace"
    return "session" if score.session_id is not None else "response"


def _nanoseconds(time: Any) -> int:
    whole = int(time.replace(microsecond=0).timestamp())
    return whole * 10**9 + int(time.microsecond) * 1000


def _json(metadata: dict[str, Any] | None) -> str | None:
    return None if metadata is None else orjson.dumps(metadata).decode()
