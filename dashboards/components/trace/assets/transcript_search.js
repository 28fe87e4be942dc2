// The search of the transcript: it looks through every text, folded or not, and marks what it finds.

import { inAddress } from "./address.js";
import { el } from "./dom.js";
import { plural } from "./format.js";

const SEARCH_AFTER = 250; // ms after the last key

export class TranscriptSearch {
  /** `on` has fetch(path), goTo(entry), entry() (the current one) and found() (something else is to be marked). */
  constructor(on) {
    Object.assign(this, { on, query: "", hits: new Set(), found: [] });
    this.field = el("input");
    this.field.type = "search";
    this.field.placeholder = "Search  /";
    this.field.setAttribute("aria-label", "Search the transcript");
    this.field.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.find(this.field.value.trim()), SEARCH_AFTER);
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") event.stopPropagation(); // letters are keys of the view
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.toFound(event.shiftKey ? -1 : 1);
    });
    this.count = el("span", "count");
    this.count.setAttribute("role", "status");
  }

  focus() {
    this.field.focus();
    this.field.select();
  }

  clear() {
    this.field.value = "";
    this.find("");
  }

  /** Mark what the search that found this run looked for; go there unless the address says a step. */
  findAsked(goes) {
    const asked = inAddress("find");
    if (!asked || asked === this.asked) return;
    this.asked = this.field.value = asked;
    this.find(asked, goes);
  }

  /** Mark what holds a text, and go to the first. */
  async find(query, goes = true) {
    this.query = query.toLowerCase();
    this.hits = new Set();
    this.found = [];
    this.count.textContent = "";
    if (query) {
      try {
        const { value } = await this.on.fetch(`transcript/find?q=${encodeURIComponent(query)}`);
        if (this.query !== query.toLowerCase()) return;
        this.found = value.entries;
        this.hits = new Set(value.entries);
        const more = value.count > value.entries.length ? `, the first ${value.entries.length.toLocaleString("en")} are marked` : "";
        this.count.textContent = value.count ? plural(value.count, "entry", "entries") + more : "not found";
        if (goes && this.found.length) this.toFound(1, true);
      } catch (error) {
        this.count.textContent = error.message;
      }
    }
    this.on.found();
  }

  /** Go to the next find, or the one before, around the end; `here`: the present one counts. */
  toFound(direction, here = false) {
    const { found } = this;
    const entry = this.on.entry();
    if (!found.length) return;
    const next = direction > 0 ? found.find((i) => i > entry || (here && i === entry)) : found.findLast((i) => i < entry);
    const i = next ?? (direction > 0 ? found[0] : found[found.length - 1]);
    this.on.goTo(i);
    this.count.textContent = `${found.indexOf(i) + 1} of ${plural(found.length, "entry", "entries")}`;
  }

  stop() {
    clearTimeout(this.typing);
  }
}
