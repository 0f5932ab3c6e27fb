// All that people do about one alert, by two of them in turn, each of whom sees what the other does.

import { go } from "./browser.mjs";

const PATIENCE = { timeout: 20_000 };

/** Waits until an open alert stands so. */
export const stands = (page, name) => page.waitForSelector(`.alert-head .state-${name}`, PATIENCE);

/** Waits until the page says so. */
export const says = (page, where, words) =>
  page.waitForFunction(([part, text]) => document.querySelector(part)?.textContent.includes(text), [where, words], PATIENCE);

/** Opens an act's form, fills it in and sends it. */
export async function send(page, opens, fill) {
  await page.getByRole("button", { name: opens }).click();
  await fill(page.locator(".act-form"));
  await page.getByRole("button", { name: "Send" }).click();
}

/** Each of the two is a page and the address that it is of; the alert must be untouched. */
export async function actsInTurn(one, other, id) {
  const pages = [one.page, other.page];
  for (const { page, base } of [one, other]) {
    await go(page, base, `alerts/${id}`);
    await stands(page, "open");
  }
  await one.page.getByRole("button", { name: "Acknowledge" }).click();
  for (const page of pages) await stands(page, "acknowledged");
  await other.page.getByRole("button", { name: "Undo last act" }).click();
  for (const page of pages) await stands(page, "open");
  await send(one.page, "Assign …", (form) => form.locator("input").fill("ward.north"));
  for (const page of pages) await says(page, ".alert-head", "ward.north");
  await send(other.page, "Comment …", (form) => form.locator("textarea").fill("<b>Looked at</b> on the round"));
  for (const page of pages) await says(page, "main", "<b>Looked at</b> on the round");
  await send(one.page, "Snooze …", (form) => form.locator("textarea").fill("Waiting for the count"));
  for (const page of pages) await stands(page, "snoozed");
  await send(other.page, /Dismiss …|Not VOD …/, (form) => form.locator("select").selectOption("value_in_error"));
  for (const page of pages) {
    await stands(page, "dismissed");
    for (const part of ["Acknowledged", "Last act taken back", "Assigned", "Commented", "Snoozed", "Dismissed"]) await says(page, "main", part);
  }
  // Dismissed is no longer among the open ones, and can be found among the closed.
  await go(other.page, other.base, "alerts?state=closed");
  await other.page.waitForSelector(`[data-alert="${id}"]`, PATIENCE);
}
