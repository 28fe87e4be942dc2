// The matrix: a row per case, a column per variant, a cell for every time it was done.

import { button, el } from "./dom.js";
import { plural } from "./format.js";
import { figure, runLink, titleOf } from "./words.js";

const AT_ONCE = 100;
const WORSE = { score: "a score falls", agreement: "decides otherwise", broken_off: "broken off", cost: "costs more" };

function outcomeWord(trial) {
  if (trial.outcome === null) return "not yet";
  if (trial.outcome === "complete") return trial.compared ? `${trial.same}/${trial.compared} as recorded` : "complete";
  return trial.at_step ? `${trial.outcome} at step ${trial.at_step}` : trial.outcome;
}

function trialOf(found, trial, ending, isRecorded, extra = "") {
  const word = extra + (isRecorded ? trial.run_id.slice(0, 8) : outcomeWord(trial));
  const tone = trial.is_censored ? "worse" : trial.compared && trial.same === trial.compared ? "better" : "plain";
  const node = trial.run_id ? runLink(word, trial.run_id, ending) : el("span", null, word);
  node.classList.add("trial", isRecorded ? "plain" : tone);
  if (trial.reason) node.title = trial.reason.slice(0, 500);
  return node;
}

function cellOf(found, one, name, ending) {
  const side = one.sides[name];
  const isRecorded = name === found.original;
  const figures = found.cells.filter((metric) => metric.name !== "agreement" && side.values[metric.name] != null)
    .map((metric) => `${metric.unit === "score" ? `${metric.title} ` : ""}${figure(side.values[metric.name], metric.unit)}`);
  const trials = side.trials.map((trial) => trialOf(found, trial, ending, isRecorded));
  const followed = side.followed.map((trial) => trialOf(found, trial, ending, false, "followed: "));
  return el("td", null, null, ...trials, ...followed, trials.length ? null : el("span", "note", "–"), figures.length ? el("span", "note figures-line", figures.join(" · ")) : null);
}

function rowOf(found, one, ending, open) {
  const head = el("th", null, null);
  head.scope = "row";
  const name = el("span", "name", one.name || one.run_id.slice(0, 8));
  name.dir = "auto";
  name.title = one.name;
  const beside = button("go", "side by side", () => open(one.case), `Case ${one.case + 1}, side by side`);
  const grade = el("span", "note", one.grade);
  if (one.reason) grade.title = one.reason;
  const worse = one.worse ? el("span", "worse", `▼ ${WORSE[one.worse]}`) : null;
  head.append(name, el("span", "note", `case ${one.case + 1} · ${plural(one.steps, "step")} · `, grade), el("span", "acts", null, beside, worse));
  return el("tr", null, null, head, ...[found.original, ...found.variants].map((side) => cellOf(found, one, side, ending)));
}

/** The table of cases and variants; every cell opens its run. */
export function matrixOf(found, ending, open) {
  const heads = ["case", ...[found.original, ...found.variants].map((name) => titleOf(found, name))].map((text) => {
    const node = el("th", null, text);
    node.scope = "col";
    node.dir = "auto";
    return node;
  });
  const body = el("tbody");
  const table = el("table", "matrix", null, el("thead", null, null, el("tr", null, null, ...heads)), body);
  table.style.setProperty("--sides", found.variants.length + 1);
  table.setAttribute("aria-label", "Cases and variants");
  const more = button("more", "", () => draw());
  const draw = () => {
    const from = body.children.length;
    body.append(...found.cases.slice(from, from + AT_ONCE).map((one) => rowOf(found, one, ending, open)));
    const left = found.cases.length - body.children.length;
    more.hidden = !left;
    more.textContent = `Show more: ${left.toLocaleString("en")} cases are not drawn yet`;
  };
  draw();
  const scroll = el("div", "wide", null, table);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Cases and variants, scrolls sideways");
  return el("div", null, null, scroll, more);
}
