// Saved views: a page with its filters under a name. Names are anybody's text: textContent only.

import { button, el } from "./dom.js";
import { fetchJson } from "./api.js";

const ROUTE = "/api/find/views";

async function change(body) {
  const response = await fetch(new URL(ROUTE, window.location.origin), {
    method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  const value = await response.json();
  if (!response.ok) throw new Error([value.error, value.hint].filter(Boolean).join(": "));
  return value.views;
}

function addressOf({ page, query }) {
  const params = new URLSearchParams();
  for (const [key, values] of Object.entries(query)) for (const value of values) params.append(key, value);
  return `/${page}?${params}`;
}

/** The filters of the address as they are now. */
function filtersNow() {
  const found = {};
  for (const [key, value] of new URLSearchParams(window.location.search)) (found[key] ??= []).push(value);
  return found;
}

/** The page that this is; the start page is the overview. */
function pageNow() {
  const name = window.location.pathname.split("/").pop();
  return name && name !== "start" ? name : "overview";
}

/** Return the button of the views and what it opens. */
export function viewsMenu() {
  const list = el("ul", "views");
  const failure = el("div", "wrong");
  failure.setAttribute("role", "alert");
  const name = el("input", "name");
  Object.assign(name, { placeholder: "Save these filters as …", maxLength: 80 });
  name.setAttribute("aria-label", "Name of the view");
  const panel = el("div", "panel", null, list, el("form", "save", null, name, el("button", "plain", "Save")), failure);
  panel.hidden = true;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "Saved views");
  const opener = button("plain opener", "Views ▾", () => toggle(panel.hidden));
  opener.setAttribute("aria-expanded", "false");

  async function act(ask) {
    failure.textContent = "";
    try { fill(await ask()); return true; } catch (error) { failure.textContent = error.message; return false; }
  }

  function toggle(open) {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) {
      act(async () => (await fetchJson(ROUTE)).value.views);
      name.focus();
    } else opener.focus();
  }

  function fill(views) {
    list.replaceChildren(...views.map(row));
    if (!views.length) list.append(el("li", "none", "No views yet: they keep a page with its filters."));
  }

  function row(view) {
    const link = el("a", "view", view.name);
    link.href = addressOf(view);
    link.title = `${view.page}: ${Object.entries(view.query).map(([k, v]) => `${k} ${v.join(", ")}`).join("; ")}`;
    const rename = button("plain", "Rename", () => edit(node, view), `Rename ${view.name}`);
    const remove = button("plain", "Delete", () => act(() => change({ action: "delete", name: view.name })), `Delete ${view.name}`);
    const node = el("li", null, null, link, rename, remove);
    return node;
  }

  function edit(node, view) {
    const field = Object.assign(el("input", "name"), { value: view.name, maxLength: 80 });
    field.setAttribute("aria-label", `New name of ${view.name}`);
    const form = el("form", "save", null, field, el("button", "plain", "Rename"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(() => change({ action: "rename", name: view.name, new: field.value }));
    });
    node.replaceChildren(form);
    field.select();
  }

  panel.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { action: "save", name: name.value, page: pageNow(), query: filtersNow() };
    if (await act(() => change(body))) name.value = "";
  });
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") toggle(false); });
  return el("div", "menu", null, opener, panel);
}
