// The page over a real Kafka: records go in at one end, and what Chromium shows at the other is looked at, by two browsers at
// two dashboards. tests/suite/page.rs starts the processes and runs this; it also takes the orders: send, kill, start.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { actsInTurn, says, send as act, stands } from "./acts.mjs";
import { go, launch, open } from "./browser.mjs";
import { Link } from "./link.mjs";

const desks = (process.env.VIGIL_TEST_DESKS ?? "").split(" ").filter((url) => url !== "");
const ordersPort = Number(process.env.VIGIL_TEST_ORDERS ?? 0);
const without = desks.length === 2 && ordersPort > 0 ? false : "VIGIL_TEST_DESKS and VIGIL_TEST_ORDERS are not set: run by cargo test --test suite page";
const PATIENCE = { timeout: 60_000 };
const MINUTE = 60_000;
let browser;

before(async () => {
  if (!without) browser = await launch();
});
after(async () => {
  await browser?.close();
});

/** Has something done at the other end, and waits until it is. */
const order = (line) =>
  new Promise((done, fail) => {
    let answer = "";
    const socket = connect(ordersPort, "127.0.0.1", () => socket.write(`${line}\n`));
    socket.on("data", (bytes) => (answer += bytes));
    socket.on("end", () => (answer === "done\n" ? done() : fail(new Error(`${line.slice(0, 40)}: ${answer}`))));
    socket.on("error", fail);
  });
const produce = (message) => order(`send ${JSON.stringify(message)}`);

/** A serious report of VOD, a case of its own. */
const report = (name) => ({
  head: { source_id: `${name}/1` },
  body: {
    Report: {
      worldwide_case_id: name, sender: "test", version: 1, seriousness: { serious: true, life_threatening: true },
      drugs: [{ role: "suspect", name: "BESPONSA" }], reactions: [{ term: "Veno-occlusive liver disease" }],
    },
  },
});

/** A patient with a dose ten days ago, no neutrophils, and now a fever. */
function feverish(patient) {
  const identity = { authority: "urn:oid:2.999.17.1", identifier: patient };
  const fact = (name, minutes, body) => ({
    head: { identity, site: "ward", source_id: `${patient}-${name}`, event_time: new Date(Date.now() - minutes * MINUTE).toISOString() },
    body,
  });
  const value = (analyte, number, unit) => ({ Observation: { analyte, quantity: { value: number, unit } } });
  return [
    fact("dose", 10 * 24 * 60, { Administration: { product: "Besponsa", dose_mg_m2: 0.5, cycle: 1, cycle_day: 1 } }),
    fact("anc", 60, value("anc", 0.2, "10*9/L")),
    fact("fever", 2, value("temperature", 38.9, "Cel")),
  ];
}

const api = async (base, path) => (await fetch(`${base}/api/v1/${path}`)).json();

/** The row that fits, once the desk has it. */
async function row(base, query, fits) {
  for (let wait = 0; wait < 600; wait += 1) {
    const found = (await api(base, `alerts?limit=500&${query}`)).items.find(fits);
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  return assert.fail(`no such alert within a minute: ${query}`);
}
const raised = (base, name) => row(base, "subject=case", (alert) => alert.case_id === name);

/** A page of a desk that is green; closed when the test ends. */
async function look(t, base, view) {
  const opened = await open(browser, base);
  t.after(() => opened.context.close());
  await go(opened.page, base, view);
  await opened.page.waitForSelector('[data-trust="current"]', PATIENCE);
  return { ...opened, base };
}
const trust = (page, state) => page.waitForSelector(`[data-trust="${state}"]`, PATIENCE);
const shown = (page, id) => page.waitForSelector(`.list [data-alert="${id}"]`, PATIENCE);

/** From now on no alert may stand twice in the list, in any frame. */
const watchForDoubles = (page) =>
  page.evaluate(() => {
    window.doubled = [];
    const frame = () => {
      const ids = [...document.querySelectorAll(".list [data-alert]")].map((line) => line.dataset.alert);
      for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) window.doubled.push(id);
      requestAnimationFrame(frame);
    };
    frame();
  });

