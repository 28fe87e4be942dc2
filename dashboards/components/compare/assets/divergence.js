// Where two runs part, and what their models had been given by then.

import { button, el } from "./dom.js";
import { wordsOf } from "./difference.js";
import { partWord } from "./model.js";

const WORDS = { system: "instructions", tools: "tools", model: "model", parameters: "parameters", messages: "messages" };
const SHORT = 600; // characters of a difference that is shown without being asked for
const listed = (parts) => parts.map((part) => WORDS[part]).join(", ");

function contextLines(context) {
  const lines = context.changes.map((change) => {
    const line = el("li", null, null, el("b", null, WORDS[change.part]), ` ${change.said}`);
    if (change.words.length) {
      const shown = el("details", null, null, el("summary", null, "how it differs"), wordsOf(change.words));
      shown.open = change.words.reduce((size, [, text]) => size + text.length, 0) <= SHORT;
      line.append(shown);
    }
    return line;
  });
  if (!context.changes.length && context.same.length) {
    lines.push(el("li", null, `nothing that was recorded: the model was given the same and went another way`));
  }
  if (context.same.length) lines.push(el("li", "note", `the same: ${listed(context.same)}`));
  if (context.unknown.length) lines.push(el("li", "note", `not recorded on both sides, so not compared: ${listed(context.unknown)}`));
  return el("ul", null, null, ...lines);
}

function what(document, at) {
  const row = document.rows[at];
  const step = (row.b == null ? document.a.steps[row.a] : document.b.steps[row.b]);
  if (row.op === "changed") return `${step.kind} ${step.name}, not the same in: ${row.differs.map(partWord).join(", ")}`;
  return `${step.kind} ${step.name}: only in the ${row.a == null ? "right" : "left"} run`;
}

/** The card above the rows: the first difference, and what differed in the context just before it. */
export function divergenceOf(document, jump) {
  if (!document.divergence) {
    const untold = document.rows.filter((row) => !row.is_told).length;
    const said = untold ? ` Of ${untold.toLocaleString("en")} steps no content was recorded: only their kind and name were compared.` : "";
    return el("section", "divergence", null, el("p", null, `No difference: every step has its equal.${said}`));
  }
  const { context, row, deed_row: deed } = document.divergence;
  const line = (title, at) => el("p", null, null, el("b", "first-word", title), ` at line ${at + 1}: ${what(document, at)} `,
    button("go", "Go to it", () => jump(at), `Go to line ${at + 1}`));
  const node = el("section", "divergence", null, line("First difference", row));
  if (deed === null) node.append(el("p", "note", "Only words differ: both did the same."));
  else if (deed !== row) node.append(line("First thing done otherwise", deed));
  node.setAttribute("aria-label", "First difference");
  if (context) node.append(el("p", "note", "What differed in what the model was given, in the call it comes from:"), contextLines(context));
  else node.append(el("p", "note", "No model call stands before it on both sides, so there is no context to compare."));
  return node;
}
