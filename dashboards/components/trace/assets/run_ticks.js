// Ticking two runs of the list, to compare them. The ticks outlive a table that is drawn anew.

import { button, el } from "./dom.js";

const ticked = []; // run ids in the order in which they were ticked: the first is the left side

/** Tick or untick a run; of three the one ticked first is let go. */
export function ticksAfter(ticks, id) {
  return ticks.includes(id) ? ticks.filter((one) => one !== id) : [...ticks, id].slice(-2);
}

function tick(id, from) {
  ticked.splice(0, ticked.length, ...(id === null ? [] : ticksAfter(ticked, id)));
  const root = from.getRootNode();
  for (const box of root.querySelectorAll("input.tick")) box.checked = ticked.includes(box.value);
  for (const bar of root.querySelectorAll(".compare-bar")) bar.fill();
}

/** The box of one run. */
export function tickBox(id, name) {
  const box = el("input", "tick");
  Object.assign(box, { type: "checkbox", value: id, checked: ticked.includes(id), title: "Tick two runs to compare them" });
  box.setAttribute("aria-label", `Compare run ${name}`);
  box.addEventListener("change", () => tick(id, box));
  return box;
}

/** What appears below the list once a run is ticked; `open` moves to an address, `ending` ends it. */
export function compareBar(open, ending) {
  const bar = el("div", "compare-bar");
  bar.setAttribute("role", "status");
  bar.fill = () => {
    bar.hidden = !ticked.length;
    const clear = button("clear", "Clear", () => tick(null, bar));
    if (ticked.length < 2) {
      bar.replaceChildren("One run is ticked: tick another to compare. ", clear);
      return;
    }
    const [left, right] = ticked;
    const link = el("a", null, `Compare ${left.slice(0, 8)} with ${right.slice(0, 8)}`);
    link.href = `/compare?${new URLSearchParams({ a: left, b: right })}${ending}`;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(link.getAttribute("href"));
    });
    bar.replaceChildren(link, " ", clear);
  };
  bar.fill();
  return bar;
}
