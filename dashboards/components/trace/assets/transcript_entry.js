// One entry of a transcript as an element. Texts are given to textContent alone.

import { button, el } from "./dom.js";
import { bytes, duration, money, plural, tokens } from "./format.js";
import { valueView } from "./json_tree.js";
import { FOLD_AT, textView } from "./text_view.js";
import { loopKey } from "./transcript_loops.js";
import { answerOf, closedText, errorOf, holds, mentionsIn, sumBelow } from "./transcript_model.js";

const WORDS = {
  system: "system", user: "user", text: "assistant", thought: "thought", call: "calls", result: "result", error: "error",
  summary: "summary of earlier messages", media: "media", other: "content", agent: "agent", thread: "sub-agent",
  silent: "assistant", lost: "context",
};
const VALUES = new Set(["call", "result", "other", "step"]); // JSON of these is shown as a tree
const DEEPEST = 12;

/** Draw entry `i` into `node`; `view` is the reading: its transcript, what is open, folded, searched for, and its acts. */
export function drawEntry(view, i, node) {
  const { transcript: { what, cols, doc } } = view;
  const word = what[i];
  const step = cols.step[i];
  node.className = `entry of-${word}`;
  node.classList.toggle("failed", Boolean(cols.failed[i]));
  node.classList.toggle("selected", view.isSelected(i));
  node.classList.toggle("hit", view.hits.has(i));
  node.style.setProperty("--depth", Math.min(cols.depth[i], DEEPEST));
  node.tabIndex = -1;
  node.dataset.entry = i;
  node.setAttribute("aria-posinset", view.positionOf(i) + 1);
  node.setAttribute("aria-setsize", view.visible.length);
  const head = el("div", "entry-head");
  head.id = `entry-${i}`;
  node.setAttribute("aria-labelledby", head.id);
  if (view.isStepStart(i)) head.append(...meta(view, i));
  const said = doc.steps.agent[step];
  const draw = { agent: drawAgent, thread: drawThread, call: drawCall, silent: drawSilent, lost: drawLost }[word] ?? drawText;
  node.replaceChildren(head);
  draw(view, i, head, node);
  if (view.transcript.loops.has(i)) node.append(loopLine(view, i));
  if (view.severalAgents && said && ["text", "thought", "silent"].includes(word)) head.children[0]?.after(el("span", "entry-agent", said.slice(0, 80)));
}

const put = (head, ...nodes) => head.prepend(...nodes.filter(Boolean));

/** What the first entry of a step says of it: model, tokens, cost, time. */
function meta(view, i) {
  const row = view.rowOf(i);
  if (row < 0) return [];
  const { cols, doc } = view.model;
  const facts = [];
  if (doc.kinds[cols.kind[row]] === "llm") {
    if (cols.model[row] >= 0) facts.push(doc.models[cols.model[row]].slice(0, 60));
    if (cols.tin[row] != null || cols.tout[row] != null) facts.push(`${tokens(cols.tin[row])} in, ${tokens(cols.tout[row])} out`);
  }
  if (cols.cost?.[row] != null) facts.push(money(cols.cost[row]));
  if (cols.dur[row] > 0) facts.push(duration(cols.dur[row]));
  return [el("span", "entry-meta", facts.join(" · "))];
}

function toggle(view, i) {
  const open = !view.folded.has(view.transcript.keys[i]);
  const control = button("entry-toggle", open ? "▼" : "▶", (event) => {
    event.stopPropagation();
    view.fold(i, open);
  }, open ? "fold" : "unfold");
  control.setAttribute("aria-expanded", open);
  return control;
}

function name(view, i) {
  const code = view.transcript.cols.name[i];
  return code < 0 ? null : view.transcript.doc.names[code].slice(0, 200);
}

function failedWord(view, i) {
  return view.transcript.cols.failed[i] ? el("span", "error-word", "⚠ failed") : null;
}

/** How often what begins here was done in a row, and the control that folds the repeats. */
function loopLine(view, i) {
  const { times, names, failed } = view.transcript.loops.get(i);
  const open = !view.folded.has(loopKey(view.transcript, i));
  const control = button("more", `${open ? "▼" : "▶"} ×${times}`, (event) => {
    event.stopPropagation();
    view.foldLoop(i, open);
  }, `${open ? "Fold" : "Unfold"} what was done ${times} times in a row`);
  control.setAttribute("aria-expanded", open);
  const said = names.slice(0, 4).map((word) => word.slice(0, 60)).join(" → ") + (names.length > 4 ? " → …" : "");
  const line = el("div", "entry-loop", null, control, el("span", null, `${said}, ${open ? "in a row" : `${times - 1} more times`}`));
  if (failed) line.append(el("span", "error-word", `⚠ ${failed} failed`));
  return line;
}

function drawAgent(view, i, head) {
  put(head, el("span", "entry-word", "agent"), el("strong", "entry-name", name(view, i)));
}

function drawLost(view, i, head) {
  const gone = plural(view.transcript.cols.number[i], "part");
  put(head, el("span", "entry-word", `✂ ${gone} of the call before left the context`));
}

function drawSilent(view, i, head) {
  const { doc, cols } = view.transcript;
  const absent = doc.steps.state[cols.step[i]] === "absent";
  put(head, el("span", "entry-word", "assistant"), el("span", "entry-none", absent ? "content not recorded" : "no answer recorded"));
}

