// The run's view: one instance per element. Loads the run; readings and panel share one selection.

import { addressOf, agentSteps, hiddenWords, onlyStepsAsked } from "./agent_view.js";
import { putInAddress } from "./address.js";
import { failureNotice, fetchJson, waitBefore } from "./api.js";
import { Detail } from "./detail.js";
import { button, el } from "./dom.js";
import { FirstBadOffer, whyOpened } from "./first_bad.js";
import { plural, tellTimesIn } from "./format.js";
import { Help } from "./help.js";
import { listenForKeys } from "./keyboard.js";
import { Live, newestRow } from "./live.js";
import { buildModel, nextError, rowWords, rowsById } from "./model.js";
import { readNoted } from "./noted.js";
import { Readings, chosenReading } from "./readings.js";
import { shareTools } from "./share.js";

const TELL_AFTER = 120; // ms: a selection lands in the address once the reader rests on it
const NARROW = 820; // px: below it the panel goes under the reading
const STYLES = ["trace.css", "detail.css", "context.css", "transcript.css", "graph.css", "frame.css", "notes.css"];
const instances = new WeakMap();

function skeleton() {
  const parts = {
    choices: el("div", "choices"), tools: el("div", "frame-tools"), hidden: el("div", "hidden-rows"),
    stage: el("div", "stage"), panel: el("aside", "panel"), said: el("div", "said"),
  };
  parts.frame = el("div", "frame", null, parts.choices, parts.tools);
  parts.trace = el("div", "trace", null, parts.frame, parts.hidden, parts.stage);
  parts.root = el("div", "view", null, parts.trace, parts.panel, parts.said);
  parts.panel.setAttribute("aria-label", "Selected span");
  parts.panel.tabIndex = -1;
  parts.said.setAttribute("role", "status");
  return parts;
}

function loadStyles(host) {
  return Promise.all(STYLES.map((name) => new Promise((resolve) => {
    const link = el("link");
    link.rel = "stylesheet";
    link.href = new URL(name, import.meta.url).href;
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve);
    host.append(link);
  })));
}

class TraceView {
  constructor(context) {
    this.context = context;
    this.row = -1;
    this.parts = skeleton();
    const { root, panel, stage, choices } = this.parts;
    const host = context.parentElement.querySelector(".trace-root") ?? context.parentElement;
    root.style.visibility = "hidden";
    this.styled = loadStyles(host).then(() => {
      root.style.visibility = "";
      this.fillScreen();
      this.resized();
    });
    host.append(root);
    this.offer = new FirstBadOffer({
      fetch: (path) => this.fetch(path),
      isChosen: () => this.touched,
      goTo: (span, why) => this.goTo(span, why),
    });
    this.parts.stage.before(this.offer.bar);
    for (const at of ["pointerdown", "keydown", "wheel"]) root.addEventListener(at, () => { this.touched = true; }, { passive: true });
    this.detail = new Detail(panel, { select: (row) => this.select(row), fetch: (path, signal) => this.fetch(path, signal) });
    this.readings = new Readings(stage, choices, {
      select: (row) => this.select(row, true),
      document: () => this.document,
      fetch: (path, signal) => this.fetch(path, signal),
    }, (name) => putInAddress({ view: name }));
    this.live = new Live({
      resumed: () => this.update(this.context),
      drawn: () => this.followed(),
      tick: (ms) => this.readings.reading?.tick?.(ms),
    });
    this.help = new Help(root, () => this.readings.reading?.constructor.HELP ?? []);
    this.leaveKeys = listenForKeys(root, () => this.readings.body, () => this.keys());
    root.addEventListener("spotlight-noted", () => this.readNoted());
    this.resizes = new ResizeObserver(() => this.resized());
    this.resizes.observe(root);
    this.themes = new MutationObserver(() => this.themed());
    this.themes.observe(document.documentElement, { attributes: true, subtree: false });
    this.themed();
  }

  fetch(path, signal) {
    return fetchJson(path ? `${this.run}/${path}` : this.run, signal);
  }

  keys() {
    return {
      a: () => this.toggleSteps(), e: () => this.toError(1), E: () => this.toError(-1),
      Enter: () => this.parts.panel.focus(), "?": () => this.help.toggle(),
      o: () => this.live.follow(), p: () => this.live.pause(),
      ...this.readings.keys(),
    };
  }

  async update(context) {
    this.context = context;
    const { run, version } = context.data;
    this.themed();
    if (run === this.run && version === this.version) return;
    const changed = run !== this.run;
    if (!changed && this.live.holds()) return;
    this.unopened ||= changed; // until something of it is shown: more may arrive before the first answer does
    Object.assign(this, { run, version });
    await this.load(0);
  }

  async load(attempt) {
    const { run, version } = this;
    const stale = () => run !== this.run || version !== this.version;
    clearTimeout(this.waiting);
    const asked = performance.now();
    let value;
    try {
      const early = attempt ? null : this.early;
      [{ value }] = await Promise.all([fetchJson(run, undefined, early), this.styled]);
    } catch (error) {
      if (stale()) return;
      const again = () => this.load(attempt + 1).catch((failure) => this.failed(failure));
      this.parts.root.style.visibility = "";
      this.parts.panel.replaceChildren(failureNotice(error, again));
      if (error.unanswered) this.waiting = setTimeout(again, waitBefore(attempt));
      return;
    }
    if (stale()) return;
    this.detail.forget();
    this.document = value;
    this.live.take(value);
    const fresh = this.unopened;
    this.unopened = false;
    if (fresh) this.onlySteps = onlyStepsAsked(value, window.location.href);
    this.show(fresh);
    this.fillScreen();
    performance.measure("spotlight:run-shown", { start: asked });
    if (fresh) this.offer.ask(value);
    this.readNoted();
  }

