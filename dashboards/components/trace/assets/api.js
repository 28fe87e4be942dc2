// Fetching JSON from our own routes. Integers a double cannot hold arrive as text: the server sees to that.

import { button, el } from "./dom.js";

const KEPT = 60;
const LONGEST_WAIT = 15000;

/** ms to wait before asking again: 1 s, 2 s, 4 s, ... */
export const waitBefore = (attempt) => Math.min(LONGEST_WAIT, 1000 * 2 ** attempt);

/** What stands where an answer should: why there is none, and a button that asks again. */
export function failureNotice(error, again) {
  const said = error.unanswered ? "Spotlight does not answer; trying again. " : `${error.message} `;
  return el("div", "notice failed", said, button("more", "retry", again));
}

async function ask(path, signal, early) {
  try {
    const response = await (early ?? fetch(new URL(path, window.location.origin), {
      credentials: "same-origin", signal, headers: { accept: "application/json" },
    }));
    return { response, text: await response.text() };
  } catch (error) {
    if (error.name !== "AbortError") error.unanswered = true;
    throw error;
  }
}

/** Fetch one JSON document: {text, value}. An error carries what the server says, and its hint.

`early` is the answer to come where it has been asked for already. */
export async function fetchJson(path, signal, early) {
  const { response, text } = await ask(path, signal, early);
  if (response.ok) return { text, value: JSON.parse(text) };
  let said = {};
  try { said = JSON.parse(text); } catch { said = { error: `the server answered ${response.status}` }; }
  throw new Error([said.error, said.hint].filter(Boolean).join(". "));
}

/** A reader of span documents that keeps the last ones and gives up on one when another is asked for. */
export function spanReader() {
  const kept = new Map();
  let running = null;
  return {
    forget: () => kept.clear(),
    kept: (path) => kept.get(path),
    async read(path) {
      running?.abort();
      if (kept.has(path)) return kept.get(path);
      running = new AbortController();
      const document = await fetchJson(path, running.signal);
      kept.set(path, document);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      return document;
    },
  };
}
