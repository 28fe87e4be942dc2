// The reading that shows the shape of a run: tree and waterfall, with search, filters and the minimap.

import { timeAxis } from "./axis.js";
import { button, el } from "./dom.js";
import { duration } from "./format.js";
import { idleOffer, idleStretches } from "./idle.js";
import { TREE_HELP, treeKeys } from "./keyboard.js";
import { withLoops } from "./loops.js";
import { brushable, drawMinimap } from "./minimap.js";
import { buildModel, rowsById } from "./model.js";
import { buildToolbar, drawMix, fitMix } from "./toolbar.js";
import { Tree } from "./tree.js";
import { TreeSearch } from "./tree_search.js";
import { CHOICE_HELP, COLUMNS, ViewMenu, choicesAsked } from "./view_menu.js";
import { WHOLE, tooltipText } from "./waterfall.js";

const FEW = 40; // rows: about a screen; loops of a longer run are folded at first

function skeleton() {
  const parts = {
    bar: el("div", "toolbar"), mix: el("div", "mix"), mini: el("canvas", "minimap"), axis: el("div", "axis"),
    rows: el("div", "rows"), offer: el("div", "offer"), tip: el("div", "tip"), empty: el("div", "empty", "No span matches."),
  };
  parts.pad = el("div", "pad", null, parts.rows);
  parts.body = el("div", "body", null, parts.pad, parts.empty);
  const columns = COLUMNS.map((name) => el("div", `number ${name}`, name[0].toUpperCase() + name.slice(1)));
  parts.head = el("div", "head", null, el("div", null, "Span"), ...columns, parts.axis);
  const roles = { bar: "toolbar", mix: "img", body: "treegrid", tip: "tooltip" };
  for (const [name, role] of Object.entries(roles)) parts[name].setAttribute("role", role);
  parts.body.tabIndex = 0;
  parts.body.setAttribute("aria-label", "Spans of the run");
  parts.bar.setAttribute("aria-label", "Filter spans");
  parts.mini.setAttribute("aria-hidden", "true");
  parts.empty.hidden = true;
  return parts;
}

export class TreeReading {
  static HELP = [...TREE_HELP, ["n N", "next, previous step that says what was searched for"], ...CHOICE_HELP];

  constructor(host, context) {
    Object.assign(this, { host, context, parts: skeleton(), loopsSeen: new Set() });
    const { bar, mix, mini, offer, head, body, tip } = this.parts;
    this.said = new TreeSearch({
      fetch: (path) => this.context.fetch(path),
      row: (id) => this.rowOf?.get(id),
      selected: () => this.tree.selected,
      select: (row) => this.tree.select(row),
      marked: () => this.tree.schedule(true),
    });
    host.append(bar, mix, mini, offer, this.said.bar, head, body, tip);
    this.choices = choicesAsked();
    this.menu = new ViewMenu(this.choices, (name) => this.chosen(name));
    this.tree = new Tree(this.parts, this.choices, { select: (row) => this.selected(row), says: (id) => this.said.has(id), zoomed: () => this.drawMinimap() });
    brushable(mini, (zoom) => this.tree.setZoom(zoom));
    this.listenForHover();
    this.showColumns();
  }

  get body() {
    return this.parts.body;
  }

  /** The tree's own model has a row above every loop, so its rows are others than those of the view. */
  setModel(whole) {
    const { tree } = this;
    const { doc, place } = withLoops(whole.doc);
    const model = doc === whole.doc ? whole : buildModel(doc, whole.total);
    const rows = new Int32Array(model.count).fill(-1); // of the view; a loop is its first repeat
    place.forEach((row, own) => { rows[row] = own; });
    for (let i = model.count - 2; i >= 0; i--) if (rows[i] < 0) rows[i] = rows[i + 1];
    Object.assign(this, { whole, model, place, rows, rowOf: rowsById(model) });
    model.idle = idleStretches(model);
    this.layTime();
    tree.setModel(model, this.loopsToFold());
    this.toolbar = buildToolbar(this.parts.bar, model, tree.view, {
      changed: () => tree.refilter(),
      foldAll: (fold) => tree.foldAll(fold),
      focusTree: () => this.body.focus({ preventScroll: true }),
      selectFirstHit: () => tree.selectFirstHit(),
      menu: this.menu.root,
    });
    drawMix(this.parts.mix, model);
    this.said.ask();
    this.drawMinimap();
  }

