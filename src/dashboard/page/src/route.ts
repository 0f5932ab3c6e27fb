// The page's own addresses stand in the fragment, so that no pseudonym of a deep link reaches a server's log.

export interface Route {
  view: string;
  id: string | null;
  query: URLSearchParams;
}

export function parseRoute(fragment: string): Route {
  const [path = "", search = ""] = fragment.replace(/^#?\/?/, "").split("?", 2);
  const [view = "", id] = path.split("/");
  let decoded: string | null = null;
  if (id !== undefined && id !== "") {
    try {
      decoded = decodeURIComponent(id);
    } catch {
      // A broken address leads nowhere, like one that does not exist.
      decoded = "";
    }
  }
  return { view, id: decoded, query: new URLSearchParams(search) };
}

export function link(view: string, id?: string | null, query?: Record<string, string>): string {
  const search = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
  return `#/${view}${id === undefined || id === null ? "" : `/${encodeURIComponent(id)}`}${search}`;
}

/** Changes the query of the present view without a new entry in the history. */
export function setQuery(query: URLSearchParams): void {
  const route = parseRoute(location.hash);
  const text = query.toString();
  const path = route.id === null ? route.view : `${route.view}/${encodeURIComponent(route.id)}`;
  history.replaceState(null, "", `#/${path}${text === "" ? "" : `?${text}`}`);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
