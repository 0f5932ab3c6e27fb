// Hostile text in every text field: nothing runs, nothing becomes markup, the text is shown as it is.

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
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

for (const text of CORPUS) {
  test(`inert: ${JSON.stringify(text).slice(0, 60)}`, async () => {
    const server = new Standin({ alerts: 30, patients: 6, text });
    server.rejects = server.rejects.map((row) => ({ ...row, reason: text, topic: text }));
    const vocabulary = server.vocabulary();
    server.vocabulary = () => ({ ...vocabulary, product: text, intended_use: `${text} not a certified medical device`, definitions: vocabulary.definitions.map((row) => ({ ...row, name: text })), dismiss_reasons: [{ code: "other", words: text }] });
    const service = server.service.bind(server);
    server.service = () => ({ ...service(), version: text, reasons: [text], dictionary: text, profile: { version: text, hash: text } });
    await server.listen();
    const { page, context, faults } = await open(browser, server.url);
    const looked = async (what) => {
      await settled(page);
      assert.equal(await page.evaluate(() => window.hit), undefined, `${what}: ran`);
      const foreign = await page.evaluate(() => document.querySelectorAll("#page script, #page iframe, #page img, #page base, #page style, #page math, #page [onerror], #page [onload], #page [onmouseover], #page a[href^='javascript:']").length);
      assert.equal(foreign, 0, `${what}: became markup`);
      assert.ok(await page.locator("footer").isVisible(), `${what}: page still there`);
    };
    for (const view of VIEWS) {
      await go(page, server.url, view);
      await looked(view);
    }
    for (const subject of ["patient", "case"]) {
      await go(page, server.url, `alerts?subject=${subject}`);
      await page.locator("[data-alert]").first().click();
      await page.waitForSelector("article.alert-detail");
      await looked(`alert of a ${subject}`);
      const visible = text.replaceAll(/[\u0000\u2028\u202e]/g, "").trim().slice(0, 40);
      if (!/[\ud800-\udfff]/.test(text)) assert.ok((await page.locator(".explanation").textContent()).replaceAll(/[\u0000\u2028\u202e]/g, "").includes(visible), "the text is shown");
    }
    await go(page, server.url, "ward");
    await page.locator("[data-patient]").first().click();
    await page.waitForSelector("article.patient-detail");
    await looked("patient");
    for (const fragment of [`alerts?site=${encodeURIComponent(encodeURIComponent(text.slice(0, 200)))}`, `rejects?reason=${encodeURIComponent("<img src=x onerror=window.hit=1>")}`]) {
      await go(page, server.url, fragment);
      await looked("address");
    }
    assert.deepEqual(faults, []);
    await context.close();
    await server.close();
  });
}
