"""What the user says about tools: how each may be answered, and which faults to inject.

Effects and reversibility by PromptPack's `action_scope` (RFC 0013), where absence means undeclared, not safe.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_serializer, model_validator

from replay.mocks.paths import read_path
from spotlight.packs.pack import Effect, Reversibility


class Kind(StrEnum):
    """What a tool's answer depends on, where that is not the state of the world."""

    PURE = "pure"  # on its arguments alone: the same arguments have the same answer in every run of the case
    IGNORE_ARGS = "ignore_args"  # on nothing: any recorded answer will do
    TERMINAL = "terminal"  # nobody reads it: the call ends the run


class FaultKind(StrEnum):
    """What goes wrong with a call."""

    TIMEOUT = "timeout"
    ERROR = "error"
    MALFORMED = "malformed"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    HUGE = "huge"
    SLOW = "slow"
    STALE = "stale"
    WRONG_SCHEMA = "wrong_schema"
    INJECTED = "injected"


# Which settings a fault takes besides its selectors.
FAULT_SETTINGS: Final[Mapping[FaultKind, frozenset[str]]] = {
    FaultKind.TIMEOUT: frozenset({"delay_ms", "message"}),
    FaultKind.ERROR: frozenset({"status", "message"}),
    FaultKind.MALFORMED: frozenset(),
    FaultKind.EMPTY: frozenset(),
    FaultKind.TRUNCATED: frozenset({"keep"}),
    FaultKind.HUGE: frozenset({"size_bytes"}),
    FaultKind.SLOW: frozenset({"delay_ms"}),
    FaultKind.STALE: frozenset(),
    FaultKind.WRONG_SCHEMA: frozenset(),
    FaultKind.INJECTED: frozenset({"message"}),
}
_SETTINGS: Final = frozenset().union(*FAULT_SETTINGS.values())


def _readable(path: str) -> str:
    read_path(path)
    return path


Path = Annotated[str, AfterValidator(_readable)]
Share = Annotated[float, Field(gt=0, le=1)]
Nth = Annotated[int, Field(ge=1)]


