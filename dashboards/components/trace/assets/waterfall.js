// The right half of the tree: bars in a zoomed window, and the axis above them.

import { axisMarks, clampZoom } from "./axis.js";
import { el } from "./dom.js";
import { clockTick, duration, moment, money, nsAfter, tick, tokens } from "./format.js";
import { colorOf, kindWord } from "./kinds.js";
import { approvalOf, barIn, isMoment } from "./model.js";

const LABEL = 44; // px that the label of a tick may take

export const WHOLE = { from: 0, to: 1 };

/** Zoom by a factor around a point (0..1) of the window. */
export function zoomBy(zoom, factor, at) {
  const width = zoom.to - zoom.from;
  const centre = zoom.from + width * at;
  const next = Math.min(1, width * factor);
  return clampZoom(centre - next * at, centre + next * (1 - at));
}

/** Move the window by a share of its width. */
export const panBy = (zoom, share) => {
  const move = (zoom.to - zoom.from) * share;
  return clampZoom(zoom.from + move, zoom.to + move);
};

/** The window that shows one span with a margin. */
export function zoomToRow(model, row) {
  const { cols, axis, total } = model;
  const start = axis.at(cols.start[row]);
  if (isMoment(cols, row)) return clampZoom(start - 0.01, start + 0.01);
  const width = Math.max(axis.at(cols.dur[row] == null ? total : cols.start[row] + cols.dur[row]) - start, 1e-7);
  return clampZoom(start - width * 0.05, start + width * 1.05);
}

/** Create the elements of one timeline cell. */
export function barCell() {
  const cell = el("div", "timeline");
  const bar = el("div", "bar");
  const first = el("div", "first-token");
  const path = el("div", "on-path");
  bar.append(first, path);
  cell.append(bar);
  return { cell, bar, first, path };
}

/** Paint one bar; a span without an end runs to the end of what is known, fading. `path`: with what of it is critical. */
export function paintBar({ bar, first, path }, model, row, zoom, showPath) {
  const { cols, doc, worksBelow } = model;
  const place = barIn(model, row, zoom);
  bar.style.display = place ? "" : "none";
  if (!place) return;
  const moment = isMoment(cols, row);
  const open = cols.dur[row] == null && !moment;
  bar.className = "bar" + (moment ? " moment" : "") + (worksBelow[row] ? " container-bar" : "") + (cols.err[row] ? " failed" : "") + (open ? " open" : "");
  bar.style.left = `min(${place.left}%, calc(100% - 3px))`; // a short bar at the very end stays in sight
  bar.style.width = place.width + "%";
  bar.style.backgroundColor = colorOf(doc.kinds[cols.kind[row]]);
  const critical = showPath && model.onPath[row] ? (cols.critical?.[row] ?? cols.dur[row]) : 0;
  path.style.width = critical && cols.dur[row] ? Math.min(100, (critical / cols.dur[row]) * 100) + "%" : "0";
  const ttft = cols.ttft[row];
  first.style.width = ttft && cols.dur[row] ? Math.min(100, (ttft / cols.dur[row]) * 100) + "%" : "0";
}

/** Draw the axis of the window, in time since the start or, with `clock`, as time of day. */
export function drawAxis(axis, model, zoom, clock) {
  const wanted = Math.max(2, Math.min(8, Math.floor(axis.clientWidth / 85)));
  const { step, marks, cuts } = axisMarks(model.axis, zoom, wanted);
  const word = (ms) => (clock ? clockTick(nsAfter(model.doc.started_ns, ms), step) : tick(ms, step));
  const ticks = marks.filter(({ left }) => left >= 0 && left <= 100).flatMap(({ ms, left }) => {
    const line = el("i");
    line.style.left = left + "%";
    if (axis.clientWidth * (1 - left / 100) < LABEL) return [line];
    const label = el("span", null, word(ms));
    label.style.left = left + "%";
    return [line, label];
  });
  axis.replaceChildren(...ticks, ...cuts.map((cut) => {
    const mark = el("b", "cut");
    mark.style.left = cut.left + "%";
    mark.style.width = Math.max(cut.width, 0.5) + "%";
    mark.title = `${duration(cut.ms)} in which nothing was at work, cut short`;
    return mark;
  }));
}

/** What the tooltip says about a bar. */
export function tooltipText(model, row) {
  const { cols, doc } = model;
  const lines = [doc.names[cols.name[row]].slice(0, 200)];
  const untold = cols.log?.[row] ? "no duration told" : "no end reported";
  const took = cols.dur[row] == null ? untold : duration(cols.dur[row]);
  lines.push(`${kindWord(doc.kinds[cols.kind[row]])} · starts at ${duration(cols.start[row])} · ${took}`);
  lines.push(moment(nsAfter(doc.started_ns, cols.start[row])));
  if (cols.ttft[row] != null) lines.push(`first token after ${duration(cols.ttft[row])}`);
  if (cols.tin[row] != null || cols.tout[row] != null) {
    lines.push(`${tokens(cols.tin[row])} in → ${tokens(cols.tout[row])} out`);
  }
  if (model.costs[row] != null) lines.push(`costs ${money(model.costs[row])}`);
  if (cols.critical?.[row] > 0) lines.push(`${duration(cols.critical[row])} on the critical path`);
  if (approvalOf(model, row)) lines.push(`approval: ${approvalOf(model, row)}`);
  if (cols.log?.[row]) lines.push("made from a log record");
  if (cols.err[row]) lines.push(cols.err[row] === 2 ? "tool failed" : "error");
  if (cols.orphan?.[row]) lines.push("its parent has not arrived");
  return lines.join("\n");
}
