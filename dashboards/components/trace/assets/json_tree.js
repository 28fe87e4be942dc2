// JSON as a tree that folds. Children are built when their parent opens, 200 at a time.

import { button, el } from "./dom.js";
import { jsonIn, textView } from "./text_view.js";

const CHUNK = 200;
const OPEN_BUDGET = 80; // nodes opened by themselves: about two screens
const STRING_FOLD = 2000;

const isBranch = (value) => value !== null && typeof value === "object";
const sizeOf = (value) => (Array.isArray(value) ? value.length : Object.keys(value).length);

function preview(value) {
  const size = sizeOf(value);
  return Array.isArray(value) ? `[${size}]` : `{${size}}`;
}

function leaf(value) {
  if (typeof value === "string") return textView(value, STRING_FOLD, "json-string");
  const type = value === null ? "null" : typeof value;
  return el("span", `json-${type}`, String(value));
}

function* entriesOf(value) {
  if (Array.isArray(value)) yield* value.entries();
  else for (const key of Object.keys(value)) yield [key, value[key]];
}

function fill(list, value, budget, depth) {
  const entries = entriesOf(value);
  let left = sizeOf(value);
  const chunk = () => {
    const built = document.createDocumentFragment();
    for (let k = 0; k < CHUNK && left > 0; k++, left--) {
      const [key, child] = entries.next().value;
      built.append(node(key, child, budget, depth + 1));
    }
    list.append(built);
    if (left > 0) {
      const more = button("more", `show ${Math.min(CHUNK, left)} more of ${sizeOf(value)}`, () => {
        more.remove();
        chunk();
      });
      list.append(more);
    }
  };
  chunk();
}

function node(key, value, budget, depth) {
  const line = el("div", "json-node");
  const label = el("span", typeof key === "number" ? "json-index" : "json-key", String(key).slice(0, 300));
  const inText = jsonIn(value);
  if (inText !== undefined) value = inText;
  if (!isBranch(value)) {
    line.append(label, leaf(value));
    return line;
  }
  if (!sizeOf(value)) {
    line.append(label, el("span", "json-preview", Array.isArray(value) ? "[ ]" : "{ }"));
    return line;
  }
  const list = el("div", "json-list");
  let built = false;
  const toggle = button("json-toggle", null, () => open(toggle.getAttribute("aria-expanded") !== "true"));
  const open = (wanted) => {
    if (wanted && !built) {
      built = true;
      fill(list, value, budget, depth);
    }
    list.hidden = !wanted;
    toggle.setAttribute("aria-expanded", wanted);
  };
  toggle.append(label, el("span", "json-preview", preview(value) + (inText === undefined ? "" : " in text")));
  line.append(toggle, list);
  const size = sizeOf(value);
  const opens = depth < 3 && size <= budget.left;
  if (opens) budget.left -= size;
  open(opens);
  return line;
}

/** An element showing a JSON value as a tree. */
export function jsonTree(value) {
  const root = el("div", "json");
  root.dir = "auto";
  if (!isBranch(value)) root.append(leaf(value));
  else if (!sizeOf(value)) root.append(el("span", "json-preview", Array.isArray(value) ? "[ ]" : "{ }"));
  else fill(root, value, { left: OPEN_BUDGET }, 0);
  return root;
}

/** A value as people read it: text as text, JSON (also JSON inside text) as a tree. */
export function valueView(value) {
  if (typeof value !== "string") return jsonTree(value ?? null);
  const parsed = jsonIn(value);
  return parsed === undefined ? textView(value) : jsonTree(parsed);
}
