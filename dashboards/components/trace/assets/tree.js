// The treegrid: a pool of rows that follows the scroll position, whatever the number of spans.

import { el } from "./dom.js";
import { plural } from "./format.js";
import { colorOf, glyphOf, kindWord } from "./kinds.js";
import { approvalOf, errorsBelow, isMoment, matches, positionOf, rowsById, siblingsOf, spansBelow, visibleRows } from "./model.js";
import { noteMark } from "./noted.js";
import { costCell, durationCell, tokensCell } from "./tree_cells.js";
import { WHOLE, barCell, drawAxis, paintBar, panBy, zoomBy, zoomToRow } from "./waterfall.js";

const ROW = 24;
const OVERSCAN = 6;
const INDENT = 14;
const DEEPEST = 14; // levels drawn by indenting; deeper ones say their level, so that names keep their room

/** The model or tool of a leaf whose name does not say it; what an approval is about is the tool. */
function whatRan({ cols, doc }, row, kind) {
  const model = kind === "approval" ? null : doc.models[cols.model[row]];
  const word = model ?? doc.tools?.[cols.tool?.[row]] ?? "";
  return doc.names[cols.name[row]].includes(word) ? "" : word.slice(0, 60);
}

/** The agent of an agent's row whose name does not say it. */
function whoRan({ cols, doc }, row, kind) {
  const name = kind === "agent" || kind === "workflow" ? (doc.agents?.[cols.agent?.[row]] ?? "") : "";
  return doc.names[cols.name[row]].includes(name) ? "" : name.slice(0, 60);
}

/** The mark of a row that hands the work over; the word only where its name does not say it. */
const handoffMark = ({ cols, doc }, row) => (/hand[-_ ]?off/i.test(doc.names[cols.name[row]]) ? "↪" : "↪ handoff");

function noteOn(cols, row) {
  const notes = [noteMark(cols.id[row])].filter(Boolean);
  if (cols.depth[row] > DEEPEST) notes.push(`level ${cols.depth[row] + 1}`);
  if (cols.orphan?.[row]) notes.push("parent missing");
  if (cols.dur[row] == null && !isMoment(cols, row)) notes.push("no end");
  return notes.join(", ");
}

/** The row's own failure; of a folded row also how many began below it. */
function errorWord(model, row, folded) {
  const own = ["", "⚠ error", "⚠ failed"][model.cols.err[row]] ?? "";
  const inside = folded ? errorsBelow(model, row) : 0;
  return [own, inside ? `⚠ ${plural(inside, "error")} inside` : ""].filter(Boolean).join(" ");
}

export class Tree {
  /** `parts`: body, pad, rows, axis elements; `choices`: see view_menu.js; `on`: select(row), zoomed() callbacks. */
  constructor(parts, choices, on) {
    Object.assign(this, parts, { choices, on });
    this.pool = [];
    this.visible = [];
    this.selected = -1;
    this.zoom = WHOLE;
    this.view = { query: "", kinds: new Set(), onlyErrors: false, folded: new Set() };
    this.body.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.rows.addEventListener("click", (event) => this.clicked(event));
    this.rows.addEventListener("dblclick", (event) => {
      const row = this.rowAt(event);
      if (row >= 0) this.setZoom(zoomToRow(this.model, row));
    });
    this.body.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
  }

  /** Show a model; what was folded, selected and seen in an earlier version of it stays. `fold`: rows folded at first. */
  setModel(model, fold = []) {
    const earlier = this.model;
    const rowOf = rowsById(model);
    const top = earlier && this.visible.length ? this.topRow() : null;
    if (earlier) {
      const moved = (row) => rowOf.get(earlier.cols.id[row]);
      const folded = [...this.view.folded].map(moved).filter((row) => row != null);
      this.view.folded = new Set(folded);
      this.selected = this.selected < 0 ? -1 : (moved(this.selected) ?? -1);
    }
    for (const row of fold) this.view.folded.add(row);
    if (!earlier || earlier.doc.kinds.length !== model.doc.kinds.length) this.view.kinds = new Set(model.doc.kinds.keys());
    this.model = model;
    this.refilter();
    const at = top ? positionOf(this.visible, rowOf.get(top.id) ?? -1) : -1;
    if (at >= 0) this.body.scrollTop = at * ROW + top.cut;
  }

  /** The first row in sight, and how much of it is cut off. */
  topRow() {
    const at = Math.min(this.visible.length - 1, Math.floor(this.body.scrollTop / ROW));
    return { id: this.model.cols.id[this.visible[at]], cut: this.body.scrollTop - at * ROW };
  }

