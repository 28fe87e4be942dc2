// What the tree shows beside its rows: columns, critical path, idle time, loops, the clock. In the address.

import { inAddress, putInAddress } from "./address.js";
import { el } from "./dom.js";

export const COLUMNS = ["tokens", "cost", "duration"];

// Every choice: its key, what it says, the name in the address and the value it has there when it is not as usual.
const CHOICES = [
  { name: "path", key: "c", word: "critical path", title: "Mark what the end of the run waited for", said: "path", as: "critical" },
  { name: "compressed", key: "i", word: "idle time cut", title: "Cut stretches in which nothing was at work", said: "idle", as: "cut" },
  { name: "openLoops", key: "l", word: "loops open", title: "Show every step of what was done over and over", said: "loops", as: "open" },
  { name: "clock", key: "z", word: "time of day", title: "Time of day on the axis, in the zone of the page", said: "times", as: "clock" },
];

/** What the address asks for: {path, compressed, openLoops, clock, columns}. */
export function choicesAsked(read = inAddress) {
  const asked = Object.fromEntries(CHOICES.map(({ name, said, as }) => [name, read(said) === as]));
  const columns = read("columns");
  return { ...asked, columns: columns == null ? [...COLUMNS] : COLUMNS.filter((column) => columns.split(",").includes(column)) };
}

/** The menu over `choices`, which it changes; `changed(name)` is called for each. */
export class ViewMenu {
  constructor(choices, changed) {
    Object.assign(this, { choices, changed });
    this.boxes = new Map();
    const list = el("div", "menu-list");
    for (const choice of CHOICES) list.append(this.box(choice.word, choice.name, () => this.toggle(choice.name), choice.title, choice.key));
    list.append(el("div", "menu-head", "columns"));
    for (const column of COLUMNS) list.append(this.box(column, column, () => this.toggleColumn(column)));
    this.root = el("details", "menu", null, el("summary", "toggle", "view ▾"), list);
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.root.open) return;
      event.stopPropagation();
      this.root.open = false;
      this.root.firstChild.focus();
    });
    this.root.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.root.contains(event.relatedTarget)) this.root.open = false;
    });
    this.refresh();
  }

  box(word, name, act, title, key) {
    const input = el("input");
    input.type = "checkbox";
    input.addEventListener("change", act);
    this.boxes.set(name, input);
    const label = el("label", "menu-choice", null, input, el("span", null, word), key ? el("kbd", null, key) : null);
    if (title) label.title = title;
    return label;
  }

  refresh() {
    for (const { name } of CHOICES) this.boxes.get(name).checked = this.choices[name];
    for (const column of COLUMNS) this.boxes.get(column).checked = this.choices.columns.includes(column);
  }

  toggle(name) {
    const { said, as } = CHOICES.find((choice) => choice.name === name);
    this.choices[name] = !this.choices[name];
    putInAddress({ [said]: this.choices[name] ? as : null });
    this.refresh();
    this.changed(name);
  }

  toggleColumn(column) {
    const { choices } = this;
    choices.columns = COLUMNS.filter((name) => choices.columns.includes(name) !== (name === column));
    putInAddress({ columns: choices.columns.length === COLUMNS.length ? null : choices.columns.join(",") });
    this.refresh();
    this.changed("columns");
  }

  /** The keys of the choices. */
  keys() {
    return Object.fromEntries(CHOICES.map(({ key, name }) => [key, () => this.toggle(name)]));
  }
}

/** What the help says of these keys. */
export const CHOICE_HELP = CHOICES.map(({ key, word }) => [key, word]);
