// Screenshots of each view and each state for a person to look at: node tests/page/shots.mjs [folder] [word]. With a word, only
// what has it in its name. Against VIGIL_TEST_PAGE_URL, or the stand-in, which can be made stale, empty, faulty and forbidding.

import { mkdir } from "node:fs/promises";
import { DESK, PHONE, VIEWS, WALL, go, launch, open, settled } from "./browser.mjs";
import { Standin } from "./standin/server.mjs";

const folder = process.argv[2] ?? new URL("shots", import.meta.url).pathname;
const word = process.argv[3] ?? "";
await mkdir(folder, { recursive: true });
const real = process.env.VIGIL_TEST_PAGE_URL;
const browser = await launch();

/** One page; `shot` takes what is in view, or all of it. */
async function looking(base, size, colorScheme, extra, draw) {
  const [name, viewport, large] = size;
  const { page, context } = await open(browser, base, { viewport, colorScheme, ...extra });
  if (large) await context.addInitScript(() => localStorage.setItem("vigil-size", "large"));
  const shot = async (what, fullPage = false) => {
    const file = `${what}-${name}-${colorScheme}`;
    if (file.includes(word)) await page.screenshot({ path: `${folder}/${file}.png`, fullPage });
  };
  try {
    await draw(page, shot);
  } catch (error) {
    console.error(`${name} ${colorScheme}: ${error.message.split("\n")[0]}`);
  }
  await context.close();
}

async function views(base, page, shot) {
  for (const view of VIEWS) {
    await go(page, base, view);
    await shot(view);
  }
  for (const subject of ["patient", "case"]) {
    await go(page, base, `alerts?subject=${subject}`);
    const line = page.locator("[data-alert]").first();
    if ((await line.count()) === 0) continue;
    await line.click();
    await page.waitForSelector("article.alert-detail");
    await settled(page);
    await shot(`alert-${subject}`, true);
    for (const [act, name] of [["snooze", /^Snooze/], ["dismiss", /^(Not VOD|Dismiss)/], ["assign", /^Assign …/]]) {
      const button = page.getByRole("button", { name });
      if ((await button.count()) === 0) continue;
      await button.click();
      await shot(`form-${act}-${subject}`);
      await page.getByRole("button", { name: "Cancel" }).click();
    }
    await page.emulateMedia({ media: "print" });
    await shot(`print-${subject}`, true);
    await page.emulateMedia({ media: "screen" });
  }
  await go(page, base, "ward");
  const patient = page.locator("[data-patient]").first();
  if ((await patient.count()) > 0) {
    await patient.click();
    await page.waitForSelector("article.patient-detail");
    await settled(page);
    await page.waitForTimeout(300);
    await shot("patient", true);
  }
  await page.keyboard.press("?");
  await shot("keys");
  await page.keyboard.press("Escape");
}

const SIZES = [["desk", DESK, false], ["wall", WALL, true], ["phone", PHONE, false]];
for (const size of SIZES.filter(([name]) => word === "" || !SIZES.some(([known]) => word.startsWith(known)) || word.startsWith(name))) {
  for (const colorScheme of ["light", "dark"].filter((name) => !/-(light|dark)$/.test(word) || word.endsWith(name))) {
    const standin = real === undefined ? new Standin({ silent: 1 }) : null;
    const base = real ?? (await standin.listen());
    await looking(base, size, colorScheme, {}, (page, shot) => views(base, page, shot));
    if (standin === null) continue;
    await looking(base, size, colorScheme, { demoSeen: false }, async (page, shot) => {
      await go(page, base, "ward");
      await page.waitForSelector("dialog[open]");
      await shot("about");
    });
    await looking(base, size, colorScheme, {}, async (page, shot) => {
      await go(page, base, "ward");
      standin.stopFeed(Date.now() - 60_000);
      await page.waitForSelector('[data-trust="stale"]');
      await shot("stale");
      standin.stopFeed(null);
      for (const state of ["quiet", "no_data"]) {
        standin.state = state;
        await page.waitForSelector(`[data-trust="${state}"]`);
        await shot(state);
      }
      standin.state = null;
    });
    for (const [what, options, change] of [
      ["empty", { alerts: 0, patients: 0, rejects: 0 }, () => undefined],
      ["refused", {}, (server) => (server.signedOut = true)],
      ["error", {}, (server) => (server.restoring = true)],
      ["auditor", { roles: ["auditor"] }, () => undefined],
      ["viewer", { roles: ["viewer"] }, () => undefined],
    ]) {
      const other = new Standin(options);
      const at = await other.listen();
      change(other);
      await looking(at, size, colorScheme, {}, async (page, shot) => {
        const route = what === "auditor" ? "audit" : what === "viewer" ? `alerts/${[...other.alerts.keys()][0]}` : null;
        for (const view of route === null ? ["ward", "safety", "alerts", "engineer", "rejects", "trends", "burden"] : [route]) {
          await page.goto(`${at}/#/${view}`);
          await page.waitForTimeout(900);
          await shot(`${what}-${view.split("/")[0]}`);
        }
      });
      await other.close();
    }
    await standin.close();
  }
}
await browser.close();
