// Marks: each says its meaning by colour, shape and word.

import type { AlertState, Priority, Verdict } from "../contract";
import { PRIORITY_WORDS, STATE_WORDS, VERDICT_WORDS } from "../words";

const SHAPES: Record<string, string> = {
  high: "M8 1.2 15.2 14.4H.8Z",
  medium: "M8 .8 15.2 8 8 15.2.8 8Z",
  low: "M8 14.8.8 1.6h14.4Z",
  information: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z",
  met: "M2 2h12v12H2Z",
  not_met: "M3 1 8 6l5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5-5-5Z",
  not_applicable: "M1 6.5h14v3H1Z",
};

export function Shape({ name }: { name: string }) {
  return (
    <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
      {name === "unknown" ? <text x="8" y="13.5" text-anchor="middle" font-size="16" font-weight="700">?</text> : <path d={SHAPES[name] ?? SHAPES.information} />}
    </svg>
  );
}

export function PriorityMark({ priority }: { priority: Priority }) {
  return (
    <span class={`mark priority-${priority}`}>
      <Shape name={priority} />
      {PRIORITY_WORDS[priority] ?? priority}
    </span>
  );
}

export function VerdictMark({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`mark verdict-${verdict}`}>
      <Shape name={verdict} />
      {VERDICT_WORDS[verdict] ?? verdict}
    </span>
  );
}

export function StateMark({ state }: { state: AlertState }) {
  return <span class={`state state-${state}`}>{STATE_WORDS[state] ?? state}</span>;
}

export function Tag({ children, tone }: { children: preact.ComponentChildren; tone?: "loud" | "calm" }) {
  return <span class={`tag ${tone ?? "calm"}`}>{children}</span>;
}
