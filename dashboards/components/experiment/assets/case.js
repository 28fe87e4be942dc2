// One case: what was recorded and every variant beside each other, a line per step.

import { fetchJson } from "./api.js";
import { partOf } from "./difference.js";
import { button, el } from "./dom.js";
import { duration, money } from "./format.js";
import { colorOf, glyphOf, kindWord } from "./kinds.js";
import { partWord } from "./model.js";
import { RUNGS, runLink, titleOf } from "./words.js";

function headOf(found, side, ending, choose) {
  const { trial } = side;
  const said = trial.compared ? `${trial.same} of ${trial.compared} decide as recorded` : "";
  const rungs = Object.entries(trial.fidelity).map(([rung, count]) => `${count} ${RUNGS[rung] ?? rung}`).join(", ");
  const ended = trial.outcome === "complete" ? "" : `${trial.outcome}${trial.at_step ? ` at step ${trial.at_step}` : ""}`;
  const name = el("b", null, titleOf(found, side.variant));
  name.dir = "auto";
  const node = el("div", "side-head", null, name, trial.run_id ? runLink(trial.run_id.slice(0, 8), trial.run_id, ending) : null,
    ended ? el("span", "worse", ended) : null, el("span", "note", [said, rungs && `tools: ${rungs}`].filter(Boolean).join(" · ")));
  if (trial.reason) node.append(el("span", "note reason", trial.reason.slice(0, 300)));
  if (side.repeats > 1) node.append(el("span", "repeats", null, ...Array.from({ length: side.repeats }, (_, at) => {
    const one = button("go", `#${at + 1}`, () => choose(at + 1), `Repeat ${at + 1}`);
    one.setAttribute("aria-pressed", String(at + 1 === trial.repeat));
    return one;
  })));
  node.setAttribute("role", "columnheader");
  return node;
}

function rungOf(cell) {
  if (!cell.rung) return null;
  const node = el("span", `tag rung ${cell.rung === "diverged" ? "worse" : ""}`, `${RUNGS[cell.rung] ?? cell.rung}${cell.is_stale ? ", may be out of date" : ""}`);
  node.title = [cell.reason, cell.source_run && `from run ${cell.source_run}`].filter(Boolean).join("; ").slice(0, 500);
  return node;
}

function cellOf(cell, side, isFirst) {
  if (!cell) return el("div", "side gap");
  const { step } = cell;
  const glyph = el("span", "glyph", glyphOf(step.kind));
  glyph.style.background = colorOf(step.kind);
  glyph.title = kindWord(step.kind);
  const name = el("span", "name", step.name);
  name.dir = "auto";
  name.title = step.name;
  const figures = [step.cost_usd == null ? null : money(step.cost_usd), cell.tries === 0 ? (cell.was_cached ? "remembered" : "from the recording") : step.duration_ms ? duration(step.duration_ms) : null];
  const differs = side > 0 && cell.differs.length ? el("span", "note", cell.differs.map(partWord).join(", ")) : null;
  return el("div", `side op-${side > 0 ? cell.op : "equal"}${isFirst ? " first" : ""}`, null, glyph, name, step.failed ? el("span", "failed", "failed") : null,
    isFirst ? el("span", "first-word", "first divergence") : null, rungOf(cell), differs, el("span", "figures", figures.filter(Boolean).join(" · ")));
}

/** What each variant said in a line, against what was recorded. */
async function fill(body, view, line, found, ending, signal) {
  const original = view.sides[0].trial.run_id;
  const parts = await Promise.all(view.sides.slice(1).map(async (side, at) => {
    const cells = { a: line[0], b: line[at + 1] };
    if (!cells.b) return null;
    const asked = new URLSearchParams(Object.entries(cells).flatMap(([key, cell]) => (cell ? [[key, cell.step.span_id]] : [])));
    const { value } = await fetchJson(`/api/compare/${original}/${side.trial.run_id}/steps?${asked}`, signal);
    const head = el("div", "part-head against", null, el("b", null, `as recorded → ${titleOf(found, side.variant)}`),
      runLink("open the step", side.trial.run_id, ending, cells.b.step.span_id));
    const said = value.parts.length ? value.parts.map(partOf) : [el("p", "note", "No content was recorded for this step.")];
    return el("div", "parts", null, head, ...said);
  }));
  const known = parts.filter(Boolean);
  body.replaceChildren(...(known.length ? known : [el("p", "note", "No variant has a step here.")]));
}

function toggle(node, view, line, found, ending, signal) {
  const isOpen = node.getAttribute("aria-expanded") === "true";
  node.setAttribute("aria-expanded", String(!isOpen));
  if (isOpen) {
    node.nextElementSibling.remove();
    return;
  }
  const cell = el("div", null, null, el("p", "note", "reading …"));
  cell.setAttribute("role", "gridcell");
  const opened = el("div", "opened", null, cell);
  opened.setAttribute("role", "row");
  node.after(opened);
  fill(cell, view, line, found, ending, signal).catch((error) => {
    if (error.name !== "AbortError") cell.replaceChildren(el("p", "notice failed", error.message));
  });
}

function lineOf(view, line, at, act) {
  const cells = line.map((cell, side) => cellOf(cell, side, view.sides[side].first === at));
  for (const cell of cells) cell.setAttribute("role", "gridcell");
  const node = el("div", "line", null, ...cells);
  const step = line.find(Boolean).step;
  node.tabIndex = 0;
  node.setAttribute("role", "row");
  node.setAttribute("aria-expanded", "false");
  node.setAttribute("aria-label", `${kindWord(step.kind)} ${step.name}${line.some((cell, side) => side && cell?.op !== "equal") ? ", differs" : ", the same everywhere"}`);
  node.addEventListener("click", (event) => { if (!event.target.closest("a") && !String(window.getSelection())) act(node); });
  node.addEventListener("keydown", (event) => {
    if (event.target !== node || !["Enter", " ", "ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    if (event.key.startsWith("Arrow")) {
      const lines = [...node.parentNode.querySelectorAll(".line")];
      lines[lines.indexOf(node) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    } else act(node);
  });
  return node;
}

/** A case as an element. */
export function caseOf(found, view, ending, signal, choose) {
  const title = el("h3", null, `Case ${view.case + 1}: ${view.name || view.run_id.slice(0, 8)}`);
  title.tabIndex = -1;
  title.dir = "auto";
  const grid = el("div", "grid sides");
  grid.style.setProperty("--sides", view.sides.length);
  grid.setAttribute("role", "treegrid");
  grid.setAttribute("aria-label", "Steps of the case, side by side");
  const head = el("div", "line head", null, ...view.sides.map((side) => headOf(found, side, ending, choose)));
  head.setAttribute("role", "row");
  grid.append(head, ...view.lines.map((line, at) => lineOf(view, line, at, (node) => toggle(node, view, line, found, ending, signal))));
  const notes = [view.reason && `${view.grade}: ${view.reason}`, ...Object.entries(view.skipped).map(([step, why]) => `step ${step} was not asked: ${why}`),
    view.missing.length ? `no run to show of: ${view.missing.join(", ")}` : ""].filter(Boolean);
  const scroll = el("div", "wide", null, grid);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Side by side, scrolls sideways");
  return el("div", null, null, title, ...notes.map((note) => el("p", "note", note)), scroll, el("p", "note", "Enter opens a line: what each variant said in place of what was recorded."));
}
