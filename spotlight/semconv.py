"""Attribute keys that more than one module names.

Keys that only one dialect's table reads stand in that table. Sources: OpenTelemetry
semantic conventions 1.26 to 1.41 and semantic-conventions-genai (gen_ai.*), the OTel
registry (service.*, deployment.*, error.*, exception.*, http.*, session.*, user.*,
enduser.*), openinference-semantic-conventions 0.1 (openinference.*), Traceloop
semconv-ai 0.5 (traceloop.*), and our own (spotlight.*).
"""

from __future__ import annotations

from typing import Final

# Ours: what a user sets to say it directly. They win over every other key.
SPOTLIGHT_KIND: Final = "spotlight.kind"
SPOTLIGHT_TENANT_ID: Final = "spotlight.tenant.id"
SPOTLIGHT_SESSION_ID: Final = "spotlight.session.id"
SPOTLIGHT_TURN_ID: Final = "spotlight.turn.id"
SPOTLIGHT_USER_ID: Final = "spotlight.user.id"
SPOTLIGHT_PACK_NAME: Final = "spotlight.pack.name"
SPOTLIGHT_PACK_VERSION: Final = "spotlight.pack.version"
SPOTLIGHT_PACK_DIGEST: Final = "spotlight.pack.digest"
SPOTLIGHT_PROMPT_NAME: Final = "spotlight.prompt.name"
SPOTLIGHT_PROMPT_VERSION: Final = "spotlight.prompt.version"
SPOTLIGHT_SKILL_NAME: Final = "spotlight.skill.name"
SPOTLIGHT_SKILL_VERSION: Final = "spotlight.skill.version"
SPOTLIGHT_FEATURE: Final = "spotlight.feature"
SPOTLIGHT_SURFACE: Final = "spotlight.surface"
SPOTLIGHT_ENVIRONMENT: Final = "spotlight.environment"
SPOTLIGHT_DECISION: Final = "spotlight.decision"
SPOTLIGHT_APPROVAL_DECISION: Final = "spotlight.approval.decision"
SPOTLIGHT_APPROVAL_SOURCE: Final = "spotlight.approval.source"
SPOTLIGHT_APPROVAL_REASON: Final = "spotlight.approval.reason"
SPOTLIGHT_APPROVAL_WAIT_MS: Final = "spotlight.approval.wait_ms"
SPOTLIGHT_MEMORY_STATE: Final = "spotlight.memory.state"
SPOTLIGHT_CHECKPOINT_NAME: Final = "spotlight.checkpoint.name"
SPOTLIGHT_CHECKPOINT_ID: Final = "spotlight.checkpoint.id"
SPOTLIGHT_CHECKPOINT_STEP: Final = "spotlight.checkpoint.step"
SPOTLIGHT_CHECKPOINT_STATUS: Final = "spotlight.checkpoint.status"
SPOTLIGHT_CHECKPOINT_STATE: Final = "spotlight.checkpoint.state"
SPOTLIGHT_REPLAY_OF: Final = "spotlight.replay.of"
SPOTLIGHT_VARIANT: Final = "spotlight.variant"
SPOTLIGHT_EXPERIMENT_ID: Final = "spotlight.experiment.id"
SPOTLIGHT_REPLAY_MODE: Final = "spotlight.replay.mode"
SPOTLIGHT_REPLAY_LEG: Final = "spotlight.replay.leg"
SPOTLIGHT_REPLAY_REPEAT: Final = "spotlight.replay.repeat"
SPOTLIGHT_REPLAY_GRADE: Final = "spotlight.replay.grade"
SPOTLIGHT_REPLAY_OUTCOME: Final = "spotlight.replay.outcome"
SPOTLIGHT_REPLAY_OUTCOME_STEP: Final = "spotlight.replay.outcome_step"
SPOTLIGHT_REPLAY_REASON: Final = "spotlight.replay.reason"
SPOTLIGHT_REPLAY_FIRST_DIFFERENCE: Final = "spotlight.replay.first_difference"
SPOTLIGHT_REPLAY_AGREEMENT: Final = "spotlight.replay.agreement"
SPOTLIGHT_REPLAY_COMPARED: Final = "spotlight.replay.compared_steps"
SPOTLIGHT_REPLAY_FIDELITY: Final = "spotlight.replay.fidelity"
SPOTLIGHT_REPLAY_SKIPPED: Final = "spotlight.replay.skipped"
SPOTLIGHT_REPLAY_UNUSED: Final = "spotlight.replay.unused"
SPOTLIGHT_REPLAY_NOTES: Final = "spotlight.replay.notes"
SPOTLIGHT_REPLAY_STEP: Final = "spotlight.replay.step"
SPOTLIGHT_REPLAY_OF_SPAN: Final = "spotlight.replay.of_span"
SPOTLIGHT_REPLAY_CHANGES: Final = "spotlight.replay.changes"
SPOTLIGHT_REPLAY_SAME_DECISION: Final = "spotlight.replay.same_decision"
SPOTLIGHT_REPLAY_SAME_TOOLS: Final = "spotlight.replay.same_tools"
SPOTLIGHT_REPLAY_SAME_ARGUMENTS: Final = "spotlight.replay.same_arguments"
SPOTLIGHT_REPLAY_SAME_TEXT: Final = "spotlight.replay.same_text"
SPOTLIGHT_REPLAY_CACHED: Final = "spotlight.replay.was_cached"
SPOTLIGHT_REPLAY_TRIES: Final = "spotlight.replay.tries"
SPOTLIGHT_REPLAY_RUNG: Final = "spotlight.replay.rung"
SPOTLIGHT_REPLAY_STALE: Final = "spotlight.replay.is_stale"
SPOTLIGHT_REPLAY_SOURCE_RUN: Final = "spotlight.replay.source_run"
SPOTLIGHT_REPLAY_SOURCE_SPAN: Final = "spotlight.replay.source_span"
SPOTLIGHT_REPLAY_DELAY_MS: Final = "spotlight.replay.delay_ms"

