// A list of any length in the window's own scroll: only the rows that can be seen are in the document. Rows are placed by
// transform, and when rows come in above, what the reader looks at stays where it is.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { rowStep } from "./rows";

const SPARE_ROWS = 6;

interface Props<T> {
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** Height of every row in rem, so that large print needs no measuring. */
  rowRem: number;
  draw: (row: T) => ComponentChildren;
  label: string;
}

const rem = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

export function List<T>({ rows, rowKey, rowRem, draw, label }: Props<T>) {
  const box = useRef<HTMLUListElement>(null);
  const [, again] = useReducer((n: number) => n + 1, 0);
  const anchor = useRef<{ key: string; top: number } | null>(null);
  const wanted = useRef<number | null>(null);
  const height = rowRem * rem();

  useEffect(() => {
    const look = (): void => again(undefined as never);
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    look();
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, []);

  const top = box.current?.getBoundingClientRect().top ?? 0;
  const first = Math.min(Math.max(0, Math.floor(-top / height) - SPARE_ROWS), Math.max(0, rows.length - 1));
  const last = Math.min(rows.length, Math.ceil((window.innerHeight - top) / height) + SPARE_ROWS);

  // Keeps the first row that is wholly in view where it was, unless the reader is at the list's beginning.
  useLayoutEffect(() => {
    const list = box.current;
    if (list === null) return;
    const offset = list.getBoundingClientRect().top;
    const held = anchor.current;
    if (held !== null && offset < 0) {
      const at = rows.findIndex((row) => rowKey(row) === held.key);
      const moved = at < 0 ? 0 : at * height + offset - held.top;
      if (Math.abs(moved) >= 1) window.scrollBy({ top: moved, behavior: "instant" });
    }
  }, [rows]);

  useLayoutEffect(() => {
    const list = box.current;
    if (list === null) return;
    const offset = list.getBoundingClientRect().top;
    const at = Math.min(rows.length - 1, Math.max(0, Math.ceil(-offset / height)));
    const row = rows[at];
    anchor.current = row === undefined ? null : { key: rowKey(row), top: at * height + offset };
    if (wanted.current !== null) {
      const link = list.querySelector<HTMLElement>(`[data-at="${wanted.current}"] a`);
      if (link !== null) {
        wanted.current = null;
        link.focus({ preventScroll: true });
      }
    }
  });

  const move = (event: KeyboardEvent): void => {
    const step = rowStep(event);
    const item = (event.target as HTMLElement).closest<HTMLElement>("[data-at]");
    if (step === 0 || item === null) return;
    const to = Number(item.dataset.at) + step;
    if (to < 0 || to >= rows.length) return;
    event.preventDefault();
    wanted.current = to;
    const list = box.current;
    const offset = list === null ? 0 : list.getBoundingClientRect().top + to * height;
    const head = Math.max(...[".top", ".strip"].map((part) => document.querySelector(part)?.getBoundingClientRect().bottom ?? 0));
    if (offset < head) window.scrollBy({ top: offset - head - 8, behavior: "instant" });
    else if (offset + height > window.innerHeight) window.scrollBy({ top: offset + height - window.innerHeight + 8, behavior: "instant" });
    again(undefined as never);
  };

  const shown = [];
  for (let at = first; at < last; at += 1) {
    const row = rows[at];
    if (row === undefined) break;
    shown.push(
      <li key={rowKey(row)} data-at={at} aria-setsize={rows.length} aria-posinset={at + 1} style={{ transform: `translateY(${at * rowRem}rem)`, height: `${rowRem}rem` }}>
        {draw(row)}
      </li>,
    );
  }
  return (
    <ul class="list" ref={box} aria-label={label} onKeyDown={move} style={{ height: `${rows.length * rowRem}rem` }}>
      {shown}
    </ul>
  );
}
