"""What a variant makes of a recorded call: exactly what it says and nothing else, or a reason why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from replay.digests import request_digests
from replay.instructions import PREAMBLE_UNKNOWN
from replay.model import Completeness, Grade, RecordedCall, RecordedPrompt, Recording, Request
from replay.rewriting import Refused, Rewriter, Rewritten
from replay.variants import Variant
from spotlight.errors import SpotlightError
from spotlight.messages import Message, Reasoning, Text, ToolDefinition
from spotlight.messages.canonical import Uri

LOOK = ToolDefinition("look", "Look it up", {"type": "object"}, "function", {"name": "look"})
PAY = ToolDefinition("pay", "Pay", {"type": "object"}, "function", {"name": "pay"})
ASKED = Request(
    "openai", "chat", "gpt-4o", (Text("You serve Ann. Be brief."),),
    (
        Message("user", (Text("hello"),)),
        Message("assistant", (Reasoning("hm", "signed"),)),
        Message("assistant", (Reasoning("hm", "signed"), Text("hi"))),
    ),
    (LOOK, PAY), "auto", {"temperature": 0.0, "seed": 7}, {"user": "u1"},
)  # fmt: skip


def call(
    request: Request = ASKED, agent: str | None = None, prompt: RecordedPrompt | None = None
) -> RecordedCall:
    """Return a recorded call that asked for this."""
    grade = Grade(Completeness.SEMANTIC, "")
    return RecordedCall(1, "t", "s", None, agent, 0, request, None, grade, *request_digests(request), prompt)


def rewritten(variant: Variant, asked: RecordedCall | None = None, first: RecordedCall | None = None) -> Any:
    """Return what a variant makes of a call of a run."""
    asked = asked or call()
    run = Recording({}, (first or asked, asked), (), asked.grade, ())
    return Rewriter(variant).rewrite(asked, run)


def promptpack(tmp_path: Path, **prompt: object) -> Path:
    """Return the file of a PromptPack whose prompt says this besides its template."""
    document = {
        "id": "support",
        "version": "2.0.0",
        "prompts": {"main": {"version": "1.0.0", "system_template": "Hello {{who}}."} | prompt},
        "tools": {
            "look": {"name": "look", "description": "Look it up", "parameters": {"type": "object"}},
            "pay": {"name": "pay", "description": "Pay quickly", "parameters": {"type": "object"}},
            "mail": {"name": "mail"},
        },
    }
    path = tmp_path / "support.pack.json"
    path.write_text(json.dumps(document))
    return path


def test_nothing_changed_is_the_same_request() -> None:
    """The unchanged baseline, and a replay from the recording, ask what was asked."""
    for variant in (Variant(name="baseline"), Variant(name="tape", model="recorded")):
        assert Rewritten(ASKED, ()) == rewritten(variant)


def test_another_family_gets_no_thoughts() -> None:
    """Thoughts that another model signed are left out and counted; all else stays."""
    found = rewritten(Variant(name="v", model="anthropic:claude-opus-4-8"))
    assert ("anthropic", "messages", "claude-opus-4-8") == found.request[:1] + found.request[1:3]
    assert [("user", (Text("hello"),)), ("assistant", (Text("hi"),))] == [
        m[:2] for m in found.request.messages
    ]
    assert (ASKED.system, ASKED.tools, ASKED.params) == (
        found.request.system, found.request.tools, found.request.params,
    )  # fmt: skip
    assert (
        "model gpt-4o -> claude-opus-4-8", "provider openai -> anthropic", "2 thoughts of gpt-4o left out",
    ) == found.changes  # fmt: skip


def test_same_family_keeps_thoughts() -> None:
    """A name without a provider is one of the recorded provider's."""
    found = rewritten(Variant(name="v", model="gpt-5"))
    assert ("openai", "gpt-5", ASKED.messages) == (
        found.request.provider, found.request.model, found.request.messages,
    )  # fmt: skip
    assert ("model gpt-4o -> gpt-5",) == found.changes


def test_parameters_change_by_name() -> None:
    """A value is set, null takes it away, an equal one is no change."""
    found = rewritten(Variant(name="v", params={"temperature": 1.0, "seed": None, "top_p": 0.5}))
    assert {"temperature": 1.0, "top_p": 0.5} == dict(found.request.params)
    assert ("temperature 0.0 -> 1.0", "seed 7 -> not set", "top_p not set -> 0.5") == found.changes
    assert () == rewritten(Variant(name="v", params={"temperature": 0.0})).changes


def test_unknown_old_prompt_is_said() -> None:
    """Without the old prompt all instructions give way, and that what surrounded it is unknown is said."""
    found = rewritten(Variant(name="v", prompt="Be kind."))
    assert (Text("Be kind."),) == found.request.system
    assert any(PREAMBLE_UNKNOWN in change for change in found.changes)


