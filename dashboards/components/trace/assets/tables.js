// The tabs that are not a conversation: tool call, attributes, events and logs, raw JSON.

import { button, copyText, el } from "./dom.js";
import { duration, moment, msBetween } from "./format.js";
import { jsonTree, valueView } from "./json_tree.js";
import { jsonIn, textView } from "./text_view.js";

const SHOWN_ROWS = 400;
const OTEL_KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const HIDDEN_COLUMNS = new Set(["attributes", "events", "links", "resource", "scope"]);

function section(title, ...content) {
  return el("section", null, null, el("h4", null, title), ...content);
}

/** What a tool was asked, then what it answered. */
export function toolView(span) {
  const root = el("div", "tool");
  const payload = span.payload ?? {};
  const asked = section("Arguments", payload.tool_arguments == null ? el("div", "muted", "not recorded") : valueView(payload.tool_arguments));
  // A log record that tells of a failure leaves the result out also where there was one.
  const raised = span.span?.status === "error" && span.span?.signal !== "log";
  const none = raised ? "none: the tool raised" : "not recorded";
  const answered = section("Result", payload.tool_result == null ? el("div", "muted", none) : valueView(payload.tool_result));
  root.append(asked, answered);
  return root;
}

/** A key that breaks after its dots, where it must break. */
function keyCell(key) {
  const cell = el("div", "pair-key");
  for (const part of key.slice(0, 300).split(/(?<=\.)/)) cell.append(part, el("wbr"));
  return cell;
}

/** The span's own columns as people read them: the kind as a word, times also as dates. */
function readable([name, value]) {
  if (name === "otel_kind" && OTEL_KINDS[value]) return [name, `${OTEL_KINDS[value]} (${value})`];
  if (name.endsWith("_ns") && /^\d{1,19}$/.test(value)) return [name, `${value} · ${moment(value)}`];
  return [name, value];
}

function keyValueRows(entries, query) {
  const rows = document.createDocumentFragment();
  let shown = 0;
  let left = 0;
  for (const [key, value] of entries) {
    const text = typeof value === "string" ? value : null;
    if (query && !key.toLowerCase().includes(query) && !(text ?? String(value)).toLowerCase().includes(query)) continue;
    if (shown >= SHOWN_ROWS) { left++; continue; }
    shown++;
    const view = text != null && jsonIn(text) === undefined ? textView(text, 1500) : valueView(value);
    rows.append(el("div", "pair", null, keyCell(key), el("div", "pair-value", null, view)));
  }
  if (left) rows.append(el("div", "muted", `${left} more: search to narrow`));
  return { rows, shown };
}

/** Attributes, the span's own columns and its resource, in a table that can be searched. */
export function attributesView(span) {
  const columns = Object.entries(span.span ?? {}).filter(([name, value]) => value !== null && !HIDDEN_COLUMNS.has(name));
  const groups = [
    ["Attributes", Object.entries(span.attributes ?? {})],
    ["Span", columns.map(readable)],
    ["Resource", Object.entries(span.resource ?? {})],
    ["Links", (span.links ?? []).map((link, k) => [String(k + 1), link])],
  ];
  const root = el("div", "attributes");
  const search = el("input", "tab-search");
  search.type = "search";
  search.placeholder = "Search attributes";
  search.setAttribute("aria-label", "Search attributes");
  search.addEventListener("keydown", (event) => event.stopPropagation());
  const list = el("div");
  const draw = () => {
    const query = search.value.trim().toLowerCase();
    list.replaceChildren();
    for (const [title, entries] of groups) {
      const { rows, shown } = keyValueRows(entries, query);
      if (shown) list.append(section(title, rows));
    }
    if (!list.childElementCount) list.append(el("div", "muted", query ? "nothing matches" : "no attributes"));
  };
  search.addEventListener("input", draw);
  draw();
  root.append(search, list);
  return root;
}

/** How many events and logs a span has. */
export const eventCount = (span) => [span.events, span.logs, span.records].reduce((sum, list) => sum + (list?.length ?? 0), 0);

/** Events and log records on one time line, earliest first. */
export function eventsView(span) {
  const events = (span.events ?? []).map((event) => ({ ...event, word: "event", title: event.name }));
  const logs = (span.logs ?? []).map((log) => ({
    ...log, word: log.severity_text || "log", title: log.event_name ?? "", body: log.body,
  }));
  const records = (span.records ?? []).map((log) => ({
    ...log, word: "log record of this step", title: log.event_name ?? "", body: log.body, own: true,
  }));
  const all = [...events, ...records, ...logs].sort((a, b) => Number(BigInt(a.time_ns ?? 0) - BigInt(b.time_ns ?? 0)));
  const root = el("div", "events");
  if (!all.length) root.append(el("div", "muted", "no events and no logs on this span"));
  for (const entry of all.slice(0, SHOWN_ROWS)) {
    const after = msBetween(span.span?.started_ns, entry.time_ns);
    const head = el("div", "event-head", null,
      el("span", "event-time", after == null ? "" : (after < 0 ? "−" : "+") + duration(Math.abs(after))),
      el("span", "event-word", String(entry.word).slice(0, 40)), el("span", "event-title", String(entry.title ?? "").slice(0, 300)));
    head.title = moment(entry.time_ns);
    const card = el("div", entry.own ? "event own" : "event", null, head);
    if (entry.body != null) card.append(valueView(entry.body));
    if (entry.attributes && Object.keys(entry.attributes).length) card.append(jsonTree(entry.attributes));
    root.append(card);
  }
  if (all.length > SHOWN_ROWS) root.append(el("div", "muted", `${all.length - SHOWN_ROWS} more in Raw`));
  return root;
}

/** Buttons that save what the span carries, as it was sent and of any size. */
function savings(span, path) {
  const carried = Object.keys(span.payload ?? {}).filter((name) => span.payload[name] != null);
  if (!carried.length) return null;
  const save = (name) => button("more", name, () => {
    window.location.assign(new URL(`${path}/content/${encodeURIComponent(name)}`, window.location.origin));
  }, `Save ${name} as it was sent`);
  return el("div", "savings", null, el("span", "muted", "save as sent:"), ...carried.map(save));
}

/** Everything the server sent about the span, as JSON text, with a copy button; `path` is the span's. */
export function rawView(span, text, path) {
  const root = el("div", "raw");
  const saved = savings(span, path);
  if (saved) root.append(saved);
  const pretty = text.length < 4e6 ? indented(text) : text;
  const shown = textView(pretty, undefined, "text code");
  const copy = button("copy", "copy JSON", () => copyText(pretty, copy, shown));
  root.append(copy, shown);
  return root;
}

/** JSON text with line breaks and indents, its numbers untouched. */
export function indented(text) {
  const lines = [];
  let line = "";
  let depth = 0;
  const flush = () => { if (line.trim()) lines.push(line); line = "  ".repeat(depth); };
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
  tokens.forEach((token, k) => {
    const before = tokens[k - 1];
    const closes = token === "}" || token === "]";
    if (closes) depth--;
    if (closes && before !== "{" && before !== "[") flush();
    line += token === ":" ? ": " : token;
    const opens = token === "{" || token === "[";
    if (opens) depth++;
    if (token === "," || (opens && tokens[k + 1] !== "}" && tokens[k + 1] !== "]")) flush();
  });
  if (line.trim()) lines.push(line);
  return lines.join("\n");
}
