// The list of runs: rows that open. Text from spans is only ever given to textContent.

import { moveTo } from "./address.js";
import { el } from "./dom.js";
import { tickBar, tickBox } from "./run_ticks.js";

const ROW = 28;
const BELOW = 64; // px kept for the line under the table
const FEWEST = 8;

function headRow(columns) {
  const row = el("tr");
  for (const { label, align, help } of columns) {
    const cell = el("th", align ?? null, label);
    cell.scope = "col";
    if (help) cell.title = help;
    row.append(cell);
  }
  return el("thead", null, null, row);
}

function barCell(share, text) {
  const cell = el("td", "bar");
  const filled = el("i");
  filled.style.width = `${Math.round(share * 100)}%`;
  cell.append(el("span", "track", null, filled), el("span", null, text));
  return cell;
}

function runRow(run, columns, href) {
  const row = el("tr", `status-${run.status}`);
  if (href) row.dataset.href = href;
  columns.forEach(({ name, align }, k) => {
    const text = run.cells[k];
    const share = run.shares?.[name] ?? (name === "duration" ? run.share : null);
    const cell = share == null ? el("td", align ?? null) : barCell(share, text);
    if (k === 0 && href) {
      const link = el("a", null, text);
      link.href = href;
      if (run.id) cell.append(tickBox(run.id, text));
      cell.append(link);
    } else if (share == null) {
      cell.textContent = text;
      cell.dir = "auto";
    }
    cell.classList.add(`of-${name}`);
    if (text) cell.title = text;
    row.append(cell);
  });
  return row;
}

function listenForOpening(table) {
  table.addEventListener("click", (event) => {
    if (event.target.closest?.("input")) return;
    const row = event.target.closest?.("tr[data-href]");
    if (!row || event.button !== 0) return;
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
    const onLink = event.target.closest("a");
    if (elsewhere && onLink) return; // the browser opens its tab or window
    if (!onLink && String(window.getSelection()).length) return; // text is being copied
    event.preventDefault();
    if (elsewhere) window.open(row.dataset.href, "_blank", "noopener");
    else moveTo(row.dataset.href);
  });
}

/** The address a row opens: its own, or that of its run; none for a row that only says something. */
function addressOf(row, back) {
  return row.id ? `/run?run=${encodeURIComponent(row.id)}${back}` : row.href;
}

/** Show whole rows only: as many as asked, else the list ends with the window, not in the middle of a line. */
function fit(frame, shown) {
  if (shown) {
    frame.style.maxHeight = `${(shown + 1) * ROW + 2}px`;
    return;
  }
  const top = Math.max(0, frame.getBoundingClientRect().top + window.scrollY);
  const rows = Math.max(FEWEST, Math.floor((window.innerHeight - top - BELOW) / ROW) - 1);
  frame.style.maxHeight = `${(rows + 1) * ROW + 2}px`;
}

/** The stylesheet: the one that is there, so that a table drawn anew does not flicker. */
function styleOf(host) {
  const there = host.querySelector("link");
  if (there) return there;
  const style = el("link");
  style.rel = "stylesheet";
  style.href = new URL("run_list.css", import.meta.url).href;
  return style;
}

/** What the reader sees of a table: how far it is scrolled, and the row whose link has the focus. */
function placeIn(host) {
  const frame = host.querySelector(".runs-frame");
  const focused = host.getRootNode().activeElement?.closest?.("tr[data-href]")?.dataset.href;
  return { top: frame?.scrollTop ?? 0, left: frame?.scrollLeft ?? 0, focused };
}

function returnTo(frame, { top, left, focused }) {
  frame.scrollTop = top;
  frame.scrollLeft = left;
  const row = [...frame.querySelectorAll("tr[data-href]")].find(({ dataset }) => dataset.href === focused);
  row?.querySelector("a").focus({ preventScroll: true });
}

export default function mount({ data, parentElement }) {
  const host = parentElement.querySelector(".run-list") ?? parentElement;
  const place = placeIn(host);
  const style = styleOf(host);
  const columns = el("colgroup");
  for (const { width } of data.columns) columns.append(Object.assign(el("col"), { width }));
  const rows = el("tbody");
  rows.append(...data.rows.map((run) => runRow(run, data.columns, addressOf(run, data.back))));
  const table = el("table", null, null, columns, headRow(data.columns), rows);
  table.setAttribute("aria-label", data.label ?? "Runs");
  table.style.minWidth = data.columns.reduce((sum, column) => sum + column.width, 0) + "px";
  const frame = el("div", "runs-frame", null, table);
  listenForOpening(table);
  const resized = () => fit(frame, data.shown);
  if (!style.sheet) frame.style.visibility = "hidden"; // until it looks as it should
  for (const ended of ["load", "error"]) {
    style.addEventListener(ended, () => {
      frame.style.visibility = "";
      resized();
    });
  }
  window.addEventListener("resize", resized);
  const places = new ResizeObserver(resized);
  for (const box of [document.body, document.querySelector(".stMainBlockContainer")]) if (box) places.observe(box);
  if (style.isConnected) host.querySelector(".runs-frame")?.remove();
  else host.append(style);
  host.querySelector(".tick-bar")?.remove();
  host.append(frame, ...(data.rows.some(({ id }) => id) ? [tickBar(data.back)] : []));
  resized();
  returnTo(frame, place);
  return () => {
    window.removeEventListener("resize", resized);
    places.disconnect();
  };
}
