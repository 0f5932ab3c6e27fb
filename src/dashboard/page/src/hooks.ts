// What views share: listening to the store, loading one thing, the present address, the time.

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { problemWords } from "./api";
import { type Size, onDisplay, sizeNow } from "./parts/display";
import { type Route, parseRoute } from "./route";
import { type Topic, store } from "./store";

/** Draws the caller again when one of the topics changed. */
export function useTopics(...topics: Topic[]): void {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => store.subscribe(topics, () => again(undefined as never)), [topics.join()]);
}

/** The server's time, each second. */
export function useNow(): number {
  useTopics("tick", "service");
  return store.now();
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const change = (): void => setRoute(parseRoute(location.hash));
    window.addEventListener("hashchange", change);
    return () => window.removeEventListener("hashchange", change);
  }, []);
  return route;
}

export interface Loaded<T> {
  data: T | null;
  fault: string | null;
  reload: () => void;
}

/** Loads something when `deps` change and on `reload`; the last data stay while it loads again. */
export function useLoad<T>(load: () => Promise<T>, deps: readonly unknown[]): Loaded<T> {
  const [data, setData] = useState<{ of: string; value: T } | null>(null);
  const [fault, setFault] = useState<{ of: string; words: string } | null>(null);
  const [turn, again] = useReducer((n: number) => n + 1, 0);
  const of = JSON.stringify(deps);
  const current = useRef(0);
  useEffect(() => {
    const mine = ++current.current;
    load().then(
      (value) => {
        if (mine !== current.current) return;
        setData({ of, value });
        setFault(null);
      },
      (error: unknown) => {
        if (mine === current.current) setFault({ of, words: problemWords(error) });
      },
    );
    return () => {
      current.current += 1;
    };
  }, [of, turn]);
  // What belongs to another address is not shown under this one.
  return {
    data: data !== null && data.of === of ? data.value : null,
    fault: fault !== null && fault.of === of ? fault.words : null,
    reload: () => again(undefined as never),
  };
}

/** Which of the three layouts the screen has room for. */
export function useSize(): Size {
  const [size, setSize] = useState(sizeNow);
  useEffect(() => onDisplay(() => setSize(sizeNow())), []);
  return size;
}

/** Is the screen a phone's? */
export function useNarrow(): boolean {
  return useSize() === "narrow";
}
