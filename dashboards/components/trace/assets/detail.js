// The panel of the selected span: what the tree knows at once, the rest when it arrives.

import { inAddress, softly } from "./address.js";
import { failureNotice, spanReader, waitBefore } from "./api.js";
import { contextView } from "./context.js";
import { conversationView } from "./conversation.js";
import { button, copyText, el } from "./dom.js";
import { UNKNOWN, duration, moment, money, nsAfter, plural, tokens } from "./format.js";
import { colorOf, familyOf, kindWord } from "./kinds.js";
import { approvalOf, isMoment } from "./model.js";
import { notesView } from "./notes.js";
import { attributesView, eventCount, eventsView, rawView, toolView } from "./tables.js";
import { jsonIn, textView } from "./text_view.js";
import { unknownIn } from "./tree_cells.js";
import { uncovered } from "./work.js";

// The tabs of the panel, in order. A tab is
//   name                       one word; the reader's choice of it is kept per kind of step
//   applies(model, row, span)  whether this step has it
//   draw(step)                 an element, which may fill itself later; step is {model, row, path, span, text, select, fetch}:
//                              the span document and its text as sent, select(row), and fetch(path, signal) of what
//                              lies below /api/runs/{run} (see readings.js)
//   count(span)                optional: a figure beside the name, 0 for none
const TABS = [
  { name: "Tool", applies: (model, row, span) => kindOf(model, row) === "tool" || isCalled(span), draw: ({ span }) => toolView(span) },
  { name: "Conversation", applies: (model, row, span) => kindOf(model, row) === "llm" || isSaid(span), draw: ({ span }) => conversationView(span) },
  { name: "Context", applies: (model, row) => kindOf(model, row) === "llm", draw: contextView },
  { name: "Attributes", applies: () => true, draw: ({ span }) => attributesView(span) },
  { name: "Events", applies: () => true, draw: ({ span }) => eventsView(span), count: eventCount },
  { name: "Notes", applies: () => true, draw: notesView },
  { name: "Raw", applies: () => true, draw: ({ span, text, path }) => rawView(span, text, path) },
];

const kindOf = ({ cols, doc }, row) => doc.kinds[cols.kind[row]];
const isCalled = (span) => span.payload?.tool_arguments != null || span.payload?.tool_result != null;
const isSaid = (span) => ["system", "input", "output"].some((part) => span.messages?.[part]?.length);

/** Which tab opens by itself: the call of a tool, the conversation wherever something was said. */
export function openingTab(names, kind) {
  const wanted = kind === "tool" ? ["Tool"] : kind === "llm" ? ["Conversation"] : names.includes("Tool") ? [] : ["Conversation"];
  return [...wanted, "Attributes"].find((name) => names.includes(name));
}

const FETCH_AFTER = 60; // ms: a held arrow key must not ask for every span it passes

export class Detail {
  /** `actions`: select(row), fetch(path, signal), for the tabs. */
  constructor(root, actions) {
    Object.assign(this, { root, actions });
    this.reader = spanReader();
    this.chosenTabs = new Map();
    this.why = "";
  }

  /** Show a row; `path` is where its document is. */
  show(model, row, path) {
    if (this.path === path && this.model === model) return;
    const same = this.path === path;
    Object.assign(this, { model, row, path });
    clearTimeout(this.timer);
    const kept = this.reader.kept(path);
    if (kept) return this.draw(kept);
    if (!same) this.draw(null);
    this.timer = setTimeout(() => this.load(path), FETCH_AFTER);
  }

  async load(path, attempt = 0) {
    clearTimeout(this.timer);
    try {
      const answer = await this.reader.read(path);
      const unchanged = answer.text === this.drawn?.text && path === this.drawn.path;
      if (path === this.path && !unchanged) this.draw(answer);
    } catch (error) {
      if (error.name === "AbortError" || path !== this.path) return;
      const again = () => this.load(path, attempt + 1);
      this.body.replaceChildren(failureNotice(error, again));
      if (error.unanswered) this.timer = setTimeout(again, waitBefore(attempt));
    }
  }

  leave() {
    clearTimeout(this.timer);
    this.path = null;
  }

