// The time axis: the run's own time, or with idle stretches cut short; its ticks, and windows of it. No DOM here.

const CUT_TO = 0.025; // of what is left: the width of a stretch that was cut

/** An axis over `total` ms: `at(ms)` is a share of its width, `ms(share)` the time there, `cuts` what was cut. */
export function timeAxis(total, cuts = []) {
  if (!cuts.length) return { at: (ms) => ms / total, ms: (share) => share * total, cuts, length: total };
  const cut = cuts.reduce((sum, { from, to }) => sum + to - from, 0);
  const width = Math.max((total - cut) * CUT_TO, 1e-6);
  const length = total - cut + cuts.length * width;
  const pieces = []; // {from, to} in ms beside {left, right} in shares
  let ms = 0;
  let left = 0;
  const add = (to, wide) => {
    pieces.push({ from: ms, to, left, right: left + wide / length });
    left += wide / length;
    ms = to;
  };
  for (const { from, to } of cuts) {
    add(from, from - ms);
    add(to, width);
  }
  add(total, total - ms);
  const between = (value, a, b, c, d) => (b > a ? c + ((value - a) / (b - a)) * (d - c) : c);
  return {
    cuts, length,
    at(time) {
      const piece = pieces.find(({ to }) => time <= to) ?? pieces.at(-1);
      return between(time, piece.from, piece.to, piece.left, piece.right);
    },
    ms(share) {
      const piece = pieces.find(({ right }) => share <= right) ?? pieces.at(-1);
      return between(share, piece.left, piece.right, piece.from, piece.to);
    },
  };
}

/** Ticks of a window of the axis: {step, marks: [{ms, left}], cuts: [{left, width, ms}]}; left in per cent. */
export function axisMarks(axis, zoom, wanted) {
  const percent = (share) => ((share - zoom.from) / (zoom.to - zoom.from)) * 100;
  const seen = (zoom.to - zoom.from) * axis.length;
  const [from, to] = [axis.ms(zoom.from), axis.ms(zoom.to)];
  const cuts = axis.cuts.filter((cut) => cut.to > from && cut.from < to);
  const { step } = axisTicks(0, seen, wanted);
  const marks = [];
  let start = from;
  for (const { from: stop, to: next } of [...cuts, { from: to, to }]) {
    if (start !== from) marks.push({ ms: start, left: percent(axis.at(start)) });
    for (const ms of ticksWithin(start, stop, step)) marks.push({ ms, left: percent(axis.at(ms)) });
    start = next;
  }
  const apart = 70 / Math.max(2, wanted);
  const kept = marks.filter((mark, k) => k === 0 || !cuts.length || mark.left - marks[k - 1].left >= apart / 4);
  const drawn = cuts.map((cut) => {
    const [left, right] = [percent(axis.at(cut.from)), percent(axis.at(cut.to))];
    return { left, width: right - left, ms: cut.to - cut.from };
  });
  return { step, marks: kept.slice(0, 60), cuts: drawn };
}

function ticksWithin(from, to, step) {
  const at = [];
  for (let k = Math.max(0, Math.ceil(from / step - 1e-9)); k * step <= to + step * 1e-9 && at.length < 60; k++) at.push(k * step);
  return at;
}

const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 720, 1440].map((minutes) => minutes * 6e4);

/** Axis ticks in ms within a window: {step, at: [ms]}; steps are 1, 2 or 5 of a power of ten, then clock steps. */
export function axisTicks(fromMs, toMs, wanted = 5) {
  const raw = Math.max((toMs - fromMs) / wanted, 1e-9);
  const power = 10 ** Math.floor(Math.log10(raw));
  const decimal = [1, 2, 5, 10].map((x) => x * power).find((x) => x >= raw * 0.999) ?? raw;
  const step = raw > 2e4 ? (MINUTES.find((x) => x >= raw * 0.999) ?? Math.ceil(raw / 8.64e7) * 8.64e7) : decimal;
  const at = [];
  for (let k = Math.max(0, Math.ceil(fromMs / step - 1e-9)); k * step <= toMs + step * 1e-9; k++) at.push(k * step);
  return { step, at };
}

/** A window of the run kept inside it and not narrower than a billionth. */
export function clampZoom(from, to) {
  const width = Math.min(1, Math.max(to - from, 1e-9));
  const start = Math.max(0, Math.min(1 - width, from));
  return { from: start, to: start + width };
}
