// Two runs side by side. One instance per element: it loads the comparison and wires the parts.

import { failureNotice, fetchJson, waitBefore } from "./api.js";
import { partOf } from "./difference.js";
import { divergenceOf } from "./divergence.js";
import { button, el } from "./dom.js";
import { totalsOf } from "./figures.js";
import { differencesOf, linesOf, stepTo } from "./model.js";
import { foldOf, rowOf } from "./rows.js";

const AT_ONCE = 600; // lines drawn together; more on request, and whenever a difference among them is asked for

function runLink(run, ending, span) {
  const link = el("a", null, span ? "open the step" : run.run_id.slice(0, 8));
  link.href = `/run?run=${encodeURIComponent(run.run_id)}${span ? `&span=${encodeURIComponent(span)}` : ""}${ending}`;
  return link;
}

/** Which part of a run is compared: all of it, or one of its sub-agents. */
function agentPicker(side, chosen, choose) {
  if (!side.agents.length) return null;
  const picker = el("select");
  picker.setAttribute("aria-label", "Part of the run that is compared");
  for (const [value, label] of [["", "the whole run"], ...side.agents.map((step) => [step.span_id, `${step.agent ?? step.name} (step ${step.step})`])]) {
    const option = el("option", null, label);
    option.value = value;
    option.selected = value === chosen;
    picker.append(option);
  }
  picker.addEventListener("change", () => choose(picker.value));
  return picker;
}

function sideHead(which, side, ending, picker) {
  const { run } = side;
  const facts = [run.status === "error" ? "failed" : run.status, run.pack_name, run.pack_version, (run.models ?? []).join(", "), side.agent && `agent ${side.agent}`];
  const untold = side.without_content ? `${side.without_content} of ${side.steps.length} steps without content` : null;
  const said = el("span", "note", [...facts, untold].filter(Boolean).join(" · "));
  said.dir = "auto";
  const node = el("div", "side-head", null, el("b", null, which), runLink(run, ending), said, picker);
  node.setAttribute("role", "columnheader");
  return node;
}

class Comparison {
  constructor(host, data) {
    Object.assign(this, { host, data, stop: new AbortController(), query: new URLSearchParams(data.query) });
    this.keys = (event) => this.pressed(event);
    document.addEventListener("keydown", this.keys);
    this.load(0);
  }

  async load(attempt) {
    try {
      const { value } = await fetchJson(`${this.data.path}?${this.query}`, this.stop.signal);
      this.draw(value);
    } catch (error) {
      if (error.name === "AbortError") return;
      const again = () => { clearTimeout(this.waiting); this.load(attempt + 1); };
      this.host.replaceChildren(failureNotice(error, again));
      if (error.unanswered) this.waiting = setTimeout(again, waitBefore(attempt));
    }
  }

  draw(compared) {
    Object.assign(this, { compared, drawn: 0, at: null });
    this.lines = linesOf(compared.rows);
    this.differences = differencesOf(compared.rows);
    this.first = compared.divergence?.row ?? -1;
    this.grid = el("div", "grid");
    this.grid.setAttribute("role", "treegrid");
    this.grid.setAttribute("aria-label", "Steps of the two runs");
    this.grid.setAttribute("aria-rowcount", compared.rows.length);
    const middle = el("div", "delta", "right − left");
    middle.setAttribute("role", "columnheader");
    const heads = [["left", "a"], ["right", "b"]].map(([which, side]) => {
      const picker = agentPicker(compared[side], this.query.get(`agent_${side}`), (agent) => this.narrow(`agent_${side}`, agent));
      return sideHead(which, compared[side], this.data.ending, picker);
    });
    const head = el("div", "row head", null, heads[0], middle, heads[1]);
    head.setAttribute("role", "row");
    this.grid.append(head);
    this.grid.addEventListener("click", (event) => this.clicked(event));
    this.more = button("more", "", () => this.drawUntil(this.drawn + AT_ONCE));
    this.place = el("span", "note");
    this.place.setAttribute("aria-live", "polite");
    this.host.replaceChildren(totalsOf(compared.totals), divergenceOf(compared, (row) => this.goTo(row, true)), this.toolbar(), this.grid, this.more);
    this.drawUntil(AT_ONCE);
    this.grid.querySelector(".row:not(.head)")?.setAttribute("tabindex", "0");
    this.told();
    const first = this.first >= 0 && this.nodeOf(this.first);
    if (first) this.toggle(first);
  }

  /** Compare one sub-agent of a side, or with "" the whole run; the address says so too. */
  narrow(name, agent) {
    const address = new URL(window.location.href);
    for (const query of [this.query, address.searchParams]) {
      if (agent) query.set(name, agent);
      else query.delete(name);
    }
    window.history.replaceState(window.history.state, "", address);
    this.load(0);
  }

  toolbar() {
    const previous = button("step", "Previous", () => this.step(-1), "Previous difference (p)");
    const next = button("step", "Next difference", () => this.step(1), "Next difference (n)");
    for (const one of [previous, next]) one.disabled = !this.differences.length;
    return el("div", "toolbar", null, previous, next, this.place, el("span", "note keys", "n and p step through differences, Enter opens a line"));
  }