  draw(answer) {
    const span = answer?.value ?? null;
    this.drawn = answer && { text: answer.text, path: this.path };
    const kind = this.model.doc.kinds[this.model.cols.kind[this.row]];
    this.body = el("div", "detail-body");
    const tabs = el("div", "tabs");
    tabs.setAttribute("role", "tablist");
    const notes = [...this.banner(span), ...this.origin(span)];
    this.root.replaceChildren(this.header(kind), this.facts(span, kind), ...notes, tabs, this.body);
    if (!span) {
      this.body.append(el("div", "muted loading", "loading…"));
      return;
    }
    this.drawTabs(tabs, { ...this.actions, model: this.model, row: this.row, path: this.path, span, text: answer.text }, kind);
  }

  header(kind) {
    const { cols, doc } = this.model;
    const badge = el("span", "kind-badge", kindWord(kind));
    badge.style.setProperty("--kind", colorOf(kind));
    const spanName = doc.names[cols.name[this.row]].slice(0, 500) || "(no name)";
    const tool = kind === "tool" ? doc.tools?.[cols.tool?.[this.row]] : null;
    const name = el("span", "detail-name", tool ? tool.slice(0, 500) : spanName);
    name.title = spanName;
    name.dir = "auto";
    const word = ["ok", "error", "failed"][cols.err[this.row]];
    const status = el("span", cols.err[this.row] ? "status bad" : "status", cols.err[this.row] ? `⚠ ${word}` : word);
    const link = button("copy", "link", () => {
      const url = new URL(window.location.href);
      url.searchParams.set("span", cols.id[this.row]);
      copyText(url.href, link);
    }, "Copy the address of this span");
    const line = el("header", "detail-header", null, badge, name, status, ...this.replay(kind), link);
    if (!this.why) return line;
    const why = el("div", "why", this.why.slice(0, 1000));
    why.title = why.textContent;
    return el("div", null, null, why, line);
  }

  /** The way to the form that replays the run from this step on: its model call, or the one that asked for it. */
  replay(kind) {
    if (kind !== "llm" && kind !== "tool") return [];
    const { cols, doc } = this.model;
    const zone = inAddress("tz");
    const query = { run: doc.run.run_id, span: cols.id[this.row], ...(zone ? { tz: zone } : {}) };
    const way = el("a", "copy", "Replay from here");
    way.href = `/replay?${new URLSearchParams(query)}`;
    return [softly(way)];
  }

  facts(span, kind) {
    const { cols } = this.model;
    const row = this.row;
    const list = el("dl", "facts");
    const fact = (label, value, title) => {
      const node = el("div", null, null, el("dt", null, label), el("dd", value === UNKNOWN ? "unknown" : null, value));
      if (title) node.title = title;
      list.append(node);
    };
    const untold = isMoment(cols, row) ? UNKNOWN : "no end";
    const started = `starts ${duration(cols.start[row])} into the run: ${moment(nsAfter(this.model.doc.started_ns, cols.start[row]))}`;
    fact("Duration", cols.dur[row] == null ? untold : duration(cols.dur[row]), started);
    const calls = familyOf(kind) === "llm";
    const usage = cols.tin[row] != null || cols.tout[row] != null;
    if (calls || usage) fact("Tokens", usage ? `${tokens(cols.tin[row])} → ${tokens(cols.tout[row])}` : UNKNOWN, "in → out, as reported");
    const own = span?.span ?? {};
    if (calls || usage) fact("Cache read", tokens(own.cache_read_tokens), own.usage_basis ? `tokens in are ${own.usage_basis} of the cache` : "");
    const cost = this.model.costs[row];
    const unpriced = cost == null ? 0 : unknownIn(this.model, row, "cost");
    if (calls || cost != null) fact("Cost", money(cost) + (unpriced ? ` · ${unpriced}?` : ""), `at list price${unpriced ? `; ${plural(unpriced, "call")} without a price` : ""}`);
    const left = uncovered(this.model, row);
    if (left != null) fact("Self time", duration(left), "in which nothing right below it ran");
    if (cols.critical?.[row] > 0) fact("Critical path", duration(cols.critical[row]), "of it, the end of the run waited for so much");
    if (kind === "llm") fact("First token", cols.ttft[row] == null ? UNKNOWN : duration(cols.ttft[row]));
    if (calls) fact("Model", own.response_model ?? own.request_model ?? this.modelName(), own.request_model ? `asked for ${own.request_model}` : "");
    if (kind === "llm") fact("Finish", finishWord(own.finish_reasons));
    if (own.reasoning_tokens != null) fact("Reasoning", tokens(own.reasoning_tokens));
    if (own.tool_name) fact("Tool", own.tool_name.slice(0, 80));
    if (own.agent_name) fact("Agent", own.agent_name.slice(0, 80));
    const approval = approvalOf(this.model, row);
    if (approval) fact("Approval", approval, "decision · who or what decided");
    if (!calls) fact("Starts at", duration(cols.start[row]), started);
    const { traces } = this.model.doc;
    const trace = traces?.[cols.trace?.[row]];
    if (trace && traces.length > 1) fact("Trace", trace.slice(0, 8), `trace ${trace}, one of ${traces.length} that make this run`);
    return list;
  }

