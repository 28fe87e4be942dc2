// The steps of a run as a graph: who called whom, and what came after what. No DOM here.

import { roleOf } from "./model.js";

const NO_STEPS = new Set(["other", "http", "step", "workflow", "loop"]);
export const MOST_EXPANDED = 300; // beyond it steps in a row that are alike are one node

/** The rows that are steps of the agent, each told once, in the order of their start. */
export function stepRows({ cols, doc, count }) {
  const rows = [];
  for (let i = 0; i < count; i++) {
    const kind = doc.kinds[cols.kind[i]];
    if (NO_STEPS.has(kind) || (kind === "llm" && ["rollup", "duplicate"].includes(roleOf(cols, i)))) continue;
    const parent = cols.parent[i];
    const repeats = kind === "tool" && parent >= 0 && doc.kinds[cols.kind[parent]] === "tool" && sameTool(cols, i, parent);
    if (!repeats) rows.push(i);
  }
  return rows.sort((a, b) => cols.start[a] - cols.start[b] || a - b);
}

const sameTool = (cols, a, b) => (cols.tool?.[a] ?? -1) < 0 || cols.tool[a] === cols.tool?.[b];

/** For every step the nearest step above it, -1 for none: Map(row -> row). */
export function stepsAbove({ cols }, rows) {
  const isStep = new Set(rows);
  const above = new Map();
  for (const row of rows) {
    let parent = cols.parent[row];
    while (parent >= 0 && !isStep.has(parent)) parent = cols.parent[parent];
    above.set(row, parent);
  }
  return above;
}

/** Who led to whom: [[from, to]], from -1 for the run itself.
 *
 * What a step holds begins at the step. There a model leads to the calls that follow it, and these lead to the
 * next model; without a model each step leads to the next. */
export function transitions(model, rows) {
  const { cols, doc } = model;
  const above = stepsAbove(model, rows);
  const inside = new Map();
  for (const row of rows) {
    const holder = above.get(row);
    if (!inside.has(holder)) inside.set(holder, []);
    inside.get(holder).push(row);
  }
  const found = [];
  for (const [holder, children] of inside) {
    let asked = -2; // the last model
    let since = [holder]; // what leads to the next model
    for (const row of children) {
      if (doc.kinds[cols.kind[row]] === "llm") {
        for (const from of since) found.push([from, row]);
        asked = row;
        since = [row];
      } else {
        found.push([asked === -2 ? since[since.length - 1] : asked, row]);
        if (since.length === 1 && (since[0] === asked || asked === -2)) since = [];
        since.push(row);
      }
    }
  }
  return found;
}

/** What a step is in the graph: its kind and the name of its agent, model or tool. */
export function nodeOf({ cols, doc }, row) {
  if (row < 0) return { kind: "run", label: "run", key: "run" };
  const kind = doc.kinds[cols.kind[row]];
  const own = { llm: doc.models?.[cols.model[row]], tool: doc.tools?.[cols.tool?.[row]], agent: doc.agents?.[cols.agent?.[row]] };
  const label = own[kind] ?? doc.names[cols.name[row]] ?? kind;
  return { kind, label, key: kind === "llm" ? `llm/${label}/${agentOf({ cols, doc }, row)}` : `${kind}/${label}` };
}

/** The agent that called a model: two agents' calls of one model are two nodes. */
function agentOf({ cols, doc }, row) {
  for (let at = cols.parent[row]; at >= 0; at = cols.parent[at]) {
    if (doc.kinds[cols.kind[at]] === "agent") return doc.agents?.[cols.agent?.[at]] ?? doc.names[cols.name[at]];
  }
  return "";
}

/** The graph with one node per agent, model and tool: {nodes, edges}; nodes by first start. */
export function aggregated(model) {
  return grouped(model, (row) => nodeOf(model, row).key);
}

/** The graph with a node per step; of more than `most`, steps in a row that are alike are one. */
export function expanded(model, most = MOST_EXPANDED) {
  const rows = stepRows(model);
  if (rows.length <= most) return { ...grouped(model, (row) => `${row}`), isGrouped: false, steps: rows.length };
  const group = new Map();
  let [last, at] = [null, 0];
  for (const row of rows) {
    const { key } = nodeOf(model, row);
    if (key !== last) at++;
    last = key;
    group.set(row, `${at}`);
  }
  return { ...grouped(model, (row) => group.get(row) ?? "run"), isGrouped: true, steps: rows.length };
}

function grouped(model, keyOf) {
  const { cols, costs, tokens } = model;
  const rows = stepRows(model);
  const nodes = new Map();
  const add = (row, key) => {
    if (!nodes.has(key)) {
      const { kind, label } = nodeOf(model, row);
      nodes.set(key, { key, kind, label, rows: [], failed: 0, ms: 0, cost: null, tokens: null, order: nodes.size });
    }
    return nodes.get(key);
  };
  const found = transitions(model, rows);
  if (found.some(([from]) => from < 0) && new Set(found.filter(([from]) => from < 0).map(([, to]) => keyOf(to))).size > 1) add(-1, "run");
  for (const row of rows) {
    const node = add(row, keyOf(row));
    node.rows.push(row);
    if (cols.err[row]) node.failed++;
    node.ms += cols.dur[row] ?? 0;
    if (costs?.[row] != null) node.cost = (node.cost ?? 0) + costs[row];
    if (tokens[row] != null) node.tokens = (node.tokens ?? 0) + tokens[row];
  }
  const edges = new Map();
  for (const [from, to] of found) {
    const [a, b] = [from < 0 ? "run" : keyOf(from), keyOf(to)];
    if (!nodes.has(a) || (a === b && nodes.get(a).rows.length > 1 && nodes.size > MOST_EXPANDED)) continue;
    const key = `${a} ${b}`;
    if (!edges.has(key)) edges.set(key, { from: a, to: b, count: 0, failed: 0 });
    const edge = edges.get(key);
    edge.count++;
    if (cols.err[to]) edge.failed++;
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}
