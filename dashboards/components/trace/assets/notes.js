// Notes and scores of a step, its run and its session: what stands there, what stood there, and a form.

import { failureNotice } from "./api.js";
import { button, el } from "./dom.js";
import { moment, plural } from "./format.js";

const WHO = "spotlight.notes.by"; // in the browser's storage: asked once
const TARGETS = { span: "this step", run: "the run", session: "the session" };
const SEEN = 150; // ms between looks for what was just written, and how many
const LOOKS = 40;

/** Build the tab of a step: fills itself when the answer is there. */
export function notesView(step) {
  const root = el("div", "notes", null, el("div", "muted loading", "loading…"));
  const reload = async () => {
    try {
      draw(root, step, (await step.fetch("notes")).value, reload);
    } catch (error) {
      root.replaceChildren(failureNotice(error, reload));
    }
  };
  reload();
  return root;
}

function draw(root, step, notes, reload) {
  const { cols } = step.model;
  const spanId = cols.id[step.row];
  const mine = notes.entries.filter((entry) => entry.target !== "span" || entry.span_id === spanId);
  const list = el("ul", "note-list");
  for (const entry of mine) list.append(entryView(step, notes, entry, reload));
  const none = mine.length ? null : el("div", "muted", "Nothing was written on this step, its run or its session.");
  root.replaceChildren(...[none, list, form(step, notes, {}, reload)].filter(Boolean));
}

function entryView(step, notes, entry, reload) {
  const said = [entry.name, entry.value == null ? null : String(entry.value), entry.label].filter((part) => part != null);
  const who = [entry.by ?? entry.annotator ?? "unknown", when(entry), `on ${TARGETS[entry.target] ?? entry.target}`];
  const item = el("li", entry.withdrawn ? "annotation withdrawn" : "annotation", null, el("div", "note-who muted", who.join(" · ")));
  item.dataset.note = entry.id;
  if (entry.withdrawn) item.append(el("div", "muted", `${entry.name ?? "Note"} withdrawn`));
  if (said.length && !entry.withdrawn) item.append(el("strong", null, said.join(" ")));
  if (entry.text) item.append(el("div", "text", entry.text));
  if (entry.annotator === "human" && !entry.withdrawn) {
    const tools = el("div", "note-tools");
    tools.append(
      button("more", "edit", () => item.replaceChildren(form(step, notes, entry, reload))),
      button("more", "withdraw", () => write(step, notes, { ...sent(entry), withdrawn: true }, reload, item)),
    );
    item.append(tools);
  }
  if (entry.versions.length) {
    const before = el("details", "note-history", null, el("summary", "muted", plural(entry.versions.length, "earlier version")));
    for (const old of entry.versions) {
      const words = [old.value, old.label, old.text].filter((part) => part != null).join(" ");
      before.append(el("div", "muted", `${old.by ?? "unknown"} · ${when(old)}`), el("div", "text", old.withdrawn ? "withdrawn" : words));
    }
    item.append(before);
  }
  return item;
}

const when = (said) => (said.time_ns == null ? "time unknown" : moment(said.time_ns));
const sent = ({ id, target, span_id, trace_id, name, value, label, text }) => ({ id, target, span_id, trace_id, name, value, label, text });

/** The form of a new entry, or of a new version of `entry`. */
function form(step, notes, entry, reload) {
  const { cols, doc } = step.model;
  const text = field("textarea", "Note", entry.text ?? "");
  text.rows = 3;
  const name = field("input", "Score name (optional)", entry.name ?? "");
  const value = field("input", "Value", entry.value ?? "");
  value.inputMode = "decimal";
  const by = field("input", "Your name", notes.by ?? localStorage.getItem(WHO) ?? "");
  const target = el("select", null, null, ...Object.entries(TARGETS).map(([key, word]) => Object.assign(el("option", null, `on ${word}`), { value: key })));
  target.setAttribute("aria-label", "What it is about");
  target.value = entry.target ?? "span";
  target.disabled = entry.id != null;
  const root = el("form", "note-form", null, text, el("div", "note-row", null, target, name, value, notes.by ? null : by));
  const save = el("button", "more save", entry.id ? "Save new version" : "Save");
  save.type = "submit";
  root.append(save);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") event.stopPropagation(); // letters are no shortcuts here
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!notes.by) localStorage.setItem(WHO, by.value.trim());
    const trace = entry.trace_id ?? doc.traces?.[cols.trace?.[step.row]];
    const number = value.value.trim() === "" ? null : Number(value.value);
    if (Number.isNaN(number)) return say(root, `${value.value} is no number`);
    if (number != null && !name.value.trim()) return say(root, "A value needs the name of the score it is of");
    if (number == null && name.value.trim() && entry.label == null) return say(root, "A score needs a value; a note needs no score name");
    write(step, notes, {
      id: entry.id, target: target.value, span_id: entry.span_id ?? cols.id[step.row], trace_id: trace,
      text: text.value, name: name.value.trim() || null, value: number, label: entry.label, by: by.value.trim(),
    }, reload, root, save);
  });
  return root;
}

function field(tag, label, value) {
  const node = el(tag, "note-field");
  Object.assign(node, { placeholder: label, value });
  node.setAttribute("aria-label", label);
  return node;
}

function say(root, words) {
  root.querySelector(".notice")?.remove();
  const notice = el("div", "notice failed", words);
  notice.setAttribute("role", "alert");
  root.append(notice);
}

/** Send one entry; show it once the lake has it. */
async function write(step, notes, entry, reload, root, control) {
  if (control) control.disabled = true;
  try {
    const response = await fetch(new URL(`/api/runs/${encodeURIComponent(step.model.doc.run.run_id)}/notes`, window.location.origin), {
      method: "POST", credentials: "same-origin", body: JSON.stringify({ by: localStorage.getItem(WHO), ...entry }),
      headers: { "content-type": "application/json", accept: "application/json" },
    });
    const answer = await response.json();
    if (!response.ok) throw new Error([answer.error, answer.hint].filter(Boolean).join(". "));
    const before = JSON.stringify(notes.entries);
    for (let look = 0; look < LOOKS; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, SEEN));
      const { value } = await step.fetch("notes");
      if (JSON.stringify(value.entries) !== before) break;
    }
    root.dispatchEvent(new CustomEvent("spotlight-noted", { bubbles: true, composed: true }));
    reload();
  } catch (error) {
    if (control) control.disabled = false;
    say(root, error.message);
  }
}
