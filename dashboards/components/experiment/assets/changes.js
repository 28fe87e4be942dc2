// Every figure of every variant: what it is, how far it lies from what it is held against, and how sure that is.

import { el } from "./dom.js";
import { plural } from "./format.js";
import { figure, NOTHING, signed, titleOf } from "./words.js";

const TONES = { better: "better", worse: "worse" };
const HEADS = ["figure, mean of a case", "variant", null, "difference", "95% interval, noise band", "says"];

/** The difference on a line: the interval, the noise band behind it, and 0 in the middle. */
function drawing(one) {
  const ends = [one.difference, one.difference_low, one.difference_high, one.noise, one.lowest, one.highest];
  const most = Math.max(...ends.map((end) => Math.abs(end ?? 0)));
  const track = el("div", "track");
  track.setAttribute("role", "img");
  track.setAttribute("aria-label", inWords(one));
  track.title = inWords(one);
  if (!most || one.difference == null) return track;
  const at = (value) => 50 + (value / most) * 46;
  const bar = (className, low, high) => {
    const node = el("span", className);
    node.style.left = `${at(low)}%`;
    node.style.width = `${at(high) - at(low)}%`;
    track.append(node);
  };
  if (one.noise != null) bar("noise", -one.noise, one.noise);
  if (one.lowest != null && one.highest != null) bar("bounds", one.lowest, one.highest);
  if (one.difference_low != null) bar("interval", one.difference_low, one.difference_high);
  const dot = el("span", "dot");
  dot.style.left = `${at(one.difference)}%`;
  track.append(el("span", "zero"), dot);
  return track;
}

const chance = (p) => (p < 0.001 ? "< 0.001" : p.toFixed(3));

function inWords(one) {
  const { unit } = one;
  const said = [];
  if (one.difference != null) said.push(`difference ${signed(one.difference, unit)} over ${plural(one.cases, "case")}`);
  if (one.difference_low != null) said.push(`95% interval ${signed(one.difference_low, unit)} to ${signed(one.difference_high, unit)}`);
  if (one.p != null) said.push(`p ${chance(one.p)} (${one.test})${one.p_holm == null ? "" : `, ${chance(one.p_holm)} corrected for all figures shown`}`);
  if (one.noise != null) said.push(`repeating the baseline moves it by ± ${figure(one.noise, unit)}`);
  if (one.smallest != null) said.push(`so many cases show ${figure(one.smallest, unit)} or more`);
  if (one.lowest != null || one.highest != null) said.push(`with what was broken off: ${one.lowest == null ? "no lower end" : signed(one.lowest, unit)} to ${one.highest == null ? "no upper end" : signed(one.highest, unit)}`);
  return said.join("; ") || "nothing to compare";
}

function noteOf(one, found) {
  // Of what was recorded there is no share that is as recorded: the figure is the comparison.
  if (found.reference === found.original && one.unit === "share" && !one.cases) {
    const { low, high, n } = one.level;
    return [low == null ? "" : `95% interval ${figure(low, one.unit)} to ${figure(high, one.unit)}`, n ? plural(n, "case") : ""].filter(Boolean).join(", ");
  }
  const said = [one.cases ? plural(one.cases, "case") : "nothing to compare"];
  if (one.clusters && one.clusters < one.cases) said.push(`in ${plural(one.clusters, "conversation")}`);
  if (one.unknown) said.push(`${plural(one.unknown, "case")} not known`);
  if (one.censored) said.push(`${plural(one.censored, "run")} broken off`);
  return said.join(", ");
}

/** What the reader is to know of the noise. */
function noiseOf(found) {
  if (found.baseline === null) return "No variant asks unchanged, so how much answers differ by themselves is not known: add the baseline to the plan.";
  const ended = found.cases.some((one) => one.sides[found.baseline].trials.some((trial) => trial.outcome !== null && !trial.is_censored));
  if (!ended) return "No trial of the unchanged baseline ended, so how much answers differ by themselves is not known.";
  if (found.reference !== found.baseline) return "The noise band is that of the unchanged baseline: choose it as what variants are held against.";
  if (found.compared.some((one) => one.noise != null)) return "The grey band is how far the unchanged baseline moves by being repeated.";
  return found.repeat > 1 ? "Too few repeats of the baseline ended to tell its noise." : "The baseline was done once, so it has no noise band: ask for repeats.";
}

function rowOf(one, found) {
  const level = el("td", "num", figure(one.level.value, one.unit));
  const times = one.ratio?.value == null ? null : `×${one.ratio.value.toFixed(2)}${one.ratio.low == null ? "" : ` (${one.ratio.low.toFixed(2)} to ${one.ratio.high.toFixed(2)})`}`;
  const inside = one.difference != null && one.noise != null && one.noise > 0 && Math.abs(one.difference) <= one.noise;
  const word = one.word ?? NOTHING;
  const name = el("th", null, one.title);
  name.scope = "row";
  name.dir = "auto";
  return el("tr", null, null, name, level,
    el("td", "num", figure(one.before, one.unit)),
    el("td", "num", null, el("span", TONES[one.word] ?? "plain", signed(one.difference, one.unit)), times ? el("span", "note", ` ${times}`) : null),
    el("td", "drawn", null, drawing(one)),
    el("td", null, null, el("b", TONES[one.word] ?? "plain", word), el("span", "note", ` ${noteOf(one, found)}${inside ? ", within the noise" : ""}`)));
}

function bodyOf(found, variant, rows) {
  const head = el("th", "variant", titleOf(found, variant));
  head.colSpan = HEADS.length;
  head.scope = "rowgroup";
  head.dir = "auto";
  const known = rows.filter((one) => one.level.value != null || one.before != null);
  if (!known.length) {
    const untold = el("td", "note", rows.some((one) => one.censored) ? "Nothing is known of it: every run was broken off." : "Nothing is known of it yet.");
    untold.colSpan = HEADS.length;
    return el("tbody", null, null, el("tr", null, null, head), el("tr", null, null, untold));
  }
  return el("tbody", null, null, el("tr", null, null, head), ...known.map((one) => rowOf(one, found)));
}

/** A table of all comparisons, one part per variant. */
export function changesOf(found) {
  const heads = HEADS.map((text) => {
    const node = el("th", null, text ?? titleOf(found, found.reference));
    node.scope = "col";
    node.dir = "auto";
    return node;
  });
  const names = [...new Set(found.compared.map((one) => one.variant))];
  const table = el("table", "changes", null, el("thead", null, null, el("tr", null, null, ...heads)),
    ...names.map((name) => bodyOf(found, name, found.compared.filter((one) => one.variant === name))));
  table.setAttribute("aria-label", "What changed");
  const rest = "Differences are paired by case, repeats averaged first; cases of one conversation count together. Broken off runs are in no figure; the thin line says where they could bring the difference.";
  const scroll = el("div", "wide", null, table);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "What changed, scrolls sideways");
  return el("div", null, null, scroll, el("p", "note", `${noiseOf(found)} ${rest}`));
}
