// What a model call saw, beside the call before it: shares, the cached prefix, differences, every part.

import { failureNotice } from "./api.js";
import { contextParts } from "./context_parts.js";
import { button, el } from "./dom.js";
import { bytes, percent, plural, tokens } from "./format.js";
import { valueView } from "./json_tree.js";

const answers = new WeakMap(); // span document -> what was answered about its context
const FEW = 8; // sources told one by one; the rest is told together
const OPEN_AT_ONCE = 3; // changes whose values are shown without asking

/** Build the context of a step: fills itself when the answer is there. */
export function contextView(step) {
  const root = el("div", "context", null, el("div", "muted loading", "comparing with the call before…"));
  const path = `spans/${encodeURIComponent(step.model.cols.id[step.row])}/context`;
  const load = async () => {
    try {
      if (!answers.has(step.span)) answers.set(step.span, (await step.fetch(path)).value);
      draw(root, step, answers.get(step.span));
    } catch (error) {
      root.replaceChildren(failureNotice(error, load));
    }
  };
  load();
  return root;
}

function draw(root, step, context) {
  const notes = context.notes.map((note) => el("div", "notice", note));
  root.replaceChildren(
    summary(step, context), ...notes, ...shares(context), prefix(context),
    ...changes("Parameters", context.parameters.map((change) => ({ name: pathWord(change.path), change: wordOf(change.op), differences: [change] }))),
    ...changes("Tool definitions", context.tools), finder(step), contextParts(step, context),
  );
}

const wordOf = (op) => ({ added: "added", removed: "removed" })[op] ?? "changed";
const pathWord = (path) => path.slice(1).split("/")[0] || "parameters";

/** A button to another call: of this run, its row; of another, its page. */
export function callLink(step, call, word) {
  const row = step.model.cols.id.indexOf(call.span_id);
  if (row >= 0) return button("more", word, () => step.select(row));
  const link = el("a", "more", `${word} (another run)`);
  link.href = `/run?${new URLSearchParams({ run: call.run_id, span: call.span_id })}`;
  return link;
}

function summary(step, context) {
  const sizes = [plural(context.parts.length, "part"), `${plural(context.chars, "character")} (${bytes(context.bytes)})`,
    context.input_tokens == null ? "tokens not reported" : `${tokens(context.input_tokens)} tokens reported`];
  const root = el("div", "context-summary", null, el("div", null, sizes.join(" · ")));
  const why = el("div", "muted", context.previous ? `Compared with ${context.previous_why}.` : `Compared with nothing: ${context.previous_why}.`);
  if (context.previous) why.append(" ", callLink(step, context.previous, "go to that call"));
  root.append(why);
  return root;
}

function shares(context) {
  if (!context.shares.length) return [];
  const [first, rest] = [context.shares.slice(0, FEW), context.shares.slice(FEW)];
  const told = rest.length ? [...first, together(rest)] : first;
  const bar = el("div", "share-bar");
  const list = el("ul", "share-list");
  told.forEach((share, k) => {
    const piece = el("span", `share-piece series-${k}`);
    piece.style.width = `${share.share * 100}%`;
    piece.title = `${share.source} ${percent(share.share, 1)}`;
    bar.append(piece);
    const size = share.tokens == null ? plural(share.chars, "character") : `~${tokens(share.tokens)}`;
    list.append(el("li", null, null, el("span", `swatch series-${k}`), el("bdi", null, share.source.slice(0, 80)), el("span", "muted", `${percent(share.share, 1)} · ${size}`)));
  });
  bar.setAttribute("aria-hidden", "true"); // the list says the same
  list.setAttribute("aria-label", "Share of the context by source");
  const how = context.input_tokens == null ? "Shares by size in characters; the call reported no tokens." : `Shares by size; tokens (~) are ${context.estimated}.`;
  return [bar, list, el("div", "muted small", how)];
}

function together(shares) {
  const sum = (key) => shares.reduce((total, share) => total + share[key], 0);
  return { source: `${shares.length} other sources`, chars: sum("chars"), share: sum("share"), tokens: shares[0].tokens == null ? null : sum("tokens") };
}

