"""Whose a run is, when its spans, log records, scopes and resources do not say the same."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from spotlight.assembly import assemble
from spotlight.assembly.claims import SAID
from tests.rows import MS, START, llm, span, table, trace_id


def run_of(rows: list[dict[str, object]], *said: dict[str, object]) -> dict[str, object]:
    """Return the one run that spans and statements of log records make."""
    statements = [{"trace_id": trace_id("t"), "journal_position": 1, **row} for row in said]
    runs = assemble(table(rows), pa.Table.from_pylist(statements, SAID)).runs.to_pylist()
    assert len(runs) == 1, runs
    return runs[0]


def test_a_replay_names_its_original_and_what_was_changed() -> None:
    """On its root or on any span of it: the columns of the run say so."""
    named = {"replay_of": "r1", "variant": "b", "experiment_id": "e1"}
    for rows in ([span("r", **named), llm("a", "r")], [span("r"), llm("a", "r", **named)]):
        run = run_of(rows)
        assert named == {name: run[name] for name in named}


SCOPE = json.dumps({"session.id": "of-scope"})
RESOURCE = json.dumps({"session.id": "of-resource"})
CHILD = llm("a", "r", session_id="of-span")
PLACES = (
    ("root", [span("r", session_id="of-root", scope=SCOPE, resource=RESOURCE), CHILD], ["of-log"]),
    ("span", [span("r", scope=SCOPE, resource=RESOURCE), CHILD], ["of-log"]),
    ("log", [span("r", scope=SCOPE, resource=RESOURCE)], ["of-log"]),
    ("scope", [span("r", scope=SCOPE, resource=RESOURCE)], []),
    ("resource", [span("r", resource=RESOURCE)], []),
)


@pytest.mark.parametrize(("place", "rows", "said"), PLACES, ids=[place for place, _, _ in PLACES])
def test_the_first_place_that_says_it_is_believed(
    place: str, rows: list[dict[str, object]], said: list[str]
) -> None:
    """Root before other spans, spans before log records, those before scope and resource."""
    run = run_of(rows, *({"session_id": session} for session in said))
    assert (f"of-{place}", place) == (run["session_id"], run["session_source"])


def test_values_that_do_not_agree_speak_for_no_run() -> None:
    """Where spans disagree and the root is silent, what stands for all of them is believed."""
    rows = [
        span("r", resource='{"spotlight.pack.version":"7"}'),
        llm("a", "r", pack_version="1", pack_version_source="gen_ai.agent.version"),
        llm("b", "r", pack_version="2", pack_version_source="gen_ai.agent.version"),
    ]
    run = run_of(rows)
    assert ("7", "resource spotlight.pack.version") == (run["pack_version"], run["pack_version_source"])


def test_the_earliest_of_several_says_so() -> None:
    """Where nothing stands for all spans, the earliest value is taken, and its source tells."""
    rows = [
        span("r"),
        llm("b", "r", pack_version="2", pack_version_source="gen_ai.agent.version", started_ns=START + MS),
        llm("a", "r", pack_version="1", pack_version_source="gen_ai.agent.version"),
    ]
    run = run_of(rows)
    assert ("1", "span gen_ai.agent.version, one of several") == (
        run["pack_version"], run["pack_version_source"],
    )  # fmt: skip


def test_log_records_name_the_user_of_their_trace() -> None:
    """A user whom only log records name is the run's; other traces' records are nothing to it."""
    said = ({"user_id": "amy"}, {"user_id": "bob", "trace_id": trace_id("other")})
    assert "amy" == run_of([span("r")], *said)["user_id"]


def test_another_service_of_the_run_may_declare_the_version() -> None:
    """A gateway's resource says nothing of packs; that of the agent behind it does."""
    rows = [
        span("gateway", service_name="gateway", resource='{"service.name":"gateway"}'),
        span("agent", "gateway", service_name="agent", resource='{"pack.version":"3"}', kind="agent"),
    ]
    assert "3" == run_of(rows)["pack_version"]


