// A list of things of different heights, of which only those in view are in the page.

/** The tops of some heights: place k lies from tops[k] to tops[k + 1]. */
export function topsOf(heights) {
  const tops = new Float64Array(heights.length + 1);
  for (let k = 0; k < heights.length; k++) tops[k + 1] = tops[k] + heights[k];
  return tops;
}

/** The place at a distance from the top, by bisection; the last one where it lies below the end. */
export function placeAt(tops, y) {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The places to draw for a window, with some beside it: {first, stop}. */
export function windowOf(tops, scrollTop, height, beside) {
  const count = tops.length - 1;
  const first = Math.max(0, placeAt(tops, Math.max(0, scrollTop - beside)));
  return { first, stop: Math.min(count, placeAt(tops, scrollTop + height + beside) + 1) };
}

const BESIDE = 400; // px drawn above and below the window

export class VirtualList {
  /** `body` scrolls, `pad` in it has the whole height; `on` has estimate(item), draw(item, node), keeps(item). */
  constructor(body, pad, on) {
    Object.assign(this, { body, pad, on, items: [], tops: new Float64Array(1), nodes: new Map(), measured: new Map(), frame: 0 });
    body.addEventListener("scroll", () => this.schedule(), { passive: true });
  }

  /** Show these items (numbers, ascending); what was measured of one is kept. */
  setItems(items) {
    this.items = items;
    this.place = new Map(items.map((item, k) => [item, k]));
    this.layOut();
    this.redraw();
  }

  layOut() {
    this.tops = topsOf(this.items.map((item) => this.measured.get(item) ?? this.on.estimate(item)));
    this.pad.style.height = `${this.tops[this.items.length]}px`;
  }

  /** Forget what was measured: the width changed, or the items mean something else now. */
  forget() {
    this.measured.clear();
    for (const node of this.nodes.values()) node.remove();
    this.nodes.clear();
  }

  /** Draw an item again, or all that are in view. */
  redraw(item) {
    if (item == null) for (const node of this.nodes.values()) node.stale = true;
    else if (this.nodes.has(item)) this.nodes.get(item).stale = true;
    this.schedule();
  }

  schedule() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    const { scrollTop, clientHeight } = this.body;
    if (!clientHeight) return;
    const { first, stop } = windowOf(this.tops, scrollTop, clientHeight, BESIDE);
    const wanted = this.items.slice(first, stop);
    this.removeBut(new Set(wanted));
    for (const item of wanted) this.drawn(item);
    // All drawn, then all measured: one layout, and not one per item.
    const anchor = this.items[placeAt(this.tops, scrollTop)];
    const before = this.tops[this.place.get(anchor)] ?? 0;
    let changed = false;
    for (const item of wanted) {
      const height = this.nodes.get(item).offsetHeight;
      if (height === this.measured.get(item)) continue;
      changed ||= Math.abs(height - (this.measured.get(item) ?? this.on.estimate(item))) > 0.5;
      this.measured.set(item, height);
    }
    if (changed) {
      this.layOut();
      const moved = (this.tops[this.place.get(anchor)] ?? 0) - before;
      if (moved) this.body.scrollTop = scrollTop + moved;
      this.schedule();
    }
    for (const [item, node] of this.nodes) node.style.transform = `translateY(${this.tops[this.place.get(item)] ?? 0}px)`;
    this.on.painted?.(wanted);
  }

  removeBut(wanted) {
    for (const [item, node] of this.nodes) {
      if (wanted.has(item) || (this.on.keeps(item) && this.place.has(item))) continue;
      node.remove();
      this.nodes.delete(item);
    }
  }

  drawn(item) {
    let node = this.nodes.get(item);
    if (!node) {
      node = document.createElement("article");
      node.stale = true;
      this.nodes.set(item, node);
      this.insert(node, item);
    }
    if (node.stale) {
      node.stale = false;
      this.on.draw(item, node);
    }
    return node;
  }

  /** Nodes stand in the page in the order of the list: readers of the screen follow it. */
  insert(node, item) {
    node.item = item;
    let after = this.pad.lastElementChild;
    while (after && after.item > item) after = after.previousElementSibling;
    if (after) after.after(node);
    else this.pad.prepend(node);
  }

  /** Scroll so that an item is seen, and return its node. */
  reveal(item) {
    const place = this.place.get(item);
    if (place == null) return null;
    for (let k = 0; k < 3; k++) { // what lies above is measured on the way, and may move it
      const { scrollTop, clientHeight } = this.body;
      const [top, end] = [this.tops[place], this.tops[place + 1]];
      if (top < scrollTop || (end > scrollTop + clientHeight && end - top > clientHeight)) this.body.scrollTop = top - 8;
      else if (end > scrollTop + clientHeight) this.body.scrollTop = end - clientHeight + 8;
      this.paint();
    }
    return this.nodes.get(item) ?? null;
  }
}
