// Taking a run elsewhere: the address of what is shown, and the run as OTLP.

import { button, copyText, el } from "./dom.js";

/** The buttons; `run` is the address of the run's document. The link holds span, view, filters and zone. */
export function shareTools(run) {
  const copy = button("toggle", "copy link", () => copyText(window.location.href, copy),
    "Copy the address of this view; whoever opens it needs to reach this server");
  const file = el("a", "toggle otlp", "OTLP JSON");
  file.href = `${run}/otlp`;
  file.download = "";
  file.title = "Download the run as OTLP JSON, as it was sent";
  return [copy, file];
}