  refilter() {
    this.visible = visibleRows(this.model, this.view);
    this.pad.style.height = this.visible.length * ROW + "px";
    this.body.setAttribute("aria-rowcount", this.visible.length);
    this.empty.hidden = this.visible.length > 0;
    this.schedule(true);
  }

  /** Fold or unfold some rows at once. */
  foldRows(rows, fold) {
    for (const row of rows) {
      if (fold) this.view.folded.add(row);
      else this.view.folded.delete(row);
    }
    this.refilter();
  }

  foldAll(fold) {
    this.view.folded.clear();
    const { cols, children, count } = this.model;
    for (let i = 0; fold && i < count; i++) if (children[i] && cols.depth[i] > 0) this.view.folded.add(i);
    this.refilter();
  }

  fold(row, fold) {
    if (!this.model.children[row]) return;
    if (fold) this.view.folded.add(row);
    else this.view.folded.delete(row);
    this.refilter();
  }

  /** Mark a row that was selected elsewhere, and have it seen. */
  show(row) {
    if (row === this.selected && positionOf(this.visible, row) >= 0) return;
    this.selected = row;
    if (row >= 0) this.reveal(row);
    this.schedule(true);
  }

  select(row) {
    if (row < 0 || row >= this.model.count) return;
    this.show(row);
    this.reveal(row);
    this.on.select(row);
  }

  /** Select the visible row `steps` away from the selected one. */
  move(steps) {
    const last = this.visible.length - 1;
    if (last < 0) return;
    let from = this.selected; // where it is hidden: what it is folded into
    while (from >= 0 && positionOf(this.visible, from) < 0) from = this.model.cols.parent[from];
    const at = positionOf(this.visible, from);
    const target = at < 0 ? 0 : at + steps;
    this.select(this.visible[Math.max(0, Math.min(last, target))]);
  }

  selectFirstHit() {
    const row = this.visible.find((i) => matches(this.model, i, this.view.query));
    if (row != null) this.select(row);
  }

  /** Unfold and scroll so that a row is seen: to the middle where it was more than a row away. */
  reveal(row) {
    const { cols } = this.model;
    let unfolded = false;
    for (let parent = cols.parent[row]; parent >= 0; parent = cols.parent[parent]) {
      if (this.view.folded.delete(parent)) unfolded = true;
    }
    if (unfolded) this.refilter();
    const at = positionOf(this.visible, row);
    if (at < 0) return;
    const { scrollTop, clientHeight } = this.body;
    const above = scrollTop - at * ROW;
    const below = (at + 1) * ROW - scrollTop - clientHeight;
    if (above > ROW || below > ROW) this.body.scrollTop = at * ROW - clientHeight / 2;
    else if (above > 0) this.body.scrollTop = at * ROW - ROW;
    else if (below > 0) this.body.scrollTop = (at + 2) * ROW - clientHeight;
  }

  get pageRows() {
    return Math.max(1, Math.floor(this.body.clientHeight / ROW) - 1);
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.on.zoomed();
    this.schedule(true);
  }

  rowAt(event) {
    const row = event.target.closest?.(".row");
    return row ? +row.dataset.row : -1;
  }

  clicked(event) {
    const row = this.rowAt(event);
    if (row < 0) return;
    if (event.target.classList.contains("caret")) this.fold(row, !this.view.folded.has(row));
    else this.select(row);
    this.body.focus({ preventScroll: true });
  }

