// The search field: a combobox with suggestions. What is typed stays in this element whatever the page does, and
// goes into the address, as q or another parameter; the address is what the page reads. Text is only ever given to textContent.

import { button, el } from "./dom.js";
import { fetchJson } from "./api.js";
import { suggestions } from "./suggestions.js";
import { viewsMenu } from "./views.js";

const PAUSE = 600; // ms without a key after which a search that can be read is looked for
const QUICK = 70;
const states = new WeakMap();

const USUAL = 'Search: status:error cost>0.05 tool:search "words"';

const inAddress = ({ parameter }) => new URLSearchParams(window.location.search).get(parameter) ?? "";
// The server counts code points, an input UTF-16 units.
const points = (text, units) => [...text.slice(0, units)].length;
const units = (text, count) => [...text].slice(0, count).join("").length;

/** Write the search into the address; Streamlit follows as it follows Back. */
function follow({ parameter }, query) {
  const url = new URL(window.location.href);
  if (query) url.searchParams.set(parameter, query);
  else url.searchParams.delete(parameter);
  url.searchParams.delete("page");
  window.history.pushState({}, "", url);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

function build(host, { parameter, placeholder }) {
  const style = el("link");
  style.rel = "stylesheet";
  style.href = new URL("find.css", import.meta.url).href;
  const input = el("input", "words");
  Object.assign(input, {
    type: "text", autocomplete: "off", spellcheck: false, placeholder: placeholder || USUAL,
  });
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-label": placeholder ? "These runs" : "Search runs", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": "find-options", "aria-describedby": "find-said", autocapitalize: "off",
  })) input.setAttribute(name, value);
  const under = el("div", "under");
  under.setAttribute("aria-hidden", "true");
  const list = el("ul", "options");
  list.id = "find-options";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  const said = el("div", "said");
  said.id = "find-said";
  said.setAttribute("role", "status");
  const state = { parameter, host, input, under, list, said, sent: null, known: null, valid: true, timer: 0, asked: 0 };
  const clear = button("clear", "×", () => { input.value = ""; input.focus(); changed(state); commit(state); }, "Clear search");
  const field = el("div", "field", null, under, input, clear, list);
  host.replaceChildren(style, el("div", "find", null, field, ...(parameter === "q" ? [viewsMenu()] : []), said));
  state.options = suggestions(input, list, (item) => accept(state, item));
  listen(state);
  return state;
}

function listen(state) {
  const { input } = state;
  input.addEventListener("input", () => changed(state));
  input.addEventListener("click", () => suggest(state));
  input.addEventListener("scroll", () => { state.under.scrollLeft = input.scrollLeft; });
  input.addEventListener("blur", () => { state.options.close(); commit(state); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || state.options.key(event)) return;
    if (event.key === "Enter") { state.options.close(); commit(state); }
    else if (event.key === "ArrowDown" || (event.key === " " && event.ctrlKey)) { event.preventDefault(); suggest(state); }
  });
  window.addEventListener("popstate", () => {
    if (inAddress(state) === state.sent) return;
    state.sent = null; // Back, a link, "Clear filters": the address is right
    if (state.host.isConnected) take(state, inAddress(state));
  });
  document.addEventListener("keydown", (event) => {
    const at = event.composedPath()[0];
    if (state.parameter !== "q" || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !state.host.isConnected) return;
    if (at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName)) return;
    event.preventDefault();
    input.focus();
  });
}

function take(state, query) {
  state.known = query;
  if (state.input.value === query) return;
  state.input.value = query;
  mark(state, null);
  check(state);
}

function changed(state) {
  state.options.stale();
  mark(state, null);
  state.said.replaceChildren();
  clearTimeout(state.timer);
  clearTimeout(state.quick);
  state.quick = setTimeout(() => suggest(state), QUICK);
  state.timer = setTimeout(async () => {
    await check(state);
    if (!state.options.open()) commit(state);
  }, PAUSE);
}

async function suggest(state) {
  const { input } = state;
  const text = input.value, at = input.selectionStart ?? text.length, asked = ++state.asked;
  const params = new URLSearchParams({ q: text, at: points(text, at) });
  try {
    const { value } = await fetchJson(`/api/find/complete?${params}`);
    const isHere = input.getRootNode().activeElement === input;
    if (asked !== state.asked || input.value !== text || !isHere) return;
    const typed = text.slice(units(text, value.start), at);
    const items = value.items.filter((item) => item.text !== typed);
    state.options.show(typed || !text.trim() || /[:=<>,.(]$/.test(text.slice(0, at)) ? items : [], value);
  } catch { state.options.close(); } // suggestions help; without them everything can still be typed
}

function accept(state, { text, start, end }) {
  const { input } = state;
  const value = input.value, from = units(value, start), to = units(value, end);
  const isWhole = !/[:>(.]$/.test(text);
  const rest = value.slice(to);
  const written = text + (isWhole && !rest.startsWith(" ") ? " " : "");
  input.value = value.slice(0, from) + written + rest;
  input.setSelectionRange(from + written.length, from + written.length);
  input.focus();
  changed(state);
  if (!isWhole) suggest(state);
}

/** Ask whether the search can be read; say why not, and which values no run has. */
async function check(state) {
  const text = state.input.value;
  try {
    const { value } = await fetchJson(`/api/find/check?${new URLSearchParams({ q: text.trim() })}`);
    if (state.input.value !== text) return;
    state.valid = !value.error;
    const shift = text.length - text.trimStart().length;
    const places = value.error ? [value] : value.notes;
    mark(state, places.map(({ at, end }) => [units(text, at) + shift, units(text, end) + shift]), value.error ? "wrong" : "odd");
    const lines = value.error ? [[value.error, value.hint].filter(Boolean).join(": ")] : value.notes.map((note) => note.text);
    state.said.className = value.error ? "said wrong" : "said";
    state.said.replaceChildren(...lines.map((line) => el("div", null, line)));
    state.input.setAttribute("aria-invalid", String(Boolean(value.error)));
  } catch { state.valid = true; } // the page itself says that the server does not answer
}

/** Underline some characters of the text, in a copy that lies under the field. */
function mark({ input, under }, places, kind) {
  const nodes = [];
  let at = 0;
  for (const [start, end] of (places ?? []).toSorted((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    nodes.push(el("span", null, input.value.slice(at, start)), el("span", kind, input.value.slice(start, Math.max(end, start + 1)) || " "));
    at = end;
  }
  under.replaceChildren(...nodes, el("span", null, input.value.slice(at)));
  under.scrollLeft = input.scrollLeft;
}

async function commit(state) {
  clearTimeout(state.timer);
  const query = state.input.value.trim();
  if (query === inAddress(state)) return;
  if (query) await check(state);
  if ((query && !state.valid) || query !== state.input.value.trim() || query === inAddress(state)) return;
  state.sent = query;
  follow(state, query);
}

export default function mount({ data, parentElement }) {
  const host = parentElement.querySelector(".find-root") ?? parentElement;
  let state = states.get(host);
  if (!state) {
    states.set(host, (state = build(host, data)));
    take(state, data.query);
  } else if (state.sent !== null && data.query !== state.sent) {
    // A run of the script that began before: were its address written now, what was typed would be lost.
    if (inAddress(state) !== state.sent) follow(state, state.sent);
  } else if (data.query !== state.known && data.query !== state.sent) {
    take(state, data.query);
  }
  if (data.query === state.sent) { state.known = state.sent; state.sent = null; }
  return () => state.options.close();
}
