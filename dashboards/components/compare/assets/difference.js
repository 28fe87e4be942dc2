// How two texts, or two JSON values, differ: side by side, what went struck through, what came underlined.

import { el } from "./dom.js";
import { partWord } from "./model.js";

const TAGS = { removed: "del", added: "ins" };
const chars = (count) => `${count.toLocaleString("en")} character${count === 1 ? "" : "s"}`;

function pieces(words, without) {
  const text = el("pre");
  for (const [op, said, leftOut, end] of words) {
    if (op === without) continue;
    const node = op === "equal" ? text : el(TAGS[op]);
    node.append(said);
    if (leftOut) node.append(el("span", "left-out", ` … ${chars(leftOut)} more … `), end);
    if (node !== text) text.append(node);
  }
  text.dir = "auto";
  return text;
}

/** Two texts beside each other. */
export function wordsOf(words) {
  return el("div", "texts", null, pieces(words, "added"), el("div", "between"), pieces(words, "removed"));
}

function changeRow({ op, before_pointer, after_pointer, before, after }) {
  const said = (tag, text, known) => (known ? el("pre", null, null, el(tag, null, text)) : el("pre"));
  return el("div", "json-change", null,
    el("code", null, (before_pointer ?? after_pointer) || "(whole)"),
    el("div", "texts", null, said("del", before, op !== "added"), el("div", "between", op), said("ins", after, op !== "removed")));
}

function sizes({ before_chars, after_chars }) {
  const sides = [before_chars == null ? "nothing" : chars(before_chars), after_chars == null ? "nothing" : chars(after_chars)];
  return sides[0] === sides[1] ? sides[0] : `${sides[0]} → ${sides[1]}`;
}

/** One part of two steps; what is the same on both sides is folded. */
export function partOf(part) {
  const head = el("span", "part-name", partWord(part.part));
  const size = el("span", "note", sizes(part));
  if (part.same) {
    const shown = part.changes ? el("pre", null, part.value) : pieces(part.words, null);
    return el("details", "part", null, el("summary", null, null, head, el("span", "note", "the same"), size), shown);
  }
  const node = el("section", "part", null, el("div", "part-head", null, head, size));
  if (part.changes) node.append(...part.changes.map(changeRow));
  else node.append(wordsOf(part.words));
  if (part.changes_left_out) node.append(el("p", "note", `${part.changes_left_out.toLocaleString("en")} more changes: see the steps themselves`));
  return node;
}