def test_versions_from_declared_to_candidate() -> None:
    """Declared beats the content's digest, which beats the service's own version."""
    common = {"service_version": "1.4.0"}
    declared = span("r", pack_version="2", pack_version_source="pack.version", **common)
    call = llm("a", "r", content_digest="ab" * 32)
    found = [run_of(rows) for rows in ([declared, call], [span("r", **common), call], [span("r", **common)])]
    assert [
        ("2", "root pack.version"), ("sha:abababababab", "content digest"),
        ("svc:1.4.0", "resource service.version"),
    ] == [(run["pack_version"], run["pack_version_source"]) for run in found]  # fmt: skip


def test_the_digest_is_that_of_the_runs_own_agent() -> None:
    """A sub-agent that called first does not lend the run its digest."""
    rows = [
        span("r", kind="agent", agent_name="main"),
        llm("a", "r", agent_name="helper", content_digest="aa" * 32),
        llm("b", "r", agent_name="main", content_digest="bb" * 32, started_ns=START + MS),
        llm("c", "r", agent_name="main", content_digest="cc" * 32, started_ns=START + 2 * MS),
    ]
    assert ("bb" * 32, "content digest") == (
        run_of(rows)["pack_digest"], run_of(rows)["pack_digest_source"],
    )  # fmt: skip


def test_a_declared_digest_wins() -> None:
    """Who declares a digest of the pack means it; it also names a version nobody declared."""
    run = run_of([span("r", pack_digest="sha256:0123456789abcdef"), llm("a", "r", content_digest="aa" * 32)])
    assert ("sha256:0123456789abcdef", "root spotlight.pack.digest", "sha:0123456789ab") == (
        run["pack_digest"], run["pack_digest_source"], run["pack_version"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "columns",
    [
        {"dialect": "claude_code", "service_name": "claude-code", "service_version": "2.1.329"},
        {"dialect": "unknown", "service_name": "codex_cli_rs", "service_version": "0.169.0"},
        {"service_version": "v22.23.3", "resource": '{"process.runtime.version":"22.23.3"}'},
        {"service_version": "unknown"},
    ],
    ids=["coding agent", "coding agent by its name", "runtime", "placeholder"],
)
def test_versions_that_are_not_the_teams_are_no_candidates(columns: dict[str, object]) -> None:
    """A coding agent's own version, a runtime's and a placeholder say nothing of a pack."""
    assert None is run_of([span("r", **columns)])["pack_version"]


def test_an_application_that_starts_a_coding_agent_keeps_its_version() -> None:
    """The version of the service at the root counts, whatever else ran below it."""
    rows = [
        span("r", service_name="shop", service_version="9"),
        span("a", "r", dialect="claude_code", service_name="claude-code", service_version="2.1.329"),
    ]
    assert "svc:9" == run_of(rows)["pack_version"]


def test_a_claimed_tenant_decides_nothing() -> None:
    """What spans say of a tenant is kept beside the tenant that the ingest side gave."""
    run = run_of([span("r", tenant_claimed="acme")])
    assert ("default", "acme") == (run["tenant"], run["tenant_claimed"])


def test_a_name_that_an_sdk_made_up_names_no_pack() -> None:
    """OpenTelemetry calls a service without a name unknown_service: that is not what was deployed."""
    run = run_of([span("r", service_name="unknown_service:python")])
    assert (None, "unknown_service:python") == (run["pack_name"], run["service_name"])


def test_the_agents_of_a_coding_agent_name_no_pack() -> None:
    """Sub-agents come and go within a coding agent: the pack is the client."""
    client = {"dialect": "claude_code", "service_name": "claude-code"}
    rows = [span("r", **client), llm("a", "r", agent_name="Explore", **client)]
    assert "claude-code" == run_of(rows)["pack_name"]
