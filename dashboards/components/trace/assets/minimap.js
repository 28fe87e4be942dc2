// The whole run in 38 pixels: how many leaves of which kind were busy, where errors lie, and the window.

import { familyOf } from "./kinds.js";
import { clampZoom } from "./axis.js";
import { WHOLE } from "./waterfall.js";
import { minimapBins } from "./work.js";

const HEIGHT_FREE = 8;
const CLICK = 0.004; // of the width: less movement is a click, which shows the whole run again

/** Let the reader brush a window on the canvas; `zoomTo` gets it. */
export function brushable(canvas, zoomTo) {
  let from = null;
  const share = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  canvas.addEventListener("pointerdown", (event) => {
    from = share(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from == null) return;
    const to = share(event);
    if (Math.abs(to - from) > CLICK) zoomTo(clampZoom(Math.min(from, to), Math.max(from, to)));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (from != null && Math.abs(share(event) - from) <= CLICK) zoomTo(WHOLE);
    from = null;
  });
}

let cached = { axis: null, width: 0, bins: null };

function binsFor(model, width) {
  if (cached.axis !== model.axis || cached.width !== width) {
    cached = { axis: model.axis, width, bins: minimapBins(model, width) };
  }
  return cached.bins;
}

/** Draw the minimap and shade what lies outside the window. */
export function drawMinimap(canvas, model, zoom, root) {
  const width = canvas.clientWidth | 0;
  const height = canvas.clientHeight;
  if (!width || !height) return;
  const scale = window.devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const paint = canvas.getContext("2d");
  paint.scale(scale, scale);
  const style = getComputedStyle(root);
  const color = (name) => style.getPropertyValue(name).trim();
  const colors = model.doc.kinds.map((kind) => color(`--${familyOf(kind)}`));
  const { busy, failed, highest } = binsFor(model, width);
  for (let x = 0; x < width; x++) {
    let y = height;
    for (let kind = 0; kind < colors.length; kind++) {
      const tall = (busy[x * colors.length + kind] / highest) * (height - HEIGHT_FREE);
      if (!tall) continue;
      paint.fillStyle = colors[kind];
      paint.fillRect(x, y - tall, 1, tall);
      y -= tall;
    }
  }
  paint.fillStyle = color("--error");
  for (let x = 0; x < width; x++) if (failed[x]) paint.fillRect(x - 1, 0, 3, 5);
  if (zoom.from > 0 || zoom.to < 1) shadeOutside(paint, zoom, width, height, color);
}

function shadeOutside(paint, zoom, width, height, color) {
  const left = zoom.from * width;
  const right = zoom.to * width;
  paint.globalAlpha = 0.65;
  paint.fillStyle = color("--st-background-color") || "#fff";
  paint.fillRect(0, 0, left, height);
  paint.fillRect(right, 0, width - right, height);
  paint.globalAlpha = 1;
  paint.strokeStyle = color("--st-primary-color") || "#2a5bd7";
  paint.strokeRect(left + 0.5, 0.5, Math.max(2, right - left - 1), height - 1);
}