  readNoted() {
    readNoted(() => this.fetch("notes"), () => this.readings.reading?.tree?.schedule(true));
  }

  /** Draw the document, all of it or the agent's steps; the selected row is never hidden. */
  show(fresh) {
    const selected = fresh || this.row < 0 ? this.context.data.span : this.model.cols.id[this.row];
    const shown = this.onlySteps ? agentSteps(this.document, selected) : this.document;
    this.model = buildModel(shown, this.live.sinceMs ?? 0);
    this.rowOf = rowsById(this.model);
    this.row = fresh ? -1 : (this.rowOf.get(selected) ?? -1);
    this.drawTools();
    this.sayHidden(shown);
    this.readings.setModel(this.model, this.row);
    if (fresh) this.open();
    else if (this.row >= 0) this.detail.show(this.model, this.row, this.spanPath(this.row));
    this.followed();
  }

  /** Show the state of the run in flight; have its newest step in view where the reader follows. */
  followed() {
    this.drawTools();
    if (this.live.following) this.readings.reading?.see?.(newestRow(this.model));
  }

  /** The switch's other side: what is shown of the run, and the help. */
  drawTools() {
    const { noise } = this.document;
    const tools = this.live.tools();
    if (noise?.spans) {
      const toggle = button("toggle steps", "agent's steps only", () => this.toggleSteps());
      toggle.title = `Hide the ${plural(noise.spans, "span")} that are no steps of the agent (key: a)`;
      toggle.setAttribute("aria-pressed", this.onlySteps);
      tools.push(toggle);
    }
    tools.push(...shareTools(this.run), button("toggle", "?", () => this.help.toggle(), "Keys (key: ?)"));
    const focused = [...this.parts.tools.children].findIndex((tool) => tool.matches(":focus"));
    this.parts.tools.replaceChildren(...tools);
    tools[focused]?.focus();
  }

  /** Say above the reading how much is hidden, and how to see it. */
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
    this.readings.reading?.see?.(this.row);
    this.readings.body.focus({ preventScroll: true });
  }

  /** Open the chosen reading at the span the address names, else at the first bad step. */
  open() {
    const { span } = this.context.data;
    const linked = this.rowOf.get(span);
    const missing = span && linked == null ? "The span in the address is not in this run. " : "";
    const opens = linked == null ? this.document.opens_at : null;
    const chosen = this.rowOf.get(opens?.span);
    const why = chosen == null ? "" : whyOpened(opens);
    const row = linked ?? chosen ?? (this.model.count ? 0 : -1);
    this.readings.open(chosenReading(window.location.href, this.document));
    if (row >= 0) this.select(row, false, missing + why);
    else this.parts.panel.replaceChildren(el("div", "muted", "This run has no spans yet."));
    this.touched = linked != null;
    const focused = document.activeElement;
    if (!focused || focused === document.body || focused.matches(".stMain")) this.readings.body.focus({ preventScroll: true });
  }

  /** Go to a span of the run, hidden or not, and say why. */
  goTo(span, why) {
    if (!this.rowOf.has(span) && this.onlySteps) this.toggleSteps();
    const row = this.rowOf.get(span);
    if (row != null) this.select(row, false, why);
  }

  spanPath(row) {
    return `${this.run}/spans/${encodeURIComponent(this.model.cols.id[row])}`;
  }

  /** Select a row everywhere; `own`: the shown reading did it itself. `why` says why nobody had to choose. */
  select(row, own = false, why = "") {
    this.row = row;
    this.touched ||= !why;
    this.detail.why = why;
    this.readings.show(row, own);
    this.detail.show(this.model, row, this.spanPath(row));
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      putInAddress({ span: this.model.cols.id[row] });
      this.parts.said.textContent = rowWords(this.model, row);
    }, TELL_AFTER);
  }

  toError(direction) {
    if (!this.model) return;
    const row = nextError(this.model, Math.max(this.row, direction > 0 ? -1 : 0), direction);
    if (row >= 0) this.select(row);
  }

  themed() {
    const { root } = this.parts;
    const color = getComputedStyle(root).backgroundColor.match(/[\d.]+/g) ?? [255, 255, 255];
    const dark = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] < 128 && color[3] !== "0";
    if (root.classList.contains("dark") === dark) return;
    root.classList.toggle("dark", dark);
    this.readings.each("themed");
  }

  /** Reach to the lower edge of the window, whatever stands above. */
  fillScreen() {
    const top = this.parts.root.getBoundingClientRect().top;
    if (top > 0) this.parts.root.style.setProperty("--top", top + "px");
  }

  resized() {
    this.parts.root.classList.toggle("narrow", this.parts.root.clientWidth < NARROW);
    this.themed();
    this.readings.reading?.resized?.();
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
    this.live.leave();
    this.leaveKeys();
    this.detail.leave();
    this.readings.destroy();
    this.parts.root.remove();
  }
}

/** Draw a run; `early` is its document on the way, where it was asked for already. */
export default function mount(context, early = null) {
  tellTimesIn(context.data.zone);
  let view = instances.get(context.parentElement);
  if (!view) instances.set(context.parentElement, (view = new TraceView(context)));
  view.early = early;
  view.update(context).catch((error) => view.failed(error));
  return () => {
    instances.get(context.parentElement)?.destroy();
    instances.delete(context.parentElement);
  };
}
