// The address says what is shown: a link, a reload and Back come out at the same view.

/** One value of the address, null where it says nothing. */
export const inAddress = (name) => new URL(window.location.href).searchParams.get(name);

/** Change values of the address in place, no step of its own there: Back leaves the run. Null takes one away. */
export function putInAddress(values) {
  const url = new URL(window.location.href);
  if (!url.searchParams.get("run")) return;
  for (const [name, value] of Object.entries(values)) {
    if (value == null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url.href);
}

/** Move the page to an address of ours as a link would: Streamlit follows as it follows Back. */
export function moveTo(href) {
  window.history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** Have a link of ours move the page without loading it anew; with a key held, the browser opens its tab. */
export function softly(link) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    moveTo(link.getAttribute("href"));
  });
  return link;
}
