// Pure functions of the trace component. Run in a browser by test_component_modules.py, beside the modules.

import { assert, test } from "./cases.js";

import { axisTicks } from "./axis.js";
import * as format from "./format.js";
import { familyOf, glyphOf } from "./kinds.js";
import * as model from "./model.js";
import { panBy, zoomBy, zoomToRow } from "./waterfall.js";
import * as work from "./work.js";

// agent(0..100) > llm(0..40), tool(40..80, failed) > retrieval(50..60); step(90..95)
const RUN = {
  kinds: ["agent", "llm", "tool", "retrieval", "step"], names: ["Root", "chat gpt", "send_email", "search", "end"],
  models: ["gpt-5-mini"], tools: ["send_email"], total_ms: 100,
  cols: {
    id: ["a", "b", "c", "d", "e"], parent: [-1, 0, 0, 2, 0], depth: [0, 1, 1, 2, 1], name: [0, 1, 2, 3, 4],
    kind: [0, 1, 2, 3, 4], model: [-1, 0, -1, -1, -1], tool: [-1, -1, 0, -1, -1], start: [0, 0, 40, 50, 90],
    dur: [100, 40, 40, 10, 5], err: [0, 0, 2, 0, 0], tin: [70, 60, null, null, null], tout: [9, 5, null, null, null],
    ttft: [null, 8, null, null, null], role: ["rollup", "leaf", null, null, null], orphan: [0, 0, 0, 0, 0],
  },
};
const built = model.buildModel(RUN);
const view = (more) => ({ query: "", kinds: new Set(RUN.kinds.keys()), onlyErrors: false, folded: new Set(), ...more });

