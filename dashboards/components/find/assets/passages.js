// Where searched text stands: one line a step, the words found marked. Text is only ever given to textContent.

import { el } from "./dom.js";

function moveTo(href) {
  window.history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

function line({ href, where, before, found, after }) {
  const text = el("span", "text", null, before, el("mark", null, found), after);
  text.dir = "auto";
  const link = el("a", "passage", null, ...where.map((word) => el("span", "where", word)), text);
  link.href = href;
  link.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    moveTo(href);
  });
  return el("li", null, null, link);
}

export default function mount({ data, parentElement }) {
  const host = parentElement.querySelector(".passages-root") ?? parentElement;
  const style = el("link");
  style.rel = "stylesheet";
  style.href = new URL("find.css", import.meta.url).href;
  const list = el("ul", "passages");
  list.setAttribute("aria-label", "Where it is said");
  list.append(...data.rows.map(line));
  host.replaceChildren(style, list);
  return () => {};
}
