"""One step of an agent as a span: a context manager, sync and async, that is also a decorator."""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Mapping
from numbers import Number
from types import TracebackType
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from spotlight_sdk import keys
from spotlight_sdk.content import as_attribute, captures_content, clean, described, to_text, with_capture
from spotlight_sdk.guard import harmless, say_once
from spotlight_sdk.identities import Value, carried, provider_of
from spotlight_sdk.version import VERSION
from spotlight_sdk.wrapping import wrap

SCOPE: Final = "spotlight.sdk"
_STEPS: Final = context.create_key("steps")
# OpenTelemetry's names for what every span carries anyway: other backends look for these.
_ALSO: Final = {
    keys.SESSION_ID: keys.CONVERSATION_ID,
    keys.USER_ID: keys.OTEL_USER_ID,
    keys.PROMPT_NAME: keys.OTEL_PROMPT_NAME,
    keys.PROMPT_VERSION: keys.OTEL_PROMPT_VERSION,
    keys.SKILL_NAME: keys.OTEL_SKILL_NAME,
    keys.SKILL_VERSION: keys.OTEL_SKILL_VERSION,
}

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Step")


@dataclasses.dataclass
class Opened:
    """A step under way: its span, the context inside it, and when it began (ns UTC)."""

    span: Span
    context: Context
    captures: bool
    began_ns: int
    token: Any = None


