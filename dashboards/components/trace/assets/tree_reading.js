// The reading that shows the shape of a run: tree and waterfall, with search, filters and the minimap.

import { el } from "./dom.js";
import { TREE_HELP, treeKeys } from "./keyboard.js";
import { brushable, drawMinimap } from "./minimap.js";
import { buildToolbar, drawMix, fitMix } from "./toolbar.js";
import { Tree } from "./tree.js";
import { tooltipText } from "./waterfall.js";

function skeleton() {
  const parts = {
    bar: el("div", "toolbar"), mix: el("div", "mix"), mini: el("canvas", "minimap"), axis: el("div", "axis"),
    rows: el("div", "rows"), tip: el("div", "tip"), empty: el("div", "empty", "No span matches."),
  };
  parts.pad = el("div", "pad", null, parts.rows);
  parts.body = el("div", "body", null, parts.pad, parts.empty);
  parts.head = el("div", "head", null, el("div", null, "Span"), el("div", "number tokens", "Tokens"), el("div", "number", "Duration"), parts.axis);
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
  static HELP = TREE_HELP;

  constructor(host, context) {
    this.context = context;
    this.parts = skeleton();
    const { bar, mix, mini, head, body, tip } = this.parts;
    host.append(bar, mix, mini, head, body, tip);
    this.host = host;
    this.tree = new Tree(this.parts, { select: (row) => context.select(row), zoomed: () => this.drawMinimap() });
    brushable(mini, (zoom) => this.tree.setZoom(zoom));
    this.listenForHover();
  }

  get body() {
    return this.parts.body;
  }

  setModel(model) {
    const { tree } = this;
    this.model = model;
    tree.setModel(model);
    this.toolbar = buildToolbar(this.parts.bar, model, tree.view, {
      changed: () => tree.refilter(),
      foldAll: (fold) => tree.foldAll(fold),
      focusTree: () => this.body.focus({ preventScroll: true }),
      selectFirstHit: () => tree.selectFirstHit(),
    });
    drawMix(this.parts.mix, model);
    this.drawMinimap();
  }

  show(row) {
    this.tree.show(row);
  }

  shown() {
    this.resized();
  }

  hidden() {
    this.parts.tip.style.display = "none";
  }

  keys() {
    return treeKeys(this.tree, {
      clearFilters: () => this.toolbar?.clear(),
      focusSearch: () => { this.toolbar?.search.focus(); this.toolbar?.search.select(); },
    });
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
