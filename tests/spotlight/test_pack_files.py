"""Packs of both formats are read into one form, prompts are rendered once and their values found again."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.errors import SpotlightError
from spotlight.packs import Inverted, NotInverted, PackTool, invert, read_pack, render, variables_of

MANIFEST = """\
apiVersion: agenthippo.ai/v1
kind: Agent
metadata: {name: helper, version: 1.2}
spec: {engine: claude, model: auto}
"""


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """Return the folder of a small Agent Pack."""
    folder = tmp_path / "helper"
    folder.mkdir()
    (folder / "agent.yaml").write_text(MANIFEST)
    (folder / "AGENTS.md").write_text("You help.")
    return folder


def promptpack(tmp_path: Path, **changed: object) -> Path:
    """Return the file of a small PromptPack, with some of its fields changed."""
    document = {
        "id": "support",
        "version": "2.0.0",
        "prompts": {
            "main": {"id": "main", "name": "Main", "version": "1.0.0", "system_template": "Hi {{who}}"}
        },
    }
    path = tmp_path / "support.pack.json"
    path.write_text(json.dumps(document | changed))
    return path


def test_agent_pack_is_read(agent: Path) -> None:
    """Name, version, prompt; a model of `auto` is no model; a version written as a number is text."""
    pack = read_pack(agent)
    assert ("helper", "1.2", "You help.", None) == (
        pack.name,
        pack.version,
        pack.prompt().template,
        pack.model,
    )
    assert pack == read_pack(agent / "agent.yaml")


def test_digest_is_of_what_behaves(agent: Path) -> None:
    """Another skill is another pack although the version stays; a web page and junk files are not."""
    before = read_pack(agent).digest
    (agent / "www").mkdir()
    (agent / "www" / "index.html").write_text("hello")
    (agent / ".DS_Store").write_text("junk")
    assert before == read_pack(agent).digest
    (agent / "skills" / "mail").mkdir(parents=True)
    (agent / "skills" / "mail" / "SKILL.md").write_text("Send mail.")
    assert before != read_pack(agent).digest


def test_signature_is_a_claim(agent: Path) -> None:
    """The digest that a signature names is kept as claimed; one that cannot be read is said."""
    payload = base64.urlsafe_b64encode(json.dumps({"digest": "abc", "pack": "helper"}).encode()).decode()
    (agent / "pack.sig").write_text(f"e30.{payload.rstrip('=')}.c2ln")
    assert "abc" == read_pack(agent).claimed_digest
    (agent / "pack.sig").write_text("nonsense")
    pack = read_pack(agent)
    assert pack.claimed_digest is None
    assert ("pack.sig is no signature that can be read",) == pack.notes


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("kind: Agent", "apiVersion: Field required"),
        (MANIFEST.replace("agenthippo.ai/v1", "other/v9"), "'other/v9'"),
        (MANIFEST.replace("name: helper, ", ""), r"metadata\.name: Field required"),
        ("- a list", "holds list, not an object"),
        ("a: b: c", "cannot be read"),
    ],
    ids=["no api", "other api", "no name", "no object", "no yaml"],
)
def test_broken_manifest_is_named(agent: Path, manifest: str, said: str) -> None:
    """The error names the file, the field and the value."""
    (agent / "agent.yaml").write_text(manifest)
    with pytest.raises(SpotlightError, match=said) as raised:
        read_pack(agent)
    assert "agent.yaml" in raised.value.message


def test_pack_stays_in_its_folder(agent: Path, tmp_path: Path) -> None:
    """Neither a link nor a path leads out of a pack."""
    (tmp_path / "secret.md").write_text("secret")
    (agent / "AGENTS.md").unlink()
    os.symlink(tmp_path / "secret.md", agent / "AGENTS.md")
    with pytest.raises(SpotlightError, match="leads out of the pack"):
        read_pack(agent)
    (agent / "agent.yaml").write_text(MANIFEST.replace("auto}", "auto, prompts: {system: ../secret.md}}"))
    with pytest.raises(SpotlightError, match="leads out of the pack"):
        read_pack(agent)


def test_prompt_pack_is_read(tmp_path: Path) -> None:
    """Defaults, fragments, tools with their effects, overrides by model; unknown fields are said."""
    path = promptpack(
        tmp_path,
        novelty={},
        fragments={"tone": "Be kind."},
        prompts={
            "main": {
                "version": "1.0.0",
                "system_template": "{{fragment:tone}} Serve {{who}}.",
                "variables": [{"name": "who", "default": "everyone"}],
                "tools": ["look"],
                "tool_policy": {"tool_choice": "required"},
                "parameters": {"temperature": 0.2, "top_p": None},
                "model_overrides": {
                    "small": {"system_template_prefix": "Short. ", "parameters": {"top_k": 3}}
                },
            }
        },
        tools={
            "look": {"name": "look", "parameters": {"type": "object"}, "annotations": {"readOnlyHint": True}},
            "pay": {"name": "pay", "action_scope": {"effect": "external", "reversibility": "irreversible"}},
        },
    )
    pack = read_pack(path)
    prompt = pack.prompt()
    assert ("fields that are not known: novelty",) == pack.notes
    assert ("Be kind. Serve {{who}}.", {"who": "everyone"}) == (prompt.template, prompt.defaults)
    assert (("look",), "required", {"temperature": 0.2}) == (prompt.tools, prompt.tool_choice, prompt.params)
    small = prompt.for_model("small")
    assert ("Short. Be kind. Serve {{who}}.", {"temperature": 0.2, "top_k": 3}) == (
        small.template,
        small.params,
    )
    assert PackTool("look", None, {"type": "object"}, "read") == pack.tools["look"]
    assert PackTool("pay", None, None, "external", "irreversible") == pack.tools["pay"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"prompts": {}}, "prompts: Dictionary should have at least 1 item"),
        ({"prompts": {"m": {"version": "1"}}}, r"prompts\.m\.system_template: Field required"),
        ({"prompts": {"m": {"version": "1", "system_template": "{{fragment:x}}"}}}, "no fragment 'x'"),
        (
            {
                "prompts": {"m": {"version": "1", "system_template": "a", "tools": ["gone"]}},
                "tools": {"here": {"name": "here"}},
            },
            "names tool 'gone'",
        ),
        ({"tools": {"x": {"name": "no good"}}}, r"tools\.x\.name"),
    ],
    ids=["no prompt", "no template", "no fragment", "no tool", "bad name"],
)
def test_broken_prompt_pack_is_named(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    """The error names the place in the file."""
    with pytest.raises(SpotlightError, match=said):
        read_pack(promptpack(tmp_path, **changed))


def test_which_prompt_must_be_said(tmp_path: Path) -> None:
    """Of several prompts one must be named; the error lists them."""
    one = {"version": "1.0.0", "system_template": "a"}
    pack = read_pack(promptpack(tmp_path, prompts={"a": one, "b": one}))
    with pytest.raises(SpotlightError, match="a, b"):
        pack.prompt()
    assert "a" == pack.prompt("b").template


def test_what_is_no_pack_is_said(tmp_path: Path) -> None:
    """A folder without a pack, a text file and nothing at all are told apart."""
    (tmp_path / "notes.txt").write_text("hi")
    with pytest.raises(SpotlightError, match="is no pack"):
        read_pack(tmp_path)
    with pytest.raises(SpotlightError, match="is no pack"):
        read_pack(tmp_path / "notes.txt")
    with pytest.raises(SpotlightError, match="there is no"):
        read_pack(tmp_path / "gone")


def test_values_are_not_templates() -> None:
    """What a value says is never expanded; variables without a value are named."""
    assert "{{b}} and 2" == render("{{a}} and {{ b }}", {"a": "{{b}}", "b": "2"})
    with pytest.raises(SpotlightError, match="variables b have no value"):
        render("{{a}} and {{b}}", {"a": "1"})


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("Hi {{who}}!", "Hi Ann!", {"who": "Ann"}),
        ("Hi {{who}}!", "Harness. Hi Ann! Go.", {"who": "Ann"}),
        ("Help.", "Be good. Help. Now.", {}),
        ("{{a}}, {{b}}", "x, y", {"a": "x", "b": "y"}),
        ("{{a}} is {{a}}", "x is x", {"a": "x"}),
        ("{{a}}", "all of it", {"a": "all of it"}),
    ],
)
def test_values_are_found_again(template: str, text: str, values: dict[str, str]) -> None:
    """The values are those between the words; words around a prompt with words at its ends are left out."""
    found = invert(template, text)
    assert isinstance(found, Inverted)
    assert values == found.values
    assert text[found.start : found.end] == render(template, values)


@pytest.mark.parametrize(
    ("template", "text", "why"),
    [
        ("{{a}}{{b}}", "xy", "side by side"),
        ("{{a}}, {{b}}", "x, y, z", "more than one way"),
        ("Hi {{who}}!", "Bye Ann!", "does not stand"),
        ("Help.", "Help. Help.", "more than one way"),
        ("{{a}} is {{a}}", "x is y", "two values"),
        ("say {{a}}", "ok, say x", "begins or ends with a variable"),
        ("a{{x}}b{{y}}c", "a-c", "not have the words"),
    ],
)
def test_doubt_is_refused(template: str, text: str, why: str) -> None:
    """Where values could be others, or the prompt is not there, the reason is said and nothing is guessed."""
    found = invert(template, text)
    assert isinstance(found, NotInverted)
    assert why in found.reason


@given(
    st.lists(st.text("ab {}", max_size=4), min_size=1, max_size=4),
    st.lists(st.text("ab ", max_size=4), min_size=3, max_size=3),
    st.text("ab", max_size=3),
)
def test_never_a_wrong_value(literals: list[str], said: list[str], around: str) -> None:
    """Rendered, perhaps with words around it, and inverted: the values that were put in, or a refusal."""
    names = ["x", "y", "z"][: len(literals) - 1]
    template = "".join(part for pair in zip(literals, [f"{{{{{n}}}}}" for n in [*names, ""]], strict=False)
                       for part in pair).removesuffix("{{}}")  # fmt: skip
    values = {name: value for name, value in zip(names, said, strict=False) if name in variables_of(template)}
    if set(variables_of(template)) != values.keys():
        return  # braces of the words made other variables
    found = invert(template, around + render(template, values))
    if isinstance(found, Inverted) and not around:
        assert values == found.values
    if isinstance(found, Inverted):
        text = around + render(template, values)
        assert text[found.start : found.end] == render(template, found.values)


@pytest.mark.parametrize("size", [200_000])
def test_hostile_text_takes_no_longer(size: int) -> None:
    """Text of one letter against a template of that letter ends: the search goes over it twice."""
    template = "a{{x}}a{{y}}a{{z}}a"
    assert isinstance(invert(template, "a" * size), NotInverted)


def test_real_packs_are_read(test_data: Path) -> None:
    """All published packs that are there can be read; most prompts invert where values hold no spaces."""
    packs = test_data / "reference" / "packs"
    agents = [read_pack(p) for p in sorted((packs / "agenthippo-store" / "agent-packs").iterdir())]
    assert 7 == len({pack.digest for pack in agents})
    assert ["joker1"] == [pack.name for pack in agents if pack.notes]  # of the older apiVersion
    prompts = [
        prompt
        for path in sorted((packs / "promptpack" / "examples").glob("*.json"))
        for prompt in read_pack(path).prompts.values()
    ]
    with_variables = [prompt.template for prompt in prompts if variables_of(prompt.template)]
    assert (37, 10) == (len(prompts), len(with_variables))
    texts = [render(t, {name: f"<{name}>" for name in variables_of(t)}) for t in with_variables]
    found = [invert(template, text) for template, text in zip(with_variables, texts, strict=True)]
    assert sum(isinstance(inverted, Inverted) for inverted in found) >= 8
