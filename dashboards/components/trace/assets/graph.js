// The reading that shows the shape of a run's work: agents, models and tools, and how often each led to which.

import { button, el } from "./dom.js";
import { duration, money, plural, tokens } from "./format.js";
import { aggregated, expanded } from "./graph_model.js";
import { NODE, inOrder, layered, nextNode } from "./graph_layout.js";
import { colorOf, glyphOf, kindWord } from "./kinds.js";

const SVG = "http://www.w3.org/2000/svg";
const HEATS = { time: (node) => node.ms, cost: (node) => node.cost, tokens: (node) => node.tokens };
const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const LETTERS = 17; // of a name in a node
const DRAWN = 600; // nodes at most

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const cut = (text) => (text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text);

export class GraphReading {
  static HELP = [["↑ ↓ ← →", "to the node that lies there"], ["Space", "its next step"], ["x", "every step, or one node per agent, model and tool"], ["h", "heat: time, cost, tokens"]];

  constructor(host, context) {
    Object.assign(this, { host, context, model: null, row: -1, heat: "time", isExpanded: false, current: null });
    this.modes = ["summed up", "every step"].map((word, k) => button("", word, () => this.expand(Boolean(k))));
    this.heats = Object.keys(HEATS).map((name) => button("", name, () => this.heatBy(name)));
    this.said = el("span", "count");
    this.said.setAttribute("role", "status");
    const bar = el("div", "toolbar", null, ...this.modes, el("span", "count heat-word", "heat:"), ...this.heats, this.said);
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Graph");
    this.notice = el("div", "graph-notice");
    this.body = el("div", "graph");
    this.body.tabIndex = 0;
    this.body.setAttribute("role", "group");
    this.body.setAttribute("aria-label", "Graph of the run: arrow keys move between nodes, the table below says the same");
    this.body.addEventListener("click", (event) => this.clicked(event));
    host.append(bar, this.notice, this.body);
  }

  setModel(model) {
    this.model = model;
    this.graph = null;
    this.newest = -1;
    this.draw();
  }

  expand(isExpanded) {
    this.isExpanded = isExpanded;
    this.graph = null;
    this.draw();
    this.body.focus({ preventScroll: true });
  }

  heatBy(name) {
    this.heat = name;
    this.draw();
    this.body.focus({ preventScroll: true });
  }

