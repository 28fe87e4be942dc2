// The readings of a run: ways to see the same steps with the same one selected. One is shown at a time.
//
// A reading is a class:
//   constructor(host, {select, document, fetch, toggleSteps, onlySteps})   host: an empty element that is its own
//     select(row)         the reader chose a row of the model: panel, address and the other readings follow
//     document()          the run document as the server sent it, all of its rows
//     fetch(path, signal) an answer of ours below /api/runs/{run}: {text, value}; "" is the document itself
//   setModel(model)   the rows to show (see model.js); again whenever there is more of the run
//   show(row)         the selection changed elsewhere; -1: nothing is selected
//   shown(), hidden() it came into view, it left it; only a shown one is given models and rows
//   destroy()
// and may have:
//   body              the element that holds the focus while its keys move about; else the host does
//   keys()            {key: act}; arrows, Home, End, Page and Enter act only while the focus is in the body
//   HELP              static: [[keys, what they do], ...] for the help
//   resized(), themed()
//   see(row), tick(ms)   of a run in flight: have a row in sight; it went on until so many ms after its start

import { button, el } from "./dom.js";
import { GraphReading } from "./graph.js";
import { TranscriptReading } from "./transcript.js";
import { TreeReading } from "./tree_reading.js";

/** Every reading, in the order of the switch: what the address calls it, its word, its keys, its class. */
export const READINGS = [
  { name: "transcript", word: "Transcript", keys: ["1", "t"], Reading: TranscriptReading },
  { name: "tree", word: "Tree", keys: ["2", "w"], Reading: TreeReading },
  { name: "graph", word: "Graph", keys: ["3", "g"], Reading: GraphReading },
];

const MOST_TOLD = 5000; // spans: what those of a longer run said takes seconds to read, its shape does not
const SPEAKING = new Set(["llm", "tool"]); // what a run with content in it has

/** The reading to show: the one in the address, else the transcript of a run in which somebody spoke. */
export function chosenReading(address, doc, names = READINGS.map((reading) => reading.name)) {
  const asked = new URL(address).searchParams.get("view");
  if (names.includes(asked)) return asked;
  return names.includes("transcript") && isSpoken(doc) && !(doc.count > MOST_TOLD) ? "transcript" : "tree";
}

/** Whether a run document has steps whose content makes a transcript. */
export const isSpoken = (doc) => doc.said ?? doc.kinds.some((kind) => SPEAKING.has(kind));

/** The readings over one place of the page: builds each when it is first shown, tells the shown one what changes. */
export class Readings {
  /** `stage` takes the readings' hosts, `bar` the switch; `context` is what readings are constructed with. */
  constructor(stage, bar, context, changed) {
    Object.assign(this, { stage, context, changed, built: new Map(), current: null, model: null, row: -1 });
    this.buttons = READINGS.map(({ name, word, keys }) => {
      const choice = button("choice", word, () => this.choose(name));
      choice.title = `${word} (key: ${keys.join(" or ")})`;
      choice.dataset.view = name;
      return choice;
    });
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Reading");
    bar.append(...this.buttons);
  }

  get reading() {
    return this.built.get(this.current);
  }

  /** The element that has the focus while the shown reading's keys move about. */
  get body() {
    return this.reading?.body ?? this.reading?.host;
  }

  /** Show a reading; the others keep what they have. */
  open(name) {
    if (name === this.current) return;
    if (this.reading) {
      this.reading.host.hidden = true;
      this.reading.hidden();
    }
    this.current = name;
    for (const choice of this.buttons) choice.setAttribute("aria-pressed", choice.dataset.view === name);
    if (!this.built.has(name)) this.build(name);
    this.reading.host.hidden = false;
    this.tell();
    this.reading.shown();
  }

  /** Show a reading because somebody asked for it. */
  choose(name) {
    this.open(name);
    this.changed(name);
    this.body.focus({ preventScroll: true });
  }

  build(name) {
    const host = el("div", `reading of-${name}`);
    host.tabIndex = -1;
    this.stage.append(host);
    const { Reading } = READINGS.find((reading) => reading.name === name);
    const reading = new Reading(host, this.context);
    reading.host = host;
    this.built.set(name, reading);
  }

  /** Give the shown reading the model it has not seen yet, and the selection. */
  tell() {
    const { reading } = this;
    if (!reading || !this.model) return;
    if (reading.told !== this.model) reading.setModel(this.model);
    reading.told = this.model;
    reading.show(this.row);
  }

  setModel(model, row) {
    Object.assign(this, { model, row });
    this.tell();
  }

  /** Tell the shown reading of a selection, unless it made it itself. */
  show(row, own) {
    this.row = row;
    if (!own) this.reading?.show(row);
  }

  /** The keys that choose a reading, and those of the shown one. */
  keys() {
    const choices = READINGS.flatMap(({ name, keys }) => keys.map((key) => [key, () => this.choose(name)]));
    return { ...Object.fromEntries(choices), ...this.reading?.keys?.() };
  }

  each(act) {
    for (const reading of this.built.values()) reading[act]?.();
  }

  destroy() {
    this.each("destroy");
  }
}
