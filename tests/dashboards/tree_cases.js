// Loops, idle time, heat, figures and what the address asks for. Run in a browser by test_component_modules.py.

import { axisMarks, timeAxis } from "./axis.js";
import { assert, test } from "./cases.js";

import * as format from "./format.js";
import { idleOffer, idleStretches } from "./idle.js";
import { inFlight, newestRow } from "./live.js";
import { loopsIn, withLoops } from "./loops.js";
import * as model from "./model.js";
import { chosenReading } from "./readings.js";
import { unknownIn } from "./tree_cells.js";
import { choicesAsked } from "./view_menu.js";

/** A run document of an agent and steps below it, given as [name, start, dur, more]. */
function agentRun(steps, total) {
  const names = ["agent", ...new Set(steps.map(([name]) => name))];
  const rows = [["agent", 0, total, {}], ...steps.map((step) => [...step, {}].slice(0, 4))];
  const column = (of) => rows.map(([name, start, dur, more], i) => of(name, start, dur, more, i));
  return {
    kinds: ["agent", "tool"], names, models: [], tools: names, total_ms: total, started_ns: "1795000000000000000",
    cols: {
      id: column((...row) => `s${row[4]}`), parent: column((...row) => (row[4] ? 0 : -1)), depth: column((...row) => (row[4] ? 1 : 0)),
      name: column((name) => names.indexOf(name)), kind: column((...row) => (row[4] ? 1 : 0)), model: column(() => -1),
      tool: column((name, ...row) => (row[3] ? names.indexOf(name) : -1)), start: column((name, start) => start), dur: column((name, start, dur) => dur),
      err: column((name, start, dur, more) => more.err ?? 0), cost: column((name, start, dur, more) => more.cost ?? null),
      tin: column(() => null), tout: column(() => null), ttft: column(() => null), role: column(() => null), orphan: column(() => 0),
    },
  };
}

const steps = (word, more = {}) => [...word].map((name, k) => [name, k * 10, 10, more[k] ?? {}]);
const looped = (word, more) => withLoops(agentRun(steps(word, more), word.length * 10));
const near = (expected, found) => assert.ok(Math.abs(expected - found) < 1e-9);

