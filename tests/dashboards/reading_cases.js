// The transcript's folds, heights and mentions, and the graph's nodes, loops and layers. Run in a browser by test_component_modules.py.

import { assert, test } from "./cases.js";

import * as layout from "./graph_layout.js";
import * as graph from "./graph_model.js";
import { buildModel } from "./model.js";
import * as loops from "./transcript_loops.js";
import * as transcript from "./transcript_model.js";
import { placeAt, topsOf, windowOf } from "./virtual_list.js";

// user, call(result), call(thread(text), result), text
const DOC = {
  count: 8, whats: ["user", "call", "result", "thread", "text"], names: ["look"], head: 2000,
  steps: { id: ["m", "t", "u", "a"], agent: [null, null, null, "helper"] },
  cols: {
    what: [0, 1, 2, 1, 3, 4, 2, 4], step: [0, 1, 1, 2, 3, 3, 2, 0], depth: [0, 0, 1, 0, 1, 2, 1, 0], by: [-1, 0, -1, 0, -1, -1, -1, -1],
    size: [5, 5, 900, 5, 0, 9, null, 5], lines: [1, 1, 40, 1, 1, 1, 1, 1], name: [-1, 0, 0, 0, -1, -1, 0, -1], failed: [0, 0, 0, 0, 0, 0, 0, 0], number: [0, 0, 0, 0, 1, 0, 0, 0],
  },
};
const talk = transcript.buildTranscript(DOC);

test("answers and threads are folded at first, a call that holds a thread is not", () => {
  const folded = transcript.foldedAtFirst(talk);
  assert.deepEqual([0, 1, 3, 4, 6, 7], transcript.shownEntries(talk, folded));
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7], transcript.shownEntries(talk, new Set()));
});
test("a run that went on is told from one that is another", () => {
  const cols = Object.fromEntries(Object.entries(DOC.cols).map(([name, values]) => [name, [...values, values[7]]]));
  const longer = transcript.buildTranscript({ ...DOC, count: 9, cols });
  assert.deepEqual([true, false], [transcript.growsFrom(talk, longer), transcript.growsFrom(longer, talk)]);
});
test("an entry knows its answer, what is above it and what is below", () => {
  assert.deepEqual([2, 6, -1], [1, 3, 0].map((i) => transcript.answerOf(talk, i)));
  assert.deepEqual([4, 3], transcript.entriesAbove(talk, 5));
  assert.deepEqual({ steps: 2, calls: 0, failed: 0 }, transcript.sumBelow(talk, 3));
});
test("a step that only asks for calls is read at the first of them", () => {
  const calling = transcript.buildTranscript({ ...DOC, cols: { ...DOC.cols, step: [3, 1, 1, 2, 3, 3, 2, 3] } });
  assert.deepEqual(1, transcript.entryOfStep(calling).get("m"));
});
test("closed texts end after some lines or characters", () => {
  assert.deepEqual("a\nb", transcript.closedText("result", "a\nb\nc"));
  assert.deepEqual(160, transcript.closedText("call", "x".repeat(500)).length);
});
test("mentions are found whatever their case", () => {
  assert.deepEqual(["an ", "Egg", " and an ", "egg", ""], transcript.mentionsIn("an Egg and an egg", "egg"));
  assert.deepEqual(["no egg"], transcript.mentionsIn("no egg", ""));
});
test("calls in a row fold behind the first, words and threads never do", () => {
  const row = (what, depth, name, failed = 0) => ({ what, depth, name, failed });
  const calls = [0, 1, 2].flatMap((k) => [row(1, 0, 0, k === 2 ? 1 : 0), row(2, 1, 0)]);
  const rows = [row(0, 0, -1), ...calls, row(4, 0, -1), row(1, 0, 0), row(4, 0, -1), row(1, 0, 0), row(4, 0, -1), row(1, 0, 0)];
  const column = (name) => rows.map((one) => one[name]);
  const zeros = rows.map(() => 0);
  const cols = { what: column("what"), depth: column("depth"), name: column("name"), failed: column("failed"), step: zeros, by: zeros, size: zeros, lines: zeros, number: zeros };
  const looped = transcript.buildTranscript({ ...DOC, count: rows.length, cols });
  assert.deepEqual([[1, { hidden: 3, end: 7, times: 3, names: ["look"], failed: 1 }]], [...looped.loops]);
  const folded = new Set([loops.loopKey(looped, 1)]);
  assert.deepEqual([0, 1, 2, 7, 8, 9, 10, 11, 12], transcript.shownEntries(looped, folded));
  assert.deepEqual([[1], [], []], [6, 2, 7].map((i) => loops.loopsHiding(looped, i, folded)));
  assert.deepEqual([], loops.loopsAtFirst(looped)); // it is short: all of it is shown
});
test("places of varying heights are found by bisection", () => {
  const tops = topsOf([10, 50, 20, 20]);
  assert.deepEqual([0, 1, 1, 3, 3], [0, 10, 59, 85, 500].map((y) => placeAt(tops, y)));
  assert.deepEqual({ first: 1, stop: 3 }, windowOf(tops, 30, 31, 0));
});

