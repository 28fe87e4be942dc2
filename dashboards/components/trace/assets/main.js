// The trace component: one instance per element. Loads the run, wires tree, minimap, toolbar and panel.

import { addressOf, agentSteps, hiddenWords, onlyStepsAsked } from "./agent_view.js";
import { failureNotice, fetchJson, waitBefore } from "./api.js";
import { Detail } from "./detail.js";
import { button, el } from "./dom.js";
import { tellTimesIn } from "./format.js";
import { HELP, listenForKeys } from "./keyboard.js";
import { brushable, drawMinimap } from "./minimap.js";
import { buildModel, openingRow } from "./model.js";
import { buildToolbar, drawMix, fitMix } from "./toolbar.js";
import { Tree } from "./tree.js";
import { tooltipText } from "./waterfall.js";

const TELL_AFTER = 120; // ms: a selection lands in the address once the reader rests on it
const NARROW = 820; // px: below it the panel goes under the tree
const instances = new WeakMap();

function skeleton() {
  const parts = {
    bar: el("div", "toolbar"), hidden: el("div", "hidden-rows"), mix: el("div", "mix"), mini: el("canvas", "minimap"), axis: el("div", "axis"),
    rows: el("div", "rows"), foot: el("div", "foot"), tip: el("div", "tip"), empty: el("div", "empty", "No span matches."),
    panel: el("aside", "panel"),
  };
  parts.pad = el("div", "pad", null, parts.rows);
  parts.body = el("div", "body", null, parts.pad, parts.empty);
  parts.head = el("div", "head", null, el("div", null, "Span"), el("div", "number tokens", "Tokens"), el("div", "number", "Duration"), parts.axis);
  parts.trace = el("div", "trace", null, parts.bar, parts.hidden, parts.mix, parts.mini, parts.head, parts.body, parts.foot, parts.tip);
  parts.root = el("div", "view", null, parts.trace, parts.panel);
  const roles = { bar: "toolbar", mix: "img", body: "treegrid", tip: "tooltip" };
  for (const [name, role] of Object.entries(roles)) parts[name].setAttribute("role", role);
  parts.body.tabIndex = 0;
  parts.body.setAttribute("aria-label", "Spans of the run");
  parts.bar.setAttribute("aria-label", "Filter spans");
  parts.mini.setAttribute("aria-hidden", "true");
  parts.panel.setAttribute("aria-label", "Selected span");
  parts.panel.tabIndex = -1;
  parts.empty.hidden = true;
  for (const [key, word] of HELP) parts.foot.append(el("span", null, null, el("kbd", null, key), word));
  return parts;
}

function loadStyles(host) {
  return new Promise((resolve) => {
    let waiting = 2;
    const done = () => { if (--waiting === 0) resolve(); };
    for (const name of ["trace.css", "detail.css"]) {
      const link = el("link");
      link.rel = "stylesheet";
      link.href = new URL(name, import.meta.url).href;
      link.addEventListener("load", done);
      link.addEventListener("error", done);
      host.append(link);
    }
  });
}

class TraceView {
  constructor(context) {
    this.context = context;
    this.parts = skeleton();
    const host = context.parentElement.querySelector(".trace-root") ?? context.parentElement;
    this.parts.root.style.visibility = "hidden";
    this.styled = loadStyles(host).then(() => {
      this.parts.root.style.visibility = "";
      this.fillScreen();
      this.resized();
    });
    host.append(this.parts.root);
    this.detail = new Detail(this.parts.panel);
    this.tree = new Tree(this.parts, {
      select: (row) => this.selected(row),
      zoomed: () => this.drawMinimap(),
    });
    this.leaveKeys = listenForKeys(this.parts.root, this.tree, {
      clearFilters: () => this.toolbar?.clear(),
      focusSearch: () => { this.toolbar?.search.focus(); this.toolbar?.search.select(); },
      toggleSteps: () => this.toggleSteps(),
      focusDetail: () => this.parts.panel.focus(),
    });
    brushable(this.parts.mini, (zoom) => this.tree.setZoom(zoom));
    this.listenForHover();
    this.resizes = new ResizeObserver(() => this.resized());
    this.resizes.observe(this.parts.root);
    this.themes = new MutationObserver(() => this.themed());
    this.themes.observe(document.documentElement, { attributes: true, subtree: false });
    this.themed();
  }

  async update(context) {
    this.context = context;
    const { run, version } = context.data;
    this.themed();
    if (run === this.run && version === this.version) return;
    const changed = run !== this.run;
    Object.assign(this, { run, version });
    await this.load(changed, 0);
  }

  async load(changed, attempt) {
    const { run, version } = this;
    const stale = () => run !== this.run || version !== this.version;
    clearTimeout(this.waiting);
    const asked = performance.now();
    let value;
    try {
      [{ value }] = await Promise.all([fetchJson(run), this.styled]);
    } catch (error) {
      if (stale()) return;
      const again = () => this.load(changed, attempt + 1).catch((failure) => this.failed(failure));
      this.parts.root.style.visibility = "";
      this.parts.panel.replaceChildren(failureNotice(error, again));
      if (error.unanswered) this.waiting = setTimeout(again, waitBefore(attempt));
      return;
    }
    if (stale()) return;
    this.detail.forget();
    this.document = value;
    if (changed) this.onlySteps = onlyStepsAsked(value, window.location.href);
    this.show(changed);
    performance.measure("spotlight:run-shown", { start: asked });
  }

