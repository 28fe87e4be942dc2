// Figures and names of an experiment as people read them. What is not known is "–", never 0.

import { duration, money, tokens } from "./format.js";

export const NOTHING = "–";

const score = (value) => value.toLocaleString("en", { maximumFractionDigits: 3 });
const share = (value) => `${(value * 100).toFixed(Math.abs(value) < 0.0995 && value !== 0 ? 1 : 0)}%`;
const count = (value) => tokens(Math.abs(value) < 100 ? Math.round(value * 10) / 10 : Math.round(value));
const WRITE = { share, usd: money, ms: duration, tokens: count, score };

/** A figure in its unit. */
export const figure = (value, unit) => (value == null ? NOTHING : WRITE[unit](value));

/** A difference with its sign. */
export function signed(value, unit) {
  if (value == null) return NOTHING;
  if (Math.abs(value) < 1e-12) return "0";
  const said = WRITE[unit](Math.abs(value)).replace("%", " pt");
  return `${value > 0 ? "+" : "−"}${said}`;
}

/** What a side is called: a variant by its name. */
export const titleOf = (found, name) => (name === found.original ? "as recorded" : name);

export const RUNGS = {
  fault: "fault put in", stub: "stub", policy: "policy", exact: "recorded, exact", repeated: "recorded, once more",
  normalised: "recorded, normalised", sequence: "recorded, in sequence", pooled: "another run's recording",
  similar: "similar recording", simulated: "made up by a model", diverged: "unanswered",
};

/** An address of ours of a run, or of one of its steps. */
export function runLink(text, runId, ending, span) {
  const link = document.createElement("a");
  link.textContent = text;
  link.href = `/run?run=${encodeURIComponent(runId)}${span ? `&span=${encodeURIComponent(span)}` : ""}${ending}`;
  return link;
}
