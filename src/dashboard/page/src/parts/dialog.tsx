// A dialog that the browser keeps the focus in, closed by Escape.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function Dialog({ open, title, onClose, children }: { open: boolean; title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (dialog === null) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={box} onClose={onClose} aria-label={title}>
      <h2>{title}</h2>
      {open && children}
      <p class="dialog-end"><button type="button" class="button" onClick={onClose}>Close</button></p>
    </dialog>
  );
}

export function DemoWords() {
  return (
    <>
      <p><strong>Everything shown here is simulated.</strong> No patient, ward, site or report in this demo exists. The pseudonyms belong to nobody.</p>
      <p>Wards are simulated by rules, with courses that are meant to be found: liver injury after treatment, fever with few neutrophils, bleeding, missing tests, wrong units, late and corrected results. Reports are simulated as well. They pass through the same code as real ones would.</p>
      <p>The demo runs on a Kafka inside its own process, which keeps nothing: when it ends, all of this is gone, and so is what you write here. Please enter nothing about a real person.</p>
      <p>How often something is found here says nothing about how often it would be found on real data.</p>
    </>
  );
}

export function KeyWords() {
  return (
    <dl class="keys">
      <div><dt><kbd>↓</kbd> <kbd>↑</kbd> or <kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous row; <kbd>j</kbd> begins with the first one</dd></div>
      <div><dt><kbd>Enter</kbd></dt><dd>opens the row</dd></div>
      <div><dt><kbd>Tab</kbd></dt><dd>goes to what can be done: filters, acts, plots’ tables</dd></div>
      <div><dt><kbd>Escape</kbd></dt><dd>closes a form or this list</dd></div>
      <div><dt><kbd>g</kbd> then <kbd>w</kbd> <kbd>s</kbd> <kbd>e</kbd> <kbd>a</kbd> <kbd>t</kbd> <kbd>b</kbd> <kbd>r</kbd></dt><dd>ward, safety, engineer, alerts, trends, burden, rejects</dd></div>
      <div><dt><kbd>?</kbd></dt><dd>this list</dd></div>
    </dl>
  );
}