test("one step over and over is a loop from the third time on", () => {
  assert.deepEqual([], loopsIn([..."aab"]));
  assert.deepEqual([{ from: 1, length: 1, times: 3 }], loopsIn([..."baaac"]));
});
test("a sequence that repeats is one loop; six equal steps are no sequence", () => {
  assert.deepEqual([{ from: 1, length: 2, times: 3 }], loopsIn([..."xabababc"]));
  assert.deepEqual([{ from: 0, length: 1, times: 6 }], loopsIn([..."aaaaaa"]));
  assert.deepEqual([{ from: 0, length: 3, times: 3 }], loopsIn([..."aabaabaab"]));
});
test("loops follow each other, and what is between them stays", () => {
  assert.deepEqual([{ from: 0, length: 1, times: 3 }, { from: 4, length: 2, times: 3 }], loopsIn([..."aaaxbcbcbcd"]));
});
test("a loop's row stands above its repeats, which lie a level deeper", () => {
  const { doc, place } = looped("xaaay");
  assert.deepEqual([0, 1, 3, 4, 5, 6], [...place]);
  assert.deepEqual([-1, 0, 0, 2, 2, 2, 0], doc.cols.parent);
  assert.deepEqual([0, 1, 1, 2, 2, 2, 1], doc.cols.depth);
  assert.deepEqual([0, 0, 3, 0, 0, 0, 0], doc.cols.loop);
  assert.deepEqual([10, 30, "a", "loop:s2"], [doc.cols.start[2], doc.cols.dur[2], doc.names[doc.cols.name[2]], doc.cols.id[2]]);
});
test("a loop with an open step is open, and a sequence names its steps", () => {
  const run = agentRun([["a", 0, 1], ["b", 1, 1], ["a", 2, 1], ["b", 3, 1], ["a", 4, 1], ["b", 5, null]], 10);
  const { doc } = withLoops(run);
  assert.deepEqual([null, "a → b"], [doc.cols.dur[1], doc.names[doc.cols.name[1]]]);
});
test("an agent at work again is a repeat only where it did the same", () => {
  const run = agentRun(steps("aaa"), 30);
  const more = Object.entries({ id: "t", parent: 3, depth: 2, kind: 2, name: 0, start: 25, dur: 1 });
  const cols = { ...run.cols, ...Object.fromEntries(more.map(([name, value]) => [name, [...run.cols[name], value]])) };
  const agents = { ...run, kinds: ["agent", "handoff", "tool"] };
  assert.equal(undefined, withLoops({ ...agents, cols }).doc.cols.loop);
  assert.deepEqual([0, 3, 0, 0, 0], withLoops(agents).doc.cols.loop);
});
test("without a loop the document stays what it is", () => {
  const run = agentRun(steps("abc"), 30);
  assert.ok(withLoops(run).doc === run);
});
test("a loop's row is no step: it is not counted, not found, and it tells what failed within", () => {
  const built = model.buildModel(looped("xaaay", { 2: { err: 2 } }).doc);
  assert.deepEqual([1, 5, 0], [...built.kindCounts]);
  assert.ok(!model.matches(built, 2, "a"));
  assert.deepEqual([1, 1, 0], [model.errorsBelow(built, 0), model.errorsBelow(built, 2), model.errorsBelow(built, 3)]);
  const filter = { query: "", kinds: new Set([0, 1, 2]), onlyErrors: true, folded: new Set([2]) };
  assert.deepEqual([0, 2, 4], model.visibleRows(built, filter));
});
test("rows say their place among their siblings", () => {
  const built = model.buildModel(looped("xaaay").doc);
  assert.deepEqual([1, 1, 2, 1, 2, 3, 3], [...built.place]);
  assert.deepEqual([1, 3, 3], [0, 2, 4].map((row) => model.siblingsOf(built, row)));
});
test("what costs more than half of what its parent adds up to stands out, an only child does not", () => {
  const costs = [{ cost: 0.8 }, { cost: 0.1 }, { cost: 0.1 }];
  const built = model.buildModel(agentRun(steps("abc", costs), 30));
  near(1, built.costs[0]);
  assert.deepEqual([0, 2, 0, 0], [0, 1, 2, 3].map((row) => model.heatOf(built, built.costs, row)));
  const alone = model.buildModel(agentRun(steps("a", costs), 10));
  assert.equal(0, model.heatOf(alone, alone.costs, 1));
});
test("a figure nobody gave is not 0 in a sum", () => {
  assert.deepEqual([null, null], model.buildModel(agentRun(steps("a"), 10)).costs);
});
test("calls without a figure are counted beside the sum", () => {
  const run = agentRun(steps("abc", [{ cost: 0.5 }]), 30);
  const built = model.buildModel({ ...run, kinds: ["agent", "llm"] });
  assert.deepEqual([2, 0, 1], [0, 1, 2].map((row) => unknownIn(built, row, "cost")));
  assert.equal(3, unknownIn(built, 0, "tokens"));
});
test("stretches in which nothing was at work are idle, an open step is at work", () => {
  const idle = (list, total) => idleStretches(model.buildModel(agentRun(list, total)));
  assert.deepEqual([{ from: 1000, to: 9000 }], idle([["a", 0, 1000], ["b", 9000, 1000]], 10000));
  assert.deepEqual([], idle([["a", 0, 1000], ["b", 1000, null]], 10000));
  assert.deepEqual([{ from: 0, to: 5000 }], idle([["a", 5000, 5000]], 10000));
  const within = agentRun([["send", 0, 10000], ["look", 0, 100]], 10000);
  const below = { ...within, cols: { ...within.cols, parent: [-1, 0, 1], depth: [0, 1, 2] } };
  assert.deepEqual([], idleStretches(model.buildModel(below)));
});
test("cutting idle time is offered where a third of the run is idle", () => {
  const offer = (until) => {
    const built = model.buildModel(agentRun([["a", 0, until], ["b", 9000, 1000]], 10000));
    return idleOffer({ ...built, idle: idleStretches(built) });
  };
  assert.deepEqual([8000, 0], [offer(1000), offer(6500)]);
});
test("a cut axis goes there and back, and keeps a mark where it was cut", () => {
  const axis = timeAxis(10000, [{ from: 1000, to: 9000 }]);
  for (const ms of [0, 500, 1000, 3000, 9000, 9999, 10000]) near(ms, axis.ms(axis.at(ms)));
  near(2050, axis.length);
  near(1000 / 2050, axis.at(1000));
  const { cuts, marks } = axisMarks(axis, { from: 0, to: 1 }, 5);
  assert.deepEqual([8000], cuts.map((cut) => cut.ms));
  assert.deepEqual([0, 500, 1000, 9500, 10000], marks.map((mark) => mark.ms));
});
test("dollars are written as on the other pages", () => {
  assert.deepEqual(["unknown", "$0", "$0.0130", "$0.00042", "$1.27", "$1,250.00"],
    [null, 0, 0.013, 0.00042, 1.27, 1250].map(format.money));
});
test("times of day on the axis have the digits the step needs", () => {
  format.tellTimesIn("UTC");
  const at = format.nsAfter("1795000000000000000", 1500);
  assert.equal("1795000001500000000", at);
  assert.deepEqual(["11:06", "11:06:41", "11:06:41.500"], [6e4, 1000, 10].map((step) => format.clockTick(at, step)));
});
test("the address chooses the reading, else what the run has in it", () => {
  const at = (query, kinds) => chosenReading(`http://x/run?run=1${query}`, { kinds }, ["transcript", "tree"]);
  assert.deepEqual(["tree", "transcript", "tree", "transcript"],
    [at("&view=tree", ["llm"]), at("", ["agent", "llm"]), at("", ["other"]), at("&view=nonsense", ["tool"])]);
});
test("the address says what is shown; what is usual is not in it", () => {
  const asked = (query) => choicesAsked((name) => new URLSearchParams(query).get(name));
  assert.deepEqual({ path: false, compressed: false, openLoops: false, clock: false, columns: ["tokens", "cost", "duration"] }, asked(""));
  assert.deepEqual({ path: true, compressed: true, openLoops: true, clock: true, columns: ["cost"] },
    asked("path=critical&idle=cut&loops=open&times=clock&columns=cost,nonsense"));
});
test("a run without an end is in flight until nothing was heard of it for ten minutes", () => {
  const started = 1795000000000;
  const at = (status, total_ms, now) => inFlight({ run: { status }, total_ms, started_ns: `${started}000000` }, started + now);
  assert.deepEqual([5000, null, null], [at("incomplete", 2000, 5000), at("ok", 2000, 5000), at("incomplete", 2000, 700_000)]);
});
test("an open step of a run in flight goes on until now; the newest is what began last", () => {
  const run = agentRun([["a", 0, 10], ["c", 8, 1], ["b", 4, null]], 10);
  const built = model.buildModel(run, 40);
  assert.deepEqual([40, 2], [built.total, newestRow(built)]);
  assert.deepEqual({ left: 10, width: 90 }, model.barIn(built, 3, { from: 0, to: 1 }));
});
