// The list under a combobox: the focus stays in the field, the arrows move through the options.

import { el } from "./dom.js";

/** Return {show, stale, close, open, key} of the options of an input; `accept` gets the chosen one with its place. */
export function suggestions(input, list, accept) {
  let items = [], active = -1, isStale = false;

  function close() {
    items = [];
    active = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** The text has changed since: the options stay in sight until the next ones come, and cannot be taken. */
  function stale() {
    isStale = true;
    if (!list.hidden) point(-1);
  }

  function point(to) {
    active = to;
    [...list.children].forEach((node, k) => node.setAttribute("aria-selected", String(k === to)));
    const chosen = list.children[to];
    if (!chosen) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  function show(found, { start, end }) {
    if (!found.length) return close();
    items = found.map((item) => ({ ...item, start, end }));
    active = -1;
    isStale = false;
    list.replaceChildren(...items.map((item, k) => {
      const runs = item.runs == null ? null : el("span", "runs", item.runs.toLocaleString("en"));
      const node = el("li", null, null, el("span", "text", item.text), el("span", "help", item.help), runs);
      node.id = `find-option-${k}`;
      node.setAttribute("role", "option");
      node.setAttribute("aria-selected", "false");
      node.setAttribute("aria-label", [item.text, item.help, item.runs == null ? "" : `${item.runs} runs`].filter(Boolean).join(", "));
      node.addEventListener("mousedown", (event) => { // before the field loses the focus
        event.preventDefault();
        if (isStale) return;
        const chosen = items[k];
        close();
        accept(chosen);
      });
      return node;
    }));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  /** Take a key that is meant for the list; false where it is meant for the field. */
  function key(event) {
    if (list.hidden) return false;
    if (event.key === "Escape") close();
    else if (isStale && event.key.startsWith("Arrow")) event.preventDefault();
    else if (event.key === "ArrowDown") point((active + 1) % items.length);
    else if (event.key === "ArrowUp") point((active <= 0 ? items.length : active) - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && active >= 0) {
      const chosen = items[active];
      close();
      accept(chosen);
    } else return false;
    event.preventDefault();
    return true;
  }

  return { show, stale, close, key, open: () => !list.hidden };
}
