// What the tests share: Debian's Chromium, and a page that notices what must never happen.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const BINARIES = [process.env.VIGIL_TEST_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export function chromiumPath() {
  const found = BINARIES.find((path) => path !== undefined && existsSync(path));
  assert.ok(found, "no Chromium found: apt-get install chromium, or set VIGIL_TEST_CHROMIUM");
  return found;
}

export async function launch() {
  return chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
/** A display on the wall of a ward. */
export const WALL = { width: 1920, height: 1080 };

/** A page of its own context. `faults` collects console errors, uncaught errors, refused policies, requests that leave the host. */
export async function open(browser, base, { viewport = DESK, colorScheme = "light", demoSeen = true, extra = {} } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB", timezoneId: "Europe/London", acceptDownloads: true, ...extra });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("data:") && !url.startsWith("blob:")) faults.push(`left the host: ${url}`);
  });
  await context.addInitScript((seen) => {
    if (seen) sessionStorage.setItem("vigil-demo-seen", "yes");
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  }, demoSeen);
  return { context, page, faults };
}

export async function go(page, base, fragment) {
  await page.goto(`${base}/#/${fragment}`);
  await page.waitForSelector("[data-trust]");
  await settled(page);
}

/** Waits until nothing says that it is being loaded. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null, null, { timeout: 15_000 });
  await page.waitForTimeout(60);
}

export const VIEWS = ["ward", "safety", "engineer", "alerts", "trends", "burden", "rejects"];

/** The ground that the strip has while data are current: green, and of no other state. */
export async function trustColour(browser, standin) {
  const { page, context } = await open(browser, standin.url);
  await go(page, standin.url, "ward");
  await page.waitForSelector('[data-trust="current"]');
  const colour = await page.evaluate(() => getComputedStyle(document.querySelector(".strip")).backgroundColor);
  await context.close();
  return colour;
}

/** axe is run by the debugger, which the page's policy does not bind. */
export async function serious(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  assert.ok(found.passes.length > 10, "axe looked at nothing");
  return found.violations
    .filter((rule) => rule.impact === "serious" || rule.impact === "critical")
    .map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.any.map((check) => check.message).join("; ")}`).join(" | ")}`);
}
