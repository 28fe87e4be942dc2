"""Whose a span is: context and baggage on every span, across processes, and nothing that does not belong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import baggage, context, propagate
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import spotlight_sdk as spotlight
from spotlight_sdk.identities import carried
from tests.sdk.conftest import Spans

Carrier = dict[str, str]
PROPAGATOR = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])


def whose(spans: Spans, name: str) -> dict[str, object]:
    """Return the `spotlight.*` attributes of a span, its kind left out."""
    said = spans[name].attributes or {}
    return {
        k.removeprefix("spotlight."): v
        for k, v in said.items()
        if k.startswith("spotlight.") and "kind" not in k
    }


def sent(**values: object) -> Context:
    """Return an empty context with these values in baggage; `__` in a name stands for a dot."""
    within = Context()
    for name, value in values.items():
        within = baggage.set_baggage(name.replace("__", "."), value, within)
    return within


def test_everybodys_spans_say_whose_they_are(spans: Spans) -> None:
    """Spans that another library begins inside a run carry all that the run was told."""
    given = {
        "session": "s", "user": "u", "turn": "t", "pack": "p", "pack_version": "1", "pack_digest": "sha256:1",
        "feature": "f", "surface": "web", "environment": "test", "prompt": "greet", "prompt_version": "2",
        "skill": "mail", "skill_version": "3",
    }  # fmt: skip
    with spotlight.run("r", **given), spans.tracer.start_as_current_span("theirs"):  # type: ignore[arg-type]
        pass
    expected = {
        "session.id": "s", "user.id": "u", "turn.id": "t", "pack.name": "p", "pack.version": "1",
        "pack.digest": "sha256:1", "feature": "f", "surface": "web", "environment": "test",
        "prompt.name": "greet", "prompt.version": "2", "skill.name": "mail", "skill.version": "3",
    }  # fmt: skip
    assert (expected, expected) == (whose(spans, "theirs"), whose(spans, "invoke_agent r"))
    names = (
        "gen_ai.conversation.id",
        "user.id",
        "gen_ai.agent.name",
        "gen_ai.agent.version",
        "gen_ai.prompt.name",
    )
    assert ["s", "u", "r", "1", "greet"] == [spans.says("invoke_agent r", name) for name in names]


def test_steps_carry_it_without_the_processor() -> None:
    """The SDK's own steps say whose they are even where nobody added the processor."""
    spans = Spans()
    with spotlight.run("r", session="s", tracer_provider=spans.provider), spotlight.tool("t"):
        pass
    assert "s" == spans.says("execute_tool t", "spotlight.session.id")


def test_it_crosses_processes_in_baggage(spans: Spans) -> None:
    """With `propagate`, the spans of the service that is called are of the same trace, session and pack."""
    carrier: Carrier = {}
    with spotlight.run("here", session="größe 1", pack="p", pack_version="1", propagate=True) as run:
        trace_id = run.trace_id
        PROPAGATOR.inject(carrier)
    there = Spans(spotlight.SpotlightSpanProcessor())
    arrived = PROPAGATOR.extract(carrier)
    token = context.attach(arrived)
    with there.tracer.start_as_current_span("theirs"):
        spotlight.identity(tracer_provider=there.provider).__enter__()
        spotlight.tool("inside").record()
    context.detach(token)
    for name in ("theirs", "execute_tool inside"):
        assert {"session.id": "größe 1", "pack.name": "p", "pack.version": "1"} == whose(there, name)
        assert trace_id == f"{there[name].context.trace_id:032x}"  # type: ignore[union-attr]


def test_nothing_leaves_in_baggage_unless_asked(spans: Spans) -> None:
    """Without `propagate` nothing is sent along; an inner run may stop it, and inherits it otherwise."""
    carriers: list[Carrier] = [{}, {}, {}, {}]
    with spotlight.run("private", session="s"):
        PROPAGATOR.inject(carriers[0])
    with spotlight.run("open", session="s", pack="p", pack_version="1", propagate=True):
        with spotlight.run("inner", pack="other"):
            PROPAGATOR.inject(carriers[1])
        with spotlight.run("closed", propagate=False):
            PROPAGATOR.inject(carriers[2])
        PROPAGATOR.inject(carriers[3])
    assert [None, {"session", "pack=other"}, None, {"session", "pack=p", "version"}] == [
        c.get("baggage")
        and {
            mark
            for mark, text in {
                "session": "session.id=s", "pack=other": "pack.name=other", "pack=p": "pack.name=p",
                "version": "pack.version=1",
            }.items()
            if text in c["baggage"]
        }
        for c in carriers
    ]  # fmt: skip
    assert "s" == spans.says("invoke_agent closed", "spotlight.session.id")


