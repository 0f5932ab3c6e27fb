// What the page does with a server that lives, acts, falls silent and comes back. Against the stand-in alone, which does what
// the test says; the same journeys over a real Kafka are tested with the real server.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { go, launch, open, settled } from "./browser.mjs";
import { Standin } from "./standin/server.mjs";

let browser;
const standins = [];

async function standin(options) {
  const made = new Standin(options);
  await made.listen();
  standins.push(made);
  return made;
}

before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});
afterEach(async () => {
  for (const made of standins.splice(0)) await made.close();
});

const stale = (page) => page.waitForSelector('[data-trust="stale"]', { timeout: 15_000 });
const current = (page) => page.waitForSelector('[data-trust="current"]', { timeout: 15_000 });
/** The colour that the strip has while data are current. */
const green = (page) => page.evaluate(() => getComputedStyle(document.querySelector(".strip")).backgroundColor);

describe("alerts arrive", () => {
  test("one raised now is on the screen without reload, first, and shifts no layout", async () => {
    const server = await standin();
    const { page, faults } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    await page.evaluate(() => {
      window.shifts = [];
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifts.push(`${entry.value} ${entry.sources.map((source) => source.node?.parentElement?.outerHTML?.slice(0, 120)).join(" | ")}`))).observe({ type: "layout-shift" });
    });
    const times = [];
    for (let n = 0; n < 20; n += 1) {
      const raised = Date.now();
      const id = server.raise({ priority: "high", state: "open" });
      await page.waitForSelector(`.list [data-at="0"] [data-alert="${id}"]`, { timeout: 3000 });
      times.push(Date.now() - raised);
    }
    times.sort((a, b) => a - b);
    assert.ok(times[18] < 500, `from the event to the row: ${times.join(" ")} ms`);
    assert.deepEqual(await page.evaluate(() => window.shifts), [], "layout shift");
    assert.deepEqual(faults, []);
  });

  test("a reader who has scrolled keeps his place", async () => {
    const server = await standin({ alerts: 500 });
    const { page } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    await page.evaluate(() => window.scrollTo(0, 5000));
    await page.waitForTimeout(300);
    const place = () => page.evaluate(() => {
      const at = document.elementFromPoint(700, 500).closest("[data-alert]");
      return [at.dataset.alert, Math.round(at.getBoundingClientRect().top)];
    });
    const before = await place();
    for (let n = 0; n < 5; n += 1) server.raise({ priority: "high", state: "open" });
    await page.waitForTimeout(600);
    assert.deepEqual(await place(), before);
  });

  test("a backlog of 10,000 scrolls to its end and back", async () => {
    const server = await standin({ alerts: 11_000, patients: 300 });
    const { page, faults } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    await page.waitForFunction(() => Number(document.querySelector(".list li")?.getAttribute("aria-setsize")) > 10_000, null, { timeout: 20_000 });
    assert.ok((await page.locator(".list li").count()) < 60, "only what can be seen is in the document");
    const frames = await page.evaluate(async () => {
      const gaps = [];
      let last = performance.now();
      const height = document.documentElement.scrollHeight;
      for (let n = 0; n <= 120; n += 1) {
        window.scrollTo(0, (height * n) / 120);
        await new Promise((next) => requestAnimationFrame(next));
        gaps.push(performance.now() - last);
        last = performance.now();
      }
      return gaps.sort((a, b) => a - b);
    });
    assert.ok(frames[Math.floor(frames.length * 0.95)] < 100, `p95 between frames ${frames[Math.floor(frames.length * 0.95)].toFixed(0)} ms`);
    const last = await page.locator(".list li").last().getAttribute("aria-posinset");
    assert.equal(last, await page.locator(".list li").last().getAttribute("aria-setsize"), "the end is reached");
    for (let n = 0; n < 200; n += 1) server.raise();
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.waitForSelector('.list [data-at="0"]');
    assert.deepEqual(faults, []);
  });
});

