"""Whose a span is: values in the OpenTelemetry context and in baggage, checked and brought together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final

from opentelemetry import baggage, context
from opentelemetry.context import Context
from opentelemetry.trace import TracerProvider

from spotlight_sdk import keys
from spotlight_sdk.content import described, is_int64, with_capture
from spotlight_sdk.guard import harmless, say_once

Value = str | bool | int | float

OWN_PREFIX: Final = "spotlight."
MAX_LENGTH: Final = 256  # characters of one value
MAX_VALUES: Final = 64  # values copied to one span
_KEY: Final = re.compile(r"[A-Za-z0-9_.\-]{1,128}")

# A version belongs to the name beside it: naming another one forgets it.
_MEMBERS: Final = {
    keys.PACK_NAME: (keys.PACK_VERSION, keys.PACK_DIGEST),
    keys.PROMPT_NAME: (keys.PROMPT_VERSION,),
    keys.SKILL_NAME: (keys.SKILL_VERSION,),
}

# Facts of a single step say nothing about the others, and whose data it is says the collector alone.
_NOT_CARRIED: Final = (
    keys.KIND, keys.DECISION, "spotlight.approval.", "spotlight.memory.", "spotlight.checkpoint.",
    "spotlight.tenant.",
)  # fmt: skip

_PROPAGATE: Final = context.create_key("propagate")
_PROVIDER: Final = context.create_key("tracer-provider")


def identity_values(
    *,
    session: str | None = None,
    user: str | None = None,
    turn: str | None = None,
    pack: str | None = None,
    pack_version: str | None = None,
    pack_digest: str | None = None,
    feature: str | None = None,
    surface: str | None = None,
    environment: str | None = None,
    prompt: str | None = None,
    prompt_version: str | None = None,
    skill: str | None = None,
    skill_version: str | None = None,
) -> dict[str, str]:
    """Return the given values under their attribute keys."""
    values = {
        keys.SESSION_ID: session, keys.USER_ID: user, keys.TURN_ID: turn,
        keys.PACK_NAME: pack, keys.PACK_VERSION: pack_version, keys.PACK_DIGEST: pack_digest,
        keys.FEATURE: feature, keys.SURFACE: surface, keys.ENVIRONMENT: environment,
        keys.PROMPT_NAME: prompt, keys.PROMPT_VERSION: prompt_version,
        keys.SKILL_NAME: skill, keys.SKILL_VERSION: skill_version,
    }  # fmt: skip
    return {key: described(value) for key, value in values.items() if value is not None}


def bind(values: Mapping[str, object], within: Context, *, propagate: bool | None = None) -> Context:
    """Return the context in which these values hold; `propagate` puts what holds into baggage, or stops it.

    None leaves propagation as it was. A name that changes forgets the version that belonged to the old one.
    """
    before = carried(within)
    for name, members in _MEMBERS.items():
        if name in values and values[name] != before.get(name):
            values = dict.fromkeys(members) | dict(values)
    for key, value in values.items():
        within = context.set_value(key, value, within)
    if propagate is not None:
        within = context.set_value(_PROPAGATE, propagate, within)
    if propagate is False:  # what came in baggage still holds here: only the next request goes without it
        for key, value in carried(within).items():
            within = baggage.remove_baggage(key, context.set_value(key, value, within))
    if within.get(_PROPAGATE) is not True:
        return within
    for key in values:
        within = baggage.remove_baggage(key, within)
    for key, value in carried(within).items():
        within = baggage.set_baggage(key, str(value), within)
    return within


class Identity:
    """Whose the spans begun inside are, without a span of its own; for `with` and `async with`."""

    def __init__(self, values: Mapping[str, object], **how: Any) -> None:
        self._values = values
        self._how = how
        self._tokens: list[Any] = []

    def __enter__(self) -> None:
        how, within = self._how, context.get_current()
        with harmless("setting whose the spans are"):
            within = bind(self._values, within, propagate=how["propagate"])
            within = with_provider(how["tracer_provider"], with_capture(how["capture"], within))
        self._tokens.append(context.attach(within))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        context.detach(self._tokens.pop())

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, where)


def identity(
    *,
    session: str | None = None,
    user: str | None = None,
    turn: str | None = None,
    pack: str | None = None,
    pack_version: str | None = None,
    pack_digest: str | None = None,
    feature: str | None = None,
    surface: str | None = None,
    environment: str | None = None,
    prompt: str | None = None,
    prompt_version: str | None = None,
    skill: str | None = None,
    skill_version: str | None = None,
    propagate: bool | None = None,
    capture: bool | None = None,
    tracer_provider: TracerProvider | None = None,
) -> Identity:
    """Return the block whose spans carry these values; see `run` for what they mean.

    For where they become known before there is a run (a request's entry), or after (the skill chosen).
    """
    values = identity_values(
        session=session, user=user, turn=turn, pack=pack, pack_version=pack_version, pack_digest=pack_digest,
        feature=feature, surface=surface, environment=environment, prompt=prompt,
        prompt_version=prompt_version, skill=skill, skill_version=skill_version,
    )  # fmt: skip
    return Identity(values, propagate=propagate, capture=capture, tracer_provider=tracer_provider)


def with_provider(provider: TracerProvider | None, within: Context) -> Context:
    """Return the context whose steps go to this tracer provider; None: as before."""
    return within if provider is None else context.set_value(_PROVIDER, provider, within)


def provider_of(within: Context) -> TracerProvider | None:
    """Return the tracer provider that the context names; None stands for the global one."""
    found = within.get(_PROVIDER)
    return found if isinstance(found, TracerProvider) else None


def carried(
    within: Context, extra_keys: Iterable[str] = (), max_length: int = MAX_LENGTH
) -> dict[str, Value]:
    """Return what spans begun in this context carry: its values, then those of its baggage.

    Values of the context win, a name there together with its version. Text is cut at `max_length`
    characters; what is no plain value, or has control characters in it, is left out and said on the log.
    """
    exact = tuple(key for key in extra_keys if not key.endswith("."))
    below = (OWN_PREFIX, *(key for key in extra_keys if key.endswith(".")))

    def is_wanted(key: object) -> bool:
        return isinstance(key, str) and (key in exact or key.startswith(below)) and _may_travel(key)

    near = {key: value for key, value in within.items() if is_wanted(key)}
    sent = baggage.get_all(within)
    renamed = {name for name in _MEMBERS if name in near and near[name] != sent.get(name)}
    hidden = {*near, *(member for name in renamed for member in _MEMBERS[name])}
    far = {key: value for key, value in sent.items() if is_wanted(key) and key not in hidden}
    found: dict[str, Value] = {}
    for key, value in (near | far).items():
        checked = _checked(key, value, max_length)
        if checked is not None and len(found) < MAX_VALUES:
            found[key] = checked
    return found


def _may_travel(key: str) -> bool:
    if key.startswith("spotlight.tenant."):
        say_once("spotlight.tenant.* is not copied: the collector alone says whose data it is")
    return not key.startswith(_NOT_CARRIED)


def _checked(key: str, value: object, max_length: int) -> Value | None:
    if value is None or value == "":
        return None
    if (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, int) and not is_int64(value)
    ):
        value = None
    if isinstance(value, str):
        shown = value[:max_length]
        if shown.isprintable() and _KEY.fullmatch(key):
            if len(value) > max_length:
                say_once(f"{key!r:.140} is longer than {max_length} characters: spans carry its beginning")
            return shown
    elif isinstance(value, bool | int | float) and _KEY.fullmatch(key):
        return value
    say_once(f"{key!r:.140} is not copied to spans: it must be printable text or a number")
    return None
