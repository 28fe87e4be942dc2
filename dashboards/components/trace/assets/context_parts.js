// The parts of a context as a list: what stayed, came, went, was cut, summed up or changed, long stretches folded.

import { messageCard } from "./conversation.js";
import { button, el } from "./dom.js";
import { plural } from "./format.js";
import { jsonTree } from "./json_tree.js";
import { textView } from "./text_view.js";

// The marks: sign, word. Colour comes on top of both.
const MARKS = {
  kept: ["", "kept"], added: ["+", "added"], dropped: ["−", "dropped"], changed: ["~", "changed"],
  truncated: ["✂", "truncated"], compacted: ["⇣", "compacted"],
};
const FOLD_FROM = 4; // parts alike in a row that become one line
const CHUNK = 100; // parts drawn at a time
const OPEN_AT_ONCE = 3; // changed parts whose words are shown without asking

/** The list of all parts of a context document, in order. */
export function contextParts(step, context) {
  const marked = context.previous != null;
  const root = el("section", "context-parts", null, el("h4", null, heading(context)));
  const list = el("ol", "parts");
  const state = { step, context, marked, opened: 0, broken: !marked };
  append(list, stretches(context.entries, marked), state);
  root.append(list);
  return root;
}

function heading({ entries, previous, parts }) {
  if (!previous) return plural(parts.length, "part");
  const counted = Object.keys(MARKS).map((mark) => [mark, entries.filter((entry) => entry.mark === mark).length]);
  return counted.filter(([, count]) => count).map(([mark, count]) => `${count.toLocaleString("en")} ${mark}`).join(" · ") || "no parts";
}

/** Entries in order, each a list of those alike that stand together. */
function stretches(entries, marked) {
  const found = [];
  for (const entry of entries) {
    const last = found.at(-1);
    if (last && foldable(entry, marked) && last[0].mark === entry.mark) last.push(entry);
    else found.push([entry]);
  }
  return found.flatMap((group) => (group.length < FOLD_FROM ? group.map((entry) => [entry]) : [group]));
}

const foldable = ({ mark, now, before, note }, marked) => marked && (mark === "kept" ? !note : mark === "dropped" || (mark === "compacted" && now == null && before != null));

/** Append stretches, a chunk now and the rest on demand. */
function append(list, found, state) {
  const built = document.createDocumentFragment();
  for (const group of found.slice(0, CHUNK)) built.append(...(group.length === 1 ? line(group[0], state) : [fold(group, state)]));
  list.append(built);
  const left = found.slice(CHUNK);
  if (!left.length) return;
  const item = el("li", "more-parts");
  item.append(button("more earlier", `show ${Math.min(CHUNK, left.length)} more of ${plural(left.length, "line")}`, () => {
    item.remove();
    append(list, left, state);
  }));
  list.append(item);
}

const partOf = ({ now, before }, context) => (now == null ? context.old[before] : context.parts[now]);

function fold(group, state) {
  const chars = group.reduce((sum, entry) => sum + partOf(entry, state.context).chars, 0);
  const [sign, word] = MARKS[group[0].mark];
  const item = el("li", `stretch mark-${group[0].mark}`);
  item.append(button("more earlier", `${sign} ${plural(group.length, "part")} ${word}, ${plural(chars, "character")}`.trim(), () => {
    const inner = el("ol", "parts");
    append(inner, group.map((entry) => [entry]), { ...state, broken: true, opened: OPEN_AT_ONCE });
    item.replaceChildren(inner);
    inner.querySelector("button")?.focus();
  }));
  return item;
}

/** A part: one line that opens; in front of the first that broke the prefix, a rule that says so. */
function line(entry, state) {
  const { context, marked } = state;
  const part = partOf(entry, context);
  const [sign, word] = MARKS[entry.mark] ?? ["", ""];
  const item = el("li", `part-line mark-${entry.mark}`);
  const head = button("part-line-head", null, () => (item.querySelector(".part-body") ? close() : open()));
  const title = [part.role, part.name].filter(Boolean).join(" · ").slice(0, 120);
  head.append(el("span", "sign", sign), marked ? el("span", "mark-word", word) : "", el("bdi", "part-title", title),
    el("span", "part-size", part.media && !part.chars ? "media" : plural(part.chars, "character")), el("bdi", "part-preview", part.preview.replace(/\s+/g, " ")));
  head.title = `SHA-256 ${part.digest}`;
  item.append(head);
  if (entry.note) item.append(el("div", "part-note", entry.note));
  const close = () => {
    item.querySelector(".part-body").remove();
    head.setAttribute("aria-expanded", "false");
  };
  const open = () => {
    item.append(el("div", "part-body", null, bodyOf(entry, state)));
    head.setAttribute("aria-expanded", "true");
  };
  head.setAttribute("aria-expanded", "false");
  if (entry.words && state.opened++ < OPEN_AT_ONCE) open();
  if (state.broken || entry.mark === "kept" || (entry.mark === "added" && context.prefix.change?.part === "none")) return [item];
  state.broken = true;
  return [el("li", "break", `the cached prefix ends here: ${Math.floor((context.prefix.same_share ?? 0) * 100)}% of this prompt stands in front`), item];
}

function bodyOf(entry, { step, context }) {
  if (entry.words) return words(entry.words);
  if (entry.now == null) {
    const part = context.old[entry.before];
    const cut = part.text.length < part.chars ? el("div", "muted", "The rest is at the call before.") : null;
    return el("div", null, null, textView(part.text), cut);
  }
  const part = context.parts[entry.now];
  const said = step.span.messages;
  if (part.kind === "tools") return jsonTree(said.tools[part.number]);
  return messageCard(part.kind === "system" ? { role: "system", parts: [said.system[part.number]] } : said.input[part.number]);
}

const FAR = 400; // characters of what is the same that stand around a change
const LONG = 1000; // of what came or went, the rest is one press away

/** Two texts word by word; long stretches are folded, whether they are the same or not. */
function words(pieces) {
  const root = el("div", "text words");
  pieces.forEach(([op, text], k) => {
    const isSame = op === "equal";
    const from = isSame && k === 0 ? 0 : isSame ? FAR : LONG;
    const end = isSame && k < pieces.length - 1 ? FAR : 0;
    const shown = folded(text, from, end, `${plural(text.length - from - end, "character")} ${isSame ? "the same" : op}`);
    root.append(...(isSame ? shown : [el(op === "removed" ? "del" : "ins", null, null, ...shown)]));
  });
  return root;
}

function folded(text, from, end, said) {
  if (text.length <= from + end + FAR) return [text];
  const inner = text.slice(from, text.length - end);
  const more = button("more", said, () => more.replaceWith(inner));
  return [text.slice(0, from), more, text.slice(text.length - end)];
}
