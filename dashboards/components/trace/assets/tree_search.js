// What the search that found the run looked for, in the tree: the rows whose content says it are marked.

import { inAddress } from "./address.js";
import { button, el } from "./dom.js";
import { plural } from "./format.js";

export class TreeSearch {
  /** `on`: fetch(path), row(span id) of the tree or null, selected(), select(row), marked() for when it is known. */
  constructor(on) {
    Object.assign(this, { on, spans: new Set(), asked: null });
    this.bar = el("div", "offer said-bar");
    this.bar.hidden = true;
    this.bar.setAttribute("role", "status");
  }

  /** Ask which spans say it; again for a run that went on. */
  async ask() {
    const words = inAddress("find");
    if (!words) return;
    let found;
    try {
      found = (await this.on.fetch(`transcript/find?q=${encodeURIComponent(words)}`)).value.spans;
    } catch (error) {
      this.bar.replaceChildren(error.message);
      this.bar.hidden = false;
      return;
    }
    this.spans = new Set(found);
    const said = found.length ? `“${words.slice(0, 80)}” is said in ${plural(found.length, "step")}` : `no step says “${words.slice(0, 80)}”`;
    this.bar.replaceChildren(said, found.length ? button("more", "next (n)", () => this.next(1)) : "");
    this.bar.hidden = false;
    this.on.marked();
  }

  has(id) {
    return this.spans.has(id);
  }

  /** Select the next row that says it, or the one before, around the end; rows that are hidden are left out. */
  next(direction) {
    const rows = [...this.spans].map((id) => this.on.row(id)).filter((row) => row != null).sort((a, b) => a - b);
    if (!rows.length) return;
    const from = this.on.selected();
    const row = direction > 0 ? rows.find((i) => i > from) : rows.findLast((i) => i < from);
    this.on.select(row ?? (direction > 0 ? rows[0] : rows.at(-1)));
  }
}
