// One line of the comparison: a step on either side, the difference between them, and what they said when opened.

import { el } from "./dom.js";
import { duration, money } from "./format.js";
import { changeLine } from "./figures.js";
import { changesOf, sentence } from "./model.js";
import { colorOf, glyphOf, kindWord } from "./kinds.js";

function side(step) {
  if (!step) return el("div", "side gap");
  const glyph = el("span", "glyph", glyphOf(step.kind));
  glyph.style.background = colorOf(step.kind);
  glyph.title = kindWord(step.kind);
  const name = el("span", "name", step.name);
  name.dir = "auto";
  name.title = step.name;
  const figures = [step.cost_usd == null ? null : money(step.cost_usd), step.duration_ms == null ? null : duration(step.duration_ms)];
  return el("div", "side", null, glyph, name, step.failed ? el("span", "failed", "failed") : null,
    el("span", "figures", figures.filter(Boolean).join(" · ")));
}

function between(row, a, b, isFirst) {
  const node = el("div", "delta");
  if (row.op === "added" || row.op === "removed") node.append(el("span", "tag", row.op));
  else {
    const changes = changesOf(a, b);
    node.append(...changes.map(({ name, by, unit }) => changeLine(by, unit, `${name}, right − left`)));
    if (!changes.length) node.append(el("span", "by plain", row.op === "equal" ? (row.is_told ? "=" : "= not told") : "changed"));
  }
  if (isFirst) node.append(el("span", "first-word", "first difference"));
  return node;
}

/** A line; it opens when pressed. */
export function rowOf(row, at, document, isFirst) {
  const a = row.a == null ? null : document.a.steps[row.a];
  const b = row.b == null ? null : document.b.steps[row.b];
  const cells = [side(a), between(row, a, b, isFirst), side(b)];
  for (const cell of cells) cell.setAttribute("role", "gridcell");
  const node = el("div", `row op-${row.op}${isFirst ? " first" : ""}`, null, ...cells);
  node.dataset.row = at;
  node.tabIndex = -1;
  node.setAttribute("role", "row");
  node.setAttribute("aria-rowindex", at + 1);
  node.setAttribute("aria-expanded", "false");
  node.setAttribute("aria-label", sentence(row, a, b));
  return node;
}

/** A stretch of equal rows as one line. */
export function foldOf({ from, to }) {
  const node = el("div", "row fold", null, el("div", null, `⋯ ${to - from} identical steps`));
  node.firstChild.setAttribute("role", "gridcell");
  Object.assign(node.dataset, { from, to });
  node.tabIndex = -1;
  node.setAttribute("role", "row");
  node.setAttribute("aria-rowindex", from + 1);
  node.setAttribute("aria-expanded", "false");
  node.setAttribute("aria-label", `${to - from} identical steps, press Enter to see them`);
  return node;
}
