"""The shape of a dialect: tables that say which attribute fills which column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Key:
    """One attribute, its value taken as it is; `scale` converts its unit to the column's.

    `kinds` limits it to spans of these kinds (empty: all): `input.value` is the arguments of
    a tool, but the input of a step.
    """

    name: str
    scale: float = 1.0
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class JsonPath:
    """One member of an attribute that holds a JSON object as text, or a nested map.

    With an empty path, the decoded value itself. A step of digits picks an item of a list. JSON
    within JSON is decoded once more; where `python` is set, a Python literal is read too (some
    clients send str() of a dictionary). With a `pattern` (RE2), what its group called `found`
    finds in the member's text.
    """

    name: str
    path: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    python: bool = False
    pattern: str = ""


@dataclass(frozen=True)
class InName:
    """What the first group of a regular expression (RE2, whole name) finds in the span's name.

    The weakest source: asked after all attributes, those of extended dialects too.
    """

    pattern: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prefix:
    """All attributes below a prefix, gathered unchanged into one JSON object text.

    `without` names attributes that have a column of their own; `indexed` asks for a digit
    right after the prefix (gen_ai.prompt.0.role, but not gen_ai.prompt.name).
    """

    prefix: str
    without: tuple[str, ...] = ()
    indexed: bool = False

    def covers(self, name: str) -> bool:
        """Return whether an attribute of this name is gathered."""
        if not name.startswith(self.prefix) or name in self.without:
            return False
        return not self.indexed or name[len(self.prefix) : len(self.prefix) + 1].isdigit()


Source = str | Key | JsonPath | InName | Prefix


@dataclass(frozen=True)
class KindRule:
    """An attribute whose value says what kind of step a span is (values compared lowercase).

    The value ANY stands for whatever value the attribute has. The rule is not for spans that have
    one of the attributes `lacking`.
    """

    key: str
    kinds: Mapping[str, str]
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class NameRule:
    """A beginning of span names that says the kind: of spans whose kind is in `instead_of`.

    "other" stands for spans that no attribute gave a kind. Asked after the KindRules.
    """

    beginning: str
    kind: str
    instead_of: tuple[str, ...] = ("other",)


@dataclass(frozen=True)
class UsageRule:
    """Reports whose numbers mean something else than the dialect's others; all that is given must hold.

    `basis` and `output_excludes_reasoning` as in Dialect, None for what the rule does not say.
    `providers` are words of the provider's name; `having` and `lacking` attribute names, or
    prefixes where they end in a dot; `read_from` sources ("usage_details.input" for a member)
    each of which gave one of the counts.
    """

    basis: str | None = None
    output_excludes_reasoning: bool | None = None
    providers: tuple[str, ...] = ()
    having: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    read_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogRule:
    """A log event that is a step of a run: it becomes a span with signal `log`.

    `event` is the event name, `where` what attributes must say as well. The step ends at the
    record's time and began `duration_ms` (sources of a length in ms) before it. `fields` are
    sources beside the dialect's own, asked first. `opens_run` marks the user's request: the
    root of its turn.
    """

    event: str
    kind: str
    where: Mapping[str, str] = field(default_factory=dict)
    duration_ms: tuple[Source, ...] = ()
    fields: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    opens_run: bool = False


@dataclass(frozen=True)
class RunRule:
    """What makes a run of clients for which it is not simply the trace.

    `by_turn`: a session's spans and log records are one thread, cut into runs at each turn: by
    `turn_id` where the client names it, by spans called one of `turn_roots`, by log events that
    open a run, and by time for what says none of it. `by_links`: traces tied by span links are
    one run.
    """

    by_turn: bool = False
    turn_roots: tuple[str, ...] = ()
    by_links: bool = False


@dataclass(frozen=True)
class Dialect:
    """One vocabulary.

    `scopes` are instrumentation scope names, or whole leading words of them ("pydantic-ai"
    knows "pydantic-ai.tools", not "pydantic-ais"; "codex_" knows "codex_cli"; "=ai" knows "ai"
    alone), and are asked first; `services`, values of service.name (or beginnings of it where
    they end in no letter or digit), where no dialect knows the scope; then `keys`, attribute
    names, or prefixes where they end in a dot. `fields` maps a column of `spans` or `payloads`,
    or one of SIGNS, to its sources in order of precedence. `extends` names the dialects whose
    tables stand behind this one's. `usage_basis` says whether input tokens contain the cache:
    "inclusive", "exclusive", or None where the reports themselves must tell;
    `output_excludes_reasoning` that reasoning is reported beside the output, not within;
    `usage_rules` name the reports for which either is different, the first that fits decides.
    """

    name: str
    scopes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    fields: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    kinds: tuple[KindRule, ...] = ()
    usage_basis: str | None = None
    output_excludes_reasoning: bool = False
    usage_rules: tuple[UsageRule, ...] = ()
    extends: tuple[str, ...] = ()
    names: tuple[NameRule, ...] = ()
    services: tuple[str, ...] = ()
    logs: tuple[LogRule, ...] = ()
    runs: RunRule | None = None
    # RE2 patterns that, found in a tool's result, say that the tool failed.
    failed_results: tuple[str, ...] = ()
    # Whether service.version is that of what the team deployed; a coding agent sends its own.
    own_service_version: bool = True
    # Span names, or beginnings that end in "*", that are no steps of their own: placeholders and
    # wrappers to be left out of counts.
    pseudo: tuple[str, ...] = ()
    # Content that stands in span events: column -> (event name, attribute), asked when content is read.
    events: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


# What a KindRule calls whatever value an attribute has.
ANY: Final = "*"

# Fields that fill no column but help to read others.
TOTAL_TOKENS = "total_tokens"  # input + output as reported: tells inclusive from exclusive usage
TOOL_OUTCOME = "tool_outcome"  # a word beside the status: success, error, true, false, ...
TOOL_ERROR = "tool_error"  # true where the tool failed, false where it did not
# When the first token came, ISO 8601: tells ttft_ms.
FIRST_TOKEN_AT = "first_token_at"  # noqa: S105 (no password)
SIGNS = (TOTAL_TOKENS, TOOL_OUTCOME, TOOL_ERROR, FIRST_TOKEN_AT)
