// Search, kind chips, errors, folding; and the strip that says where the wall time went.

import { button, el } from "./dom.js";
import { duration, percent } from "./format.js";
import { colorOf, kindWord } from "./kinds.js";
import { wallTimeMix } from "./work.js";

/** Build the toolbar for a model; `view` is the tree's state, `changed` runs its filter again. */
export function buildToolbar(bar, model, view, actions) {
  const search = searchField(view, actions);
  const chips = kindChips(model, view, actions);
  const errors = button("toggle errors", `⚠ errors ${model.errors}`, () => {
    view.onlyErrors = !view.onlyErrors;
    errors.setAttribute("aria-pressed", view.onlyErrors);
    actions.changed();
  }, "Show only spans that failed");
  errors.title = model.errors ? `Show only spans that failed: ${model.errors} where an error began, ${model.failed} in all` : "No span failed";
  errors.setAttribute("aria-pressed", view.onlyErrors);
  errors.disabled = !model.errors;
  const fold = button("toggle", view.folded.size ? "expand all" : "collapse all", () => {
    actions.foldAll(!view.folded.size);
    fold.textContent = view.folded.size ? "expand all" : "collapse all";
  });
  bar.replaceChildren(search, ...chips, errors, fold, actions.menu);
  const clear = () => {
    search.value = view.query = "";
    view.onlyErrors = false;
    view.kinds = new Set(model.doc.kinds.keys());
    errors.setAttribute("aria-pressed", false);
    chips.refresh();
    actions.changed();
  };
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    clear();
    actions.focusTree();
  });
  return { search, clear };
}

function searchField(view, actions) {
  const search = el("input");
  search.type = "search";
  search.placeholder = "Search spans  /";
  search.value = view.query;
  search.setAttribute("aria-label", "Search spans");
  search.addEventListener("input", () => {
    view.query = search.value.trim().toLowerCase();
    actions.changed();
  });
  search.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      actions.focusTree();
      actions.selectFirstHit();
    }
  });
  return search;
}

function kindChips(model, view, actions) {
  const chips = [];
  const refresh = () => chips.forEach((chip) => {
    const shown = view.kinds.has(+chip.dataset.kind);
    const word = kindWord(model.doc.kinds[+chip.dataset.kind]);
    chip.setAttribute("aria-pressed", shown);
    chip.title = `${shown ? "Hide" : "Show"} ${word} spans. Alt-click: only these`;
  });
  model.doc.kinds.forEach((kind, code) => {
    if (!model.kindCounts[code]) return;
    const chip = button("chip", null, (event) => {
      if (event.altKey) view.kinds = new Set(view.kinds.size === 1 && view.kinds.has(code) ? model.doc.kinds.keys() : [code]);
      else if (view.kinds.has(code)) view.kinds.delete(code);
      else view.kinds.add(code);
      refresh();
      actions.changed();
    });
    chip.dataset.kind = code;
    const dot = el("span", "dot");
    dot.style.backgroundColor = colorOf(kind);
    chip.append(dot, kindWord(kind), el("span", "count", String(model.kindCounts[code])));
    chips.push(chip);
  });
  refresh();
  chips.refresh = refresh;
  return chips;
}

/** Draw the wall-time strip: one part per kind, what no leaf covers dotted, and said at its end. */
export function drawMix(strip, model) {
  const parts = wallTimeMix(model);
  const said = ({ kind, ms }) => `${kind == null ? "unaccounted" : kindWord(kind)} ${percent(ms, model.total)} · ${duration(ms)}`;
  const shares = parts.map((part) => {
    const node = el("div", part.kind == null ? "share unaccounted" : "share");
    if (part.kind != null) node.style.setProperty("--share", colorOf(part.kind));
    node.style.flex = `${part.ms} 1 0`;
    node.title = said(part);
    return node;
  });
  const rest = parts.find((part) => part.kind == null);
  const words = el("div", "rest", rest ? said(rest) : "");
  words.title = "Time in which no step ran that would say what happened";
  strip.replaceChildren(...shares, words);
  fitMix(strip);
  strip.setAttribute("aria-label", "Wall time: " + parts.map(said).join(", "));
}

/** Label the parts that have room for their words; the tooltip says the same of all. */
export function fitMix(strip) {
  const shares = [...strip.querySelectorAll(".share:not(.unaccounted)")];
  for (const part of shares) part.textContent = part.title;
  const cut = shares.filter((part) => part.scrollWidth > part.clientWidth);
  for (const part of cut) part.textContent = "";
}
