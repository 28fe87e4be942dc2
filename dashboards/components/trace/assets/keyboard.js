// Keys of the view and of the tree. Handled keys stop here: Streamlit has shortcuts of its own.

import { WHOLE, panBy, zoomBy, zoomToRow } from "./waterfall.js";

/** What the tree adds to the help. */
export const TREE_HELP = [
  ["↑ ↓ j k", "previous, next row"], ["← →", "fold, unfold"], ["Home End", "first, last row"], ["/", "search"],
  ["f", "zoom to the span"], ["0", "the whole run"], ["+ −", "zoom"], ["[ ]", "move the window"],
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

/** The keys of the tree: {key: act}. */
export function treeKeys(tree, actions) {
  return {
    ArrowDown: () => tree.move(1), j: () => tree.move(1),
    ArrowUp: () => tree.move(-1), k: () => tree.move(-1),
    PageDown: () => tree.move(tree.pageRows), PageUp: () => tree.move(-tree.pageRows),
    Home: () => tree.move(-Infinity), End: () => tree.move(Infinity),
    ArrowRight: () => unfoldOrEnter(tree), ArrowLeft: () => foldOrLeave(tree),
    Escape: () => actions.clearFilters(),
    "/": () => actions.focusSearch(),
    f: () => tree.selected >= 0 && tree.setZoom(zoomToRow(tree.model, tree.selected)),
    0: () => tree.setZoom(WHOLE),
    "+": () => tree.setZoom(zoomBy(tree.zoom, 0.6, 0.5)), "=": () => tree.setZoom(zoomBy(tree.zoom, 0.6, 0.5)),
    "-": () => tree.setZoom(zoomBy(tree.zoom, 1.6, 0.5)),
    "[": () => tree.setZoom(panBy(tree.zoom, -0.2)), "]": () => tree.setZoom(panBy(tree.zoom, 0.2)),
  };
}

// Elsewhere in the view these scroll, press or move the cursor, as everywhere.
const OF_THE_BODY = /^(Arrow|Page|Home$|End$|Enter$)/;

/** Listen for keys in the whole view, and on the page while nothing there has the focus.

`body()` is where the shown reading has its focus, `keys()` the keys that act now. Elsewhere Escape leads back
to the body. */
export function listenForKeys(root, body, keys) {
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !body()) return;
    const act = keys();
    const handler = Object.hasOwn(act, event.key) ? act[event.key] : null;
    const elsewhere = root.contains(event.target) && !body().contains(event.target);
    if (elsewhere && OF_THE_BODY.test(event.key)) return;
    if (elsewhere && event.key === "Escape") body().focus({ preventScroll: true });
    else if (handler) handler();
    else return;
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
