// Building elements. Text from spans is only ever given to textContent: it cannot become markup.

/** Create an element with a class and text; children follow. */
export function el(tag, className, text, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text != null) node.textContent = text;
  if (children.length) node.append(...children.filter((child) => child != null));
  return node;
}

/** Create a button that calls `act` when pressed. */
export function button(className, text, act, label) {
  const node = el("button", className, text);
  node.type = "button";
  if (label) {
    node.setAttribute("aria-label", label);
    node.title = label;
  }
  node.addEventListener("click", act);
  return node;
}

/** Copy text; where the browser has no clipboard (plain http elsewhere), select what is shown. */
export async function copyText(text, control, shown) {
  const before = control.textContent;
  try {
    await navigator.clipboard.writeText(text);
    control.textContent = "copied";
  } catch {
    if (shown) window.getSelection().selectAllChildren(shown);
    control.textContent = shown ? "selected" : "not allowed";
  }
  setTimeout(() => { control.textContent = before; }, 1200);
}