  get loops() {
    const found = [];
    this.model.cols.loop?.forEach((times, row) => { if (times) found.push(row); });
    return found;
  }

  /** Loops that are new in this version of a long run: nobody has unfolded them. */
  loopsToFold() {
    const { cols, count } = this.model;
    if (count <= FEW || this.choices.openLoops) return [];
    const fresh = this.loops.filter((row) => !this.loopsSeen.has(cols.id[row]));
    for (const row of fresh) this.loopsSeen.add(cols.id[row]);
    return fresh;
  }

  /** Show a row of the view; a selected loop stays selected for its first repeat. */
  show(row) {
    const { tree } = this;
    if (row >= 0 && tree.selected >= 0 && this.rows[tree.selected] === row) return;
    tree.show(row < 0 ? -1 : this.place[row]);
  }

  /** Have a row of the view in sight; the selection stays. */
  see(row) {
    if (row >= 0) this.tree.reveal(this.place[row]);
  }

  /** The run in flight went on until now. */
  tick(ms) {
    this.model.total = Math.max(this.model.total, ms);
    this.layTime();
  }

  selected(row) {
    this.context.select(this.rows[row]);
  }

  /** A choice of the menu was changed. */
  chosen(name) {
    if (name === "compressed") this.tree.zoom = WHOLE; // it was a window of the other axis
    if (name === "compressed") this.layTime();
    if (name === "columns") this.showColumns();
    if (name === "openLoops") this.tree.foldRows(this.loops, !this.choices.openLoops);
    if (name === "openLoops") this.tree.reveal(this.tree.selected);
    this.tree.schedule(true);
  }

  showColumns() {
    for (const column of COLUMNS) this.host.classList.toggle(`no-${column}`, !this.choices.columns.includes(column));
  }

  /** Lay the axis, with idle stretches cut where that was asked for, else with the offer to. */
  layTime() {
    const { model, choices, parts } = this;
    model.axis = timeAxis(model.total, choices.compressed ? model.idle : []);
    const idle = idleOffer(model);
    parts.offer.hidden = !idle;
    if (idle) {
      const share = Math.floor((idle / model.total) * 1000) / 10; // 99.9 is not 100
      const said = `${duration(model.total)}, ${share}% idle` + (choices.compressed ? ", cut short on the axis" : "");
      const word = choices.compressed ? "show at length" : "compress";
      parts.offer.replaceChildren(said, button("more", word, () => this.menu.toggle("compressed")));
    }
    this.drawMinimap();
    this.tree.schedule(true);
  }

  shown() {
    this.resized();
  }

  hidden() {
    this.parts.tip.style.display = "none";
  }

  keys() {
    const found = { n: () => this.said.next(1), N: () => this.said.next(-1) };
    return { ...found, ...this.menu.keys(), ...treeKeys(this.tree, {
      clearFilters: () => this.toolbar?.clear(),
      focusSearch: () => { this.toolbar?.search.focus(); this.toolbar?.search.select(); },
    }) };
  }

  resized() {
    this.drawMinimap();
    fitMix(this.parts.mix);
    this.tree.schedule(true);
  }

  themed() {
    this.drawMinimap();
  }

  drawMinimap() {
    if (this.model) drawMinimap(this.parts.mini, this.model, this.tree.zoom, this.host);
  }

  listenForHover() {
    const { rows, tip } = this.parts;
    rows.addEventListener("mousemove", (event) => {
      const row = event.target.closest(".timeline") ? this.tree.rowAt(event) : -1;
      tip.style.display = row < 0 ? "none" : "block";
      if (row < 0) return;
      tip.textContent = tooltipText(this.model, row);
      const box = this.host.getBoundingClientRect();
      tip.style.left = Math.max(0, Math.min(box.width - tip.offsetWidth - 8, event.clientX - box.left + 12)) + "px";
      tip.style.top = Math.min(box.height - tip.offsetHeight - 8, event.clientY - box.top + 14) + "px";
    });
    rows.addEventListener("mouseleave", () => { tip.style.display = "none"; });
  }

  destroy() {
    cancelAnimationFrame(this.tree.frame);
  }
}
