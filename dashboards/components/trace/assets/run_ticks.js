// Ticking runs of the list: two to compare them, any to replay them. The ticks outlive a table that is drawn anew.

import { softly } from "./address.js";
import { button, el } from "./dom.js";

const MOST = 100; // the address of the form names them all
const ticked = []; // run ids in the order in which they were ticked: the first is the left side

/** Tick or untick a run; beyond the most, the one ticked first is let go. */
export function ticksAfter(ticks, id) {
  return ticks.includes(id) ? ticks.filter((one) => one !== id) : [...ticks, id].slice(-MOST);
}

function tick(id, from) {
  ticked.splice(0, ticked.length, ...(id === null ? [] : ticksAfter(ticked, id)));
  const root = from.getRootNode();
  for (const box of root.querySelectorAll("input.tick")) box.checked = ticked.includes(box.value);
  for (const bar of root.querySelectorAll(".tick-bar")) bar.fill();
}

/** The box of one run. */
export function tickBox(id, name) {
  const box = el("input", "tick");
  Object.assign(box, { type: "checkbox", value: id, checked: ticked.includes(id), title: "Tick two runs to compare them, any to replay them" });
  box.setAttribute("aria-label", `Tick run ${name}`);
  box.addEventListener("change", () => tick(id, box));
  return box;
}

function link(text, path, query, ending) {
  const way = el("a", null, text);
  way.href = `${path}?${new URLSearchParams(query)}${ending}`;
  return softly(way);
}

/** What appears below the list once a run is ticked; `ending` ends the addresses it leads to. */
export function tickBar(ending) {
  const bar = el("div", "tick-bar");
  bar.setAttribute("role", "status");
  bar.fill = () => {
    bar.hidden = !ticked.length;
    const [left, right] = ticked;
    const compare = ticked.length === 2
      ? link(`Compare ${left.slice(0, 8)} with ${right.slice(0, 8)}`, "/compare", { a: left, b: right }, ending)
      : ticked.length < 2 ? "One run is ticked: tick another to compare" : `${ticked.length} runs are ticked`;
    const what = ticked.length === 1 ? "Replay it" : ticked.length === 2 ? "Replay both" : "Replay them";
    const replay = link(what, "/replay", ticked.map((id) => ["run", id]), ending);
    bar.replaceChildren(compare, " · ", replay, " ", button("clear", "Clear", () => tick(null, bar)));
  };
  bar.fill();
  return bar;
}
