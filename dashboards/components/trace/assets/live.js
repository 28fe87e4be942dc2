// A run in flight: is it one, the steps that come, and whether the reader follows them or holds them up.

import { button } from "./dom.js";
import { duration } from "./format.js";

const SILENT = 10 * 60_000; // ms without a word: a run without an end that says nothing for longer was killed
const TICK = 1000;

/** ms since the run's start where it is in flight at `now` (ms since 1970), else null. */
export function inFlight(doc, now) {
  if (doc.run?.status !== "incomplete" || doc.started_ns == null) return null;
  const since = now - Number(BigInt(doc.started_ns) / 1000000n);
  const silent = since - doc.total_ms;
  return silent > -SILENT && silent < SILENT ? Math.max(since, doc.total_ms) : null;
}

/** The row that began last, -1 for none. */
export function newestRow({ cols, count }) {
  let newest = count - 1;
  for (let i = count - 2; i >= 0; i--) if (cols.start[i] > cols.start[newest]) newest = i;
  return newest;
}

export class Live {
  /** `on`: resumed(), drawn() and tick(ms since the run's start). */
  constructor(on) {
    Object.assign(this, { on, following: false, paused: false, waits: false, sinceMs: null });
  }

  /** Take up a document; a run that has come to its end is followed no more. */
  take(doc) {
    this.doc = doc;
    this.sinceMs = inFlight(doc, Date.now());
    clearInterval(this.timer);
    if (this.sinceMs == null) this.following = this.paused = false;
    else if (!this.paused) this.timer = setInterval(() => this.tick(), TICK);
    this.waits = false;
  }

  tick() {
    this.sinceMs = inFlight(this.doc, Date.now());
    if (this.sinceMs != null) this.on.tick(this.sinceMs);
    else this.leave();
  }

  /** Whether what has arrived has to wait. */
  holds() {
    if (!this.paused) return false;
    this.waits = true;
    this.on.drawn();
    return true;
  }

  follow() {
    if (this.sinceMs == null) return;
    this.following = !this.following;
    if (this.following && this.paused) this.pause();
    this.on.drawn();
  }

  pause() {
    if (this.sinceMs == null) return;
    this.paused = !this.paused;
    if (this.paused) clearInterval(this.timer);
    else this.timer = setInterval(() => this.tick(), TICK);
    if (this.paused) this.following = false;
    this.on.drawn();
    if (!this.paused && this.waits) this.on.resumed();
  }

  /** The buttons, none for a run that is over. */
  tools() {
    if (this.sinceMs == null) return [];
    const follow = button("toggle", "follow", () => this.follow());
    follow.title = "Keep the newest step in view (key: o)";
    follow.setAttribute("aria-pressed", this.following);
    const pause = button("toggle", this.paused && this.waits ? "paused · more has arrived" : "pause", () => this.pause());
    pause.title = `In flight for ${duration(this.sinceMs)}. Hold what is shown as it is (key: p)`;
    pause.setAttribute("aria-pressed", this.paused);
    return [follow, pause];
  }

  leave() {
    clearInterval(this.timer);
  }
}
