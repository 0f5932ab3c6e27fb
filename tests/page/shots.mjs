// Screenshots of each view for a person to look at: node tests/page/shots.mjs [folder]. Against VIGIL_TEST_PAGE_URL, or the stand-in.

import { mkdir } from "node:fs/promises";
import { DESK, PHONE, VIEWS, go, launch, open, settled } from "./browser.mjs";
import { Standin } from "./standin/server.mjs";

const folder = process.argv[2] ?? new URL("shots", import.meta.url).pathname;
await mkdir(folder, { recursive: true });
const standin = process.env.VIGIL_TEST_PAGE_URL === undefined ? new Standin() : null;
const base = process.env.VIGIL_TEST_PAGE_URL ?? (await standin.listen());
const browser = await launch();
for (const [size, viewport] of [["desk", DESK], ["phone", PHONE]]) {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await open(browser, base, { viewport, colorScheme });
    const shot = (name, fullPage = false) => page.screenshot({ path: `${folder}/${name}-${size}-${colorScheme}.png`, fullPage });
    for (const view of VIEWS) {
      await go(page, base, view);
      await shot(view);
    }
    await go(page, base, "alerts");
    for (const subject of ["patient", "case"]) {
      await go(page, base, `alerts?subject=${subject}`);
      await page.locator("[data-alert]").first().click();
      await settled(page);
      await shot(`alert-${subject}`, true);
    }
    await go(page, base, "ward");
    await page.locator("[data-patient]").first().click();
    await settled(page);
    await page.waitForTimeout(300);
    await shot("patient", true);
    if (standin !== null) {
      await go(page, base, "alerts");
      standin.stopFeed(Date.now() - 60_000);
      await page.waitForSelector('[data-trust="stale"]');
      await shot("stale");
      standin.stopFeed(null);
    }
    await context.close();
  }
}
await browser.close();
await standin?.close();
