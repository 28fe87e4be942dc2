// Where the nodes and edges of a graph are drawn. Numbers in, numbers out: no DOM here.

export const NODE = { width: 178, height: 46 };
const GAP = { x: 46, y: 52 }; // beside a node there is room for the figure of its loop
const MARGIN = 34;
const SWEEPS = 4;

/** The layer of every node, by key: one below the lowest of those that lead to it; loops back do not count. */
export function layersOf(nodes, edges) {
  const order = new Map(nodes.map(({ key }, k) => [key, k]));
  const layer = new Map(nodes.map(({ key }) => [key, 0]));
  const forward = edges.filter((edge) => order.get(edge.from) < order.get(edge.to));
  const into = new Map(nodes.map(({ key }) => [key, []]));
  for (const edge of forward) into.get(edge.to).push(edge.from);
  // Nodes come by first start, and forward edges lead to later ones: one pass is enough.
  for (const { key } of nodes) for (const from of into.get(key)) layer.set(key, Math.max(layer.get(key), layer.get(from) + 1));
  return layer;
}

/** The nodes of every layer, those beside each other that have the same neighbours above. */
export function orderedLayers(nodes, edges) {
  const layer = layersOf(nodes, edges);
  const layers = [];
  for (const { key } of nodes) (layers[layer.get(key)] ??= []).push(key);
  const near = new Map(nodes.map(({ key }) => [key, []]));
  for (const { from, to } of edges) {
    if (from === to) continue;
    near.get(from).push(to);
    near.get(to).push(from);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (let k = 1; k < layers.length; k++) {
      const at = down ? k : layers.length - 1 - k;
      const beside = new Map((layers[down ? at - 1 : at + 1] ?? []).map((key, place) => [key, place]));
      const middle = (key, place) => {
        const places = near.get(key).filter((other) => beside.has(other)).map((other) => beside.get(other));
        return places.length ? places.reduce((sum, p) => sum + p, 0) / places.length : place;
      };
      layers[at] = layers[at].map((key, place) => [middle(key, place), place, key])
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , key]) => key);
    }
  }
  return layers;
}

/** Lay a graph in layers from top to bottom, a wide layer in several lines: {width, height, nodes, edges}. */
export function layered({ nodes, edges }, width) {
  const most = Math.max(1, Math.floor((width - 2 * MARGIN + GAP.x) / (NODE.width + GAP.x)));
  const lines = orderedLayers(nodes, edges).flatMap((keys) => {
    const cut = Math.ceil(keys.length / most);
    const each = Math.ceil(keys.length / cut);
    return Array.from({ length: cut }, (_, k) => keys.slice(k * each, (k + 1) * each));
  });
  const widest = Math.max(...lines.map((line) => line.length), 1);
  const whole = Math.max(widest * (NODE.width + GAP.x) - GAP.x + 2 * MARGIN, Math.min(width, 2 * MARGIN + NODE.width));
  const place = new Map();
  lines.forEach((keys, line) => {
    const used = keys.length * (NODE.width + GAP.x) - GAP.x;
    keys.forEach((key, k) => {
      place.set(key, { x: (whole - used) / 2 + k * (NODE.width + GAP.x), y: MARGIN / 2 + line * (NODE.height + GAP.y) });
    });
  });
  return drawn(nodes, edges, place, whole, MARGIN / 2 + lines.length * (NODE.height + GAP.y));
}

/** Lay a graph as one line down in the order of its nodes; `laneOf(node)` says how far to the right. */
export function inOrder({ nodes, edges }, laneOf) {
  const place = new Map();
  let widest = 0;
  nodes.forEach((node, k) => {
    const lane = laneOf(node);
    widest = Math.max(widest, lane);
    place.set(node.key, { x: MARGIN + lane * 60, y: MARGIN / 2 + k * (NODE.height + 18) });
  });
  return drawn(nodes, edges, place, 2 * MARGIN + widest * 60 + NODE.width + 60, MARGIN + nodes.length * (NODE.height + 18));
}

function drawn(nodes, edges, place, width, height) {
  const order = new Map(nodes.map(({ key }, k) => [key, k]));
  return {
    width, height,
    nodes: nodes.map((node) => ({ ...node, ...place.get(node.key) })),
    edges: edges.map((edge) => ({ ...edge, ...pathOf(place.get(edge.from), place.get(edge.to), edge, order) })),
  };
}

/** The line of an edge: down, or around the right side where it leads back; with the place of its figure. */
function pathOf(from, to, edge, order) {
  const isBack = order.get(edge.from) >= order.get(edge.to);
  const { width, height } = NODE;
  if (edge.from === edge.to) {
    const [x, y] = [from.x + width, from.y + height / 2];
    return { isBack, d: `M${x} ${y - 9}C${x + 30} ${y - 22} ${x + 30} ${y + 22} ${x} ${y + 9}`, labelX: x + 24, labelY: y };
  }
  if (isBack || to.y <= from.y) {
    const [x1, y1, x2, y2] = [from.x + width * 0.72, from.y, to.x + width * 0.72, to.y + height];
    if (to.y + height < from.y) {
      const bow = 22 + Math.abs(x1 - x2) * 0.06;
      return { isBack, d: `M${x1} ${y1}C${x1 + bow} ${y1 - 26} ${x2 + bow} ${y2 + 26} ${x2} ${y2}`, labelX: (x1 + x2) / 2 + bow * 0.75, labelY: (y1 + y2) / 2 };
    }
    const top = Math.min(from.y, to.y) - 20;
    return { isBack, d: `M${x1} ${y1}C${x1} ${top} ${x2} ${top} ${to.x + width * 0.72} ${to.y}`, labelX: (x1 + x2) / 2, labelY: top + 6 };
  }
  const [x1, y1, x2, y2] = [from.x + width / 2, from.y + height, to.x + width / 2, to.y];
  const bend = Math.max(18, (y2 - y1) / 2);
  return { isBack, d: `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`, labelX: (x1 + x2) / 2, labelY: (y1 + y2) / 2 };
}

/** The node that lies next in a direction from a place: the nearest one, what is straight ahead first. */
export function nextNode(nodes, from, [dx, dy]) {
  let [best, least] = [null, Infinity];
  for (const node of nodes) {
    const along = (node.x - from.x) * dx + (node.y - from.y) * dy;
    if (node.key === from.key || along <= 0) continue;
    const aside = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
    if (along + 2 * aside < least) [best, least] = [node, along + 2 * aside];
  }
  return best;
}
