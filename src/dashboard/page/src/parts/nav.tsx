// The views. The three first screens come first.

import { useEffect, useRef } from "preact/hooks";
import { useTopics } from "../hooks";
import { link } from "../route";
import { store } from "../store";

const VIEWS: readonly (readonly [string, string])[] = [
  ["ward", "Ward"],
  ["safety", "Safety"],
  ["engineer", "Engineer"],
  ["alerts", "Alerts"],
  ["trends", "Trends"],
  ["burden", "Burden"],
  ["rejects", "Rejects"],
];

const AUDIT = ["audit", "Audit"] as const;

export function Nav({ view }: { view: string }) {
  useTopics("service", "alerts", "me");
  // Not known until the list came: never a 0 that nobody counted.
  const known = store.alertsCame && store.alertsFault === null;
  const open = store.alerts.length;
  const high = store.alerts.filter((row) => row.priority === "high" && row.state === "open").length;
  const box = useRef<HTMLElement>(null);
  // On a phone the row of views is wider than the screen.
  useEffect(() => box.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [view]);
  return (
    <nav aria-label="Views" ref={box}>
      <ul>
        {(store.has("auditor", "admin") ? [...VIEWS, AUDIT] : VIEWS).map(([name, words]) => (
          <li key={name}>
            <a href={link(name)} aria-current={view === name || (name === "ward" && view === "patients") ? "page" : undefined}>
              {words}
              {name === "alerts" && (
                <span class="nav-count" title={known ? `${high} high and open, of ${open}` : "not all of them are known here"}>
                  {!known ? <>…<span class="unseen"> not all known</span></> : high > 0 ? `${high.toLocaleString("en-GB")} high` : `${open.toLocaleString("en-GB")} open`}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
