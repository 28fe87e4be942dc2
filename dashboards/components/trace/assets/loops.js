// Loops: what one parent did over and over, as rows of their own above the repeats. No DOM here.

const LEAST = 3; // so many times in a row make a loop
const LONGEST = 8; // steps of a sequence that repeats
const NAMES_SAID = 4;

/** How often what stands at `from` repeats, for the sequence that covers most: {length, times}; times is 0 for none.

Of two that cover the same the shorter counts: six equal steps are one step six times. */
export function repeatAt(same, from) {
  let best = { length: 0, times: 0 };
  for (let length = 1; length < same.length; length++) {
    const times = Math.floor(same[length][from] / length) + 1;
    if (times >= LEAST && times * length > best.times * best.length) best = { length, times };
  }
  return best;
}

/** For every length up to the longest, and every place, how many in a row equal the one `length` further on. */
function sameAhead(marks) {
  const longest = Math.min(LONGEST, Math.floor(marks.length / LEAST));
  const same = [null];
  for (let length = 1; length <= longest; length++) {
    const ahead = new Int32Array(marks.length + 1);
    for (let i = marks.length - length - 1; i >= 0; i--) ahead[i] = marks[i] === marks[i + length] ? ahead[i + 1] + 1 : 0;
    same.push(ahead);
  }
  return same;
}

/** The loops among siblings, in order: {from, length, times}, places in `marks`, which says what each sibling does. */
export function loopsIn(marks) {
  const same = sameAhead(marks);
  const found = [];
  for (let i = 0; i < marks.length;) {
    const { length, times } = repeatAt(same, i);
    if (times) found.push({ from: i, length, times });
    i += times ? length * times : 1;
  }
  return found;
}

function childrenOf(cols) {
  const below = new Map();
  for (let i = 0; i < cols.id.length; i++) {
    const list = below.get(cols.parent[i]);
    if (list) list.push(i);
    else below.set(cols.parent[i], [i]);
  }
  return below;
}

/** Every loop of a run document by its first row: {rows, length, times}.

An agent at work again is a repeat where it did the same again; else its work is a part of the story of its own. */
function loopRows({ cols, kinds, names, tools, agents }) {
  const found = new Map();
  const below = childrenOf(cols);
  const stories = new Set(["agent", "workflow", "handoff"].map((kind) => kinds.indexOf(kind)));
  const [many, several] = [names.length, 1 + Math.max(tools?.length ?? 0, agents?.length ?? 0)];
  const step = (i) => ((cols.kind[i] * many + cols.name[i]) * several + 1 + (cols.tool?.[i] ?? -1)) * several + 1 + (cols.agent?.[i] ?? -1);
  const mark = (i) => (stories.has(cols.kind[i]) ? `${step(i)}: ${(below.get(i) ?? []).map(step).join()}` : step(i));
  for (const siblings of below.values()) {
    if (siblings.length < LEAST) continue;
    const marks = siblings.map(mark);
    for (const { from, length, times } of loopsIn(marks)) {
      const rows = siblings.slice(from, from + length * times);
      found.set(rows[0], { rows, length, times });
    }
  }
  return found;
}

function nameOf({ cols, names }, { rows, length }) {
  const said = rows.slice(0, Math.min(length, NAMES_SAID)).map((i) => names[cols.name[i]] || "(no name)");
  return said.join(" → ") + (length > NAMES_SAID ? ` → ${length - NAMES_SAID} more` : "");
}

/** What a loop's row holds in every column; the rest is nothing. */
function loopRow(cols, loop, name, kind) {
  const first = loop.rows[0];
  let end = cols.start[first];
  let open = false;
  for (const i of loop.rows) {
    if (cols.dur[i] == null && !cols.log?.[i]) open = true;
    end = Math.max(end, cols.start[i] + (cols.dur[i] ?? 0));
  }
  return {
    id: `loop:${cols.id[first]}`, name, kind, start: cols.start[first], dur: open ? null : end - cols.start[first],
    err: 0, orphan: 0, log: 0, noise: 0, model: -1, tool: -1, agent: -1, decision: -1, decider: -1, trace: cols.trace?.[first] ?? -1,
  };
}

/** A run document with a row above every loop: {doc, place}; the loops' rows have `loop` times and the kind "loop".

`place` holds for every row of the document its row in the new one, where repeats lie a level deeper. */
export function withLoops(doc) {
  const { cols } = doc;
  const count = cols.id.length;
  const loops = loopRows(doc);
  const place = new Int32Array(count);
  if (!loops.size) {
    for (let i = 0; i < count; i++) place[i] = i;
    return { doc, place };
  }
  const kinds = [...doc.kinds, "loop"];
  const names = [...doc.names];
  const from = []; // per row of the new document: the row it was, or the loop's row
  const parent = [];
  const depth = [];
  const loop = [];
  const within = new Int32Array(count).fill(-1); // the loop's row that a repeat hangs below
  const deeper = new Int32Array(count); // loops around a row
  for (let i = 0; i < count; i++) {
    const above = cols.parent[i];
    const around = above >= 0 ? deeper[above] : 0;
    const over = above >= 0 ? place[above] : -1;
    const found = loops.get(i);
    if (found) {
      for (const repeat of found.rows) within[repeat] = from.length;
      from.push(loopRow(cols, found, names.push(nameOf(doc, found)) - 1, kinds.length - 1));
      parent.push(over);
      depth.push(cols.depth[i] + around);
      loop.push(found.times);
    }
    deeper[i] = around + (within[i] >= 0 ? 1 : 0);
    place[i] = from.length;
    from.push(i);
    parent.push(within[i] >= 0 ? within[i] : over);
    depth.push(cols.depth[i] + deeper[i]);
    loop.push(0);
  }
  const taken = (name, column) => from.map((row) => (typeof row === "number" ? column[row] : (row[name] ?? null)));
  const columns = Object.fromEntries(Object.entries(cols).map(([name, column]) => [name, taken(name, column)]));
  return { doc: { ...doc, kinds, names, cols: { ...columns, parent, depth, loop } }, place };
}