// agent > model, tool, tool, model, tool(failed), model
const KINDS = ["agent", "llm", "tool"];
const kind = [0, 1, 2, 2, 1, 2, 1];
const RUN = {
  kinds: KINDS, names: ["run", "chat", "call"], models: ["gpt"], tools: ["find", "send"], agents: ["helper"], total_ms: 70,
  cols: {
    id: kind.map((_, i) => `s${i}`), parent: kind.map((_, i) => (i ? 0 : -1)), depth: kind.map((_, i) => (i ? 1 : 0)), name: kind, kind,
    model: kind.map((k) => (k === 1 ? 0 : -1)), tool: [-1, -1, 0, 0, -1, 1, -1], agent: kind.map((k) => (k ? -1 : 0)), start: kind.map((_, i) => i * 10),
    dur: kind.map((k) => (k ? 5 : 70)), err: [0, 0, 0, 0, 0, 1, 0], tin: kind.map(() => null), tout: kind.map(() => null),
    ttft: kind.map(() => null), role: kind.map((k) => (k === 1 ? "leaf" : "none")), orphan: kind.map(() => 0),
  },
};
const run = buildModel(RUN);
const edge = (from, to, count, failed = 0) => ({ from, to, count, failed });

test("a graph has a node per agent, model and tool, and counts loops", () => {
  const { nodes, edges } = graph.aggregated(run);
  assert.deepEqual([["agent", "helper", 1, 0], ["llm", "gpt", 3, 0], ["tool", "find", 2, 0], ["tool", "send", 1, 1]],
    nodes.map((node) => [node.kind, node.label, node.rows.length, node.failed]));
  const [agent, model, find, send] = nodes.map((node) => node.key);
  const sorted = (list) => list.map((one) => JSON.stringify(one)).sort();
  assert.deepEqual(sorted([edge(agent, model, 1), edge(model, find, 2), edge(find, model, 2), edge(model, send, 1, 1), edge(send, model, 1)]), sorted(edges));
});
test("layers go down; loops back do not count", () => {
  const { nodes, edges } = graph.aggregated(run);
  assert.deepEqual([0, 1, 2, 2], [...layout.layersOf(nodes, edges).values()]);
});
test("a layout puts every node in a place of its own, inside the picture", () => {
  for (const width of [300, 1200]) {
    const laid = layout.layered(graph.aggregated(run), width);
    assert.deepEqual(4, new Set(laid.nodes.map(({ x, y }) => `${x} ${y}`)).size);
    assert.deepEqual(true, laid.nodes.every(({ x, y }) => x >= 0 && y >= 0 && x + layout.NODE.width <= laid.width && y + layout.NODE.height <= laid.height));
    assert.deepEqual(2, laid.edges.filter((one) => one.isBack).length);
  }
});
test("expanded, every step is a node; too many are grouped where they repeat", () => {
  assert.deepEqual([7, false], [graph.expanded(run).nodes.length, graph.expanded(run).isGrouped]);
  const few = graph.expanded(run, 5);
  assert.deepEqual([6, true, [1, 1, 2, 1, 1, 1]], [few.nodes.length, few.isGrouped, few.nodes.map((node) => node.rows.length)]);
});
test("arrow keys go to the node that lies there", () => {
  const nodes = [{ key: "a", x: 0, y: 0 }, { key: "b", x: 10, y: 100 }, { key: "c", x: 200, y: 100 }];
  assert.deepEqual(["b", "c", null], [[nodes[0], [0, 1]], [nodes[1], [1, 0]], [nodes[0], [0, -1]]].map(([from, way]) => layout.nextNode(nodes, from, way)?.key ?? null));
});
