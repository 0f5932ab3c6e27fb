// Short lists: all rows are in the document, placed by transform, so that a row that comes in above moves nothing in the
// layout. Arrows, j and k go through them as through the long ones.

import type { ComponentChildren } from "preact";

/** Is it a key that goes to the next row (1) or to the one before (-1)? */
export function rowStep(event: KeyboardEvent): number {
  if (event.altKey || event.ctrlKey || event.metaKey) return 0;
  return event.key === "ArrowDown" || event.key === "j" ? 1 : event.key === "ArrowUp" || event.key === "k" ? -1 : 0;
}

export function moveInRows(event: KeyboardEvent): void {
  const step = rowStep(event);
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("li > a")];
  const at = links.findIndex((link) => link === document.activeElement);
  const to = links[at + step];
  if (step === 0 || at < 0 || to === undefined) return;
  event.preventDefault();
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

/** Where no row has the focus, j and k begin with the first one of the view. */
export function enterRows(): boolean {
  const first = document.querySelector<HTMLElement>("main :is(.list, .short-list) li > a");
  first?.focus();
  return first !== null;
}

interface Props<T> {
  rows: readonly T[];
  rowKey: (row: T) => string;
  rowRem: number;
  label: string;
  draw: (row: T) => ComponentChildren;
}

export function Rows<T>({ rows, rowKey, rowRem, label, draw }: Props<T>) {
  return (
    <ul class="list" aria-label={label} onKeyDown={moveInRows} style={{ height: `${rows.length * rowRem}rem` }}>
      {rows.map((row, at) => <li key={rowKey(row)} style={{ transform: `translateY(${at * rowRem}rem)`, height: `${rowRem}rem` }}>{draw(row)}</li>)}
    </ul>
  );
}
