"""The policy file: what it may hold, what is wrong with it and where, and what the pack adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.mocks.matching import similarity
from replay.mocks.paths import GONE, changed_at, values_at
from replay.mocks.policy import Declared, Policy, tool_policy
from replay.mocks.policy_file import policy_of, policy_schema, read_policy
from spotlight.errors import UnreadablePolicy

WRONG = [
    ("tools:\n  a: {}\n  b: {}\n  a: {}", 4, "a stands here and in line 2"),
    ("tools:\n\tx: 1", 2, "this is no YAML: found character '\\t' that cannot start any token"),
    ("- 1", 1, "its top: fields are wanted here"),
    ("tools:\n  a:\n    kind: pure\n    resultt: 3", 4, "tools.a.resultt: there is no such field"),
    ("tools:\n  a: {kind: pure, result: 3}", 2, "tools.a: result is only for kind ignore_args or terminal"),
    (
        "tools:\n  a: {effect: write, repeatable: true}",
        2,
        "tools.a: a tool with effect write cannot be repeatable",
    ),
    ("tools:\n  a:\n    similar: 3", 3, "tools.a.similar: Input should be less than or equal to 1"),
    (
        "faults:\n- tool: x\n  fault: empty\n- tool: y\n  fault: empty\n  status: 503",
        4,
        "faults.1: status is no setting of the fault empty",
    ),
    (
        "tools:\n  a:\n    normalise:\n      ignore:\n      - $.x\n      - date",
        6,
        "tools.a.normalise.ignore.1: the path 'date' must begin with $, such as $.date or $.flights[*].date",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "said"), WRONG, ids=[said.split(":")[0] for _, _, said in WRONG])
def test_errors_name_the_line_and_the_field(text: str, line: int, said: str) -> None:
    """What is wrong, where in the file, and where to read on."""
    with pytest.raises(UnreadablePolicy) as caught:
        policy_of(text.encode(), "p.yaml")
    assert line == caught.value.line
    assert f"the policy p.yaml is wrong at line {line}: {said}" == caught.value.message


def test_files_that_are_no_policy(tmp_path: Path) -> None:
    """A missing file, bytes that are no text and a bomb of aliases are refused; an empty file is fine."""
    with pytest.raises(UnreadablePolicy, match="No such file"):
        read_policy(tmp_path / "none.yaml")
    bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
    )
    for raw in (b"\xff\xfe\x00", bomb.encode()):
        with pytest.raises(UnreadablePolicy):
            policy_of(raw, "p.yaml")
    (tmp_path / "empty.yaml").write_bytes(b"# nothing yet\n")
    assert Policy() == read_policy(tmp_path / "empty.yaml")


def test_what_holds_for_a_tool() -> None:
    """Its full name before a pattern, the file before the pack, the pack before the defaults."""
    said = policy_of(
        b"""
defaults: {similar: 0.9}
tools:
  get_*: {similar: 0.8}
  get_user: {effect: read}
  get_key: {repeatable: true}
""",
        "p.yaml",
    )
    pack = {name: Declared("write", "irreversible", True) for name in ("get_user", "get_seat", "get_key")}
    user, seat, key, other = (
        tool_policy(said, name, pack) for name in ("get_user", "get_seat", "get_key", "x")
    )
    assert ("read", "irreversible", True, True, 0.9) == (
        user.effect, user.reversibility, user.idempotent, user.may_repeat, user.similar
    )  # fmt: skip
    assert ("write", 0.8, False) == (seat.effect, seat.similar, seat.may_repeat)
    assert (True, None, None, False) == (key.may_repeat, key.effect, other.effect, other.may_repeat)


def test_policies_are_known_by_what_they_say() -> None:
    """Comments and order of keys change nothing; a value does. The schema names every part."""
    one = policy_of(b"tools:\n  a: {kind: pure, effect: read} # x", "p")
    two = policy_of(b"tools: {a: {effect: read, kind: pure}}", "q")
    assert one == two != Policy()
    assert {"defaults", "tools", "faults"} == policy_schema()["properties"].keys()


def test_a_policy_written_down_says_the_same() -> None:
    """What is said outweighs the defaults also where it is null or what holds anyway, after JSON, too."""
    said = policy_of(
        b"""
defaults: {similar: 0.9}
tools: {a: {similar: null}, b: {kind: ignore_args, result: null}}
faults: [{fault: error, status: 500}]
""",
        "p",
    )
    again = Policy.model_validate_json(said.model_dump_json(exclude_defaults=True))
    assert said == again
    assert [None, 0.9] == [tool_policy(again, name).similar for name in "ab"]
    assert "result" in tool_policy(again, "b").model_fields_set


def test_paths_name_values() -> None:
    """Names, quoted names, places and everything on a level; a change leaves its argument alone."""
    value = {"a": [{"b": 1}, {"b": 2}], "x y": {"z": 3}}
    paths = ("$.a[*].b", "$.a[1].b", "$['x y'].*", "$.none[0]", "$")
    assert [[1, 2], [2], [3], [], [value]] == [values_at(value, path) for path in paths]
    assert {"a": [{}, {}], "x y": {"z": 3}} == changed_at(value, "$.a[*].b", lambda _: GONE)
    assert {"b": 1} == value["a"][0]  # type: ignore[index]
    assert (0.5, 1.0, 0.0) == (
        similarity({"a": 1, "b": 2}, {"a": 1, "b": 3}), similarity({}, None), similarity("x", "y")
    )  # fmt: skip
