// The run without what is no step of its agent: the client's inner works and traffic. No DOM here.

/** A run document cut down to the agent's steps and the row with the id `kept`; the order stays depth first.

What hung below a hidden row hangs below the nearest shown row above it, among the others by start. */
export function agentSteps(doc, kept) {
  const { cols } = doc;
  const count = cols.id.length;
  const above = new Int32Array(count); // nearest shown row at or above a row, -1 for none
  const below = new Map(); // shown rows by the shown row they hang below
  for (let i = 0; i < count; i++) {
    const over = cols.parent[i] >= 0 ? above[cols.parent[i]] : -1;
    const shown = !cols.noise[i] || cols.id[i] === kept;
    above[i] = shown ? i : over;
    if (!shown) continue;
    if (!below.has(over)) below.set(over, []);
    below.get(over).push(i);
  }
  const rows = [];
  const parent = [];
  const depth = [];
  const open = (below.get(-1) ?? []).sort((a, b) => cols.start[a] - cols.start[b]).reverse().map((row) => [row, -1, 0]);
  while (open.length) {
    const [row, place, level] = open.pop();
    const own = rows.push(row) - 1;
    parent.push(place);
    depth.push(level);
    const children = below.get(row) ?? [];
    children.sort((a, b) => cols.start[a] - cols.start[b]);
    for (let k = children.length - 1; k >= 0; k--) open.push([children[k], own, level + 1]);
  }
  const taken = Object.entries(cols).map(([name, column]) => [name, rows.map((row) => column[row])]);
  return { ...doc, count: rows.length, cols: { ...Object.fromEntries(taken), parent, depth } };
}

/** What the line above the tree says about hidden rows, "" where none is. */
export function hiddenWords(doc, shown) {
  const hidden = doc.cols.id.length - shown.cols.id.length;
  if (!hidden) return "";
  const errors = doc.noise.errors - shown.cols.noise.filter((noise, i) => noise && shown.cols.err[i]).length;
  const failed = errors ? `, ${errors.toLocaleString("en")} of them with an error` : "";
  const [verb, what] = hidden === 1 ? ["is", "no step"] : ["are", "no steps"];
  return `${hidden.toLocaleString("en")} of ${doc.cols.id.length.toLocaleString("en")} spans ${verb} ${what} of the agent${failed}: hidden`;
}

/** Whether only the agent's steps are shown: as the address says, else as the server decided. */
export function onlyStepsAsked(doc, address) {
  const said = new URL(address).searchParams.get("steps");
  if (!doc.noise?.spans) return false;
  return said === "all" ? false : said === "agent" ? true : doc.noise.hidden;
}

/** The address that says which rows are shown; what the server decides anyway is not in it. */
export function addressOf(doc, onlySteps, address) {
  const url = new URL(address);
  if (onlySteps === doc.noise.hidden) url.searchParams.delete("steps");
  else url.searchParams.set("steps", onlySteps ? "agent" : "all");
  return url.href;
}
