"""PromptKit: prompt packs; the pack is the agent, and the pipeline span repeats its calls' tokens and cost.

Name and id of the pack arrive as those of the agent; no attribute carries its version. The conversation
stands on the root span only. promptkit.pipeline.cost is a sum, promptkit.provider.cost a call's own.
Messages are span events (gen_ai.user.message and so on, text under gen_ai.message.content).

Source: PromptKit (2026-08), runtime/telemetry/listener.go.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, Key, NameRule

DIALECT: Final = Dialect(
    name="promptkit",
    scopes=("github.com/AltairaLabs/PromptKit",),
    keys=("promptkit.",),
    extends=("otel_genai",),
    fields={
        "turn_id": ("promptkit.run.id",),
        "agent_name": (sc.GEN_AI_AGENT_NAME,),
        "pack_name": (sc.GEN_AI_AGENT_NAME,),
        "prompt_name": ("promptkit.workflow.prompt_task", "gen_ai.prompt.name"),
        "feature": ("promptkit.composition.name", "promptkit.label.feature"),
        "provider": (sc.GEN_AI_PROVIDER_NAME, sc.GEN_AI_SYSTEM, "provider.name"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, Key("provider.model")),
        "cost_reported_usd": (Key("promptkit.provider.cost", kinds=("llm",)),),
        "attempt": ("promptkit.composition.step_attempt",),
    },
    names=(
        NameRule("promptkit.pipeline", "workflow"),
        NameRule("promptkit.composition", "step"),
        NameRule("promptkit.workflow.transition", "step"),
        NameRule("promptkit.eval.", "evaluator"),
        NameRule("embedding.", "embedding"),
    ),
)