test("at 100 alerts a second over a backlog of 10,000 the row is on the screen within half a second", async (t) => {
  const server = await standin({ alerts: 11_000, patients: 100 });
  const { page } = await open(browser, server.url);
  await go(page, server.url, "alerts");
  await page.waitForFunction(() => Number(document.querySelector(".list li")?.getAttribute("aria-setsize")) > 10_000, null, { timeout: 20_000 });
  await page.evaluate(() => {
    window.seen = new Map();
    const look = () => {
      for (const line of document.querySelectorAll(".list [data-alert]")) if (!window.seen.has(line.dataset.alert)) window.seen.set(line.dataset.alert, Date.now());
      requestAnimationFrame(look);
    };
    look();
  });
  const raised = new Map();
  const start = Date.now();
  // Each is the worst of all, so that it belongs into the first row. Paced by the clock, not by the timer's mercy.
  for (let n = 0; n < 1000; n += 1) {
    const wait = start + n * 10 - Date.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    const id = server.raise({ priority: "high", state: "open" });
    raised.set(id, Date.now());
  }
  await page.waitForTimeout(1500);
  const seen = new Map(await page.evaluate(() => [...window.seen]));
  const times = [...raised].filter(([id]) => seen.has(id)).map(([id, at]) => seen.get(id) - at).sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)];
  t.diagnostic(`${times.length} of 1,000 rows seen; p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${times[times.length - 1]} ms`);
  assert.ok(times.length >= 950, `${times.length} of 1,000 rows were drawn`);
  assert.ok(at(0.95) <= 500, `p95 ${at(0.95)} ms`);
});

describe("acts", () => {
  async function two(concern = "vod_sos") {
    const server = await standin();
    const id = server.raise({ priority: "high", state: "open", subject: "patient", fields: { concern } });
    const [one, other] = [await open(browser, server.url), await open(browser, server.url)];
    await go(one.page, server.url, `alerts/${id}`);
    await go(other.page, server.url, `alerts/${id}`);
    return { server, id, one: one.page, other: other.page, faults: [one.faults, other.faults] };
  }
  const head = (page) => page.locator(".alert-head .marks").innerText();

  test("acknowledge and undo are seen by both browsers", async () => {
    const { one, other, faults } = await two();
    await one.getByRole("button", { name: "Acknowledge" }).click();
    for (const page of [one, other]) await page.waitForSelector(".alert-head .state-acknowledged");
    await one.waitForFunction(() => document.querySelector(".act-answer").textContent === "");
    await other.getByRole("button", { name: "Undo last act" }).click();
    for (const page of [one, other]) await page.waitForSelector(".alert-head .state-open");
    assert.match(await one.locator(".history").first().innerText(), /taken back/);
    assert.deepEqual(faults, [[], []]);
  });

  test("snooze is offered up to the concern's limit, and needs a reason", async () => {
    const { one, other } = await two("febrile_neutropenia");
    await one.getByRole("button", { name: "Snooze …" }).click();
    assert.deepEqual(await one.locator(".act-form select option").allInnerTexts(), ["1 h", "2 h", "4 h"]);
    assert.ok(await one.getByRole("button", { name: "Send" }).isDisabled());
    await one.locator(".act-form textarea").fill("Seen on the round");
    await one.getByRole("button", { name: "Send" }).click();
    await other.waitForSelector(".alert-head .state-snoozed");
    assert.match(await other.locator("main").innerText(), /Snoozed until/);
  });

  test("a dismissal is worded by concern and needs a reason of the list", async () => {
    const { one, server, id } = await two();
    await one.getByRole("button", { name: "Not VOD …" }).click();
    assert.ok(await one.getByRole("button", { name: "Send" }).isDisabled());
    await one.locator(".act-form select").selectOption("other");
    assert.ok(await one.getByRole("button", { name: "Send" }).isDisabled(), "other says what");
    await one.locator(".act-form select").selectOption("value_in_error");
    await one.getByRole("button", { name: "Send" }).click();
    await one.waitForSelector(".alert-head .state-dismissed");
    assert.equal(server.acts.get(id)[0].reason, "value_in_error");
    const { one: fever } = await two("haemorrhage");
    assert.equal(await fever.getByRole("button", { name: "Not VOD …" }).count(), 0);
    assert.equal(await fever.getByRole("button", { name: "Dismiss …" }).count(), 1);
  });

  test("an act on what has worsened meanwhile is void and says so", async () => {
    const { one, server, id } = await two();
    // The page is cut off from the stream, so that it does not know.
    server.muted = true;
    server.worsen(id);
    await one.getByRole("button", { name: "Acknowledge" }).click();
    await one.waitForSelector(".acts .fault");
    assert.match(await one.locator(".acts .fault").innerText(), /has worsened since.*Nothing was written/);
    assert.equal((server.acts.get(id) ?? []).length, 0);
  });

  test("an act after the server's restart gets a new token and is sent once", async () => {
    const { one, server, id } = await two();
    server.csrf = "another";
    await one.getByRole("button", { name: "Acknowledge" }).click();
    await one.waitForSelector(".alert-head .state-acknowledged");
    assert.equal(server.acts.get(id).length, 1);
  });

  test("an assignment names a person; a comment of two lines is sent as one", async () => {
    const { one, server, id } = await two();
    await one.getByRole("button", { name: "Assign …" }).click();
    await one.locator(".act-form input").fill("two words");
    assert.ok(await one.getByRole("button", { name: "Send" }).isDisabled());
    await one.locator(".act-form input").fill("ward.north@example");
    await one.getByRole("button", { name: "Send" }).click();
    await one.waitForFunction(() => document.querySelector(".alert-head").textContent.includes("ward.north@example"));
    await one.getByRole("button", { name: "Comment …" }).click();
    await one.locator(".act-form textarea").fill("first line\nsecond line");
    await one.getByRole("button", { name: "Send" }).click();
    await one.waitForFunction(() => document.body.textContent.includes("first line second line"));
    assert.equal(server.acts.get(id)[1].reason, "first line second line");
  });

  test("a viewer looks and cannot act", async () => {
    const server = await standin({ roles: ["viewer"] });
    const id = server.raise({ priority: "high", state: "open" });
    const { page } = await open(browser, server.url);
    await go(page, server.url, `alerts/${id}`);
    assert.equal(await page.locator(".act-buttons button").count(), 0);
    assert.match(await page.locator("main").innerText(), /may look and not act/);
  });
});

