// Figures as people read them. A figure that was not reported is "unknown", never 0.

export const UNKNOWN = "unknown";

const TIMES = [[1e3, "ms", 1], [6e4, "s", 1e3], [3.6e6, "min", 6e4], [1.728e8, "h", 3.6e6]];

/** A duration in ms as the pages write it, three digits that count: 1.7 ms, 742 ms, 6.48 s, 2.1 min, 1.5 h. */
export function duration(ms) {
  if (ms == null) return UNKNOWN;
  const fitting = TIMES.find(([limit]) => Math.abs(ms) < limit * 0.9995);
  if (!fitting) return `${(ms / 8.64e7).toFixed(1)} d`;
  const [, unit, of] = fitting;
  return `${Number((ms / of).toPrecision(3))} ${unit}`;
}

/** A count of tokens: 812, 5.3k, 1.25M. */
export function tokens(count) {
  if (count == null) return UNKNOWN;
  if (count < 1e3) return String(count);
  return count < 1e6 ? (count / 1e3).toFixed(1) + "k" : (count / 1e6).toFixed(2) + "M";
}

/** A size of text: 812 B, 64 KB, 1.2 MB. */
export function bytes(count) {
  if (count < 1024) return count + " B";
  return count < 1024 * 1024 ? (count / 1024).toFixed(0) + " KB" : (count / 1024 / 1024).toFixed(1) + " MB";
}

export const percent = (part, whole) => ((part / whole) * 100).toFixed(0) + "%";

export const plural = (count, one, many = one + "s") => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** A label for the axis, with the digits the step needs. */
export function tick(ms, stepMs) {
  if (ms === 0) return "0";
  if (stepMs >= 6e4) {
    const [hours, minutes] = [Math.floor(ms / 3.6e6), Math.round((ms % 3.6e6) / 6e4)];
    return [hours ? hours + " h" : "", minutes ? minutes + " min" : ""].filter(Boolean).join(" ");
  }
  const [size, unit] = ms >= 1e3 ? [1e3, "s"] : [1, "ms"];
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(stepMs / size) - 1e-9)));
  return `${(ms / size).toFixed(digits)} ${unit}`;
}

/** Dollars as the pages write them: cents from 1 on, below it three digits that count, below a cent two. */
export function money(usd) {
  if (usd == null) return UNKNOWN;
  const size = Math.abs(usd);
  if (size < 1e-12) return "$0";
  const digits = size >= 0.995 ? 2 : Math.min(12, (size >= 0.01 ? 2 : 1) - Math.floor(Math.log10(size)));
  return (usd < 0 ? "-$" : "$") + size.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

let clock = null;

/** Tell all times from now on in an IANA time zone. */
export function tellTimesIn(zone) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  clock = new Intl.DateTimeFormat("en-GB", { ...parts, fractionalSecondDigits: 3, timeZone: zone, timeZoneName: "short" });
}
tellTimesIn("UTC");

/** Nanoseconds since 1970 (as a string) as a time with milliseconds: 2026-11-20 22:14:07.120 UTC. */
export function moment(ns) {
  if (ns == null) return UNKNOWN;
  const ms = Number(BigInt(ns) / 1000000n);
  if (!Number.isFinite(ms) || Math.abs(ms) >= 8.64e15) return String(ns) + " ns";
  const at = Object.fromEntries(clock.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${at.year}-${at.month}-${at.day} ${at.hour}:${at.minute}:${at.second}.${at.fractionalSecond} ${at.timeZoneName}`;
}

/** The time so many ms after another, ns as a string; null where that one is not known. */
export const nsAfter = (ns, ms) => (ns == null ? null : String(BigInt(ns) + BigInt(Math.round(ms * 1e6))));

/** A time of day for the axis, with the digits the step needs: 22:14, 22:14:07, 22:14:07.120. */
export function clockTick(ns, stepMs) {
  const [, time] = moment(ns).split(" ");
  return time.slice(0, stepMs >= 6e4 ? 5 : stepMs >= 1e3 ? 8 : 12);
}

/** Milliseconds from one ns string to another, null where either is missing. */
export function msBetween(fromNs, toNs) {
  if (fromNs == null || toNs == null) return null;
  return Number(BigInt(toNs) - BigInt(fromNs)) / 1e6;
}