  /** Draw the document, all of it or the agent's steps; the selected row is never hidden. */
  show(fresh) {
    const { tree, document: whole } = this;
    const selected = fresh || tree.selected < 0 ? this.context.data.span : this.model.cols.id[tree.selected];
    const shown = this.onlySteps ? agentSteps(whole, selected) : whole;
    const model = buildModel(shown);
    this.model = model;
    tree.setModel(model);
    this.sayHidden(shown);
    this.toolbar = buildToolbar(this.parts.bar, model, tree.view, {
      onlySteps: this.onlySteps,
      toggleSteps: () => this.toggleSteps(),
      changed: () => tree.refilter(),
      foldAll: (fold) => tree.foldAll(fold),
      focusTree: () => this.parts.body.focus({ preventScroll: true }),
      selectFirstHit: () => tree.selectFirstHit(),
    });
    drawMix(this.parts.mix, model);
    this.drawMinimap();
    if (fresh) this.open();
    else if (tree.selected >= 0) this.detail.show(model, tree.selected, this.spanPath(tree.selected));
  }

  /** Say above the tree how much is hidden, and how to see it. */
  sayHidden(shown) {
    const said = this.onlySteps ? hiddenWords(this.document, shown) : "";
    this.parts.hidden.hidden = !said;
    this.parts.hidden.replaceChildren(said, button("more", "show all", () => this.toggleSteps()));
  }

  toggleSteps() {
    if (!this.document?.noise?.spans) return;
    this.onlySteps = !this.onlySteps;
    const address = addressOf(this.document, this.onlySteps, window.location.href);
    window.history.replaceState(window.history.state, "", address);
    this.show(false);
    if (this.tree.selected >= 0) this.tree.reveal(this.tree.selected, true);
    this.parts.body.focus({ preventScroll: true });
  }

  /** Select the span the address names, else the first failure. */
  open() {
    const linked = this.tree.rowOf.get(this.context.data.span);
    const { row, why } = linked == null ? openingRow(this.model) : { row: linked, why: "" };
    const missing = this.context.data.span && linked == null ? "The span in the address is not in this run. " : "";
    this.quiet = true;
    this.detail.why = missing + why;
    if (row >= 0) this.tree.select(row, true);
    else this.parts.panel.replaceChildren(el("div", "muted", "This run has no spans yet."));
    this.quiet = false;
    const focused = document.activeElement;
    if (!focused || focused === document.body || focused.matches(".stMain")) this.parts.body.focus({ preventScroll: true });
  }

  /** The selection is in the address, and no step of its own: Back leaves the run. */
  writeAddress(row) {
    const url = new URL(window.location.href);
    url.searchParams.set("span", this.model.cols.id[row]);
    if (url.searchParams.get("run")) window.history.replaceState(window.history.state, "", url.href);
  }

  spanPath(row) {
    return `${this.run}/spans/${encodeURIComponent(this.model.cols.id[row])}`;
  }

  selected(row) {
    if (!this.quiet) this.detail.why = "";
    this.detail.show(this.model, row, this.spanPath(row));
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.writeAddress(row), TELL_AFTER);
  }

  listenForHover() {
    const { rows, tip, trace } = this.parts;
    rows.addEventListener("mousemove", (event) => {
      const row = event.target.closest(".timeline") ? this.tree.rowAt(event) : -1;
      tip.style.display = row < 0 ? "none" : "block";
      if (row < 0) return;
      tip.textContent = tooltipText(this.model, row);
      const box = trace.getBoundingClientRect();
      tip.style.left = Math.max(0, Math.min(box.width - tip.offsetWidth - 8, event.clientX - box.left + 12)) + "px";
      tip.style.top = Math.min(box.height - tip.offsetHeight - 8, event.clientY - box.top + 14) + "px";
    });
    rows.addEventListener("mouseleave", () => { tip.style.display = "none"; });
  }

  themed() {
    const { root } = this.parts;
    const color = getComputedStyle(root).backgroundColor.match(/[\d.]+/g) ?? [255, 255, 255];
    const dark = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] < 128 && color[3] !== "0";
    if (root.classList.contains("dark") === dark) return;
    root.classList.toggle("dark", dark);
    this.drawMinimap();
  }

  /** Reach to the lower edge of the window, whatever stands above. */
  fillScreen() {
    const top = this.parts.root.getBoundingClientRect().top;
    if (top > 0) this.parts.root.style.setProperty("--top", top + "px");
  }

  resized() {
    this.parts.root.classList.toggle("narrow", this.parts.root.clientWidth < NARROW);
    this.themed();
    this.drawMinimap();
    fitMix(this.parts.mix);
    this.tree.schedule(true);
  }

  drawMinimap() {
    if (this.model) drawMinimap(this.parts.mini, this.model, this.tree.zoom, this.parts.root);
  }

  failed(error) {
    this.parts.root.style.visibility = "";
    this.parts.panel.replaceChildren(el("div", "notice failed", `The run could not be shown: ${error.message}`));
  }

  destroy() {
    this.resizes.disconnect();
    this.themes.disconnect();
    clearTimeout(this.telling);
    clearTimeout(this.waiting);
    this.leaveKeys();
    this.detail.leave();
    cancelAnimationFrame(this.tree.frame);
    this.parts.root.remove();
  }
}

export default function mount(context) {
  tellTimesIn(context.data.zone);
  let view = instances.get(context.parentElement);
  if (!view) instances.set(context.parentElement, (view = new TraceView(context)));
  view.update(context).catch((error) => view.failed(error));
  return () => {
    instances.get(context.parentElement)?.destroy();
    instances.delete(context.parentElement);
  };
}
