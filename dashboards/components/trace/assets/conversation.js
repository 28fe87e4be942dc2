// The conversation of a model call: who said what, which tools were called, what came back.

import { button, el } from "./dom.js";
import { bytes, plural } from "./format.js";
import { jsonTree, valueView } from "./json_tree.js";
import { FOLD_AT, textView } from "./text_view.js";

const LATEST = 6; // messages shown of a long history before the reader asks for all of it
const SYSTEM_FOLD = 500; // instructions repeat in every call; the rest is one press away

function toolCall(part) {
  const head = el("div", "part-head", null, el("span", "part-word", "calls"), el("code", null, part.name ?? "tool without a name"));
  if (part.id) head.append(el("span", "part-id", part.id));
  return el("div", "part call", null, head, part.arguments == null ? el("div", "muted", "no arguments") : valueView(part.arguments));
}

function toolResponse(part) {
  const head = el("div", "part-head", null, el("span", "part-word", "result"), part.name ? el("code", null, part.name) : null);
  if (part.id) head.append(el("span", "part-id", part.id));
  const response = part.response ?? part.result ?? part.content;
  return el("div", "part result", null, head, response == null ? el("div", "muted", "empty") : valueView(response));
}

function media(part) {
  const what = [part.modality, part.mime_type ?? part.media_type].filter(Boolean).join(" ") || part.type;
  const size = typeof part.content === "string" ? `, ${bytes(part.content.length)} of base64` : "";
  const where = part.uri ?? part.file_id;
  return el("div", "part media", null, el("span", "part-word", `${what}${size}, not shown`), where ? textView(String(where), 300) : null);
}

function partView(part, role) {
  if (part === null || typeof part !== "object") return textView(String(part));
  if (part.type === "text" && typeof part.content === "string") {
    return textView(part.content, role === "system" ? SYSTEM_FOLD : FOLD_AT);
  }
  if (part.type === "reasoning") {
    return el("div", "part reasoning", null, el("div", "part-word", "reasoning"), valueView(part.content ?? "not included"));
  }
  if (part.type === "tool_call") return toolCall(part);
  if (part.type === "tool_call_response") return toolResponse(part);
  if (["blob", "uri", "file"].includes(part.type)) return media(part);
  return el("div", "part", null, el("div", "part-word", String(part.type ?? "part")), jsonTree(part));
}

/** One message, its parts below its role. */
export function messageCard(message) {
  const role = String(message.role ?? "no role");
  const card = el("article", "card");
  const known = ["system", "user", "assistant", "tool", "developer"].includes(role) ? role : "other-role";
  card.classList.add(`role-${known}`);
  const name = message.name ? ` · ${message.name}` : "";
  card.append(el("div", "role", (role + name).slice(0, 200)));
  if (message.finish_reason) card.firstChild.append(el("span", "finish", String(message.finish_reason)));
  const parts = Array.isArray(message.parts) ? message.parts : [];
  if (!parts.length) card.append(el("div", "muted", "empty"));
  for (const part of parts) card.append(partView(part, role === "developer" ? "system" : role));
  return card;
}

function inputCards(messages) {
  const cards = document.createDocumentFragment();
  const hidden = messages.length - LATEST - 1;
  if (hidden < 2) {
    cards.append(...messages.map(messageCard));
    return cards;
  }
  const earlier = messages.slice(1, 1 + hidden);
  const more = button("more earlier", `show ${plural(earlier.length, "earlier message")}`, () => {
    more.replaceWith(...earlier.map(messageCard));
  });
  cards.append(messageCard(messages[0]), more, ...messages.slice(1 + hidden).map(messageCard));
  return cards;
}

const STATES = {
  truncated: "The client cut this content before sending it.",
  redacted: "Content was redacted.",
  absent: "The client sent no content for this step. Most record it only when asked to: see the variable OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, or the client's own.",
};

/** Build the conversation of a span document. */
export function conversationView(span) {
  const messages = span.messages ?? { input: [], output: [], state: "absent" };
  const root = el("div", "conversation");
  if (STATES[messages.state]) root.append(el("div", `notice ${messages.state}`, STATES[messages.state]));
  for (const note of messages.notes ?? []) root.append(el("div", "notice", String(note)));
  if (messages.tools?.length) {
    const offered = el("details", "offered", null, el("summary", null, `${plural(messages.tools.length, "tool")} offered`));
    offered.addEventListener("toggle", () => {
      if (offered.open && offered.childElementCount === 1) offered.append(jsonTree(messages.tools));
    });
    root.append(offered);
  }
  // Instructions sent apart from the messages: they came first, so they stand first.
  if (messages.system?.length) root.append(messageCard({ role: "system", parts: messages.system }));
  root.append(inputCards(messages.input ?? []));
  if (messages.output?.length) {
    root.append(el("div", "divider", "answer"));
    root.append(...messages.output.map(messageCard));
  } else if (messages.input?.length) {
    root.append(el("div", "divider", "no answer recorded"));
  }
  return root;
}