function drawThread(view, i, head, node) {
  const { transcript } = view;
  const { steps, calls, failed } = sumBelow(transcript, i);
  const row = view.rowOf(i);
  const facts = [plural(steps, "step"), plural(calls, "call")];
  if (row >= 0) {
    const { cols, tokens: sums, costs } = view.model;
    if (sums[row] != null) facts.push(`${tokens(sums[row])} tokens`);
    if (costs?.[row] != null) facts.push(money(costs[row]));
    if (cols.dur[row] > 0) facts.push(duration(cols.dur[row]));
  }
  put(head, toggle(view, i), el("span", "entry-word", "sub-agent"), el("strong", "entry-name", name(view, i)));
  const line = el("div", "thread-facts", facts.join(" · "));
  if (failed) line.append(" ", el("span", "error-word", `⚠ ${plural(failed, "error")}`));
  node.append(line);
}

function drawCall(view, i, head, node) {
  const { transcript } = view;
  const folded = view.folded.has(transcript.keys[i]);
  const answer = answerOf(transcript, i);
  const called = el("code", "entry-name", name(view, i) ?? "tool without a name");
  put(head, holds(transcript, i) ? toggle(view, i) : el("span", "entry-toggle"), el("span", "entry-word", "calls"), called, failedWord(view, i));
  if (folded || !holds(transcript, i)) {
    const text = view.text(i);
    node.append(el("div", "call-line", null, el("span", "call-arguments", text == null ? "" : inOneLine(text)), ...preview(view, answer, i)));
  } else body(view, i, node);
}

const inOneLine = (text) => text.slice(0, 240).replace(/\s*\n\s*/g, " ↵ ");

/** What was answered, in one line beside a folded call. */
function preview(view, answer, i) {
  const error = errorOf(view.transcript, i);
  if (error >= 0 && !(view.transcript.cols.size[answer] > 0)) {
    const said = inOneLine(view.text(error) ?? "") || "no message was reported";
    return [el("span", "call-answer", null, el("span", "arrow", "→ "), ...marked(said, view.query))];
  }
  if (answer < 0) return [el("span", "call-answer none", "no answer recorded")];
  const { size } = view.transcript.cols;
  if (size[answer] == null) return [el("span", "call-answer none", "answer not recorded")];
  const line = el("span", "call-answer", null, el("span", "arrow", "→ "));
  line.append(...marked(inOneLine(view.text(answer) ?? ""), view.query));
  return [line, el("span", "call-size", bytes(size[answer]))];
}

function drawText(view, i, head, node) {
  const { transcript: { what, cols } } = view;
  const own = name(view, i);
  const isStep = what[i] === "step";
  const word = isStep ? stepWord(view, i) : WORDS[what[i]] ?? what[i];
  put(head, isStep && holds(view.transcript, i) ? toggle(view, i) : null, el("span", "entry-word", word),
    own && what[i] !== "result" ? el("span", "entry-agent", own) : null, what[i] === "error" ? null : failedWord(view, i));
  if (cols.size[i] == null) node.append(el("div", "entry-none", what[i] === "error" ? "no message was reported" : "content not recorded"));
  else if (what[i] === "media") node.append(el("div", "entry-none", `${bytes(cols.size[i])}, not shown; in full in the panel`));
  else body(view, i, node);
}

function stepWord(view, i) {
  const row = view.rowOf(i);
  return row < 0 ? "step" : view.model.doc.kinds[view.model.cols.kind[row]].replaceAll("_", " ");
}

const marked = (text, query) => mentionsIn(text, query).map((part, k) => (k % 2 ? el("mark", null, part) : part));

/** The text of an entry: closed a few lines, open all of it, megabytes by the stretch. */
function body(view, i, node) {
  const { what, keys, cols } = view.transcript;
  const text = view.text(i);
  const place = el("div", `entry-text${VALUES.has(what[i]) ? " value" : ""}`);
  place.dir = "auto";
  node.append(place);
  if (text == null) {
    place.textContent = "…";
    return;
  }
  const shown = closedText(what[i], text);
  const isOpen = view.open.has(keys[i]);
  if (isOpen) {
    const whole = cols.size[i] <= view.transcript.doc.head ? text : view.whole.get(keys[i])?.text;
    if (whole != null) place.append(VALUES.has(what[i]) ? valueView(whole) : textView(whole, FOLD_AT, "words"));
    else place.append(...marked(text, view.query));
  } else place.append(...marked(shown, view.query));
  node.append(more(view, i, shown, isOpen));
}

function more(view, i, shown, isOpen) {
  const { cols, keys, doc } = view.transcript;
  const controls = el("div", "entry-more");
  if (shown.length >= cols.size[i]) return controls;
  const have = cols.size[i] <= doc.head ? cols.size[i] : (view.whole.get(keys[i])?.next ?? doc.head);
  const act = (event) => { event.stopPropagation(); view.toggleText(i); };
  const label = isOpen ? "less" : `all of it (${bytes(cols.size[i])})`;
  controls.append(button("more", label, act));
  if (isOpen && have < cols.size[i]) {
    const next = (event) => { event.stopPropagation(); view.readOn(i); };
    controls.append(button("more", `more: ${bytes(have)} of ${bytes(cols.size[i])} are here`, next));
  }
  return controls;
}
