// Small shared pieces: notes of faults, headings with what they count and as of when, definition rows.

import type { ComponentChildren } from "preact";
import { when } from "../format";
import { useTopics } from "../hooks";
import { store } from "../store";

export function Fault({ words }: { words: string | null }) {
  return words === null ? null : <p class="fault" role="alert">{words}</p>;
}

/** "No alerts" is never said without as of when. */
export function AsOf({ time }: { time?: string | null }) {
  useTopics("service");
  const at = time === undefined ? (store.service?.as_of ?? null) : time;
  return <span class="as-of">as of {at === null ? "an unknown time" : when(at)}</span>;
}

export function Empty({ children, time }: { children: ComponentChildren; time?: string | null }) {
  return <p class="empty">{children}, <AsOf time={time} />.</p>;
}

export function Loading({ of }: { of: string }) {
  return <p class="loading" aria-busy="true">{of} …</p>;
}

/** What to say of a list of the store before it is whole. Until it came, nothing says how long it is. */
export function ListNote({ of }: { of: "alerts" | "patients" }) {
  const [came, fault] = of === "alerts" ? [store.alertsCame, store.alertsFault] : [store.patientsCame, store.patientsFault];
  if (store.me !== null && !store.has("viewer", "reviewer", "admin")) return <Fault words="Your role shows no alerts and no patients." />;
  if (fault !== null) return <Fault words={fault} />;
  return came || store.meFault !== null ? null : <Loading of={of === "alerts" ? "Alerts are being loaded" : "Patients are being loaded"} />;
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="fact"><dt>{name}</dt><dd>{children}</dd></div>;
}

export function Bar({ part, of }: { part: number; of: number }) {
  return <span class="bar" role="img" aria-label={`${part} of ${of}`}><span style={{ width: `${of <= 0 ? 0 : (100 * part) / of}%` }} /></span>;
}

/** A table that may be wider than the screen; it scrolls by itself, by keyboard too. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="scroll-x" tabIndex={0} role="region" aria-label={label}>{children}</div>;
}

export function Section({ title, count, note, children, className }: { title: string; count?: number | null; note?: ComponentChildren; children: ComponentChildren; className?: string }) {
  return (
    <section class={`section ${className ?? ""}`} aria-label={title}>
      <h2>{title}{count === undefined || count === null ? null : <span class="count"> {count.toLocaleString("en-GB")}</span>}</h2>
      {note === undefined || note === null ? null : <p class="section-note">{note}</p>}
      {children}
    </section>
  );
}