  modelName() {
    const { cols, doc } = this.model;
    return cols.model[this.row] >= 0 ? doc.models[cols.model[this.row]] : UNKNOWN;
  }

  /** Where the step comes from, where that is not simply a span; the records are in the events. */
  origin(span) {
    const records = span?.records?.length ?? 0;
    const made = this.model.cols.log?.[this.row];
    if (!made && !records) return [];
    const said = made ? "Made from a log record: no span was sent for this step." : "A log record tells of this step too.";
    const line = el("div", "origin", said);
    if (records) line.append(button("more", `show ${plural(records, "record")}`, () => this.openTab("Events")));
    return [line];
  }

  openTab(name) {
    const tabs = [...this.root.querySelectorAll('[role="tab"]')];
    tabs.find((tab) => tab.textContent.split(" ")[0] === name)?.click();
  }

  banner(span) {
    const err = this.model.cols.err[this.row];
    if (!err) return [];
    const own = span?.span ?? {};
    const type = own.error_type ?? (err === 2 ? "The tool says it failed" : "Error");
    const message = own.error_message ?? own.status_message;
    const banner = el("div", "banner", null, el("strong", null, String(type).slice(0, 300)));
    banner.setAttribute("role", "alert");
    if (message) banner.append(textView(String(message), 600));
    else if (span) banner.append(el("div", "text", "No message was reported."));
    return [banner];
  }

  drawTabs(list, step, kind) {
    const tabs = TABS.filter((tab) => tab.applies(step.model, step.row, step.span));
    const names = tabs.map((tab) => tab.name);
    const chosen = this.chosenTabs.get(kind);
    const first = names.includes(chosen) ? chosen : openingTab(names, kind);
    const nodes = tabs.map(({ name, count, draw }) => {
      const figure = count?.(step.span);
      const tab = button("tab", figure ? `${name} ${figure}` : name, () => {
        this.chosenTabs.set(kind, name);
        open(tab, draw);
      });
      tab.setAttribute("role", "tab");
      return tab;
    });
    const open = (tab, draw) => {
      for (const node of nodes) {
        node.setAttribute("aria-selected", node === tab);
        node.tabIndex = node === tab ? 0 : -1;
      }
      this.body.setAttribute("role", "tabpanel");
      this.body.replaceChildren(draw(step));
      this.body.scrollTop = 0;
    };
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.stopPropagation();
      const next = nodes[(nodes.indexOf(event.target) + step + nodes.length) % nodes.length];
      next.click();
      next.focus();
    });
    list.append(...nodes);
    const at = names.indexOf(first);
    open(nodes[at], tabs[at].draw);
  }

  forget() {
    this.reader.forget();
  }
}

/** Why the model stopped, from JSON text or a list. */
export function finishWord(reasons) {
  const list = typeof reasons === "string" ? (jsonIn(reasons) ?? [reasons]) : reasons;
  return Array.isArray(list) && list.length ? list.join(", ").slice(0, 80) : UNKNOWN;
}
