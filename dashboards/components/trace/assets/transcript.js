// The reading that tells what was said: thoughts above the calls they caused, answers folded beneath, sub-agents as threads.

import { inAddress, putInAddress } from "./address.js";
import { failureNotice } from "./api.js";
import { button, el } from "./dom.js";
import { bytes, plural } from "./format.js";
import { drawEntry } from "./transcript_entry.js";
import {
  buildTranscript, growsFrom, entriesAbove, entryOfRow, entryOfStep, expectedHeight, foldedAtFirst, holds, shownEntries,
} from "./transcript_model.js";
import { loopKey, loopsHiding } from "./transcript_loops.js";
import { TranscriptSearch } from "./transcript_search.js";
import { VirtualList } from "./virtual_list.js";

export class TranscriptReading {
  static HELP = [
    ["↑ ↓ j k", "previous, next entry"], ["← →", "fold, unfold; → again: all of the text"], ["Home End", "first, last entry"],
    ["/", "search"], ["n N", "next, previous find"], ["x X", "unfold, fold everything"],
    ["l", "unfold, fold what was done over and over"],
  ];

  constructor(host, context) {
    Object.assign(this, { host, context, folded: new Set(), open: new Set(), whole: new Map() });
    Object.assign(this, { visible: [], row: -1, entry: -1, transcript: null, model: null, seen: new Set() });
    this.bar = this.toolbar();
    this.pad = el("div", "entries");
    this.body = el("div", "transcript", null, this.pad);
    this.body.tabIndex = 0;
    this.pad.setAttribute("role", "feed");
    this.pad.setAttribute("aria-label", "Transcript of the run");
    this.notice = el("div", "transcript-notice");
    host.append(this.bar, this.notice, this.body);
    this.list = new VirtualList(this.body, this.pad, {
      estimate: (i) => expectedHeight(this.transcript, i),
      draw: (i, node) => drawEntry(this, i, node),
      keeps: (i) => i === this.entry,
      painted: (items) => this.readTexts(items),
    });
    this.pad.addEventListener("click", (event) => this.clicked(event));
  }

  toolbar() {
    this.search = new TranscriptSearch({
      fetch: (path) => this.context.fetch(path),
      goTo: (i) => this.goTo(i),
      entry: () => this.entry,
      found: () => this.list.redraw(),
    });
    this.size = el("span", "count");
    const bar = el("div", "toolbar", null, this.search.field, this.search.count,
      button("", "unfold all", () => this.foldAll(false)), button("", "fold all", () => this.foldAll(true)), this.size);
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Transcript");
    return bar;
  }

  /** The rows to show; what was said is asked for anew where the run has changed. */
  setModel(model) {
    const fresh = this.model?.doc.run?.assembled_position !== model.doc.run?.assembled_position || !this.transcript;
    const other = this.model && this.model.doc.run?.run_id !== model.doc.run?.run_id;
    this.model = model;
    this.rows = new Map(model.cols.id.map((id, row) => [id, row]));
    if (fresh || other) this.load();
    else this.list.redraw();
  }

  async load() {
    const mine = (this.loading = new AbortController());
    if (!this.transcript) this.notice.replaceChildren(el("div", "notice", `Reading what ${plural(this.model.doc.count, "step")} said…`));
    try {
      const { value } = await this.context.fetch("transcript", mine.signal);
      if (mine === this.loading) this.take(value);
    } catch (error) {
      if (mine !== this.loading || error.name === "AbortError") return;
      this.notice.replaceChildren(failureNotice(error, () => this.load()));
    }
  }

  take(doc) {
    const transcript = buildTranscript(doc);
    const folds = foldedAtFirst(transcript, inAddress("loops") === "open");
    for (const key of folds) if (!this.seen.has(key)) this.folded.add(key);
    this.seen = new Set([...transcript.keys, ...folds]);
    const grown = this.transcript && growsFrom(this.transcript, transcript);
    if (grown) this.transcript.texts.forEach((text, i) => { transcript.texts[i] = text; });
    else this.list.forget();
    this.transcript = transcript;
    this.entries = entryOfStep(transcript);
    this.severalAgents = new Set(doc.steps.agent.filter(Boolean)).size > 1;
    this.takeTexts(doc.first);
    this.size.textContent = `${plural(doc.count, "entry", "entries")} · ${bytes(doc.characters)}`;
    this.sayMissing(doc);
    this.refold();
    if (this.row >= 0) this.show(this.row);
    if (this.newest != null) this.see(this.newest);
    this.search.findAsked(this.row < 0);
  }

