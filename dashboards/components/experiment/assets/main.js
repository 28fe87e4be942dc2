// An experiment: what every variant changed, the matrix of cases, and one case side by side.

import { failureNotice, fetchJson, waitBefore } from "./api.js";
import { caseOf } from "./case.js";
import { button, el } from "./dom.js";
import { money, plural } from "./format.js";
import { matrixOf } from "./matrix.js";
import { changesOf } from "./changes.js";
import { titleOf } from "./words.js";

const WATCHED = 4000; // ms between looks at a replay that runs

function fact(name, value) {
  return el("div", "tile", null, el("dt", null, name), el("dd", null, null, el("span", "pair", value)));
}

/** What was done, in a line of tiles. */
function factsOf(found) {
  const ends = Object.entries(found.outcomes).map(([outcome, count]) => `${count.toLocaleString("en")} ${outcome}`);
  const list = el("dl", "tiles", null,
    fact("state", found.state),
    fact("mode", found.mode === "step" ? "step by step" : "closed loop"),
    fact("cases", [found.cases.length.toLocaleString("en"), plural(found.variants.length, "variant"), found.repeat > 1 ? `${found.repeat} repeats` : ""].filter(Boolean).join(" × ")),
    fact("ended", ends.join(", ") || "none yet"),
    fact("spent", money(found.spent_usd)));
  list.setAttribute("aria-label", "What was done");
  return list;
}

function referencePicker(found, choose) {
  const picker = el("select");
  picker.setAttribute("aria-label", "What variants are held against");
  for (const name of [found.original, ...found.variants]) {
    const option = el("option", null, titleOf(found, name));
    option.value = titleOf(found, name);
    option.selected = name === found.reference;
    picker.append(option);
  }
  picker.addEventListener("change", () => choose(picker.value));
  return el("label", "note", "held against ", picker);
}

class Experiment {
  constructor(host, data) {
    Object.assign(this, { host, data, stop: new AbortController(), against: data.against });
    this.load(0);
  }

  async load(attempt) {
    try {
      const { value } = await fetchJson(this.path(), this.stop.signal);
      this.draw(value);
      if (value.state === "running") this.waiting = setTimeout(() => this.watch(), WATCHED);
    } catch (error) {
      if (error.name === "AbortError") return;
      const again = () => { clearTimeout(this.waiting); this.load(attempt + 1); };
      this.host.replaceChildren(failureNotice(error, again));
      if (error.unanswered) this.waiting = setTimeout(again, waitBefore(attempt));
    }
  }

  /** While the replay runs: say what has ended since, and redraw when the reader wants to. */
  async watch() {
    try {
      const { value } = await fetchJson(this.path(), this.stop.signal);
      const since = value.ended - this.found.ended;
      this.news.hidden = !since && value.state === this.found.state;
      this.news.textContent = since ? `${plural(since, "trial")} ended since: show` : `${value.state}: show`;
      if (value.state !== "running") return;
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    this.waiting = setTimeout(() => this.watch(), WATCHED);
  }

  path() {
    return `${this.data.path}?${new URLSearchParams(this.against ? { against: this.against } : {})}`;
  }

  draw(found) {
    this.found = found;
    this.news = button("more", "", () => { clearTimeout(this.waiting); this.load(0); });
    this.news.hidden = true;
    this.beside = el("section", "beside");
    this.beside.setAttribute("aria-label", "One case side by side");
    const picker = referencePicker(found, (name) => { this.say("against", name); this.against = name; this.load(0); });
    this.host.replaceChildren(
      factsOf(found),
      this.news,
      el("div", "toolbar", null, el("h3", null, "What changed"), picker),
      changesOf(found),
      el("h3", null, "Cases, the worst regression first"),
      matrixOf(found, this.data.ending, (number) => this.open(number, 1, true)),
      this.beside);
    if (/^\d{1,6}$/.test(this.data.case)) this.open(Number(this.data.case), 1, true);
  }

  /** Say in the address what is shown. */
  say(name, value) {
    const address = new URL(window.location.href);
    if (value === "" || value == null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
    window.history.replaceState(window.history.state, "", address);
  }

  async open(number, repeat, goes) {
    this.say("case", String(number));
    this.data.case = String(number);
    this.beside.replaceChildren(el("p", "note", "reading …"));
    try {
      const { value } = await fetchJson(`${this.data.path}/cases/${number}?repeat=${repeat}`, this.stop.signal);
      const drawn = caseOf(this.found, value, this.data.ending, this.stop.signal, (other) => this.open(number, other, true));
      this.beside.replaceChildren(drawn);
      if (goes) {
        drawn.querySelector("h3").focus({ preventScroll: true });
        drawn.scrollIntoView({ block: "start" });
      }
    } catch (error) {
      if (error.name !== "AbortError") this.beside.replaceChildren(el("p", "notice failed", error.message));
    }
  }

  leave() {
    clearTimeout(this.waiting);
    this.stop.abort();
  }
}

export default function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".experiment-root") ?? parentElement;
  const styles = ["compare.css", "experiment.css"].map((name) => {
    const style = el("link");
    style.rel = "stylesheet";
    style.href = new URL(name, import.meta.url).href;
    return style;
  });
  const host = el("div", "compare experiment", null, el("p", "note", "Comparing …"));
  root.replaceChildren(...styles, host);
  const experiment = new Experiment(host, { ...data });
  return () => experiment.leave();
}