def test_a_version_belongs_to_its_name(spans: Spans) -> None:
    """A sub-agent of another pack does not get the outer pack's version; one of the same pack does."""
    with spotlight.run("outer", session="s", pack="a", pack_version="1", prompt="x", prompt_version="9"):
        with spotlight.run("other", pack="b"):
            pass
        with spotlight.run("same", pack="a", feature="f"):
            pass
    assert {"session.id": "s", "pack.name": "b", "prompt.name": "x", "prompt.version": "9"} == whose(
        spans, "invoke_agent other"
    )
    assert "1" == whose(spans, "invoke_agent same")["pack.version"]


def test_context_wins_over_baggage_and_the_span_over_both(spans: Spans) -> None:
    """Nearest first; a name from the context hides the version that came with another name."""
    far = sent(spotlight__session__id="far", spotlight__pack__name="x", spotlight__pack__version="7")
    near = context.set_value(
        "spotlight.session.id", "near", context.set_value("spotlight.pack.name", "y", far)
    )
    same = context.set_value("spotlight.pack.name", "x", far)
    assert {"spotlight.session.id": "near", "spotlight.pack.name": "y"} == carried(near)
    assert "7" == carried(same)["spotlight.pack.version"]
    with spans.tracer.start_as_current_span("own", near, attributes={"spotlight.session.id": "own"}):
        pass
    assert {"session.id": "own", "pack.name": "y"} == whose(spans, "own")


def test_facts_of_one_step_and_the_tenant_do_not_travel(said: Callable[[], list[str]]) -> None:
    """A kind, decision or tenant that arrives in baggage marks no span; the tenant is said on the log."""
    hostile = sent(
        spotlight__kind="llm", spotlight__decision="{}", spotlight__tenant__id="other",
        spotlight__approval__decision="approved", spotlight__feature="f",
    )  # fmt: skip
    assert {"spotlight.feature": "f"} == carried(hostile)
    assert ["spotlight.tenant.* is not copied: the collector alone says whose data it is"] == said()


@pytest.mark.parametrize(
    ("key", "value", "copied"),
    [
        ("spotlight.feature", "f" * 300, "f" * 256),
        ("spotlight.feature", "日本語 ok", "日本語 ok"),
        ("spotlight.feature", "line\nbreak", None),
        ("spotlight.feature", "\ud800", None),
        ("spotlight.feature", "", None),
        ("spotlight.feature", 7, 7),
        ("spotlight.feature", float("nan"), None),
        ("spotlight.feature", ["a"], None),
        ("spotlight.<script>", "x", None),
        ("spotlight." + "k" * 200, "x", None),
        ("other.key", "x", None),
    ],
    ids=[
        "long",
        "wide",
        "control",
        "surrogate",
        "empty",
        "number",
        "nan",
        "list",
        "key",
        "long-key",
        "other",
    ],
)
def test_values_are_checked(key: str, value: object, copied: object) -> None:
    """Long text is cut, what is not printable or no plain value is left out."""
    assert copied == carried(baggage.set_baggage(key, value, Context())).get(key)


def test_no_flood_of_values_reaches_a_span() -> None:
    """Of very many values, 64 are copied."""
    assert 64 == len(carried(sent(**{f"spotlight__k{i}": "v" for i in range(500)})))


def test_further_keys_are_named(spans: Spans) -> None:
    """The processor copies the keys and prefixes it is told, from baggage too."""
    more = Spans(spotlight.SpotlightSpanProcessor(extra_keys=["plan", "acme."], max_length=4))
    more.tracer.start_span("s", sent(plan="premium", acme__x="1", acmes="2", planned="3")).end()
    assert {"plan": "prem", "acme.x": "1"} == dict(more["s"].attributes or {})


def test_the_processor_does_not_break_the_program(said: Callable[[], list[str]]) -> None:
    """Whatever is in the context or wrong with a span, spans go on, and the log has it once."""

    class Odd(dict[Any, Any]):
        def items(self) -> Any:
            raise RuntimeError("odd")

    spans = Spans(spotlight.SpotlightSpanProcessor())
    for _ in range(3):
        spans.tracer.start_span("s", Odd()).end()  # type: ignore[arg-type]
    assert ["s"] * 3 == spans.names()
    assert ["copying values to a span failed: the telemetry is incomplete, the program goes on"] == said()


def test_identity_holds_where_there_is_no_run() -> None:
    """`identity` gives its values to spans and takes them back; global propagators see them."""
    provider = TracerProvider()
    with spotlight.identity(session="s", propagate=True, tracer_provider=provider):
        carrier: Carrier = {}
        propagate.inject(carrier)
        assert {"spotlight.session.id": "s"} == carried(context.get_current())
    assert ("spotlight.session.id=s", {}) == (carrier["baggage"], carried(context.get_current()))
