// Text of any length: what is long is folded, with a button that says how much more there is.

import { button, el } from "./dom.js";
import { bytes } from "./format.js";

/** About 64 KB: beyond it a browser takes seconds to lay text out. */
export const FOLD_AT = 64 * 1024;
const STEP = 1024 * 1024; // shown per press: 1 MB lays out in well under a second

/** An element showing `text`; more than `limit` characters are folded. */
export function textView(text, limit = FOLD_AT, className = "text") {
  const shown = el("div", className);
  shown.dir = "auto";
  if (text.length <= limit * 1.2) {
    shown.textContent = text;
    return shown;
  }
  let upTo = limit;
  shown.textContent = text.slice(0, upTo);
  const more = button("more", null, () => {
    const next = Math.min(text.length, Math.max(upTo * 2, upTo + STEP));
    shown.append(text.slice(upTo, next));
    upTo = next;
    label();
  });
  const label = () => {
    const left = text.length - upTo;
    more.hidden = left <= 0;
    more.textContent = left > STEP ? `show 1 MB more of ${bytes(text.length)}` : `show all (${bytes(text.length)})`;
  };
  label();
  return el("div", null, null, shown, more);
}

/** The JSON a text holds, or undefined: only objects and lists count, and not what is too long to parse at once. */
export function jsonIn(text) {
  if (typeof text !== "string" || text.length > 8 * STEP || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
