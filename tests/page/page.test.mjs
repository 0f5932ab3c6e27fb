// Every view: opens, says its intended use, has no fault in the console, leaves no request to another host, shifts no layout,
// and axe finds nothing serious. Against VIGIL_TEST_PAGE_URL where it is set, else against the stand-in.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DESK, PHONE, VIEWS, go, launch, open, serious, settled } from "./browser.mjs";
import { Standin } from "./standin/server.mjs";

let browser, standin, base;

before(async () => {
  standin = process.env.VIGIL_TEST_PAGE_URL === undefined ? new Standin({ alerts: 80 }) : null;
  base = process.env.VIGIL_TEST_PAGE_URL ?? (await standin.listen());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await standin?.close();
});

async function looked(page, faults, what) {
  assert.match(await page.locator("footer .use").innerText(), /not a certified medical device/, `${what}: intended use`);
  assert.deepEqual(await serious(page), [], `${what}: axe`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${what}: ${overflow} px wider than the screen`);
  assert.deepEqual(faults, [], `${what}: console`);
}

for (const [size, viewport] of [["desk", DESK], ["phone", PHONE]]) {
  for (const colorScheme of ["light", "dark"]) {
    describe(`${size}, ${colorScheme}`, () => {
      for (const view of VIEWS) {
        test(view, async () => {
          const { page, context, faults } = await open(browser, base, { viewport, colorScheme });
          await go(page, base, view);
          await looked(page, faults, view);
          await context.close();
        });
      }
      test("one alert of each desk, and one patient", async (t) => {
        const { page, context, faults } = await open(browser, base, { viewport, colorScheme });
        for (const subject of ["patient", "case"]) {
          await go(page, base, `alerts?subject=${subject}`);
          const link = page.locator("[data-alert]").first();
          if ((await link.count()) === 0) {
            t.diagnostic(`no open alert of a ${subject}: its detail was not looked at`);
            continue;
          }
          await link.click();
          await page.waitForSelector("article.alert-detail");
          await settled(page);
          await looked(page, faults, `alert of a ${subject}`);
        }
        await go(page, base, "ward");
        const patient = page.locator("[data-patient]").first();
        if ((await patient.count()) > 0) {
          await patient.click();
          await page.waitForSelector("article.patient-detail");
          await settled(page);
          for (const plot of await page.locator(".plot details").all()) await plot.evaluate((details) => (details.open = true));
          await looked(page, faults, "patient");
        } else {
          t.diagnostic("no watched patient: the view of a patient was not looked at");
        }
        await context.close();
      });
    });
  }
}

test("the page's own words give no advice and no risk", async () => {
  const { page, context } = await open(browser, base);
  for (const view of VIEWS) {
    await go(page, base, view);
    const text = await page.locator("body").innerText();
    for (const never of [/\bHOLD\b/, /\b(stop|start|give|withhold|interrupt) (the )?(dose|drug|treatment|Besponsa)/i, /risk of \d/i, /probability/i, /diagnosed|confirmed VOD/i]) {
      assert.doesNotMatch(text, never, `${view}: ${never}`);
    }
  }
  await context.close();
});

test("keyboard alone reaches an alert and comes back", async () => {
  const { page, context, faults } = await open(browser, base);
  await go(page, base, "ward");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip", "the first stop leads to the content");
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.waitForSelector('[aria-label="Open alerts, worst first"]');
  await settled(page);
  if ((await page.locator("[data-alert]").count()) >= 3) {
    await page.locator("[data-alert]").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("j");
    await page.waitForFunction(() => document.activeElement?.closest("[data-at]")?.dataset.at === "2");
    const id = await page.evaluate(() => document.activeElement.dataset.alert);
    await page.keyboard.press("Enter");
    await page.waitForSelector(`article[data-alert="${id}"]`);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main", "the focus follows the view");
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", "the focus can be seen");
  }
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog[open]", { state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("the server's policy and headers are strict", async () => {
  const answer = await fetch(`${base}/`);
  const policy = answer.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src '(none|self)'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  const html = await answer.text();
  assert.doesNotMatch(html, /<script(?![^>]*src=)|style=|\son[a-z]+=|https?:\/\//i, "nothing inline, nothing from elsewhere");
});

test("printing one alert puts all of it on paper", async () => {
  const { page, context } = await open(browser, base);
  await go(page, base, "alerts");
  await page.locator("[data-alert]").first().click();
  await page.waitForSelector("article.alert-detail");
  await settled(page);
  await page.emulateMedia({ media: "print" });
  for (const hidden of ["nav", ".acts", ".display"]) assert.equal(await page.locator(hidden).first().isVisible().catch(() => false), false, hidden);
  const text = await page.locator("body").innerText();
  for (const part of ["Evidence", "History", "What people did", "not a certified medical device", "Data as of", "revision"]) assert.ok(text.includes(part), part);
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 10_000);
  await context.close();
});
