"""Keys that a span of any vocabulary may carry, and the spotlight.* keys that win over all others.

Source: OpenTelemetry semantic conventions registry 1.41 (error, http, session, user,
enduser, deployment, db, mcp); reference of span signs in docs.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOOL_OUTCOME, Dialect, KindRule, Source
from spotlight.model import KINDS

# Version aliases stand here too: nothing else uses these keys, and whoever sets one means it.
OVERRIDES: Final[dict[str, tuple[Source, ...]]] = {
    "session_id": (sc.SPOTLIGHT_SESSION_ID,),
    "turn_id": (sc.SPOTLIGHT_TURN_ID,),
    "user_id": (sc.SPOTLIGHT_USER_ID,),
    "pack_name": (sc.SPOTLIGHT_PACK_NAME, "agentpack.name", "agent.pack.name", "promptpack.name",
                  "promptpack.id", "pack.name"),
    "pack_version": (sc.SPOTLIGHT_PACK_VERSION, "agentpack.version", "agent.pack.version",
                     "promptpack.version", "pack.version"),
    "pack_digest": (sc.SPOTLIGHT_PACK_DIGEST,),
    "tenant_claimed": (sc.SPOTLIGHT_TENANT_ID,),
    "replay_of": (sc.SPOTLIGHT_REPLAY_OF,),
    "variant": (sc.SPOTLIGHT_VARIANT,),
    "experiment_id": (sc.SPOTLIGHT_EXPERIMENT_ID,),
    "prompt_name": (sc.SPOTLIGHT_PROMPT_NAME,),
    "prompt_version": (sc.SPOTLIGHT_PROMPT_VERSION,),
    "skill_name": (sc.SPOTLIGHT_SKILL_NAME,),
    "skill_version": (sc.SPOTLIGHT_SKILL_VERSION,),
    "feature": (sc.SPOTLIGHT_FEATURE,),
    "surface": (sc.SPOTLIGHT_SURFACE,),
    "environment": (sc.SPOTLIGHT_ENVIRONMENT,),
    "approval_decision": (sc.SPOTLIGHT_APPROVAL_DECISION,),
    "approval_source": (sc.SPOTLIGHT_APPROVAL_SOURCE,),
}  # fmt: skip

OVERRIDING_KINDS: Final = (
    KindRule(sc.SPOTLIGHT_KIND, {kind: kind for kind in KINDS}),
    # Logfire's SDK announces every span it starts, of whatever scope, by a span of its own.
    KindRule("logfire.span_type", {"pending_span": "other"}),
)

_VECTOR_STORES: Final = (
    "chroma", "pinecone", "qdrant", "weaviate", "milvus", "lancedb", "marqo", "vespa", "pgvector",
)  # fmt: skip

DIALECT: Final = Dialect(
    name="baseline",
    fields={
        # langfuse.*: set by hand on spans of any vocabulary, for Langfuse's collector.
        "session_id": (sc.SESSION_ID, "langfuse.session.id"),
        "user_id": (sc.USER_ID, sc.ENDUSER_ID, "langfuse.user.id"),
        "agent_name": ("agent.name",),
        "tenant_claimed": ("tenant.id", "organization.id", "litellm.team.id"),
        "environment": (sc.DEPLOYMENT_ENVIRONMENT_NAME, sc.DEPLOYMENT_ENVIRONMENT),
        "surface": ("messaging.system",),
        "error_type": (sc.ERROR_TYPE, "error_type"),
        "http_status": (sc.HTTP_RESPONSE_STATUS_CODE, sc.HTTP_STATUS_CODE),
        "tool_name": ("mcp.tool.name",),
        TOOL_OUTCOME: ("gen_ai.tool.status", "tool.status"),
    },
    kinds=(
        KindRule("mcp.method.name", {"tools/call": "tool"}),
        KindRule("db.system.name", dict.fromkeys(_VECTOR_STORES, "retrieval")),
        KindRule("db.system", dict.fromkeys(_VECTOR_STORES, "retrieval")),
    ),
)