test("a subtree ends after its last descendant", () => {
  assert.deepEqual([5, 2, 4, 4, 5], [...built.end]);
});
test("only leaves are summed: a rollup is not added to what it rolls up", () => {
  assert.deepEqual([65, 65, null, null, null], built.tokens);
});
test("a model call that reported nothing is unknown, not 0", () => {
  const cols = { ...RUN.cols, tin: [null, null, null, null, null], tout: [null, null, null, null, null] };
  assert.deepEqual([null, null, null, null, null], model.buildModel({ ...RUN, cols }).tokens);
});
test("without a filter every row is visible, folded ones aside", () => {
  assert.deepEqual([0, 1, 2, 3, 4], model.visibleRows(built, view()));
  assert.deepEqual([0, 1, 2, 4], model.visibleRows(built, view({ folded: new Set([2]) })));
});
test("a search keeps ancestors and looks through folded rows", () => {
  assert.deepEqual([0, 2, 3], model.visibleRows(built, view({ query: "search", folded: new Set([2]) })));
});
test("a search finds models, tools, kinds and beginnings of ids", () => {
  assert.deepEqual([true, true, true, true, false],
    [["gpt-5", 1], ["send_e", 2], ["retr", 3], ["e", 4], ["zzz", 0]].map(([query, row]) => model.matches(built, row, query)));
});
test("the error filter shows failed tools whose span is fine", () => {
  assert.deepEqual([0, 2], model.visibleRows(built, view({ onlyErrors: true })));
});
test("kinds filter", () => {
  assert.deepEqual([0, 1], model.visibleRows(built, view({ kinds: new Set([1]) })));
});
test("positions are found by bisection", () => {
  assert.deepEqual([1, -1], [model.positionOf([0, 2, 4], 2), model.positionOf([0, 2, 4], 3)]);
});
test("errors follow each other around the end", () => {
  assert.deepEqual([2, 2, 2], [model.nextError(built, -1, 1), model.nextError(built, 4, 1), model.nextError(built, 0, -1)]);
});
test("an error began where no failed span is below", () => {
  const failed = model.buildModel({ ...RUN, cols: { ...RUN.cols, err: [1, 0, 1, 0, 0] } });
  assert.deepEqual([1, 2], [failed.errors, failed.failed]);
  assert.deepEqual([2, 2], [model.nextError(failed, -1, 1), model.nextError(failed, 2, 1)]);
});
test("no error, no next error", () => {
  const fine = model.buildModel({ ...RUN, cols: { ...RUN.cols, err: [0, 0, 0, 0, 0] } });
  assert.equal(-1, model.nextError(fine, 0, 1));
});
test("a selected row is told in words", () => {
  assert.equal("tool send_email, failed, 40 ms, span 3 of 5", model.rowWords(built, 2));
});
test("wall time is shared out, the rest is unaccounted", () => {
  const mix = Object.fromEntries(work.wallTimeMix(built).map((part) => [part.kind, part.ms]));
  assert.deepEqual({ llm: 40, tool: 30, retrieval: 10, step: 5, null: 15 }, mix);
});
test("a step without an end is at work until now: its time is not unaccounted", () => {
  const open = model.buildModel({ ...RUN, total_ms: 200, cols: { ...RUN.cols, dur: [200, 40, null, 10, 5] } });
  const mix = Object.fromEntries(work.wallTimeMix(open).map((part) => [part.kind, part.ms]));
  assert.deepEqual({ llm: 40, tool: 147.5, retrieval: 10, step: 2.5 }, mix);
});
test("time in which nothing below a row ran is its own; overlaps count once", () => {
  assert.deepEqual([15, null, 30], [0, 1, 2].map((row) => work.uncovered(built, row)));
});
test("the minimap counts leaves and marks errors", () => {
  const { busy, failed } = work.minimapBins(built, 10);
  assert.equal(1, busy[1]);
  assert.deepEqual([4], [...failed.keys()].filter((x) => failed[x]));
});
test("ticks are round and inside the window", () => {
  assert.deepEqual({ step: 20, at: [0, 20, 40, 60, 80, 100] }, axisTicks(0, 100));
  assert.equal(30 * 6e4, axisTicks(0, 7.2e6).step);
});
test("bars are clipped to the window; one outside is not drawn", () => {
  assert.deepEqual({ left: 0, width: 40 }, model.barIn(built, 1, { from: 0, to: 1 }));
  assert.equal(null, model.barIn(built, 1, { from: 0.8, to: 1 }));
});
test("zooming stays inside the run", () => {
  assert.deepEqual({ from: 0, to: 1 }, zoomBy({ from: 0, to: 1 }, 2, 0.5));
  const panned = panBy({ from: 0.5, to: 1 }, 0.3);
  assert.ok(Math.abs(panned.from - 0.5) < 1e-9 && panned.to === 1);
  const zoom = zoomToRow(built, 3);
  assert.ok(zoom.from < 0.5 && zoom.to > 0.6 && zoom.to < 0.62);
});
test("an unreported figure is unknown, zero is zero", () => {
  assert.deepEqual(["unknown", "0", "5.3k", "1.25M"], [null, 0, 5300, 1250000].map(format.tokens));
  assert.deepEqual(["unknown", "0 ms", "1.7 ms", "742 ms", "6.48 s", "1 min", "2.1 min", "30 h", "3.0 d"], [null, 0, 1.7, 742, 6480, 59990, 126000, 1.08e8, 2.592e8].map(format.duration));
});
test("axis labels", () => {
  assert.deepEqual(["0", "50 ms", "1.5 s", "1 h 30 min"], [format.tick(0, 10), format.tick(50, 10), format.tick(1500, 500), format.tick(5.4e6, 1.8e6)]);
});
test("every kind has a colour family and a letter; an unknown kind is grey", () => {
  assert.deepEqual(["container", "llm", "retrieval", "guard", "container"], ["agent", "embedding", "memory_read", "approval", "new"].map(familyOf));
  assert.equal("?", glyphOf("new"));
});
test("20,000 spans are prepared in well under a second", () => {
  const count = 20000;
  const cols = Object.fromEntries(Object.keys(RUN.cols).map((name) => [name, new Array(count).fill(0)]));
  Object.assign(cols, { id: cols.id.map((_, i) => String(i)), parent: cols.parent.map((_, i) => (i ? 0 : -1)),
    depth: cols.depth.map((_, i) => (i ? 1 : 0)), start: cols.start.map((_, i) => i), dur: cols.dur.map(() => 1) });
  const began = performance.now();
  const big = model.buildModel({ ...RUN, total_ms: count, cols });
  work.wallTimeMix(big);
  work.minimapBins(big, 1000);
  assert.equal(count, model.visibleRows(big, view()).length);
  assert.ok(performance.now() - began < 1000);
});
