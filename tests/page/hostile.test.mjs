// Hostile text in every text field, and in the page's own addresses: nothing runs, nothing becomes markup, the text is shown as it is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { VIEWS, go, launch, open, settled } from "./browser.mjs";
import { Standin } from "./standin/server.mjs";

const CORPUS = [
  "<script>window.hit=1</script>",
  '"><img src=x onerror=window.hit=1>',
  "' onmouseover='window.hit=1",
  "</td></tr><svg/onload=window.hit=1>",
  "javascript:window.hit=1",
  "<a href=javascript:window.hit=1>x</a>",
  "<iframe srcdoc='<script>parent.hit=1</script>'>",
  "{{constructor.constructor('window.hit=1')()}}",
  "${window.hit=1}",
  "<style>*{display:none}</style>",
  "<base href=//elsewhere.example/>",
  "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
  "\u202e\u0000\u2028<b>",
  '=HYPERLINK("http://elsewhere.example","x")',
  "\ud800 lone surrogate",
  "A".repeat(3000),
];

let browser;
const servers = [];
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  for (const server of servers) await server.close();
});

const ALL = CORPUS.join(" ");
const bare = (text) => text.replaceAll(/[\u0000\u2028\u202e]/g, "");

/** A server each of whose alerts has another hostile text in every field, and whose own words are hostile too. */
async function hostile() {
  const server = new Standin({ alerts: 0, patients: 8 });
  for (const text of CORPUS) {
    const fields = { ...server.dress({ summary: "", explanation: "", case_id: "", criteria: [] }, text), case_version: text };
    for (const subject of ["patient", "case"]) server.raise({ subject, priority: "high", state: "open", fields });
  }
  server.rejects = server.rejects.map((row, at) => ({ ...row, reason: CORPUS[at % CORPUS.length], topic: CORPUS[at % CORPUS.length] }));
  const vocabulary = server.vocabulary();
  server.vocabulary = () => ({ ...vocabulary, product: CORPUS[1], intended_use: `${ALL} not a certified medical device`, definitions: vocabulary.definitions.map((row) => ({ ...row, name: ALL })), dismiss_reasons: CORPUS.map((words) => ({ code: words, words })) });
  const service = server.service.bind(server);
  server.service = () => ({ ...service(), version: CORPUS[0], reasons: CORPUS, dictionary: ALL, profile: { version: CORPUS[3], hash: CORPUS[2] } });
  await server.listen();
  servers.push(server);
  return server;
}

async function inert(page, what) {
  await settled(page);
  assert.equal(await page.evaluate(() => window.hit), undefined, `${what}: ran`);
  const foreign = await page.evaluate(() => document.querySelectorAll("#page script, #page iframe, #page img, #page base, #page style, #page math, #page [onerror], #page [onload], #page [onmouseover], #page a[href^='javascript:']").length);
  assert.equal(foreign, 0, `${what}: became markup`);
  assert.ok(await page.locator("footer").isVisible(), `${what}: the page is still there`);
}

test("hostile text in every field is shown as text", async () => {
  const server = await hostile();
  const { page, context, faults } = await open(browser, server.url);
  for (const view of VIEWS) {
    await go(page, server.url, view);
    await inert(page, view);
  }
  for (const full of server.alerts.values()) {
    await go(page, server.url, `alerts/${full.alert_id}`);
    await page.waitForSelector(`article[data-alert="${full.alert_id}"]`);
    await inert(page, full.site);
    // What JSON or the browser cannot hold becomes a replacement character; everything else stands there as it was sent.
    if (!/[\ud800-\udfff]/.test(full.site)) assert.ok(bare(await page.locator(".explanation").textContent()).includes(bare(full.site).slice(0, 40)), `the text is shown: ${full.site}`);
  }
  for (const key of server.keys) {
    await go(page, server.url, `patients/${encodeURIComponent(key)}`);
    await page.waitForSelector("article.patient-detail");
    await inert(page, "patient");
  }
  assert.deepEqual(faults, []);
  await context.close();
});

// Words of closed lists, identifiers and times stay as they are, so that the page knows its way; every other text is spoilt, of
// whatever answer and field, one that is added later among them.
const CLOSED = /^[a-z0-9_.:-]*$/;
const TIME = /^\d{4}-\d\d(-\d\d)?(T|$)/;
function spoilt(value, text, met) {
  if (typeof value === "string") {
    if (CLOSED.test(value) || TIME.test(value)) return value;
    met.count += 1;
    return `${text} ${value}`;
  }
  if (Array.isArray(value)) return value.map((each) => spoilt(each, text, met));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, spoilt(of, text, met)]));
}

test("every text of every answer is shown as text", async () => {
  const server = new Standin({ alerts: 30, patients: 6, roles: ["viewer", "reviewer", "admin"] });
  const met = { count: 0 };
  const json = server.json.bind(server);
  server.json = (response, body, status = 200) => json(response, spoilt(body, ALL.slice(0, 900), met), status);
  await server.listen();
  servers.push(server);
  const { page, context, faults } = await open(browser, server.url);
  for (const view of [...VIEWS, "audit"]) {
    await go(page, server.url, view);
    await inert(page, view);
  }
  for (const full of [...server.alerts.values()].slice(0, 6)) {
    await go(page, server.url, `alerts/${full.alert_id}`);
    await page.waitForSelector(`article[data-alert="${full.alert_id}"]`);
    await inert(page, full.alert_id);
  }
  for (const key of server.keys) {
    await go(page, server.url, `patients/${encodeURIComponent(key)}`);
    await page.waitForSelector("article.patient-detail");
    await inert(page, key);
  }
  assert.ok(met.count > 500, `${met.count} texts were hostile`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("hostile addresses lead nowhere", async () => {
  const server = await hostile();
  const { page, context, faults } = await open(browser, server.url);
  for (const text of CORPUS.filter((each) => !/[\ud800-\udfff]/.test(each))) {
    const safe = encodeURIComponent(text.slice(0, 200));
    for (const fragment of [`alerts/${safe}`, `patients/${safe}?at=${safe}`, `alerts?site=${safe}&priority=${safe}`, `rejects?reason=${safe}`, safe]) {
      await go(page, server.url, fragment);
      await inert(page, fragment);
    }
  }
  // An address that leads nowhere is answered 404, and the browser notes that on its console.
  assert.deepEqual(faults.filter((fault) => !/status of 404/.test(fault)), []);
  await context.close();
});