function prefix(context) {
  const { change, same_share: same, cache_read_tokens: read, input_tokens: input } = context.prefix;
  const root = section("Cached prefix");
  const reported = read == null ? "not reported" : `${tokens(read)} of ${tokens(input)} input tokens`;
  root.append(el("div", null, null, el("span", "muted", "read from the cache "), reported));
  if (!change) return root;
  if (change.part === "not reported") root.append(el("div", "muted", change.said));
  else if (change.part === "none") root.append(el("div", null, `The earlier prompt stands unchanged in front: ${inFront(same)} of this one.`));
  else {
    root.append(el("div", "breaks", `Broken: ${change.said}. ${inFront(same)} stands unchanged in front of it.`));
    root.append(excerpt("before", change.before, change.after), excerpt("now", change.after, change.before));
  }
  return root;
}

/** A share that is all only where it is all. */
const inFront = (share) => `${Math.floor((share ?? 0) * 100)}%`;

/** An excerpt with the first character that differs from the other one marked. */
function excerpt(word, text, other) {
  if (text == null) return el("div", "excerpt", null, el("span", "excerpt-word", word), el("span", "muted", "nothing stands there"));
  let at = 0;
  while (other != null && at < text.length && text[at] === other[at]) at++;
  return el("div", "excerpt", null, el("span", "excerpt-word", word), el("code", null, text.slice(0, at)), el("mark", null, text.slice(at, at + 1) || "∎"), el("code", null, text.slice(at + 1)));
}

const section = (title) => el("section", null, null, el("h4", null, title));

/** Things that came, went or changed, each with its differences by path. */
function changes(title, found) {
  if (!found.length) return [];
  const root = section(`${title}: ${plural(found.length, "change")}`);
  for (const { name, change, differences } of found) {
    const item = el("details", `change is-${change}`, null, el("summary", null, null, el("span", "mark-word", change), el("code", null, String(name).slice(0, 200))));
    item.addEventListener("toggle", () => {
      if (item.open && item.childElementCount === 1) item.append(...differences.map(difference));
    });
    item.classList.toggle("bare", !differences.length);
    item.open = differences.length > 0 && found.length <= OPEN_AT_ONCE;
    root.append(item);
  }
  return [root];
}

function difference({ op, path, before, after }) {
  const root = el("div", "difference", null, el("code", "path", path || "(all of it)"));
  if (op !== "added") root.append(el("div", "was", null, el("span", "mark-word", "−"), valueView(before)));
  if (op !== "removed") root.append(el("div", "is", null, el("span", "mark-word", "+"), valueView(after)));
  return root;
}

/** The search for when a phrase left the context. */
function finder(step) {
  const field = el("input", "tab-search");
  field.type = "search";
  field.placeholder = "When did this leave the context?";
  field.setAttribute("aria-label", "Find when a phrase left the context");
  const found = el("div", "found");
  found.setAttribute("role", "status");
  const form = el("form", "context-find", null, field, button("more", "find", () => form.requestSubmit()), found);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") event.stopPropagation(); // letters are keys of the view
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const phrase = field.value.trim();
    if (!phrase) return found.replaceChildren();
    found.replaceChildren(el("div", "muted", "looking through the calls of the run…"));
    try {
      found.replaceChildren(...places(step, (await step.fetch(`context?${new URLSearchParams({ find: phrase })}`)).value));
    } catch (error) {
      found.replaceChildren(failureNotice(error, () => form.requestSubmit()));
    }
  });
  return form;
}

function places(step, found) {
  const unread = found.calls - found.calls_read;
  const rest = unread ? ` ${plural(unread, "call")} recorded no content.` : "";
  if (!found.first) return [el("div", null, `No call of this run held it.${rest}`)];
  const holders = found.held.filter((one) => one.holds).length;
  const line = el("div", null, `Held by ${holders} of ${plural(found.calls_read, "call")}, from step ${found.first.step} to step ${found.last.step}.${rest}`);
  line.append(" ", callLink(step, found.first, "first"), " ", callLink(step, found.last, "last"));
  const exits = found.exits.map((exit) => el("div", "exit", null,
    el("span", null, `Left after step ${exit.last.step}: ${exit.note} `),
    callLink(step, exit.last, `step ${exit.last.step}, which held it`), " ", callLink(step, exit.next, `step ${exit.next.step}, which did not`)));
  const stays = found.stays ? [el("div", null, "No later call of its agent went without it.")] : [];
  return [line, ...exits, ...stays];
}