  wheeled(event) {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!(event.ctrlKey || event.altKey || sideways) || !this.model) return;
    event.preventDefault();
    const box = this.axis.getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    if (sideways) this.setZoom(panBy(this.zoom, (event.deltaX || event.deltaY) / box.width));
    else this.setZoom(zoomBy(this.zoom, Math.exp(event.deltaY * 0.0015), at));
  }

  schedule(everything) {
    if (everything) this.dirty = true;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    if (!this.model) return;
    const { scrollTop, clientHeight } = this.body;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - OVERSCAN);
    const stop = Math.min(this.visible.length, Math.ceil((scrollTop + clientHeight) / ROW) + OVERSCAN);
    if (!this.dirty && first === this.first && stop === this.stop) return;
    while (this.pool.length < stop - first) this.pool.push(this.createRow(this.pool.length));
    this.turn(first - (this.first ?? first));
    this.rows.style.transform = `translateY(${first * ROW}px)`;
    let active = null;
    this.pool.forEach((slot, k) => {
      const at = first + k < stop ? first + k : -1;
      if (slot.at === at && !this.dirty) active = this.visible[at] === this.selected && at >= 0 ? slot.node : active;
      else if (this.draw(slot, at)) active = slot.node;
    });
    if (active) this.body.setAttribute("aria-activedescendant", active.id);
    else this.body.removeAttribute("aria-activedescendant");
    if (this.dirty) {
      this.head.style.paddingRight = this.body.offsetWidth - this.body.clientWidth + "px";
      drawAxis(this.axis, this.model, this.zoom, this.choices.clock);
    }
    Object.assign(this, { first, stop, dirty: false });
  }

  /** Let rows that left the window at one end enter it at the other: those that stay are not drawn again. */
  turn(places) {
    const { pool, rows } = this;
    if (!places || Math.abs(places) >= pool.length) return;
    const moved = places > 0 ? pool.splice(0, places) : pool.splice(places);
    pool[places > 0 ? "push" : "unshift"](...moved);
    rows[places > 0 ? "append" : "prepend"](...moved.map(({ node }) => node));
  }

  /** Draw the visible row at a place, none at -1; return whether it is the selected one. */
  draw(slot, at) {
    slot.at = at;
    slot.node.style.display = at < 0 ? "none" : "";
    if (at < 0) slot.node.removeAttribute("aria-selected");
    else this.paintRow(slot, this.visible[at], at);
    return at >= 0 && this.visible[at] === this.selected;
  }

  createRow(k) {
    const node = el("div", "row");
    node.id = `row-${k}`;
    node.setAttribute("role", "row");
    const name = el("div", "name");
    const part = (className) => name.appendChild(el("span", className));
    const slot = {
      node, indent: part("indent"), caret: part("caret"), glyph: part("glyph"), loop: part("loop-mark"), label: part("label"),
      log: part("log-mark"), handoff: part("handoff-mark"), agent: part("agent-name"), count: part("descendants"),
      approval: part("approval"), error: part("error-word"), note: part("note"), rail: el("i", "rail"),
      tokens: el("div", "number tokens"), cost: el("div", "number cost"), duration: el("div", "number duration"), time: barCell(),
    };
    slot.indent.append(slot.rail);
    slot.log.title = "Made from a log record: no span was sent for this step";
    slot.approval.title = "Decision · who or what decided";
    node.append(name, slot.tokens, slot.cost, slot.duration, slot.time.cell);
    for (const cell of node.children) cell.setAttribute("role", "gridcell");
    this.rows.append(node);
    return slot;
  }

  paintRow(slot, row, at) {
    const { cols, doc, children } = this.model;
    const kind = doc.kinds[cols.kind[row]];
    const folded = this.view.folded.has(row);
    const { node } = slot;
    node.dataset.row = row;
    node.setAttribute("aria-rowindex", at + 1);
    node.setAttribute("aria-level", cols.depth[row] + 1);
    node.setAttribute("aria-posinset", this.model.place[row]);
    node.setAttribute("aria-setsize", siblingsOf(this.model, row));
    node.setAttribute("aria-selected", row === this.selected);
    if (children[row]) node.setAttribute("aria-expanded", !folded);
    else node.removeAttribute("aria-expanded");
    node.classList.toggle("hit", matches(this.model, row, this.view.query) || this.on.says(cols.id[row]));
    slot.indent.style.width = Math.min(cols.depth[row], DEEPEST) * INDENT + "px";
    const agentDepth = this.model.agentDepth[row] ?? -1;
    slot.rail.style.display = agentDepth < 0 || agentDepth > DEEPEST ? "none" : "";
    slot.rail.style.left = agentDepth * INDENT + 12 + "px";
    node.classList.toggle("of-agent", kind === "agent");
    node.classList.toggle("of-handoff", kind === "handoff");
    slot.log.textContent = cols.log?.[row] ? "log" : "";
    slot.handoff.textContent = kind === "handoff" ? handoffMark(this.model, row) : "";
    slot.agent.textContent = whoRan(this.model, row, kind);
    slot.approval.textContent = approvalOf(this.model, row);
    slot.caret.textContent = children[row] ? (folded ? "▶" : "▼") : "";
    slot.glyph.textContent = glyphOf(kind);
    slot.glyph.title = kindWord(kind);
    slot.glyph.style.backgroundColor = colorOf(kind);
    slot.label.textContent = doc.names[cols.name[row]].slice(0, 300) || "(no name)";
    const below = children[row] ? `· ${spansBelow(this.model, row)}` : "";
    slot.count.textContent = [whatRan(this.model, row, kind), below].filter(Boolean).join(" ");
    slot.loop.textContent = cols.loop?.[row] ? `×${cols.loop[row]}` : "";
    slot.error.textContent = errorWord(this.model, row, folded);
    slot.note.textContent = noteOn(cols, row);
    tokensCell(slot.tokens, this.model, row);
    costCell(slot.cost, this.model, row);
    durationCell(slot.duration, this.model, row);
    node.classList.toggle("off-path", this.choices.path && !this.model.onPath[row]);
    paintBar(slot.time, this.model, row, this.zoom, this.choices.path);
  }
}