test("an auditor reads the audit, is told the truth about freshness, and sees no alert", async () => {
  const server = await standin({ roles: ["auditor"] });
  const { page } = await open(browser, server.url);
  await go(page, server.url, "audit");
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByRole("button", { name: "Newer" }).waitFor();
  assert.ok((await page.locator("tbody tr").count()) >= 30);
  await current(page);
  server.stopFeed(Date.now() - 60_000);
  await stale(page);
  await go(page, server.url, "alerts");
  assert.equal(await page.locator("[data-alert]").count(), 0);
  const viewer = await standin({ roles: ["viewer"] });
  const other = await open(browser, viewer.url);
  await go(other.page, viewer.url, "audit");
  assert.match(await other.page.locator("main").innerText(), /does not allow/);
  assert.equal(await other.page.getByRole("link", { name: "Audit" }).count(), 0);
});

describe("trust", () => {
  test("stale when the feed stops, current when it returns", async () => {
    const server = await standin();
    const { page, faults } = await open(browser, server.url);
    await go(page, server.url, "ward");
    await current(page);
    const fresh = await green(page);
    server.stopFeed(Date.now() - 31_000);
    await stale(page);
    assert.notEqual(await green(page), fresh);
    assert.match(await page.locator(".strip").innerText(), /STALE[\s\S]*alerts may be missing/i);
    server.stopFeed(null);
    await current(page);
    assert.deepEqual(faults, []);
  });

  test("stale by the page's own clock when the server claims to be current", async () => {
    const server = await standin();
    server.state = "current";
    const { page } = await open(browser, server.url);
    await go(page, server.url, "ward");
    await current(page);
    server.stopFeed(Date.now() - 40_000);
    await stale(page);
  });

  test("stale when the stream is silent, though it is open", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "ward");
    await current(page);
    server.muted = true;
    await stale(page);
    assert.match(await page.locator(".strip").innerText(), /silent for/);
    server.muted = false;
    await current(page);
  });

  test("a sign-in that has ended is told, and is not green", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "ward");
    await current(page);
    server.signedOut = true;
    server.dropStreams();
    await stale(page);
    await page.waitForFunction(() => /not signed in/.test(document.querySelector("main").textContent), null, { timeout: 20_000 });
  });

  test("quiet, no data and replay are not green and are told apart", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "ward");
    await current(page);
    const fresh = await green(page);
    for (const state of ["quiet", "no_data", "stale"]) {
      server.state = state;
      await page.waitForSelector(`[data-trust="${state}"]`);
      assert.notEqual(await green(page), fresh, state);
    }
    server.state = null;
    server.mode = "replay";
    await page.waitForSelector('[data-trust="replay"]');
    assert.notEqual(await green(page), fresh, "replay");
  });

  test("after a restart of the server the stream goes on and nothing is missing", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    await current(page);
    server.refusing = true;
    server.dropStreams();
    await stale(page);
    const missed = server.raise({ priority: "high", state: "open" });
    server.refusing = false;
    await current(page);
    await page.waitForSelector(`[data-alert="${missed}"]`);
  });

  test("lists that a starting server does not give yet are asked for again, and what is gone goes", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    server.raise({ priority: "low", state: "open" });
    await page.waitForTimeout(300);
    server.refusing = true;
    server.dropStreams();
    await stale(page);
    // Another process: it knows other alerts, has given out no number yet, and answers its lists late.
    const gone = [...server.alerts.keys()];
    server.alerts.clear();
    const there = server.raise({ priority: "high", state: "open" });
    server.ring = [];
    server.eventNumber = 100_000;
    server.send("site", server.site("made-up-north", 0));
    server.restoring = true;
    server.refusing = false;
    await page.waitForFunction(() => /could not be loaded whole/.test(document.querySelector("main").textContent));
    server.restoring = false;
    await page.waitForSelector(`[data-alert="${there}"]`, { timeout: 15_000 });
    await page.waitForFunction(() => document.querySelectorAll(".list li").length === 1);
    assert.ok(gone.length > 10);
  });

  test("a place that is not kept any more loads the lists anew", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    server.raise({ priority: "low", state: "open" });
    await page.waitForTimeout(300);
    server.refusing = true;
    server.dropStreams();
    await stale(page);
    const missed = server.raise({ priority: "high", state: "open" });
    server.eventNumber += 1000;
    server.ring = [];
    server.send("site", server.site("made-up-north", 0));
    server.refusing = false;
    await current(page);
    await page.waitForSelector(`[data-alert="${missed}"]`);
  });

  test("an empty list says as of when, and never that all is well", async () => {
    const server = await standin({ alerts: 0, patients: 0, rejects: 0 });
    const { page } = await open(browser, server.url);
    for (const view of ["ward", "alerts", "safety", "rejects"]) {
      await go(page, server.url, view);
      const text = await page.locator("main").innerText();
      assert.match(text, /No [^\n]*, as of \d/, view);
      assert.doesNotMatch(text, /all clear|all is well/i);
    }
  });
});