class Step:
    """A step: `with` or `async with` begins and ends its span; as a decorator, every call is one.

    An exception that leaves it marks the span as failed and goes on. Nothing it does itself raises.
    One object may be used again, and within itself, but by one thread or task at a time.
    """

    kind: ClassVar[str] = "step"
    operation: ClassVar[str | None] = None
    span_kind: ClassVar[SpanKind] = SpanKind.INTERNAL

    def __init__(self, name: str | None, *, capture: bool | None = None) -> None:
        if callable(name):
            raise TypeError(f"a step's name is text: write the decorator with parentheses, @{self.kind}(...)")
        self.name = name
        self.capture = capture
        self.facts: dict[str, Any] = {}
        self.content: dict[str, object] = {}
        self._opened: list[Opened] = []
        self._began = False
        self._last: Span = trace.INVALID_SPAN

    @property
    def span(self) -> Span:
        """The span of this step while it is under way; before and after, one that records nothing."""
        return self._opened[-1].span if self._opened else trace.INVALID_SPAN

    @property
    def trace_id(self) -> str:
        """Id of the trace that the step is or was part of, 32 hex digits: what `spotlight show` takes."""
        return trace.format_trace_id(self._last.get_span_context().trace_id)

    def set(self, key: str, value: object) -> None:
        """Put a fact on the step's span under a key of one's own; what is no plain value becomes JSON."""
        with harmless(f"setting {key!r:.100}"):
            self._fact(key, value if value is None or isinstance(value, Number) else to_text(value))

    def record(self) -> None:
        """Record the step as something that just happened: begun and ended at once."""
        with self:
            pass

    def fail(self, message: object, error_type: str = "error") -> None:
        """Say that the step failed, where no exception says it."""
        if not self._opened:
            say_once("a step that is not under way was said to have failed: not recorded")
            return
        with harmless("marking a step as failed"):
            self._fact(keys.ERROR_TYPE, error_type)
            text = described(message) if self._captures() else None
            self.span.set_status(Status(StatusCode.ERROR, text))

    def __enter__(self: S) -> S:
        opened = self._begin()
        opened.token = context.attach(opened.context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        opened = self._opened[-1]
        context.detach(opened.token)
        self._end(error)

    async def __aenter__(self: S) -> S:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, where)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function, every call of which is such a step: plain, async, or a generator of either."""
        wrapped: Callable[P, R] = wrap(self, function)
        return wrapped

    # What kinds of steps add.

    def _span_name(self) -> str:
        operation = self.facts.get(keys.OPERATION) or self.operation
        return f"{operation or self.facts.get(keys.KIND) or self.kind} {self.name or ''}".strip()

    def _inside(self, within: Context) -> Context:
        """Return the context inside the step."""
        return with_capture(self.capture, within)

    def _start_ns(self) -> int | None:
        """Return when the step began, ns UTC, where that is not now."""
        return None

    def _called(self, function: Callable[..., object], args: Any, kwargs: Any) -> None:
        """Take from a decorated function what the step should know of the call."""

    def _returned(self, value: object) -> None:
        """Take from a decorated function's result what the step should know."""

    def _yielded(self, value: object) -> None:
        """Take notice of an item that a decorated generator gives."""

    # For the steps themselves.

    def _for_call(self: S, function: Callable[..., object], args: Any, kwargs: Any) -> S:
        """Return a step of its own for one call of a decorated function."""
        one = copy.copy(self)
        one.facts, one.content, one._opened = dict(self.facts), dict(self.content), []
        one._began, one._last = False, trace.INVALID_SPAN
        with harmless("reading the arguments of a call"):
            one.name = self.name or getattr(function, "__name__", type(function).__name__)
            one._called(function, args, kwargs)
        return one

    def _fact(self, key: str, value: object) -> None:
        """Set an attribute; before the step begins, keep it for then. None says nothing."""
        if value is None or self._is_kept(self.facts, key, value):
            return
        with harmless(f"setting {key!r:.100}"):
            self.span.set_attribute(key, as_attribute(value))

    def _content(self, key: str, value: object) -> None:
        """Set an attribute that carries content, where content is recorded."""
        if value is None or self._is_kept(self.content, key, value):
            return
        with harmless(f"recording {key!r:.100}"):
            if self._captures() and self.span.is_recording():
                self.span.set_attribute(key, to_text(value))

    def _is_kept(self, until_begun: dict[str, Any], key: str, value: object) -> bool:
        """Keep a value where the step is not under way, and return whether it was not."""
        if self._opened:
            return False
        if self._began:
            say_once(f"{key!r:.100} was said of a step that has ended: not recorded")
        else:
            until_begun[key] = value
        return True

    def _captures(self) -> bool:
        return self._opened[-1].captures if self._opened else captures_content(context.get_current())

    def _begin(self) -> Opened:
        outer = context.get_current()
        opened = Opened(trace.INVALID_SPAN, outer, False, time.time_ns())
        with harmless("beginning a step"):
            inside = self._inside(outer)
            opened.captures = captures_content(inside)
            tracer = trace.get_tracer(SCOPE, VERSION, provider_of(inside))
            opened.began_ns = self._start_ns() or opened.began_ns
            opened.span = tracer.start_span(
                clean(self._span_name()), inside, self.span_kind, self._attributes(inside),
                start_time=opened.began_ns,
            )  # fmt: skip
            inside = trace.set_span_in_context(opened.span, inside)
            opened.context = context.set_value(_STEPS, (*_steps(inside), self), inside)
        self._opened.append(opened)
        self._began, self._last = True, opened.span
        for key, value in self.content.items():
            self._content(key, value)
        return opened

    def _attributes(self, inside: Context) -> dict[str, Any]:
        whose: Mapping[str, Value] = carried(inside)
        also = {_ALSO[key]: value for key, value in whose.items() if key in _ALSO}
        own = {key: as_attribute(value) for key, value in self.facts.items()}
        operation = {keys.OPERATION: self.operation} if self.operation else {}
        return {**whose, **also, **operation, keys.KIND: self.kind, **own}

    def _end(self, error: BaseException | None) -> None:
        opened = self._opened[-1]
        with harmless("ending a step"):
            if error is not None and not _is_an_ordinary_end(error):
                self._failed(opened.span, error, captures=opened.captures)
        self._opened.pop()
        with harmless("ending a span"):
            opened.span.end()

    def _failed(self, span: Span, error: BaseException, *, captures: bool) -> None:
        """Mark the span; an exception's words may hold content, so without content only its type is said."""
        kind = type(error)
        name = (
            kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
        span.set_attribute(keys.ERROR_TYPE, name)
        span.set_status(Status(StatusCode.ERROR, described(error) if captures else None))
        if captures:
            span.record_exception(error)
        else:
            span.add_event(keys.EXCEPTION_EVENT, {keys.EXCEPTION_TYPE: name})


def _is_an_ordinary_end(error: BaseException) -> bool:
    """Return whether this is how a step ends that nobody waits for any more, or a program."""
    return isinstance(error, GeneratorExit) or (isinstance(error, SystemExit) and not error.code)


def _steps(within: Context) -> tuple[Step, ...]:
    found = within.get(_STEPS)
    return found if isinstance(found, tuple) else ()


def current_step(of: type[S]) -> S | None:
    """Return the innermost step of this class that is under way here, as inside a decorated function."""
    steps = _steps(context.get_current())
    return next((s for s in reversed(steps) if isinstance(s, of) and s._opened), None)


def step(name: str | None = None, *, kind: str = "step", capture: bool | None = None, **facts: Value) -> Step:
    """Return a step of a kind that has no function of its own here: workflow, retrieval, guardrail, handoff.

    The kinds are those of Spotlight's `kind` column; `facts` become attributes as they are named.
    """
    made = Step(name, capture=capture)
    made.facts = {keys.KIND: kind, **facts}
    return made
