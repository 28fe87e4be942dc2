"""Making a plan final: the runs it means, their recordings' digests, the files it names, read once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from replay.mocks.policy import Policy
from replay.mocks.policy_file import read_policy
from replay.model import Completeness, RecordedCall, Recording
from replay.plan import Case, Plan, Sealed
from replay.recording import recording
from replay.stored import response_text
from replay.variants import Variant
from spotlight.errors import NotFound, SpotlightError
from spotlight.messages.canonical import message_json
from spotlight.messages.digests import canonical_json, digest
from spotlight.packs import read_pack
from spotlight.reports import Reports, RunFilters

FOLDER: Final = "replays"  # in the data folder: one folder per plan
PLAN_FILE: Final = "plan.json"
_RECORDED: Final = "missing:replay_of"  # of the language of searches
_MOST_NAMED: Final = 3  # ids that an error names
_HELD: Final = 256  # recordings kept in memory
_MOST_STUB_BYTES: Final = 1_000_000

Recordings = Callable[[str], Recording]


class Made(NamedTuple):
    """A sealed plan, and the runs that it leaves out with the reason."""

    sealed: Sealed
    left_out: tuple[tuple[str, str], ...]
    beyond: int = 0  # runs that the search finds beyond the most that the plan takes


def recordings_of(reports: Reports) -> Recordings:
    """Return what reads the recordings of a lake; those read last are kept."""
    return lru_cache(maxsize=_HELD)(lambda run_id: recording(reports, run_id))


def seal(
    plan: Plan, reports: Reports, policy: Policy | None = None, recordings: Recordings | None = None
) -> Made:
    """Return a plan with all that it depends on, as it is now.

    `policy` says how tools are mocked where the plan names no file of it; `recordings` reads those of the
    lake, and may have them already.

    Raises: SpotlightError where nothing is left to do, or a file cannot be read; NotFound for a run.
    """
    cases: list[Case] = []
    left_out: list[tuple[str, str]] = []
    recordings = recordings or recordings_of(reports)
    known: set[str] = set()
    wanted = _runs(plan, reports)
    for run_id in wanted.ids:
        found = recordings(run_id)
        case = _case(found, plan)
        if case.run_id in known:  # named twice, or found, too
            continue
        known.add(case.run_id)
        if case.steps:
            cases.append(case)
        else:
            why = next(iter(case.skipped.values()), _no_steps(found, plan))
            left_out.append((case.run_id, why))
    if not cases:
        raise _nothing(plan, left_out)
    policy = read_policy(plan.tools) if plan.tools else policy or Policy()
    if plan.faults:
        policy = policy.model_copy(update={"faults": (*plan.faults, *policy.faults)})
    variants = tuple(_settled(variant) for variant in plan.variants)
    packs = {str(path): read_pack(path).digest for path in pack_paths(variants)}
    named = plan.model_copy(update={"runs": tuple(case.run_id for case in cases), "variants": variants})
    sealed = Sealed(plan=named, cases=tuple(cases), policy=policy, stubs=_stubs(plan.stubs), packs=packs)
    return Made(sealed, tuple(left_out), wanted.beyond)


class _Wanted(NamedTuple):
    ids: list[str]
    beyond: int


def _runs(plan: Plan, reports: Reports) -> _Wanted:
    """Return the runs that a plan means, and how many more its search finds; results of replays are none."""
    found, beyond = list(plan.runs), 0
    if plan.search is not None:
        reports.run_count(
            RunFilters(query=plan.search)
        )  # what is wrong with it is said of it as it was typed
        recorded = f"({plan.search}) {_RECORDED}" if plan.search.strip() else _RECORDED
        filters = RunFilters(query=recorded)
        ids = reports.runs(filters, limit=plan.most_runs).column("run_id").to_pylist()
        found += ids
        beyond = reports.run_count(filters) - len(ids) if len(ids) == plan.most_runs else 0
    return _Wanted(list(dict.fromkeys(found)), beyond)


def _nothing(plan: Plan, left_out: Sequence[tuple[str, str]]) -> SpotlightError:
    """Return why no run of a plan can be replayed."""
    if not left_out:
        return SpotlightError(
            f"nothing can be replayed: the search {plan.search!r} finds no recorded run",
            hint="see what it finds with `spotlight find`; results of replays are not replayed",
        )
    more = f"; nor can {len(left_out) - 1:,} others" if len(left_out) > 1 else ""
    return SpotlightError(
        f"nothing can be replayed: {left_out[0][0]}: {left_out[0][1]}{more}",
        hint=f"`spotlight replay inspect {left_out[0][0]}` says what it recorded",
    )


def _no_steps(found: Recording, plan: Plan) -> str:
    """Return why a run has nothing to ask though no step of it is skipped."""
    if not found.calls:
        return found.grade.reason or "it has no model calls"
    return f"its model calls are 1 to {len(found.calls)}, so none is left from {plan.from_step} on"


def _case(found: Recording, plan: Plan) -> Case:
    calls = loop_calls(found, plan.from_step) if plan.mode == "closed" else found.calls
    skipped: dict[int, str] = {}
    steps: list[int] = []
    for call in calls:
        if call.step < plan.from_step:
            continue
        if call.grade.level is Completeness.NONE or not (call.request.messages or call.request.system):
            skipped[call.step] = call.grade.reason or "no messages are recorded"
        else:
            steps.append(call.step)
    if plan.mode == "closed" and calls and calls[0].step in skipped:
        steps = []  # there is no context to begin from
    return Case(
        run_id=str(found.run["run_id"]), digest=recording_digest(found), grade=found.grade.level.value,
        reason=found.grade.reason, steps=tuple(steps), skipped=skipped, question=_question(found),
    )  # fmt: skip


def _question(found: Recording) -> str:
    """Return what tells tasks apart: a digest of what the user said before the first model call."""
    first = found.calls[0].request.messages if found.calls else ()
    asked = [message_json(message) for message in first if message.role == "user"]
    return digest(canonical_json(asked)) if asked else str(found.run["run_id"])


def loop_calls(found: Recording, from_step: int) -> tuple[RecordedCall, ...]:
    """Return the recorded calls that a closed loop from a step stands for: those of the same agent."""
    rest = [call for call in found.calls if call.step >= from_step]
    return tuple(call for call in rest if call.agent_span_id == rest[0].agent_span_id)


def recording_digest(found: Recording) -> str:
    """Return what a recording is known by: what was asked and answered, of models and of tools."""
    calls = [
        [call.step, call.request_digest, call.response and digest(response_text(call.response))]
        for call in found.calls
    ]
    tools = [[t.position, t.step, t.name, t.arguments, t.result, t.is_error] for t in found.tools]
    return digest(canonical_json([calls, tools]))


def _settled(variant: Variant) -> Variant:
    """Return a variant that means the same in whatever folder it is read."""
    paths = {"pack": variant.pack, "was_pack": variant.was_pack}
    whole = {name: path.resolve() for name, path in paths.items() if path}
    return variant.settled().model_copy(update=whole)


def pack_paths(variants: Iterable[Variant]) -> list[Path]:
    """Return where the packs stand that variants name."""
    return list(dict.fromkeys(path for v in variants for path in (v.pack, v.was_pack) if path))


def _stubs(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        if path.stat().st_size > _MOST_STUB_BYTES:
            raise SpotlightError(
                f"{path} is larger than {_MOST_STUB_BYTES:,} bytes", hint="is it a stub file?"
            )
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        said = f"cannot read the stubs {path}: {exc.strerror}"
        raise SpotlightError(said, hint="name a Python file with --stubs") from exc
    except UnicodeDecodeError as exc:
        raise SpotlightError(f"{path} is no text in UTF-8", hint="name a Python file with --stubs") from exc


def save(sealed: Sealed, data: Path) -> Path:
    """Write a plan into its folder of the data folder, unless it is there; return that folder."""
    folder = data / FOLDER / sealed.id
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / PLAN_FILE
    if not whole.exists():
        part = folder / f"{PLAN_FILE}.{os.getpid()}"
        part.write_bytes(orjson.dumps(sealed.document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        part.replace(whole)
    return folder


def load(data: Path, plan_id: str) -> tuple[Path, Sealed]:
    """Return the folder of a plan and the plan; the beginning of its id is enough.

    Raises: NotFound where there is none, or more than one; SpotlightError where it was changed.
    """
    found = [folder for folder in folders(data) if folder.name.startswith(plan_id)]
    if not plan_id:
        raise NotFound("the id of a replay is empty", hint="list replays with `spotlight replay list`")
    if not found:
        raise NotFound(f"no replay {plan_id!r}", hint="list them with `spotlight replay list`")
    if len(found) > 1:
        names = ", ".join(sorted(folder.name for folder in found)[:_MOST_NAMED])
        raise NotFound(f"{len(found)} replays begin with {plan_id!r}: {names}", hint="give more of the id")
    sealed = Sealed.model_validate_json((found[0] / PLAN_FILE).read_bytes())
    if sealed.id != found[0].name:
        raise SpotlightError(
            f"{found[0] / PLAN_FILE} was changed since it was made: it is {sealed.id} now",
            hint="a plan never changes; make another one with `spotlight replay run`",
        )
    return found[0], sealed


def folders(data: Path) -> list[Path]:
    """Return the folders of all plans of a data folder, the newest last."""
    found = [path.parent for path in (data / FOLDER).glob(f"*/{PLAN_FILE}")]
    return sorted(found, key=lambda folder: (folder / PLAN_FILE).stat().st_mtime_ns)