test("the demo says that it is simulated, once by itself and then on request", async () => {
  const server = await standin();
  const { page, faults } = await open(browser, server.url, { demoSeen: false });
  await go(page, server.url, "ward");
  await page.waitForSelector("dialog[open]");
  assert.match(await page.locator("dialog[open]").innerText(), /Everything shown here is simulated/);
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog[open]", { state: "detached" });
  await page.getByRole("button", { name: "Demo: simulated data" }).click();
  await page.waitForSelector("dialog[open]");
  assert.deepEqual(faults, []);
});

test("deep links open an alert and a patient; one that does not exist says so", async () => {
  const server = await standin();
  const id = server.raise({ subject: "patient", priority: "high", state: "open" });
  const { page } = await open(browser, server.url);
  await go(page, server.url, `alerts/${id}`);
  await page.getByRole("link", { name: /^Patient/ }).click();
  await page.waitForSelector("article.patient-detail canvas");
  for (const lost of ["alerts/ffffffffffffffffffffffffffffffff", "patients/no%3Asuch", "patients/%E0%A4%A", "nowhere"]) {
    await go(page, server.url, lost);
    await page.waitForSelector(".fault");
  }
  // No pseudonym ever stood in an address of a page, only in those of the API.
  assert.deepEqual(server.requests.filter((line) => !line.includes(" /api/") && /feed0000|[0-9a-f]{32}/.test(line)), []);
  await settled(page);
});
