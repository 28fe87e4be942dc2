"""Plans: what they may say, what they are known by, and what is frozen into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from replay.journal import Item
from replay.plan import Sealed, make_plan, read_plan
from replay.sealing import load, save
from spotlight.errors import NotFound, SpotlightError
from tests.replay.scripted import Turn, recorded, says, sealed_of

ONE = recorded(Turn(says("Hi.")))
TWO = recorded(Turn(says("Hi.")), run_id="run-2")
MINI = {"name": "mini", "model": "gpt-4o-mini"}


def test_items_go_case_by_case() -> None:
    """All variants of a repeat stand beside each other, the unchanged baseline first."""
    sealed = sealed_of([ONE, TWO], variants=[MINI], baseline=True, repeat=2)
    told = [(item.case_no, item.repeat, item.variant) for item in sealed.items()]
    assert [(c, r, v) for c in (0, 1) for r in (1, 2) for v in ("baseline", "mini")] == told
    assert Item(0, 0, "baseline", 1, "path") == next(sealed.items())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param({"runs": []}, "no runs are named", id="no-runs"),
        pytest.param({"variants": []}, "nothing to do", id="nothing-changed"),
        pytest.param({"variants": [MINI, MINI]}, "two variants are called 'mini'", id="one-name-twice"),
        pytest.param({"follow": True, "mode": "closed"}, "divergence to follow", id="follow-a-loop"),
        pytest.param({"repeat": 0}, "repeat", id="no-repeat"),
        pytest.param({"budget_usd": "NaN"}, "budget_usd", id="no-amount"),
        pytest.param({"variants": [{"name": "x", "modle": "y"}]}, "no field variants.0.modle", id="misspelt"),
        pytest.param({"variants": [{"model": "y"}]}, "variants.0.name is missing", id="no-name"),
        pytest.param({"runs": "4f2a"}, "runs: must be a list, not '4f2a'", id="no-list"),
    ],
)
def test_wrong_plans_are_refused_by_name(said: dict[str, Any], told: str) -> None:
    """The error names the field and what is wrong with it."""
    with pytest.raises(SpotlightError, match=told):
        make_plan({"runs": ["r"], "variants": [MINI]} | said)


@pytest.mark.parametrize("text", ["- 1\n", "{", "\xff", "runs: &a [*a]"])
def test_files_that_hold_no_plan(tmp_path: Path, text: str) -> None:
    """A list, half a document, no UTF-8 and a list inside itself are no plans, and the file is named."""
    file = tmp_path / "plan.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SpotlightError, match=r"plan\.yaml"):
        read_plan(file)


def test_a_plan_is_known_by_its_work(tmp_path: Path) -> None:
    """Equal work has an equal id, from any folder; any change makes another, and it reads back as it was."""
    sealed = sealed_of([ONE], variants=[MINI], tools=Path("/a/tools.yaml"))
    assert sealed.id == sealed_of([ONE], variants=[MINI], tools=Path("/b/other.yaml")).id
    others = [
        sealed_of([TWO], variants=[MINI]), sealed_of([ONE], variants=[MINI], seed=1),
        sealed_of([ONE], variants=[MINI], repeat=2), sealed_of([ONE], variants=[MINI | {"name": "x"}]),
        sealed_of([recorded(Turn(says("Ho.")))], variants=[MINI]),
        Sealed(plan=sealed.plan, cases=sealed.cases, stubs="x"),
    ]  # fmt: skip
    assert 7 == len({sealed.id, *(other.id for other in others)})
    folder = save(sealed, tmp_path)
    assert (folder, sealed) == load(tmp_path, sealed.id[:5])
    assert folder == save(sealed, tmp_path)


def test_a_plan_never_changes(tmp_path: Path) -> None:
    """A file that was edited is refused; a plan that is not there, or not the only one, is not found."""
    folder = save(sealed_of([ONE]), tmp_path)
    save(sealed_of([TWO]), tmp_path)
    for wanted, said in (("nope", "no replay 'nope'"), ("", "is empty")):
        with pytest.raises(NotFound, match=said):
            load(tmp_path, wanted)
    told = json.loads((folder / "plan.json").read_bytes())
    told["plan"]["seed"] = 5
    (folder / "plan.json").write_text(json.dumps(told))
    with pytest.raises(SpotlightError, match="was changed since it was made"):
        load(tmp_path, folder.name)