# Ours, on gen_ai.evaluation.result: what the conventions have no key for.
SPOTLIGHT_SCORE_ID: Final = "spotlight.score.id"
SPOTLIGHT_SCORE_TARGET: Final = "spotlight.score.target"
SPOTLIGHT_SCORE_ANNOTATOR: Final = "spotlight.score.annotator"
SPOTLIGHT_SCORE_EVALUATOR: Final = "spotlight.score.evaluator"
SPOTLIGHT_SCORE_EVALUATOR_VERSION: Final = "spotlight.score.evaluator_version"
SPOTLIGHT_SCORE_METADATA: Final = "spotlight.score.metadata"
SPOTLIGHT_NOTE: Final = "spotlight.note"  # name of a score that says something and judges nothing
SPOTLIGHT_WITHDRAWN: Final = "spotlight.withdrawn"  # label of the version that takes a score back

# Ours, on what was made from another product's file.
SPOTLIGHT_IMPORT: Final = "spotlight.import"  # its scopes begin so
SPOTLIGHT_IMPORT_FORMAT: Final = "spotlight.import.format"
SPOTLIGHT_IMPORT_FILE: Final = "spotlight.import.file"
SPOTLIGHT_IMPORT_TIMES: Final = "spotlight.import.times"
SPOTLIGHT_IMPORT_KEPT: Final = "spotlight.import.kept"
SPOTLIGHT_IMPORT_REASON: Final = "spotlight.import.reason"
SPOTLIGHT_IMPORT_PLACE: Final = "spotlight.import.place"
IMPORT_TRACE_ID: Final = "import.trace_id"
IMPORT_SPAN_ID: Final = "import.span_id"

# Resource: who sent it.
SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
DEPLOYMENT_ENVIRONMENT_NAME: Final = "deployment.environment.name"
DEPLOYMENT_ENVIRONMENT: Final = "deployment.environment"  # before semconv 1.27

# Any span.
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"
ENDUSER_ID: Final = "enduser.id"
ERROR_TYPE: Final = "error.type"
EVENT_NAME: Final = "event.name"
EXCEPTION_EVENT: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
HTTP_STATUS_CODE: Final = "http.status_code"  # before semconv 1.21

# Generative AI.
GEN_AI_OPERATION_NAME: Final = "gen_ai.operation.name"
GEN_AI_PROVIDER_NAME: Final = "gen_ai.provider.name"
GEN_AI_SYSTEM: Final = "gen_ai.system"  # before semconv 1.37
GEN_AI_CONVERSATION_ID: Final = "gen_ai.conversation.id"
GEN_AI_AGENT_NAME: Final = "gen_ai.agent.name"
GEN_AI_AGENT_VERSION: Final = "gen_ai.agent.version"
GEN_AI_REQUEST_MODEL: Final = "gen_ai.request.model"
GEN_AI_RESPONSE_MODEL: Final = "gen_ai.response.model"
GEN_AI_RESPONSE_ID: Final = "gen_ai.response.id"
GEN_AI_RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
GEN_AI_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
GEN_AI_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
GEN_AI_USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
GEN_AI_USAGE_CACHE_WRITE: Final = "gen_ai.usage.cache_write.input_tokens"
GEN_AI_USAGE_CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"
GEN_AI_INPUT_MESSAGES: Final = "gen_ai.input.messages"
GEN_AI_OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
GEN_AI_SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
GEN_AI_TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
GEN_AI_TOOL_NAME: Final = "gen_ai.tool.name"
GEN_AI_TOOL_TYPE: Final = "gen_ai.tool.type"
GEN_AI_TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
GEN_AI_TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
GEN_AI_TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
GEN_AI_EVALUATION_RESULT: Final = "gen_ai.evaluation.result"  # an event
GEN_AI_EVALUATION_NAME: Final = "gen_ai.evaluation.name"
GEN_AI_EVALUATION_VALUE: Final = "gen_ai.evaluation.score.value"
GEN_AI_EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
GEN_AI_EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

# OpenInference and Traceloop.
OPENINFERENCE_SPAN_KIND: Final = "openinference.span.kind"
INPUT_VALUE: Final = "input.value"
OUTPUT_VALUE: Final = "output.value"
TRACELOOP_SPAN_KIND: Final = "traceloop.span.kind"
TRACELOOP_ENTITY_NAME: Final = "traceloop.entity.name"
TRACELOOP_ENTITY_INPUT: Final = "traceloop.entity.input"
TRACELOOP_ENTITY_OUTPUT: Final = "traceloop.entity.output"