/** What is shown is what the desk has: as many, each of these once, none twice in any frame. */
async function nothingLostNorDoubled(page, base, ids) {
  for (const id of ids) {
    await shown(page, id);
    assert.equal(await page.locator(`.list [data-alert="${id}"]`).count(), 1, id);
  }
  const { total } = await api(base, "alerts?limit=1");
  await page.waitForFunction((wanted) => Number(document.querySelector(".list li")?.getAttribute("aria-setsize")) === wanted, total, PATIENCE);
  assert.deepEqual(await page.evaluate(() => window.doubled), []);
}
/** The browser's own word on a connection that was cut is no fault of the page. */
const beyondTheCut = (faults) => faults.filter((fault) => !/^console error: Failed to load resource: net::ERR_/.test(fault));

test("what is produced to Kafka appears at both desks without reload", { skip: without }, async (t) => {
  await produce(report("XX-PAGE-1"));
  for (const base of desks) await raised(base, "XX-PAGE-1");
  const both = [await look(t, desks[0], "alerts"), await look(t, desks[1], "alerts")];
  for (const { page } of both) await page.evaluate(() => (window.same = true));
  const sent = Date.now();
  await produce(report("XX-PAGE-2"));
  for (const { page } of both) await page.waitForFunction(() => document.querySelector(".list").textContent.includes("XX-PAGE-2"), null, PATIENCE);
  t.diagnostic(`on both screens ${Date.now() - sent} ms after the order to produce it`);
  for (const { page, faults } of both) {
    assert.equal(await page.evaluate(() => window.same), true, "the page was loaded anew");
    assert.deepEqual(faults, []);
  }
});

test("what one does at one desk is seen at the other", { skip: without }, async (t) => {
  await produce(report("XX-PAGE-ACTS"));
  const { alert_id: id } = await raised(desks[0], "XX-PAGE-ACTS");
  await raised(desks[1], "XX-PAGE-ACTS");
  const [one, other] = [await look(t, desks[0], "alerts"), await look(t, desks[1], "alerts")];
  await actsInTurn(one, other, id);
  assert.deepEqual([...one.faults, ...other.faults], []);
});

test("a snooze that is over opens the alert again by itself", { skip: without }, async (t) => {
  await produce(report("XX-PAGE-SNOOZE"));
  const { alert_id: id, revision } = await raised(desks[0], "XX-PAGE-SNOOZE");
  await raised(desks[1], "XX-PAGE-SNOOZE");
  const { page, faults } = await look(t, desks[1], `alerts/${id}`);
  await stands(page, "open");
  const { csrf } = await api(desks[0], "me");
  const answer = await fetch(`${desks[0]}/api/v1/alerts/${id}/acts`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Vigil-Csrf": csrf },
    body: JSON.stringify({ revision, act: "snooze", reason: "a moment", until: new Date(Date.now() + 6000).toISOString() }),
  });
  assert.equal(answer.status, 202);
  await stands(page, "snoozed");
  await stands(page, "open");
  await says(page, "main", "Snooze ended");
  assert.deepEqual(faults, []);
});

test("a call that nobody answers escalates, one that was answered does not", { skip: without }, async (t) => {
  const [waiting, answered] = [`W-${Date.now()}`, `A-${Date.now()}`];
  const before = new Set((await api(desks[0], "alerts?subject=patient&state=any&limit=500")).items.map((alert) => alert.alert_id));
  const alerts = [];
  for (const patient of [waiting, answered]) {
    for (const message of feverish(patient)) await produce(message);
    const alert = await row(desks[0], "subject=patient&concern=febrile_neutropenia", (found) => !before.has(found.alert_id));
    before.add(alert.alert_id);
    assert.equal(alert.priority, "high");
    assert.notEqual(alert.escalates_at, null);
    alerts.push(alert);
  }
  const [first, second] = alerts;
  const [one, other] = [await look(t, desks[0], `alerts/${first.alert_id}`), await look(t, desks[1], `alerts/${second.alert_id}`)];
  await other.page.getByRole("button", { name: "Acknowledge" }).click();
  await stands(other.page, "acknowledged");
  await says(one.page, ".alert-head", "escalated: not acknowledged in time");
  await says(one.page, "main", "Called again: nobody answered in time");
  // The answered one was as old, within seconds; had it escalated, it would by now.
  const seconds = Date.parse(second.raised_at) - Date.parse(first.raised_at);
  await other.page.waitForTimeout(seconds + 3000);
  assert.doesNotMatch(await other.page.locator("main").innerText(), /escalated|Called again/);
  // Who answers late still answers.
  await act(one.page, "Comment …", (form) => form.locator("textarea").fill("On the way"));
  await one.page.getByRole("button", { name: "Acknowledge" }).click();
  await stands(one.page, "acknowledged");
  assert.deepEqual([...one.faults, ...other.faults], []);
});

