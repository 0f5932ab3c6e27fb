// Journeys over a real server with a real log behind it. VIGIL_TEST_PAGE_URL says where; it must allow acts and be fed (the demo,
// or a test that produces reports). With VIGIL_TEST_PAGE_STOP and VIGIL_TEST_PAGE_START, two shell commands that stop and start the
// process whose absence must be seen, stale and resume are tested as well.

import assert from "node:assert/strict";
import { execSync } from "node:child_process";
import { after, before, test } from "node:test";
import { actsInTurn } from "./acts.mjs";
import { go, launch, open, settled } from "./browser.mjs";

const base = process.env.VIGIL_TEST_PAGE_URL;
const { VIGIL_TEST_PAGE_STOP: stop, VIGIL_TEST_PAGE_START: start } = process.env;
const without = base === undefined ? "VIGIL_TEST_PAGE_URL is not set: no real server to test with" : false;
let browser;

before(async () => {
  if (base !== undefined) browser = await launch();
});
after(async () => {
  await browser?.close();
});

const api = async (path) => (await fetch(`${base}/api/v1/${path}`)).json();

/** An open alert that nobody has acted on, and that is not about to change: the oldest of the worst that there is. */
async function untouched(concern = "") {
  for (let wait = 0; wait < 60; wait += 1) {
    const page = await api(`alerts?state=open&limit=500${concern === "" ? "" : `&concern=${concern}`}`);
    const rows = page.items.filter((row) => row.acknowledged_at === null && row.owner === null && row.subject === "case").reverse();
    if (rows.length > 0) return rows[0];
    await new Promise((done) => setTimeout(done, 1000));
  }
  return assert.fail(`no untouched open alert ${concern} within a minute: is the server fed?`);
}

test("data are current, and stay so", { skip: without }, async () => {
  const { page, faults } = await open(browser, base);
  await go(page, base, "ward");
  await page.waitForSelector('[data-trust="current"]', { timeout: 30_000 });
  for (let n = 0; n < 20; n += 1) {
    await page.waitForTimeout(250);
    assert.equal(await page.locator("[data-trust]").getAttribute("data-trust"), "current");
  }
  assert.deepEqual(faults, []);
});

test("what is raised appears without reload, and shifts no layout", { skip: without }, async () => {
  const { page, faults } = await open(browser, base);
  await go(page, base, "alerts");
  await page.evaluate(() => {
    window.shifts = [];
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifts.push(`${entry.value} ${entry.sources.map((source) => source.node?.parentElement?.outerHTML?.slice(0, 120)).join(" | ")}`))).observe({ type: "layout-shift" });
    window.before = new Set([...document.querySelectorAll("[data-alert]")].map((line) => line.dataset.alert));
    window.total = Number(document.querySelector(".list li")?.getAttribute("aria-setsize") ?? 0);
  });
  await page.waitForFunction(() => Number(document.querySelector(".list li")?.getAttribute("aria-setsize") ?? 0) !== window.total, null, { timeout: 60_000 });
  await page.waitForTimeout(3000);
  assert.deepEqual(await page.evaluate(() => window.shifts), [], "layout shift");
  assert.deepEqual(faults, []);
});

test("acknowledge, undo, assign, comment, snooze and dismiss are seen by two browsers", { skip: without, timeout: 180_000 }, async () => {
  const row = await untouched();
  const [one, other] = [await open(browser, base), await open(browser, base)];
  await actsInTurn({ ...one, base }, { ...other, base }, row.alert_id);
  assert.deepEqual([...one.faults, ...other.faults], []);
});

test("a dismissal without a reason of the list is refused by the server too", { skip: without }, async () => {
  const row = await untouched();
  const me = await api("me");
  const answer = await fetch(`${base}/api/v1/alerts/${row.alert_id}/acts`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Vigil-Csrf": me.csrf, Origin: new URL(base).origin },
    body: JSON.stringify({ revision: row.revision, act: "dismiss" }),
  });
  assert.equal(answer.status, 422);
  assert.match(answer.headers.get("content-type"), /application\/problem\+json/);
});

test("the export is safe to open in a spreadsheet", { skip: without }, async () => {
  const answer = await fetch(`${base}/api/v1/alerts.csv?state=any`);
  assert.equal(answer.status, 200);
  const text = await answer.text();
  assert.ok(text.split("\r\n").length > 1);
  for (const cell of text.match(/(?:^|,|\r\n)("(?:[^"]|"")*"|[^,\r\n]*)/g) ?? []) assert.doesNotMatch(cell.replace(/^[,\r\n]+/, ""), /^"?[=+\-@\t＝＋－＠]/u);
});

test("stale when the process goes, current when it returns, and nothing is missing", { skip: without || (start === undefined && "VIGIL_TEST_PAGE_STOP and VIGIL_TEST_PAGE_START are not set") }, async () => {
  const { page } = await open(browser, base);
  await go(page, base, "alerts");
  await page.waitForSelector('[data-trust="current"]', { timeout: 60_000 });
  execSync(stop, { stdio: "inherit" });
  await page.waitForSelector('[data-trust="stale"]', { timeout: 60_000 });
  execSync(start, { stdio: "inherit" });
  await page.waitForSelector('[data-trust="current"]', { timeout: 120_000 });
  await settled(page);
  // Alerts go on being raised meanwhile; both must come to agree.
  const counts = [];
  for (let turn = 0; turn < 30; turn += 1) {
    await page.waitForTimeout(1000);
    const kept = (await api("alerts?limit=1")).total;
    const shown = Number((await page.locator(".list li").first().getAttribute("aria-setsize").catch(() => null)) ?? 0);
    counts.push(`${shown} of ${kept}`);
    if (kept > 0 && shown === kept) return;
  }
  assert.fail(`on the screen, at the server: ${counts.join(", ")}`);
});
