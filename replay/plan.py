"""What to run again and how: as a user says it, and sealed with all that it depends on.

A `Plan` is what is asked for: from a file, from options or from Python. Sealing it (`replay.sealing`) reads
what it names, once: which runs, their recordings' digests, the policy, the stubs, the packs. The `Sealed`
plan never changes; the digest of its canonical JSON is its id, and going on with it means the same work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from replay.journal import Item
from replay.mocks.policy import FaultRule, Policy
from replay.providers.models import Model, parse_model
from replay.variants import Variant
from spotlight.errors import SpotlightError
from spotlight.messages.digests import canonical_json, digest

BASELINE: Final = "baseline"
_MOST_BYTES: Final = 5_000_000
_ID_DIGITS: Final = 16
_MOST_SHOWN: Final = 80  # characters of a value that is wrong
_HINT: Final = "docs/replay.md says what a plan may hold"

_PATHS: Final = ("tools", "stubs")  # a plan holds what the files say
_VARIANT_PATHS: Final = ("pack", "prompt_file", "was_pack")

Mode = Literal["step", "closed"]
Words = Annotated[str, Field(min_length=1)]
Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Helper(_Frozen):
    """A model that is asked on the side; written as its name alone where it stands at its provider's."""

    model: Words = Field(description="provider:name")
    base_url: str | None = Field(None, description="Another address that speaks that provider's form.")
    key_env: str | None = Field(None, description="Environment variable that holds the key of that address.")

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, said: Any) -> Any:
        return {"model": said} if isinstance(said, str) else said

    def parsed(self) -> Model:
        """Return the model that is asked. Raises: ModelRefused for one that nobody knows."""
        return parse_model(self.model, base_url=self.base_url, key_env=self.key_env)


