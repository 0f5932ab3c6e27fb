// From the event to the pixel: node pixels.mjs [SECONDS] [PRIORITY], with VIGIL_TEST_PAGE_URL. An alert's recorded_at is the
// Kafka time of the source message that decided; the clock stops in the animation frame after the first one in which its row
// stands in the document, when that one has been painted.
// Only alerts of the worst open priority are looked at (high, unless told otherwise), since they come in at the list's top.
// Exit 1 where the 95th percentile is above 500 ms. Server, browser and producer must share a clock, so run them on one machine.

import { go, launch, open } from "./browser.mjs";

const seconds = Number(process.argv[2] ?? 30);
const priority = process.argv[3] ?? "high";
const base = process.env.VIGIL_TEST_PAGE_URL;
if (base === undefined) throw new Error("VIGIL_TEST_PAGE_URL is not set");

const browser = await launch();
// A tall screen: at 100 alerts a second a row leaves a usual one before the next frame is drawn on a busy machine.
const { page } = await open(browser, base, { viewport: { width: 1440, height: 6000 } });
await go(page, base, `alerts?priority=${priority}`);
await page.waitForTimeout(2000);
await page.evaluate((wanted) => {
  window.told = new Map();
  window.seen = new Map([...document.querySelectorAll(".list [data-alert]")].map((line) => [line.dataset.alert, null]));
  new EventSource("/api/v1/stream").addEventListener("alert", (event) => {
    const row = JSON.parse(event.data);
    if (row.revision === 1 && row.priority === wanted && row.notify) window.told.set(row.alert_id, { at: Date.parse(row.recorded_at), told: Date.now() });
  });
  let drawn = [];
  const look = () => {
    const now = Date.now();
    for (const id of drawn) window.seen.set(id, now);
    drawn = [...document.querySelectorAll(".list [data-alert]")].map((line) => line.dataset.alert).filter((id) => !window.seen.has(id));
    requestAnimationFrame(look);
  };
  look();
}, priority);
await page.waitForTimeout(seconds * 1000);
// What came in the last moments may still be on its way.
const rows = await page.evaluate(() => [...window.told].map(([id, times]) => ({ ...times, seen: window.seen.get(id) ?? null })).filter((row) => row.told < Date.now() - 2000));
await browser.close();

const seen = rows.filter((row) => row.seen !== null);
const sorted = (of) => seen.map(of).sort((a, b) => a - b);
const share = (times, part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
const [whole, inPage] = [sorted((row) => row.seen - row.at), sorted((row) => Math.max(0, row.seen - row.told))];
const line = (name, times) => `${name}: p50 ${share(times, 0.5)} ms, p95 ${share(times, 0.95)} ms, p99 ${share(times, 0.99)} ms, max ${times[times.length - 1]} ms`;
console.log(`${rows.length} alerts of priority ${priority} in ${seconds} s, ${seen.length} of them painted as a row`);
if (seen.length === 0) process.exit(1);
console.log(line("from the source message to the painted row", whole));
console.log(line("of it from the stream's event to the painted row", inPage));
process.exit(share(whole, 0.95) <= 500 && seen.length >= rows.length * 0.95 ? 0 : 1);
