// Keys of the tree. Handled keys stop here: Streamlit has shortcuts of its own.

import { WHOLE, panBy, zoomBy, zoomToRow } from "./waterfall.js";

export const HELP = [
  ["↑↓", "move"], ["←→", "fold"], ["/", "search"], ["e E", "next, previous error"], ["a", "agent's steps, all"], ["f", "zoom to span"], ["0", "whole run"],
];

function foldOrLeave(tree) {
  const { model, selected, view } = tree;
  if (selected < 0) return;
  if (model.children[selected] && !view.folded.has(selected)) tree.fold(selected, true);
  else if (model.cols.parent[selected] >= 0) tree.select(model.cols.parent[selected]);
}

function unfoldOrEnter(tree) {
  if (tree.selected >= 0 && tree.view.folded.has(tree.selected)) tree.fold(tree.selected, false);
  else tree.move(1);
}

function keys(tree, actions) {
  return {
    ArrowDown: () => tree.move(1), j: () => tree.move(1),
    ArrowUp: () => tree.move(-1), k: () => tree.move(-1),
    PageDown: () => tree.move(tree.pageRows), PageUp: () => tree.move(-tree.pageRows),
    Home: () => tree.move(-Infinity), End: () => tree.move(Infinity),
    ArrowRight: () => unfoldOrEnter(tree), ArrowLeft: () => foldOrLeave(tree),
    Enter: () => { tree.select(tree.selected); actions.focusDetail(); },
    Escape: () => actions.clearFilters(), a: () => actions.toggleSteps(),
    "/": () => actions.focusSearch(),
    e: () => tree.moveToError(1), E: () => tree.moveToError(-1),
    f: () => tree.selected >= 0 && tree.setZoom(zoomToRow(tree.model, tree.selected)),
    0: () => tree.setZoom(WHOLE),
    "+": () => tree.setZoom(zoomBy(tree.zoom, 0.6, 0.5)), "=": () => tree.setZoom(zoomBy(tree.zoom, 0.6, 0.5)),
    "-": () => tree.setZoom(zoomBy(tree.zoom, 1.6, 0.5)),
    "[": () => tree.setZoom(panBy(tree.zoom, -0.2)), "]": () => tree.setZoom(panBy(tree.zoom, 0.2)),
  };
}

// Elsewhere in the view these scroll, press or move the cursor, as everywhere.
const OF_THE_TREE = /^(Arrow|Page|Home$|End$|Enter$)/;

/** Listen for the tree's keys in the whole view, and on the page while nothing there has the focus.

Outside the tree Escape leads back to it. */
export function listenForKeys(root, tree, actions) {
  const act = keys(tree, actions);
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !tree.model) return;
    const handler = Object.hasOwn(act, event.key) ? act[event.key] : null;
    if (!handler) return;
    const elsewhere = root.contains(event.target) && !tree.body.contains(event.target);
    if (elsewhere && OF_THE_TREE.test(event.key)) return;
    if (elsewhere && event.key === "Escape") tree.body.focus({ preventScroll: true });
    else handler();
    event.preventDefault();
    event.stopPropagation();
  };
  const unfocused = (event) => {
    if (event.target === document.body || event.target.matches?.(".stMain")) pressed(event);
  };
  root.addEventListener("keydown", pressed);
  document.addEventListener("keydown", unfocused, true);
  return () => document.removeEventListener("keydown", unfocused, true);
}
