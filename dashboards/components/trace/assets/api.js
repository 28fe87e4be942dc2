// Fetching JSON from our own routes. Integers a double cannot hold arrive as text: the server sees to that.

const KEPT = 60;

/** Fetch one JSON document: {text, value}. An error carries what the server says, and its hint. */
export async function fetchJson(path, signal) {
  const response = await fetch(new URL(path, window.location.origin), {
    credentials: "same-origin", signal, headers: { accept: "application/json" },
  });
  const text = await response.text();
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