  /** Say above the transcript where content was not captured, and how to switch that on. */
  sayMissing(doc) {
    const { silent } = doc;
    this.notice.replaceChildren();
    if (!doc.count) this.notice.append(el("div", "notice", "No step of this run carried content."));
    if (silent?.calls) this.notice.append(el("div", "notice", `Content was not recorded for ${silent.calls.toLocaleString("en")} of ${plural(silent.of, "model call")}. ${silent.advice}`));
  }

  refold() {
    this.visible = shownEntries(this.transcript, this.folded);
    this.pad.setAttribute("aria-busy", "false");
    this.list.setItems(this.visible);
  }

  get query() {
    return this.search.query;
  }

  get hits() {
    return this.search.hits;
  }

  positionOf(i) {
    return this.list.place.get(i) ?? 0;
  }

  rowOf(i) {
    const { doc, cols } = this.transcript;
    return this.rows.get(doc.steps.id[cols.step[i]]) ?? -1;
  }

  isSelected(i) {
    if (this.row < 0) return false;
    const { doc, cols } = this.transcript;
    const id = this.model.cols.id[this.row];
    return doc.steps.id[cols.step[i]] === id || (cols.by[i] >= 0 && doc.steps.id[cols.by[i]] === id);
  }

  isStepStart(i) {
    const { cols, doc } = this.transcript;
    return this.entries.get(doc.steps.id[cols.step[i]]) === i;
  }

  text(i) {
    return this.transcript.texts[i];
  }

  takeTexts({ from, texts }) {
    texts.forEach((text, k) => { this.transcript.texts[from + k] = text ?? ""; });
  }

  /** Ask for the texts of what is in view and not here yet, a page at a time. */
  async readTexts(items) {
    const { transcript } = this;
    const answers = items.flatMap((i) => (transcript.what[i] === "call" ? [i, ...this.belowOf(i)] : [i]));
    const missing = answers.find((i) => transcript.texts[i] === undefined);
    if (missing == null || this.reading) return;
    this.reading = true;
    try {
      const { value } = await this.context.fetch(`transcript/texts?from=${missing}`);
      if (transcript === this.transcript) this.takeTexts(value);
    } catch (error) {
      this.notice.replaceChildren(failureNotice(error, () => this.list.redraw()));
      return;
    } finally {
      this.reading = false;
    }
    this.list.redraw();
  }

  belowOf(i) {
    const below = [];
    for (let k = i + 1; k < Math.min(this.transcript.end[i], i + 40); k++) below.push(k);
    return below;
  }

  /** Read the next stretch of a long text. */
  async readOn(i) {
    const key = this.transcript.keys[i];
    const have = this.whole.get(key) ?? { text: "", next: 0 };
    try {
      const { value } = await this.context.fetch(`transcript/texts/${i}?from=${have.next}`);
      this.whole.set(key, { text: have.text + value.text, next: value.next });
    } catch (error) {
      this.notice.replaceChildren(failureNotice(error, () => this.readOn(i)));
    }
    this.list.redraw(i);
  }

  toggleText(i) {
    const { keys, cols } = this.transcript;
    if (this.open.delete(keys[i])) return this.list.redraw(i);
    this.open.add(keys[i]);
    this.list.redraw(i);
    if (cols.size[i] > this.transcript.doc.head && !this.whole.has(keys[i])) this.readOn(i);
  }

  fold(i, fold) {
    this.foldKey(this.transcript.keys[i], fold);
  }

  foldLoop(i, fold) {
    this.foldKey(loopKey(this.transcript, i), fold);
  }

  /** Unfold every loop, or fold them all where none is folded. */
  toggleLoops() {
    if (!this.transcript) return;
    const keys = [...this.transcript.loops.keys()].map((first) => loopKey(this.transcript, first));
    const open = keys.some((key) => this.folded.has(key));
    for (const key of keys) this.folded[open ? "delete" : "add"](key);
    putInAddress({ loops: open ? "open" : null });
    this.refold();
    if (this.entry >= 0) this.goTo(this.shownAt(this.entry), false);
  }

  foldKey(key, fold) {
    if (fold) this.folded.add(key);
    else this.folded.delete(key);
    this.refold();
  }