def test_old_prompt_gives_variables_and_place() -> None:
    """The old template says where the prompt stands and what its variables were."""
    asked = call(ASKED._replace(system=(Text("[date] "), Text("You serve Ann. Be brief. [rules]"))))
    variant = Variant(name="v", prompt="Serve {{who}} well.", was_prompt="You serve {{who}}. Be brief.")
    found = rewritten(variant, asked)
    assert (Text("[date] Serve Ann well. [rules]"),) == found.request.system
    assert ("instructions", "15 characters around the prompt kept") == found.changes


def test_values_of_the_variant_come_first() -> None:
    """Given values stand before recorded ones, recorded ones before those found in the text."""
    recorded = RecordedPrompt("You serve {{who}}. Be brief.", {"mood": "well"})
    variant = Variant(name="v", prompt="Serve {{who}} {{mood}}.", variables={"who": "Bob"})
    assert (Text("Serve Bob well."),) == rewritten(variant, call(prompt=recorded)).request.system


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        (Variant(name="v", prompt="Serve {{who}}."), "variables who have no value"),
        (Variant(name="v", prompt="Hi.", was_prompt="Not there."), "does not stand"),
        (Variant(name="v", prompt="{{a}}", was_prompt="You {{a}}{{b}}. Be brief."), "side by side"),
    ],
    ids=["no value", "other prompt", "adjacent"],
)
def test_what_cannot_be_told_is_refused(variant: Variant, why: str) -> None:
    """A prompt is never made from guesses."""
    found = rewritten(variant)
    assert isinstance(found, Refused)
    assert why in found.reason


def test_instructions_with_pictures_are_refused() -> None:
    """Instructions that are more than text are not replaced by text in silence."""
    asked = call(ASKED._replace(system=(Text("See"), Uri("image/png", "image", "https://x.test/a.png"))))
    assert Refused("the recorded instructions hold more than text") == rewritten(
        Variant(name="v", prompt="Hi."), asked
    )


def test_other_agents_keep_their_instructions() -> None:
    """A prompt is one agent's: the calls of another one keep theirs, and that is said."""
    helper = call(agent="helper")
    found = rewritten(Variant(name="v", prompt="Be kind."), helper, first=call(agent="main"))
    assert (ASKED.system, ("instructions kept: helper is not main",)) == (found.request.system, found.changes)
    asked = Variant(name="v", prompt="Be kind.", agent="helper")
    assert (Text("Be kind."),) == rewritten(asked, helper, first=call(agent="main")).request.system


def test_pack_brings_prompt_tools_and_parameters(tmp_path: Path) -> None:
    """Tools come from the pack's prompt, with what was added, removed and changed said."""
    pack = promptpack(
        tmp_path,
        variables=[{"name": "who", "default": "you"}],
        tools=["pay", "mail"],
        tool_policy={"tool_choice": "required"},
        parameters={"temperature": 0.3},
        model_overrides={"gpt-5": {"system_template_suffix": " Think."}},
    )
    found = rewritten(Variant(name="v", model="gpt-5", pack=pack))
    assert (Text("Hello you. Think."),) == found.request.system
    assert (["pay", "mail"], "required", 0.3) == (
        [tool.name for tool in found.request.tools], found.request.tool_choice,
        found.request.params["temperature"],
    )  # fmt: skip
    assert {"tools added: mail", "tools removed: look", "tools changed: pay"} <= set(found.changes)


def test_old_pack_names_the_old_prompt(tmp_path: Path) -> None:
    """An Agent Pack's AGENTS.md is found in the instructions and gives way to that of another version."""
    packs = []
    for version, words in (("1.0.0", "You serve Ann.\n"), ("2.0.0", "You serve everyone.\n")):
        folder = tmp_path / version
        folder.mkdir()
        (folder / "agent.yaml").write_text(
            "apiVersion: agenthippo.ai/v1\nkind: Agent\n"
            f"metadata: {{name: a, version: {version}}}\nspec: {{engine: claude}}\n"
        )
        (folder / "AGENTS.md").write_text(words)
        packs.append(folder)
    found = rewritten(Variant(name="v", was_pack=packs[0], pack=packs[1]))
    assert (Text("You serve everyone.\n Be brief."),) == found.request.system
    assert ASKED.tools == found.request.tools


def test_prompt_file_is_read_once(tmp_path: Path) -> None:
    """A settled variant holds the words and not the path."""
    path = tmp_path / "prompt.md"
    path.write_text("Be kind.")
    settled = Variant(name="v", prompt_file=path).settled()
    path.write_text("Be rude.")
    assert ("Be kind.", None) == (settled.prompt, settled.prompt_file)
    with pytest.raises(SpotlightError, match=r"gone\.md cannot be read"):
        Variant(name="v", prompt_file=tmp_path / "gone.md").settled()


@pytest.mark.parametrize(
    "said",
    [
        {"prompt": "a", "prompt_file": "b"},
        {"prompt": "a", "pack": "b"},
        {"pack": "a", "prompt_file": "b"},
        {"was_prompt": "a", "was_pack": "b"},
    ],
    ids=lambda said: " and ".join(said),
)
def test_one_thing_is_said_once(said: dict[str, str]) -> None:
    """Two fields that say the same thing are an error, not a silent choice."""
    with pytest.raises(ValidationError, match="say the same thing"):
        Variant(name="v", **said)
