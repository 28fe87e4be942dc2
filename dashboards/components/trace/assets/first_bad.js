// Where to look first in a run whose own steps show no failure: asked once the run is shown, as other runs tell.

import { button, el } from "./dom.js";

const WEAK = new Set(["limit", "budget"]); // rules after which other runs are asked: see reports/first_bad.py

/** Whether other runs, or a verdict, may say more about where to begin than the run's own steps do. */
export const mayBeElsewhere = ({ opens_at }) => opens_at === null || WEAK.has(opens_at?.rule);

/** Why a step was opened, as a sentence. */
export const whyOpened = ({ rule, why }) => (rule === "first_call" ? why[0].toUpperCase() + why.slice(1) : `Opened at the ${why}`);

export class FirstBadOffer {
  /** `on`: fetch(path), isChosen() whether the reader is at work already, goTo(span, why). */
  constructor(on) {
    this.on = on;
    this.bar = el("div", "hidden-rows later-bad");
    this.bar.hidden = true;
    this.bar.setAttribute("role", "status");
  }

  /** Go to the step, or offer it to a reader who has chosen one; a run that opened at it well enough stays. */
  async ask(doc) {
    this.bar.hidden = true;
    this.doc = doc;
    if (!mayBeElsewhere(doc)) return;
    let found;
    try {
      found = (await this.on.fetch("first-bad?of=failed")).value.first_bad;
    } catch {
      return; // the run is shown; this would only have been a hint
    }
    if (!found || this.doc !== doc || found.span_id === doc.opens_at?.span) return;
    if (this.on.isChosen()) this.offer(found);
    else this.on.goTo(found.span_id, whyOpened(found));
  }

  offer(found) {
    const go = button("more", "go there", () => {
      this.bar.hidden = true;
      this.on.goTo(found.span_id, whyOpened(found));
    });
    const leave = button("more", "×", () => { this.bar.hidden = true; }, "Dismiss");
    const said = found.why[0].toUpperCase() + found.why.slice(1);
    this.bar.replaceChildren(el("span", "later-why", said.slice(0, 300)), go, leave);
    this.bar.hidden = false;
  }
}
