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
