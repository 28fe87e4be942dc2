"""One call of a model."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from opentelemetry.trace import SpanKind

from spotlight_sdk import keys
from spotlight_sdk.content import as_list
from spotlight_sdk.guard import harmless
from spotlight_sdk.messages import as_instructions, as_messages
from spotlight_sdk.steps import Opened, Step


class Generation(Step):
    """One call of a model; what is not said of it stays unknown."""

    kind = "llm"
    operation = "chat"
    span_kind = SpanKind.CLIENT
    _has_begun_answering = False

    def _begin(self) -> Opened:
        self._has_begun_answering = False
        return super()._begin()

    def output(self, messages: object) -> None:
        """Record what the model answered: text, or messages of any provider's shape."""
        self._content(keys.OUTPUT_MESSAGES, as_messages(messages, "assistant"))

    def usage(
        self,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        *,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        cache_in_input: bool = True,
    ) -> None:
        """Record the tokens that the provider reports.

        Set `cache_in_input` to false where `input_tokens` does not count what was read from and written to
        the cache (Anthropic's own API): the sum is recorded, as the conventions want it.
        """
        with harmless("summing tokens"):
            if not cache_in_input and input_tokens is not None:
                input_tokens += (cache_read_tokens or 0) + (cache_write_tokens or 0)
        self._fact(keys.INPUT_TOKENS, input_tokens)
        self._fact(keys.OUTPUT_TOKENS, output_tokens)
        self._fact(keys.CACHE_READ, cache_read_tokens)
        self._fact(keys.CACHE_WRITE, cache_write_tokens)
        self._fact(keys.REASONING, reasoning_tokens)

    def response(
        self,
        *,
        id: str | None = None,
        model: str | None = None,
        finish_reasons: Iterable[str] | None = None,
    ) -> None:
        """Record what the provider says of its answer."""
        self._fact(keys.RESPONSE_ID, id)
        self._fact(keys.RESPONSE_MODEL, model)
        self._fact(keys.FINISH_REASONS, [reason for reason in as_list(finish_reasons) if reason] or None)

    def first_token(self) -> None:
        """Record that the answer begins now; a decorated generator does so with its first item."""
        if self._opened and not self._has_begun_answering:
            self._has_begun_answering = True
            self._fact(keys.FIRST_CHUNK_S, (time.time_ns() - self._opened[-1].began_ns) / 1e9)

    def _returned(self, value: object) -> None:
        if isinstance(value, str):
            self.output(value)

    def _yielded(self, value: object) -> None:
        self.first_token()


def generation(
    model: str | None = None,
    *,
    provider: str | None = None,
    messages: object = None,
    system: object = None,
    tools: object = None,
    parameters: Mapping[str, object] | None = None,
    operation: str = "chat",
    capture: bool | None = None,
) -> Generation:
    """Return a call of `model`: what goes in, with which `parameters` (temperature, max_tokens, ...).

    `tools` are the definitions that the model was given; `operation` is chat, text_completion or
    generate_content. Say the rest inside: `output`, `usage`, `response`, `first_token`.
    """
    made = Generation(model, capture=capture)
    made._fact(keys.OPERATION, operation)
    made._fact(keys.PROVIDER, provider)
    made._fact(keys.REQUEST_MODEL, model)
    with harmless("reading the parameters of a model call"):
        for name, value in (parameters or {}).items():
            made.set(f"gen_ai.request.{name}", value)
    made._content(keys.INPUT_MESSAGES, as_messages(messages, "user"))
    made._content(keys.SYSTEM_INSTRUCTIONS, as_instructions(system))
    made._content(keys.TOOL_DEFINITIONS, tools)
    return made