  told(row = null) {
    const count = this.differences.length;
    const at = this.differences.indexOf(row);
    this.place.textContent = at >= 0 ? `difference ${at + 1} of ${count}` : `${count.toLocaleString("en")} difference${count === 1 ? "" : "s"} in ${this.compared.rows.length.toLocaleString("en")} lines`;
  }

  drawUntil(line) {
    const upto = Math.min(this.lines.length, line);
    for (; this.drawn < upto; this.drawn += 1) {
      const one = this.lines[this.drawn];
      this.grid.append("row" in one ? this.rowNode(one.row) : foldOf(one));
    }
    const left = this.lines.length - this.drawn;
    this.more.hidden = !left;
    this.more.textContent = `Show more: ${left.toLocaleString("en")} lines are not drawn yet`;
  }

  rowNode(row) {
    return rowOf(this.compared.rows[row], row, this.compared, row === this.first);
  }

  nodeOf(row) {
    const line = this.lines.findIndex((one) => one.row === row);
    if (line >= this.drawn) this.drawUntil(line + AT_ONCE);
    return this.grid.querySelector(`[data-row="${row}"]`);
  }

  goTo(row, opened) {
    const node = this.nodeOf(row);
    if (!node) return;
    this.focus(node);
    if (opened && node.getAttribute("aria-expanded") === "false") this.toggle(node);
    node.scrollIntoView({ block: "center" });
    this.told(row);
  }

  focus(node) {
    this.grid.querySelector('.row[tabindex="0"]')?.setAttribute("tabindex", "-1");
    node.tabIndex = 0;
    node.focus({ preventScroll: true });
    this.at = node;
  }

  step(by) {
    const row = stepTo(this.differences, this.at?.dataset.row === undefined ? -1 : Number(this.at.dataset.row), by);
    if (row !== null) this.goTo(row, true);
  }

  clicked(event) {
    if (event.target.closest("a, summary, .opened")) return;
    const node = event.target.closest(".row:not(.head)");
    if (!node || String(window.getSelection()).length) return;
    this.focus(node);
    this.toggle(node);
  }

  pressed(event) {
    const from = event.composedPath()[0];
    if (!this.grid || event.ctrlKey || event.metaKey || event.altKey || from.closest?.("input, textarea, select, [contenteditable]")) return;
    if (event.key === "n" || event.key === "p") this.step(event.key === "n" ? 1 : -1);
    else if (!from.classList?.contains("row") || !this.grid.contains(from)) return;
    else if (event.key === "Enter" || event.key === " ") this.toggle(from);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.moveBy(from, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  moveBy(node, by) {
    const rows = [...this.grid.querySelectorAll(".row:not(.head)")];
    const next = rows[rows.indexOf(node) + by];
    if (!next) return;
    this.focus(next);
    next.scrollIntoView({ block: "nearest" });
  }

  toggle(node) {
    if (node.classList.contains("fold")) {
      const [from, to] = [Number(node.dataset.from), Number(node.dataset.to)];
      const opened = Array.from({ length: to - from }, (_, k) => this.rowNode(from + k));
      node.replaceWith(...opened);
      this.focus(opened[0]);
      return;
    }
    const isOpen = node.getAttribute("aria-expanded") === "true";
    node.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) node.nextElementSibling.remove();
    else this.open(node);
  }

  async open(node) {
    const row = this.compared.rows[Number(node.dataset.row)];
    const sides = { a: this.compared.a.steps[row.a], b: this.compared.b.steps[row.b] };
    const asked = new URLSearchParams(Object.entries(sides).flatMap(([side, step]) => (step ? [[side, step.span_id]] : [])));
    const links = el("div", "links", null, ...["a", "b"].map((side) => el("div", null, null, sides[side] ? runLink(this.compared[side].run, this.data.ending, sides[side].span_id) : null)));
    const body = el("div", "parts", null, el("p", "note", "reading …"));
    const cell = el("div", null, null, links, body);
    cell.setAttribute("role", "gridcell");
    const opened = el("div", "opened", null, cell);
    opened.setAttribute("role", "row");
    opened.setAttribute("aria-label", "What both steps said");
    node.after(opened);
    try {
      const { value } = await fetchJson(`${this.data.path}/steps?${asked}`, this.stop.signal);
      body.replaceChildren(...value.parts.map(partOf));
      if (!value.parts.length) body.replaceChildren(el("p", "note", "No content was recorded for this step."));
    } catch (error) {
      if (error.name !== "AbortError") body.replaceChildren(el("p", "notice failed", error.message));
    }
  }

  leave() {
    clearTimeout(this.waiting);
    this.stop.abort();
    document.removeEventListener("keydown", this.keys);
  }
}

export default function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".compare-root") ?? parentElement;
  const style = el("link");
  style.rel = "stylesheet";
  style.href = new URL("compare.css", import.meta.url).href;
  const host = el("div", "compare", null, el("p", "note", "Comparing …"));
  root.replaceChildren(style, host);
  const comparison = new Comparison(host, data);
  return () => comparison.leave();
}