class Strict(BaseModel):
    """A part of a policy; a field it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_serializer(mode="plain")
    def _as_said(self) -> dict[str, Any]:
        """Return what was said: it outweighs pack and defaults, even where it is what a default would be."""
        return {field: getattr(self, field) for field in sorted(self.model_fields_set)}


class Normalise(Strict):
    """What does not count when arguments are compared. Paths are JSON paths such as `$.flights[*].date`."""

    ignore: tuple[Path, ...] = Field(default=(), description="Values that do not count at all.")
    round: Mapping[Path, Annotated[int, Field(ge=0, le=12)]] = Field(
        default={}, description="Numbers that count to this many digits after the point."
    )
    sort: tuple[Path, ...] = Field(default=(), description="Lists whose order does not count.")
    case: tuple[Path, ...] = Field(
        default=(), description="Texts whose upper and lower case and outer and repeated spaces do not count."
    )


class Serving(Strict):
    """How a tool may be answered beyond recordings with the same arguments; none of it is on by default."""

    match: Literal["arguments", "sequence"] = Field(
        default="arguments",
        description="`sequence` answers with the tool's next recording whatever the arguments: only for "
        "agents that always take the same path.",
    )
    similar: Share | None = Field(
        default=None,
        description="Answer with the nearest recording when at least this share of its arguments is equal.",
    )
    simulate: bool = Field(
        default=False,
        description="Where nothing recorded answers, let a model make up a result, marked synthetic.",
    )


class ToolPolicy(Serving):
    """What is known of one tool. An effect that is not declared is unknown, not harmless."""

    kind: Kind | None = Field(
        default=None,
        description="`pure`: the answer depends on the arguments alone. `ignore_args`: any recorded answer "
        "will do. `terminal`: the call ends the run.",
    )
    effect: Effect | None = Field(default=None, description="Default: what the pack declares.")
    reversibility: Reversibility | None = Field(default=None, description="Default: what the pack declares.")
    idempotent: bool | None = Field(
        default=None,
        description="Whether the same write twice is the same as once. Default: what the pack declares.",
    )
    repeatable: bool | None = Field(
        default=None,
        description="Whether one recording may answer again when the same is asked again. Default: yes for "
        "tools that only read, no for others.",
    )
    normalise: Normalise = Field(
        default=Normalise(), description="What does not count in arguments of this tool."
    )
    result: Any = Field(
        default=None,
        description="The answer of an `ignore_args` or `terminal` tool; `{{name}}` stands for an argument.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> ToolPolicy:
        if "result" in self.model_fields_set and self.kind not in (Kind.IGNORE_ARGS, Kind.TERMINAL):
            raise ValueError("result is only for kind ignore_args or terminal")
        if self.repeatable and self.effect in ("write", "external"):
            raise ValueError(f"a tool with effect {self.effect} cannot be repeatable")
        return self

    @property
    def changes_world(self) -> bool:
        """Whether the tool is known to write or to act outside."""
        return self.effect in ("write", "external")

    @property
    def may_repeat(self) -> bool:
        """Whether a recording may answer again."""
        return self.effect == "read" if self.repeatable is None else self.repeatable


class FaultRule(Strict):
    """A fault and the calls that it strikes: all selectors must fit."""

    tool: Annotated[str, Field(min_length=1)] = Field(
        default="*", description="Name of the tool; `*` and `?` stand for any characters."
    )
    fault: FaultKind = Field(description="What goes wrong.")
    where: Mapping[Path, Any] = Field(
        default={}, description="Values that arguments must have, by JSON path."
    )
    nth: tuple[Nth, ...] = Field(
        default=(), description="Which of the calls that fit, counted from 1 in each run. Default: all."
    )
    probability: Share = Field(
        default=1.0,
        description="Of striking; drawn from seed, case, repeat and position, so always the same.",
    )
    delay_ms: Annotated[float, Field(ge=0, le=86_400_000)] = Field(
        default=30_000,
        description="How long the tool is said to have taken; nothing waits. For timeout and slow.",
    )
    status: Annotated[int, Field(ge=100, le=599)] = Field(default=500, description="HTTP status. For error.")
    message: str | None = Field(
        default=None,
        description="What the tool says. For error and timeout; for injected, the planted instruction.",
    )
    keep: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.5, description="Share of text left. For truncated."
    )
    size_bytes: Annotated[int, Field(ge=1, le=20_000_000)] = Field(
        default=1_000_000, description="How large the answer gets. For huge."
    )

    @model_validator(mode="after")
    def _settings_fit(self) -> FaultRule:
        wrong = sorted((self.model_fields_set & _SETTINGS) - FAULT_SETTINGS[self.fault])
        if wrong:
            raise ValueError(f"{wrong[0]} is no setting of the fault {self.fault}")
        return self


class Policy(Strict):
    """All that the user says about mocked tools."""

    defaults: Serving = Field(default=Serving(), description="For every tool that does not say otherwise.")
    tools: Mapping[str, ToolPolicy] = Field(
        default={},
        description="By name; `*` and `?` stand for any characters. A full name goes before a pattern, "
        "patterns in the order of the file.",
    )
    faults: tuple[FaultRule, ...] = Field(default=(), description="The first that strikes a call counts.")


class Declares(Protocol):
    """What a pack, or the tool's server, says about one tool; None: not said. A `PackTool` is one."""

    @property
    def effect(self) -> Effect | None:
        """What the tool does to the world."""

    @property
    def reversibility(self) -> Reversibility | None:
        """Whether that can be taken back."""

    @property
    def idempotent(self) -> bool | None:
        """Whether doing it twice is the same as once."""


class Declared(NamedTuple):
    """The same as a value."""

    effect: Effect | None = None
    reversibility: Reversibility | None = None
    idempotent: bool | None = None


def tool_policy(policy: Policy, name: str, declared: Mapping[str, Declares] | None = None) -> ToolPolicy:
    """Return what holds for one tool: what the file says of it, else its pack, else the file's defaults."""
    entry = policy.tools.get(name)
    if entry is None:
        fitting = (tool for pattern, tool in policy.tools.items() if fnmatch.fnmatchcase(name, pattern))
        entry = next(fitting, ToolPolicy())
    said = {field: getattr(entry, field) for field in entry.model_fields_set}
    pack = (declared or {}).get(name, Declared())
    known = {field: getattr(pack, field) for field in Declared._fields if getattr(pack, field) is not None}
    defaults = {field: getattr(policy.defaults, field) for field in policy.defaults.model_fields_set}
    if (
        said.get("repeatable") and "effect" not in said
    ):  # the user's word about repeating outweighs the pack's
        known.pop("effect", None)
    return ToolPolicy(**(defaults | known | said))
