// Kinds of spans: which colour family each belongs to, and the letter that says the same without colour.

const FAMILIES = {
  container: ["agent", "workflow", "step", "handoff", "other", "http", "checkpoint", "compaction", "loop"],
  llm: ["llm", "embedding"],
  tool: ["tool"],
  retrieval: ["retrieval", "rerank", "memory_read", "memory_write"],
  guard: ["guardrail", "evaluator", "approval", "human_input"],
  decision: ["decision"],
};

const GLYPHS = {
  agent: "A", workflow: "W", step: "S", handoff: "H", other: "O", http: "N", checkpoint: "C",
  compaction: "Z", llm: "L", embedding: "E", tool: "T", retrieval: "R", rerank: "K", memory_read: "M",
  memory_write: "M", guardrail: "G", evaluator: "V", approval: "Y", human_input: "U", decision: "D", loop: "↻",
};

const FAMILY_OF = new Map(
  Object.entries(FAMILIES).flatMap(([family, kinds]) => kinds.map((kind) => [kind, family])),
);

/** The colour family of a kind; kinds a newer collector may know fall to the grey family. */
export const familyOf = (kind) => FAMILY_OF.get(kind) ?? "container";

/** The CSS colour of a kind, from the palette in trace.css. */
export const colorOf = (kind) => `var(--${familyOf(kind)})`;

export const glyphOf = (kind) => GLYPHS[kind] ?? "?";

/** A kind as people read it. */
export const kindWord = (kind) => kind.replaceAll("_", " ");
