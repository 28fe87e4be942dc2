// Pure functions of the agent's view of a run. Run in a browser by test_component_modules.py, beside the modules.

import { assert, test } from "./cases.js";

import * as agentView from "./agent_view.js";
import * as model from "./model.js";
import { wallTimeMix } from "./work.js";

// agent(0..100) > other(5..90) > [llm(60..80), other(10..20, failed)], other(8..50) > tool(10..30), approval told at 12
const NOISY = {
  kinds: ["agent", "other", "llm", "tool", "approval"], names: ["n"], models: [], tools: [], total_ms: 100,
  decisions: ["accept"], deciders: ["config"], noise: { spans: 3, errors: 1, hidden: true },
  cols: {
    id: ["a", "b", "c", "d", "e", "f", "g"], parent: [-1, 0, 1, 1, 0, 4, 5], depth: [0, 1, 2, 2, 1, 2, 3],
    name: [0, 0, 0, 0, 0, 0, 0], kind: [0, 1, 2, 1, 1, 3, 4], model: Array(7).fill(-1), tool: Array(7).fill(-1),
    start: [0, 5, 60, 10, 8, 10, 12], dur: [100, 85, 20, 10, 42, 20, null], err: [0, 0, 0, 1, 0, 0, 0],
    tin: Array(7).fill(null), tout: Array(7).fill(null), ttft: Array(7).fill(null), role: Array(7).fill("none"),
    orphan: Array(7).fill(0), log: [0, 0, 0, 0, 0, 0, 1], noise: [0, 1, 0, 1, 1, 0, 0],
    decision: [-1, -1, -1, -1, -1, -1, 0], decider: [-1, -1, -1, -1, -1, -1, 0],
  },
};
const noisy = model.buildModel(NOISY);

test("without the noise, steps hang below the nearest step, in order of their start", () => {
  const { cols, count } = agentView.agentSteps(NOISY);
  assert.deepEqual([["a", "f", "g", "c"], [-1, 0, 1, 0], [0, 1, 2, 1], 4], [cols.id, cols.parent, cols.depth, count]);
});
test("the selected row is kept, and not counted as hidden", () => {
  const shown = agentView.agentSteps(NOISY, "d");
  assert.deepEqual(["a", "d", "f", "g", "c"], shown.cols.id);
  assert.equal("2 of 7 spans are no steps of the agent: hidden", agentView.hiddenWords(NOISY, shown));
});
test("what is hidden is said, with its errors", () => {
  const said = "3 of 7 spans are no steps of the agent, 1 of them with an error: hidden";
  assert.equal(said, agentView.hiddenWords(NOISY, agentView.agentSteps(NOISY)));
  assert.equal("", agentView.hiddenWords(NOISY, NOISY));
});
test("the address says which rows are shown, where that is not the rule", () => {
  const at = "http://127.0.0.1/run?run=a";
  assert.equal(at + "&steps=all", agentView.addressOf(NOISY, false, at));
  assert.equal(at, agentView.addressOf(NOISY, true, at + "&steps=all"));
  const asked = ["", "&steps=all", "&steps=agent"].map((more) => agentView.onlyStepsAsked(NOISY, at + more));
  assert.deepEqual([true, false, true], asked);
  const quiet = { ...NOISY, noise: { spans: 0, errors: 0, hidden: false } };
  assert.equal(false, agentView.onlyStepsAsked(quiet, at + "&steps=agent"));
});
test("a record that tells no duration is a moment, a span without an end is open", () => {
  const whole = { from: 0, to: 1 };
  assert.deepEqual({ left: 12, width: 0 }, model.barIn(noisy, 6, whole));
  const open = model.buildModel({ ...NOISY, cols: { ...NOISY.cols, log: Array(7).fill(0) } });
  assert.deepEqual({ left: 12, width: 88 }, model.barIn(open, 6, whole));
});
test("a decision is said with who took it; nothing where none was taken", () => {
  assert.deepEqual(["accept · config", ""], [6, 5].map((row) => model.approvalOf(noisy, row)));
});
test("a tool below which only a moment was noted has its own time", () => {
  const mix = wallTimeMix(model.buildModel(agentView.agentSteps(NOISY)));
  const spent = Object.fromEntries(mix.map((part) => [part.kind ?? "nobody", part.ms]));
  assert.deepEqual([20, 20, 60], [spent.tool, spent.llm, spent.nobody]);
});
test("rows know how deep the nearest agent is, where there are several", () => {
  const cols = { ...NOISY.cols, kind: [0, 1, 0, 3, 3, 0, 3] };
  assert.deepEqual([-1, 0, 0, 0, 0, 0, 2], [...model.agentDepths(cols, 0)]);
  assert.equal(0, model.agentDepths(NOISY.cols, 0).length);
});
test("20,000 rows are cut down in a fraction of a second", () => {
  const count = 20000;
  const cols = Object.fromEntries(Object.keys(NOISY.cols).map((name) => [name, new Array(count).fill(0)]));
  Object.assign(cols, { id: cols.id.map((_, i) => String(i)), parent: cols.parent.map((_, i) => i - 1),
    depth: cols.depth.map((_, i) => i), noise: cols.noise.map((_, i) => (i % 100 ? 1 : 0)) });
  const began = performance.now();
  assert.equal(200, agentView.agentSteps({ ...NOISY, cols }).count);
  assert.ok(performance.now() - began < 500);
});
