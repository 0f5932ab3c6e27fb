// Choices of this device alone: light or dark, print size for a wall. Kept in the browser, never sent.

export type Theme = "system" | "light" | "dark";

const THEME = "vigil-theme";
const SIZE = "vigil-size";
const WARD = "vigil-ward";
const listeners = new Set<() => void>();

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing still shows the choice until the page is closed.
  }
}

export function theme(): Theme {
  const kept = document.documentElement.dataset.theme ?? read(THEME);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function setTheme(to: Theme): void {
  keep(THEME, to);
  document.documentElement.dataset.theme = to;
  listeners.forEach((listener) => listener());
}

export function isLarge(): boolean {
  return (document.documentElement.dataset.size ?? read(SIZE)) === "large";
}

/** The site whose patients this device shows; empty for all of them. */
export function ownWard(): string {
  return read(WARD) ?? "";
}

export function setOwnWard(site: string): void {
  keep(WARD, site);
}

/** Widths in rem, so that large print is laid out like a smaller screen; a media query would not see it. */
const NARROW_REM = 52;
const MID_REM = 80;

function measure(): void {
  const root = document.documentElement;
  const width = window.innerWidth / (parseFloat(getComputedStyle(root).fontSize) || 16);
  const [narrow, mid] = [width < NARROW_REM, width < MID_REM];
  if (root.classList.contains("narrow") === narrow && root.classList.contains("mid") === mid) return;
  root.classList.toggle("narrow", narrow);
  root.classList.toggle("mid", mid);
  listeners.forEach((listener) => listener());
}

export type Size = "wide" | "mid" | "narrow";

export function sizeNow(): Size {
  const has = (name: string): boolean => document.documentElement.classList.contains(name);
  return has("narrow") ? "narrow" : has("mid") ? "mid" : "wide";
}

export function setLarge(large: boolean): void {
  keep(SIZE, large ? "large" : "normal");
  document.documentElement.dataset.size = large ? "large" : "normal";
  window.dispatchEvent(new Event("resize"));
  measure();
  listeners.forEach((listener) => listener());
}

/** Tells when colours or sizes changed, the system's own change included. */
export function onDisplay(listener: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  listeners.add(listener);
  system.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    system.removeEventListener("change", listener);
  };
}

export function startDisplay(): void {
  document.documentElement.dataset.theme = theme();
  document.documentElement.dataset.size = isLarge() ? "large" : "normal";
  measure();
  window.addEventListener("resize", measure);
}

/** A colour of the style sheet, for drawing on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Lines of a pattern on a tile of 8 by 8: slanted, level or both, so that a priority is told without its colour. */
const LINES: Record<string, readonly (readonly [number, number, number, number])[]> = {
  high: [],
  medium: [[-2, 2, 2, -2], [-2, 10, 10, -2], [6, 10, 10, 6]],
  low: [[0, 4, 8, 4]],
  information: [[0, 4, 8, 4], [4, 0, 4, 8]],
};

/** What a priority's bars are filled with on a canvas; the legend draws the same in the style sheet. */
export function fillOf(priority: string): CanvasPattern | string {
  const base = colour(`fill-${priority}`);
  const lines = LINES[priority] ?? [];
  const tile = document.createElement("canvas");
  const scale = Math.max(1, Math.round(window.devicePixelRatio));
  tile.width = tile.height = 8 * scale;
  const draw = tile.getContext("2d");
  if (lines.length === 0 || draw === null) return base;
  draw.fillStyle = base;
  draw.fillRect(0, 0, tile.width, tile.height);
  draw.scale(scale, scale);
  draw.strokeStyle = colour("surface");
  draw.lineWidth = 1.5;
  for (const [x, y, toX, toY] of lines) {
    draw.beginPath();
    draw.moveTo(x, y);
    draw.lineTo(toX, toY);
    draw.stroke();
  }
  return draw.createPattern(tile, "repeat") ?? base;
}
