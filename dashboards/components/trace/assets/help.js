// The keys, in a dialog: those of the view and those of the reading that is shown.

import { button, el } from "./dom.js";

const OF_THE_VIEW = [
  ["1 2 3", "transcript, tree, graph (also t w g)"], ["e E", "next, previous error"], ["Enter", "to the panel of the step"],
  ["Esc", "back to the reading; there: filters away"], ["a", "only the agent's steps, or all spans"],
  ["o", "follow a run in flight"], ["p", "pause it"], ["?", "these keys"],
];

function list(title, entries) {
  const rows = entries.flatMap(([keys, what]) => [
    el("dt", null, null, ...keys.split(" ").map((key) => el("kbd", null, key))), el("dd", null, what),
  ]);
  return el("section", null, null, el("h4", null, title), el("dl", "keys", null, ...rows));
}

export class Help {
  /** `ofReading` gives the entries of the reading that is shown. */
  constructor(root, ofReading) {
    this.ofReading = ofReading;
    this.dialog = el("dialog", "help");
    this.dialog.setAttribute("aria-label", "Keys");
    // Keys act behind a dialog, too, where they are not stopped.
    this.dialog.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "?") this.toggle();
    });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    root.append(this.dialog);
  }

  toggle() {
    if (this.dialog.open) return this.dialog.close();
    const own = this.ofReading();
    const close = button("copy", "close", () => this.dialog.close());
    this.dialog.replaceChildren(list("Everywhere", OF_THE_VIEW), ...(own.length ? [list("Here", own)] : []), close);
    this.dialog.showModal();
  }
}