  foldAll(fold) {
    if (!this.transcript) return;
    const { keys, count } = this.transcript;
    this.folded.clear();
    for (let i = 0; fold && i < count; i++) if (holds(this.transcript, i)) this.folded.add(keys[i]);
    if (fold) for (const first of this.transcript.loops.keys()) this.folded.add(loopKey(this.transcript, first));
    this.refold();
    if (this.entry >= 0) this.goTo(this.shownAt(this.entry), false);
  }

  /** The entry, or the folded one it stands below. */
  shownAt(i) {
    const folded = entriesAbove(this.transcript, i).filter((k) => this.folded.has(this.transcript.keys[k]));
    return Math.min(i, ...folded, ...loopsHiding(this.transcript, i, this.folded));
  }

  /** Have a step of a run in flight in sight, also one whose words are still on their way; the selection stays. */
  see(row) {
    this.newest = row;
    if (!this.transcript || row < 0) return;
    const entry = entryOfRow(this.model, row, this.entries);
    if (entry >= 0) this.list.reveal(this.shownAt(entry));
  }

  /** Mark the step that was selected elsewhere, and have its first entry seen. */
  show(row) {
    this.row = row;
    if (!this.transcript || row < 0) return;
    const current = this.entry >= 0 && this.isSelected(this.entry);
    const entry = current ? this.entry : entryOfRow(this.model, row, this.entries);
    if (entry >= 0) this.goTo(entry, false);
    this.list.redraw();
  }

  /** Move to an entry: unfold what hides it, scroll to it; `own`: the reader did it, so its step is selected. */
  goTo(i, own = true) {
    for (const above of entriesAbove(this.transcript, i)) this.folded.delete(this.transcript.keys[above]);
    for (const first of loopsHiding(this.transcript, i, this.folded)) this.folded.delete(loopKey(this.transcript, first));
    if (!this.list.place.has(i)) this.refold();
    this.entry = i;
    const row = this.rowOf(i);
    if (own && row >= 0 && row !== this.row) {
      this.row = row;
      this.context.select(row);
    }
    this.list.redraw();
    const node = this.list.reveal(i);
    if (node && this.body.contains(this.host.getRootNode().activeElement)) node.focus({ preventScroll: true });
  }

  move(steps) {
    const last = this.visible.length - 1;
    if (last < 0) return;
    const at = this.entry < 0 ? -1 : this.positionOf(this.shownAt(this.entry));
    this.goTo(this.visible[Math.max(0, Math.min(last, at + steps))]);
  }

  clicked(event) {
    const node = event.target.closest(".entry");
    if (!node || event.target.closest("button") || String(window.getSelection())) return;
    const i = +node.dataset.entry;
    this.goTo(i);
    node.focus({ preventScroll: true });
  }

  foldOrLeave() {
    const i = this.entry;
    if (i < 0) return;
    const { keys } = this.transcript;
    if (this.open.has(keys[i])) this.toggleText(i);
    else if (holds(this.transcript, i) && !this.folded.has(keys[i])) this.fold(i, true);
    else if (entriesAbove(this.transcript, i).length) this.goTo(entriesAbove(this.transcript, i)[0]);
  }

  unfoldOrOpen() {
    const i = this.entry;
    if (i < 0) return;
    const { keys, cols } = this.transcript;
    if (this.folded.has(keys[i])) this.fold(i, false);
    else if (!this.open.has(keys[i]) && cols.size[i] > 0) this.toggleText(i);
  }

  keys() {
    return {
      ArrowDown: () => this.move(1), j: () => this.move(1), ArrowUp: () => this.move(-1), k: () => this.move(-1),
      PageDown: () => this.page(1), PageUp: () => this.page(-1), Home: () => this.move(-Infinity), End: () => this.move(Infinity),
      ArrowRight: () => this.unfoldOrOpen(), ArrowLeft: () => this.foldOrLeave(),
      "/": () => this.search.focus(), n: () => this.search.toFound(1), N: () => this.search.toFound(-1),
      l: () => this.toggleLoops(), x: () => this.foldAll(false), X: () => this.foldAll(true),
      Escape: () => this.search.clear(),
    };
  }

  page(direction) {
    this.body.scrollTop += direction * this.body.clientHeight * 0.9;
    this.list.schedule();
  }

  shown() {}

  hidden() {}

  resized() {
    if (this.width === this.body.clientWidth || !this.transcript) return;
    this.width = this.body.clientWidth;
    this.list.measured.clear();
    this.list.layOut();
    this.list.redraw();
  }

  destroy() {
    this.loading?.abort();
    this.search.stop();
    cancelAnimationFrame(this.list.frame);
  }
}
