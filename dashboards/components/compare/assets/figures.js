// How figures of two runs are written beside each other: a sign, an arrow and a colour, never a colour alone.

import { el } from "./dom.js";
import { duration, money, tokens } from "./format.js";
import { change } from "./model.js";

const count = (value) => value.toLocaleString("en");
const WRITE = { usd: money, ms: duration, tokens, steps: count };
const NOTHING = "–";

/** A figure in its unit; "–" for unknown. */
export const figure = (value, unit) => (value == null ? NOTHING : WRITE[unit](value));

/** A change as text with its arrow: ▲ +$0.0031, ▼ −812ms. */
export function signed(by, unit) {
  return `${by > 0 ? "▲ +" : "▼ −"}${WRITE[unit](Math.abs(by))}${unit === "tokens" ? " tok" : ""}`;
}

/** A change as an element; less is better where `lessIsBetter`. */
export function changeLine(by, unit, title, lessIsBetter = true) {
  const tone = lessIsBetter ? (by > 0 ? "worse" : "better") : "plain";
  const node = el("span", `by ${tone}`, signed(by, unit));
  node.title = title;
  return node;
}

function missingNote(total) {
  const sides = [["left", total.missing_a], ["right", total.missing_b]].filter(([, missing]) => missing);
  return sides.map(([side, missing]) => `${count(missing)} ${side} not reported`).join(", ");
}

function tile(total) {
  const by = change(total.a, total.b);
  const share = by != null && total.a ? ` (${by > 0 ? "+" : "−"}${Math.abs((by / total.a) * 100).toFixed(0)}%)` : "";
  const line = by == null ? el("span", "by plain", "not known") : by === 0 ? el("span", "by plain", "=")
    : changeLine(by, total.unit, "right − left", ["usd", "ms", "tokens"].includes(total.unit) || total.name === "failed");
  if (by) line.append(share);
  const note = missingNote(total);
  return el("div", "tile", null,
    el("dt", null, total.name),
    el("dd", null, null,
      el("span", "pair", `${figure(total.a, total.unit)} → ${figure(total.b, total.unit)}`), line, note ? el("span", "note", note) : null));
}

/** The totals of both runs. */
export function totalsOf(totals) {
  const list = el("dl", "tiles", null, ...totals.map(tile));
  list.setAttribute("aria-label", "Totals, left run then right run");
  return list;
}