  draw() {
    if (!this.model) return;
    this.modes.forEach((mode, k) => mode.setAttribute("aria-pressed", this.isExpanded === Boolean(k)));
    this.heats.forEach((heat) => heat.setAttribute("aria-pressed", heat.textContent === this.heat));
    this.graph ??= this.isExpanded ? expanded(this.model) : aggregated(this.model);
    const graph = this.withinReason(this.graph);
    const { cols, agentDepth } = this.model;
    const lane = (node) => (node.rows.length ? Math.min(6, cols.depth[node.rows[0]] && (agentDepth[node.rows[0]] ?? 0) > 0 ? agentDepth[node.rows[0]] : 0) : 0);
    this.laid = this.isExpanded ? inOrder(graph, lane) : layered(graph, Math.max(260, this.body.clientWidth - 4));
    const { width, height, nodes, edges } = this.laid;
    const most = Math.max(...nodes.filter((node) => node.kind !== "agent").map((node) => HEATS[this.heat](node) ?? 0), 0);
    const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, class: "graph-picture" }, this.arrows());
    picture.append(...edges.flatMap((edge) => this.edge(edge)), ...nodes.map((node) => this.node(node, most)));
    this.body.replaceChildren(nodes.length ? picture : el("div", "empty", "No step of an agent, model or tool."), nodes.length ? this.table(nodes, edges) : "");
    this.mark();
  }

  /** Say what is drawn as one, and leave out what no screen holds. */
  withinReason(graph) {
    const notes = [];
    if (graph.isGrouped) notes.push(`${graph.steps.toLocaleString("en")} steps: those in a row that are alike are one node.`);
    const nodes = graph.nodes.slice(0, DRAWN);
    if (nodes.length < graph.nodes.length) notes.push(`The first ${DRAWN} of ${graph.nodes.length.toLocaleString("en")} nodes are drawn; the tree has all steps.`);
    this.notice.replaceChildren(...notes.map((note) => el("div", "notice", note)));
    const kept = new Set(nodes.map((node) => node.key));
    return { nodes, edges: graph.edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to)) };
  }

  arrows() {
    const head = (id, className) => svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
      svg("path", { d: "M0 0L8 4L0 8z", class: className }));
    return svg("defs", {}, head("arrow", "arrow-head"), head("arrow-failed", "arrow-head failed"));
  }

  edge(edge) {
    const className = `edge${edge.isBack ? " back" : ""}${edge.failed ? " failed" : ""}`;
    const line = svg("path", { d: edge.d, class: className, "marker-end": `url(#${edge.failed ? "arrow-failed" : "arrow"})`, "stroke-width": 1 + Math.min(3, Math.log2(edge.count) / 2) });
    if (edge.count < 2 && !edge.isBack) return [line];
    const label = svg("text", { x: edge.labelX, y: edge.labelY, class: "edge-count" });
    label.textContent = edge.count > 1 || !this.isExpanded ? `×${edge.count}` : "";
    return [line, label];
  }

  node(node, most) {
    const { width, height } = NODE;
    const group = svg("g", { transform: `translate(${node.x} ${node.y})`, class: `node${node.failed ? " failed" : ""}`, tabindex: "-1", role: "button", "aria-label": this.words(node) });
    group.dataset.key = node.key;
    const share = node.kind === "agent" || !most ? 0 : (HEATS[this.heat](node) ?? 0) / most;
    const heat = svg("rect", { x: 1, y: height - 5, width: Math.max(0, (width - 2) * share), height: 4, rx: 2, class: "heat" });
    const glyph = svg("rect", { x: 8, y: 9, width: 16, height: 16, rx: 4 });
    glyph.style.fill = node.kind === "run" ? "var(--container)" : colorOf(node.kind);
    const letter = svg("text", { x: 16, y: 20.5, class: "node-glyph" });
    letter.textContent = node.kind === "run" ? "R" : glyphOf(node.kind);
    const name = svg("text", { x: 30, y: 21, class: "node-name" });
    name.textContent = cut(node.label);
    const facts = svg("text", { x: 30, y: 36, class: "node-facts" });
    facts.textContent = this.facts(node);
    const title = svg("title", {});
    title.textContent = this.words(node);
    group.append(title, svg("rect", { width, height, rx: 8, class: "node-box" }), heat, glyph, letter, name, facts);
    if (node.failed) {
      const failed = svg("text", { x: width - 8, y: 36, class: "node-failed" });
      failed.textContent = `⚠ ${node.failed}`;
      group.append(failed);
    }
    return group;
  }

  facts(node) {
    const figure = { time: node.ms > 0 ? duration(node.ms) : "", cost: node.cost == null ? "" : money(node.cost), tokens: node.tokens == null ? "" : tokens(node.tokens) }[this.heat];
    return [node.rows.length > 1 ? `×${node.rows.length}` : "", figure].filter(Boolean).join(" · ");
  }

  words(node) {
    const said = [`${kindWord(node.kind)} ${node.label}`, plural(node.rows.length, "step")];
    if (node.failed) said.push(`${node.failed} failed`);
    if (node.ms > 0) said.push(duration(node.ms));
    if (node.cost != null) said.push(money(node.cost));
    if (node.tokens != null) said.push(`${tokens(node.tokens)} tokens`);
    return said.join(", ").slice(0, 400);
  }

  /** The same in words and numbers. */
  table(nodes, edges) {
    const label = new Map(nodes.map((node) => [node.key, node.label]));
    const leads = (key) => edges.filter((edge) => edge.from === key).map((edge) => `${label.get(edge.to).slice(0, 80)} ×${edge.count}${edge.failed ? ` (${edge.failed} failed)` : ""}`).join(", ");
    const row = (tag, cells) => el("tr", null, null, ...cells.map((cell) => el(tag, null, cell)));
    const body = nodes.map((node) => row("td", [
      kindWord(node.kind), node.label.slice(0, 200), String(node.rows.length), String(node.failed), node.ms > 0 ? duration(node.ms) : "–",
      node.cost == null ? "–" : money(node.cost), node.tokens == null ? "–" : tokens(node.tokens), leads(node.key) || "–",
    ]));
    const head = el("thead", null, null, row("th", ["Kind", "Name", "Steps", "Failed", "Time", "Cost", "Tokens", "Leads to"]));
    const table = el("table", "graph-table", null, el("caption", null, "The graph as a table; an agent's figures hold those of what it called"), head, el("tbody", null, null, ...body));
    return el("details", "graph-twin", null, el("summary", null, "As a table"), table);
  }

  show(row) {
    this.row = row;
    this.mark();
  }

  /** Have the node of a step of a run in flight in sight; the selection stays. */
  see(row) {
    this.newest = row;
    this.mark();
    this.body.querySelector(".node.newest")?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  /** Mark the node of the selected step, and say which of its steps it is. */
  mark() {
    if (!this.laid) return;
    const found = this.laid.nodes.find((node) => node.rows.includes(this.row));
    const newest = this.newest >= 0 ? this.laid.nodes.find((node) => node.rows.includes(this.newest)) : null;
    for (const group of this.body.querySelectorAll(".node")) {
      const isCurrent = group.dataset.key === found?.key;
      group.classList.toggle("selected", isCurrent);
      group.setAttribute("aria-pressed", isCurrent);
      group.classList.toggle("newest", group.dataset.key === newest?.key);
      if (isCurrent) this.currentGroup = group;
    }
    this.current = found ?? this.current;
    this.said.textContent = found && found.rows.length > 1 ? `step ${found.rows.indexOf(this.row) + 1} of ${found.rows.length}` : "";
    if (found) this.currentGroup?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  /** Select a step of a node: the next one where one of its steps is selected, else the first that failed, else the first. */
  choose(node) {
    if (!node?.rows.length) return;
    const at = node.rows.indexOf(this.row);
    const failed = node.rows.find((row) => this.model.cols.err[row]);
    const row = at >= 0 ? node.rows[(at + 1) % node.rows.length] : (failed ?? node.rows[0]);
    this.row = row;
    this.context.select(row);
    this.mark();
    if (this.body.contains(this.host.getRootNode().activeElement)) this.currentGroup?.focus({ preventScroll: true });
  }

  clicked(event) {
    const group = event.target.closest?.(".node");
    if (group) this.choose(this.laid.nodes.find((node) => node.key === group.dataset.key));
  }

  move(direction) {
    const nodes = this.laid?.nodes.filter((node) => node.rows.length) ?? [];
    const from = nodes.find((node) => node.key === this.current?.key);
    this.choose(from ? nextNode(nodes, from, direction) : nodes[0]);
  }

  keys() {
    const moves = Object.fromEntries(Object.entries(DIRECTIONS).map(([key, direction]) => [key, () => this.move(direction)]));
    const names = Object.keys(HEATS);
    const again = () => this.choose(this.laid?.nodes.find((node) => node.key === this.current?.key));
    return {
      ...moves, " ": again, x: () => this.expand(!this.isExpanded), h: () => this.heatBy(names[(names.indexOf(this.heat) + 1) % names.length]),
      Home: () => this.choose(this.laid?.nodes.find((node) => node.rows.length)), End: () => this.choose(this.laid?.nodes.at(-1)),
    };
  }

  shown() {
    this.resized();
  }

  hidden() {}

  resized() {
    if (this.width === this.body.clientWidth) return;
    this.width = this.body.clientWidth;
    this.draw();
  }

  destroy() {}
}
