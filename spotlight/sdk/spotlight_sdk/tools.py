"""A tool call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from opentelemetry.context import Context

from spotlight_sdk import keys
from spotlight_sdk.steps import Step


class Tool(Step):
    """A tool call; as a decorator, it takes arguments and result from the function."""

    kind = "tool"
    operation = "execute_tool"

    def result(self, value: object) -> None:
        """Record what the tool answered: text as it is, anything else as JSON."""
        self._content(keys.TOOL_RESULT, value)

    def fail(self, message: object, error_type: str = "tool_error") -> None:
        """Say that the tool answered with a failure, where it raised nothing."""
        super().fail(message, error_type)

    def _attributes(self, inside: Context) -> dict[str, Any]:
        return super()._attributes(inside) | ({keys.TOOL_NAME: self.name} if self.name else {})

    def _called(self, function: Callable[..., object], args: Any, kwargs: Any) -> None:
        if keys.TOOL_ARGUMENTS in self.content:
            return
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        self._content(keys.TOOL_ARGUMENTS, {k: v for k, v in given.items() if k not in ("self", "cls")})

    def _returned(self, value: object) -> None:
        self.result(value)


def tool(
    name: str | None = None,
    arguments: object = None,
    *,
    call_id: str | None = None,
    type: str = "function",
    capture: bool | None = None,
) -> Tool:
    """Return a call of the tool `name`; `call_id` is the id that the model gave the call."""
    made = Tool(name, capture=capture)
    made._fact(keys.TOOL_CALL_ID, call_id)
    made._fact(keys.TOOL_TYPE, type)
    made._content(keys.TOOL_ARGUMENTS, arguments)
    return made