class Plan(_Frozen):
    """What is to run again, with what changed, how often, and within which limits."""

    runs: tuple[Words, ...] = Field((), description="Ids of runs, or the beginning of ids.")
    search: str | None = Field(None, description="A search as of `spotlight find`; its runs are replayed.")
    most_runs: int = Field(1_000, ge=1, le=100_000, description="How many runs a search gives at most.")
    variants: tuple[Variant, ...] = Field((), description="What is changed; each run is replayed by each.")
    baseline: bool = Field(
        False, description="Ask everything unchanged, too: how much answers differ by themselves."
    )
    mode: Mode = Field(
        "step",
        description="`step`: every recorded model call is answered anew from its recorded context. "
        "`closed`: the variant goes its own way, tools are mocked.",
    )
    from_step: int = Field(1, ge=1, description="First model call that is asked anew, counted from 1.")
    repeat: int = Field(1, ge=1, le=1_000, description="How often each run is replayed by each variant.")
    tools: Path | None = Field(None, description="Policy file for mocked tools.")
    stubs: Path | None = Field(None, description="Python file with stubs of tools.")
    faults: tuple[FaultRule, ...] = Field((), description="Faults of tools, before those of the policy file.")
    pool: bool = Field(
        True, description="Let recordings of the plan's other runs of the same case answer for tools."
    )
    simulate: Helper | None = Field(
        None, description="Model that makes up results where the policy says `simulate`; marked synthetic."
    )
    seed: int = Field(0, description="Decides which faults strike; another seed makes another plan.")
    budget_usd: Usd | None = Field(None, description="Most money to spend, USD. Default: no limit.")
    allow_unpriced: bool = Field(False, description="Ask models that have no price, in no sum and no limit.")
    allow_private: bool = Field(False, description="Ask models at private and loopback addresses.")
    on_divergence: Literal["stop", "error-to-model"] = Field(
        "stop", description="What a tool call that nothing recorded answers does to a closed loop."
    )
    follow: bool = Field(
        False, description="Go on in a closed loop from the first step that decides otherwise. Mode `step`."
    )
    concurrency: int = Field(8, ge=1, le=256, description="Model calls in flight at most.")
    max_steps: int = Field(50, ge=1, le=10_000, description="Model calls of one closed loop at most.")
    max_seconds: float = Field(1_800, gt=0, description="Time of one closed loop at most, in seconds.")

    @model_validator(mode="after")
    def _says_enough(self) -> Plan:
        if not self.runs and self.search is None:
            raise ValueError("no runs are named: give runs or a search")
        if not self.variants and not self.baseline:
            raise ValueError("nothing to do: give a variant, or the unchanged baseline")
        names = [variant.name for variant in self.all_variants()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two variants are called {twice[0]!r}")
        if self.follow and self.mode != "step":
            raise ValueError("only step by step replays have a divergence to follow")
        return self

    def all_variants(self) -> tuple[Variant, ...]:
        """Return what is asked, the unchanged baseline first where it is wanted."""
        unchanged = Variant.model_validate({"name": BASELINE})
        return (unchanged, *self.variants) if self.baseline else self.variants


class Case(_Frozen):
    """One recorded run of a plan, known by what its recording was when the plan was sealed."""

    run_id: str
    digest: str
    grade: str
    reason: str = ""
    steps: tuple[int, ...]  # model calls that are asked anew
    skipped: Mapping[int, str] = {}  # model calls that are not, and why
    question: str = ""  # digest of the task: runs that were given the same one are one case to mocked tools


class Sealed(_Frozen):
    """A plan with everything it depends on."""

    version: Literal[1] = 1
    plan: Plan
    cases: tuple[Case, ...]
    policy: Policy = Policy()
    stubs: str | None = None  # the file's text
    packs: Mapping[str, str] = {}  # path -> digest of the pack's behaviour

    @property
    def id(self) -> str:
        """What the plan is known by: equal for equal work, wherever the files stood that it was made of."""
        told = self.document()
        told["plan"] = {key: value for key, value in told["plan"].items() if key not in _PATHS}
        return digest(canonical_json(told))[:_ID_DIGITS]

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def items(self) -> Iterator[Item]:
        """Yield what is to be done: case by case, variants beside each other so that drift hits all alike."""
        legs = ("path", "follow") if self.plan.follow else ("path",)
        number = 0
        for case_no in range(len(self.cases)):
            for repeat in range(1, self.plan.repeat + 1):
                for variant in self.plan.all_variants():
                    for leg in legs:
                        yield Item(number, case_no, variant.name, repeat, leg)
                        number += 1

    def variant(self, name: str) -> Variant:
        """Return a variant by its name."""
        return next(variant for variant in self.plan.all_variants() if variant.name == name)


def read_plan(path: Path) -> Plan:
    """Return the plan that a YAML or JSON file holds; paths in it start at its folder.

    Raises: SpotlightError naming the first field that cannot be used.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SpotlightError(f"{path} is larger than {_MOST_BYTES:,} bytes", hint=_HINT)
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise SpotlightError(f"cannot read the plan {path}: {exc.strerror}", hint="name a plan file") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise SpotlightError(f"{path} is no YAML or JSON: {exc}", hint=_HINT) from exc
    if not isinstance(document, dict):
        held = "nothing" if document is None else type(document).__name__
        raise SpotlightError(f"{path} holds no plan, but {held}", hint=_HINT)
    return make_plan(_with_paths(document, path.parent), str(path))


def make_plan(document: Mapping[str, Any], source: str = "the plan") -> Plan:
    """Return the plan that a document says. Raises: SpotlightError naming the first field that is wrong."""
    try:
        return Plan.model_validate(document)
    except ValidationError as exc:
        raise SpotlightError(f"{source}: {_wrong(exc.errors()[0])}", hint=_HINT) from exc


def _wrong(error: ErrorDetails) -> str:
    """Return in words what is wrong with which field, and what it holds."""
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "value_error":  # one of ours
        said = error["msg"].removeprefix("Value error, ")
        return f"{place}: {said}" if place else said
    if error["type"] == "extra_forbidden":
        return f"there is no field {place}"
    if error["type"] == "missing":
        return f"{place} is missing"
    must = error["msg"].replace("Input should", "must", 1).replace("String should", "must", 1)
    value = repr(error["input"])
    shown = value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}…"
    return f"{place}: {must.replace('a valid tuple', 'a list')}, not {shown}"


def _with_paths(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the document with its paths made to start at a folder."""

    def resolved(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        return dict(values) | {
            name: str(folder / values[name]) for name in names if isinstance(values.get(name), str)
        }

    made = resolved(document, _PATHS)
    variants = document.get("variants")
    if isinstance(variants, list):
        made["variants"] = [resolved(v, _VARIANT_PATHS) if isinstance(v, dict) else v for v in variants]
    return made