test("a stream whose link was cut goes on where it was", { skip: without }, async (t) => {
  const link = await new Link(desks[0]).open();
  t.after(() => link.close());
  const { page, faults } = await look(t, link.url, "alerts");
  await produce(report("XX-PAGE-CUT-0"));
  await shown(page, (await raised(desks[0], "XX-PAGE-CUT-0")).alert_id);
  await watchForDoubles(page);
  const asked = [];
  page.on("request", (request) => asked.push(`${new URL(request.url()).pathname} ${request.headers()["last-event-id"] ?? ""}`));
  link.cut();
  await trust(page, "stale");
  const ids = [];
  for (let n = 1; n <= 5; n += 1) {
    await produce(report(`XX-PAGE-CUT-${n}`));
    ids.push((await raised(desks[0], `XX-PAGE-CUT-${n}`)).alert_id);
  }
  link.mend();
  await trust(page, "current");
  await nothingLostNorDoubled(page, desks[0], ids);
  assert.equal(asked.filter((line) => line.startsWith("/api/v1/alerts")).length, 0, `the lists were loaded anew: ${asked.join(", ")}`);
  assert.deepEqual(beyondTheCut(faults), []);
});

test("a dashboard is killed and started again: no alert is lost, none doubled", { skip: without }, async (t) => {
  const [one, other] = [await look(t, desks[0], "alerts"), await look(t, desks[1], "alerts")];
  await watchForDoubles(one.page);
  await order("kill 0");
  await trust(one.page, "stale");
  const ids = [];
  for (let n = 1; n <= 5; n += 1) {
    await produce(report(`XX-PAGE-KILL-${n}`));
    ids.push((await raised(desks[1], `XX-PAGE-KILL-${n}`)).alert_id);
  }
  for (const id of ids) await shown(other.page, id);
  await trust(other.page, "current");
  await order("start 0");
  await trust(one.page, "current");
  await nothingLostNorDoubled(one.page, desks[0], ids);
  // It lives: what comes now is shown too, and an act is taken with the new process's token at once.
  await produce(report("XX-PAGE-KILL-6"));
  const last = await raised(desks[0], "XX-PAGE-KILL-6");
  await shown(one.page, last.alert_id);
  await one.page.locator(`.list [data-alert="${last.alert_id}"]`).click();
  await one.page.getByRole("button", { name: "Acknowledge" }).click();
  await stands(one.page, "acknowledged");
  assert.deepEqual(beyondTheCut(one.faults), []);
  assert.deepEqual(other.faults, []);
});

test("stale when the feed stops, current when it returns, and nothing is missing", { skip: without }, async (t) => {
  const both = [await look(t, desks[0], "alerts"), await look(t, desks[1], "ward")];
  await order("kill watches");
  const killed = Date.now();
  for (const { page } of both) await trust(page, "stale");
  t.diagnostic(`stale on both screens ${Date.now() - killed} ms after the kill`);
  for (const { page } of both) assert.match(await page.locator(".strip").innerText(), /STALE[\s\S]*alerts may be missing/i);
  await produce(report("XX-PAGE-STALE"));
  await order("start watches");
  for (const { page } of both) await trust(page, "current");
  const { alert_id: id } = await raised(desks[0], "XX-PAGE-STALE");
  await shown(both[0].page, id);
  for (const { faults } of both) assert.deepEqual(faults, []);
});
