// Pure functions over a comparison: what to fold, where the differences are, what changed in figures.

// More equal rows than these in a row become one line.
export const FOLD_OVER = 4;

/** The lines to draw: {row} for a row, {from, to} (to exclusive) for a stretch of equal rows that is folded. */
export function linesOf(rows) {
  const lines = [];
  for (let at = 0; at < rows.length;) {
    let end = at;
    while (end < rows.length && rows[end].op === "equal") end += 1;
    if (end - at > FOLD_OVER) lines.push({ from: at, to: end });
    else for (let row = at; row < end; row += 1) lines.push({ row });
    if (end < rows.length) lines.push({ row: end });
    at = end + 1;
  }
  return lines;
}

/** The rows whose sides are not equal. */
export const differencesOf = (rows) => rows.flatMap(({ op }, row) => (op === "equal" ? [] : [row]));

/** The next difference after (step 1) or before (step -1) a row; past the last it is the first again. */
export function stepTo(differences, row, step) {
  if (!differences.length) return null;
  const after = step > 0 ? differences.find((at) => at > row) : differences.findLast((at) => at < row);
  return after ?? differences.at(step > 0 ? 0 : -1);
}

/** b - a; null where either is unknown. */
export const change = (a, b) => (a == null || b == null ? null : b - a);

/** Figures of a pair that changed enough to be said: [{name, by, unit}]. Less than a tenth of time or tokens is noise. */
export function changesOf(a, b) {
  const usd = change(a.cost_usd, b.cost_usd);
  const ms = change(a.duration_ms, b.duration_ms);
  const tokens = change(a.output_tokens, b.output_tokens);
  const said = [];
  if (usd != null && Math.abs(usd) >= 1e-9 && Math.abs(usd) >= 0.01 * Math.abs(a.cost_usd)) said.push({ name: "cost", by: usd, unit: "usd" });
  if (ms != null && Math.abs(ms) >= Math.max(1, 0.1 * a.duration_ms)) said.push({ name: "duration", by: ms, unit: "ms" });
  if (tokens && Math.abs(tokens) >= Math.max(10, 0.1 * a.output_tokens)) said.push({ name: "output tokens", by: tokens, unit: "tokens" });
  return said;
}

const PARTS = {
  user: "what the user said", thought: "thought", answer: "answer", calls: "tool calls asked for", media: "media",
  arguments: "arguments", result: "result", decision: "decision", error: "error", name: "name",
};

/** A part of a step as people call it. */
export const partWord = (part) => PARTS[part] ?? part;

const OPS = { equal: "the same", changed: "changed", removed: "only in the left run", added: "only in the right run" };

/** What a row says, in words: for screen readers and for its tooltip. */
export function sentence(row, a, b) {
  const step = b ?? a;
  const differs = row.differs.length ? `: ${row.differs.map(partWord).join(", ")}` : "";
  const untold = row.op === "equal" && !row.is_told ? ", content not recorded" : "";
  return `${step.kind} ${step.name}, ${OPS[row.op]}${differs}${untold}`;
}
