// The figures of a row of the tree. What is far out of line with its siblings stands out, nothing else does.

import { duration, money, tokens } from "./format.js";
import { heatOf, isMoment, ownTokens, roleOf } from "./model.js";

const HEAT = ["", "more than 50 % of what its parent adds up to", "more than 75 % of what its parent adds up to"];

function put(cell, text, title, heat) {
  cell.textContent = text;
  cell.title = [title, HEAT[heat]].filter(Boolean).join("; ");
  cell.classList.toggle("heat-1", heat === 1);
  cell.classList.toggle("heat-2", heat === 2);
}

/** Tokens of a row: its own, or the sum of the calls below it. */
export function tokensCell(cell, model, row) {
  const { cols, doc, tokens: sums } = model;
  const role = roleOf(cols, row);
  const isCall = doc.kinds[cols.kind[row]] === "llm";
  cell.classList.toggle("counted-elsewhere", role === "rollup" || role === "duplicate");
  if (sums[row] == null) return put(cell, isCall ? "?" : "", isCall ? "tokens were not reported" : "", 0);
  const own = `${tokens(cols.tin[row])} in, ${tokens(cols.tout[row])} out` + (role && role !== "leaf" ? ` (${role}: counted elsewhere)` : "");
  const title = ownTokens(cols, row) == null ? "sum of the model calls below that reported tokens" : own;
  put(cell, tokens(sums[row]), title, heatOf(model, sums, row));
}

/** What a row cost at list price, or what the steps below it did. */
export function costCell(cell, model, row) {
  const { cols, doc, costs } = model;
  const isCall = doc.kinds[cols.kind[row]] === "llm" && roleOf(cols, row) === "leaf";
  if (costs[row] == null) return put(cell, isCall ? "?" : "", isCall ? "this call has no price" : "", 0);
  const title = cols.cost?.[row] == null ? "sum of the steps below that have a price" : "at list price";
  put(cell, money(costs[row]), title, heatOf(model, costs, row));
}

/** How long a row took. */
export function durationCell(cell, model, row) {
  const { cols } = model;
  if (cols.dur[row] == null) return put(cell, isMoment(cols, row) ? "" : "open", isMoment(cols, row) ? "" : "no end was reported", 0);
  put(cell, duration(cols.dur[row]), "", heatOf(model, cols.dur, row));
}
