// What looking at the page found wrong, each held by a test: lists that say 0 before they came, green over what is old or not
// whole, days left by the reader's zone, rows that cut off what matters, acts and lists without a keyboard. Against the stand-in.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { DESK, PHONE, VIEWS, WALL, go, launch, open, serious, settled, trustColour } from "./browser.mjs";
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
  for (const context of browser.contexts()) await context.close();
  for (const made of standins.splice(0)) await made.close();
});

const main = (page) => page.locator("main").innerText();
const day = (ms) => new Date(ms).toISOString().slice(0, 10);
const DAY = 86_400_000;

describe("nothing is said that is not known", () => {
  for (const [what, change] of [["a server that does not give its lists", (server) => (server.restoring = true)], ["nobody signed in", (server) => (server.signedOut = true)]]) {
    test(`${what}: no list and no badge says 0, and the strip is not green`, async () => {
      const green = await trustColour(browser, await standin());
      const server = await standin();
      change(server);
      const { page } = await open(browser, server.url);
      for (const view of ["ward", "safety", "alerts"]) {
        await page.goto(`${server.url}/#/${view}`);
        await page.waitForSelector(".fault");
        await page.waitForTimeout(400);
        assert.doesNotMatch(await page.locator("main, nav").allInnerTexts().then((texts) => texts.join("\n")), /(^|\s)0(\s|$)|No (open|watched|such|case)/m, view);
        assert.notEqual(await page.locator(".strip").evaluate((strip) => getComputedStyle(strip).backgroundColor), green, view);
      }
      if (server.signedOut) assert.match(await page.locator(".strip").innerText(), /signed out[\s\S]*not signed in/i);
    });
  }

  test("a list that could not be loaded again makes the strip say that it is incomplete", async () => {
    const server = await standin();
    server.restoring = true;
    const { page } = await open(browser, server.url);
    await page.goto(`${server.url}/#/ward`);
    await page.waitForSelector('[data-trust="partial"]');
    assert.match(await page.locator(".strip").innerText(), /Incomplete[\s\S]*may lack alerts or patients/);
    server.restoring = false;
    await page.waitForSelector('[data-trust="current"]', { timeout: 15_000 });
    await page.waitForSelector("[data-patient]");
  });

  test("silent sites are named, their patients marked; when all are silent nothing is green", async () => {
    const server = await standin({ silent: 1 });
    const { page } = await open(browser, server.url);
    await go(page, server.url, "ward");
    await page.waitForFunction(() => /1 of 4 sites silent: made-up-island/.test(document.querySelector(".strip").textContent));
    const lines = await page.locator(".patient-line").evaluateAll((all) => all.map((line) => [line.textContent.includes("made-up-island"), line.textContent.includes("site silent")]));
    assert.ok(lines.some(([silent]) => silent) && lines.some(([silent]) => !silent));
    for (const [silent, said] of lines) assert.equal(said, silent);
    server.silent = 4;
    await page.waitForSelector('[data-trust="quiet"]');
  });

  test("a list of the strip's own time says as of when, on every first screen", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    for (const view of ["ward", "safety", "alerts", "trends", "burden"]) {
      await go(page, server.url, view);
      assert.match(await main(page), /as of \d{1,2} \w{3,4} \d{4}, \d\d:\d\d (GMT|BST)/, view);
    }
  });

  test("who is known from reports alone is not among the patients of a ward", async () => {
    const server = await standin();
    const rows = server.patientRow.bind(server);
    server.patientRow = (key) => ({ ...rows(key), ...(key === server.keys[3] ? { site: "vigil" } : {}) });
    const { page } = await open(browser, server.url);
    await go(page, server.url, "ward");
    assert.match(await page.locator("h2").first().innerText(), /Watched patients 23/);
    server.send("patient", { key: server.keys[3], row: server.patientRow(server.keys[3]) });
    const told = server.raise({ subject: "patient", priority: "high", state: "open", fields: { site: "vigil", own_patient: false, key: server.keys[3] } });
    await page.waitForTimeout(400);
    assert.match(await page.locator("h2").first().innerText(), /Watched patients 23/);
    await go(page, server.url, "alerts?subject=patient");
    assert.equal(await page.locator(`[data-alert="${told}"]`).count(), 0);
    await go(page, server.url, "alerts?subject=told");
    assert.match(await page.locator(`[data-alert="${told}"]`).innerText(), /told by reports/);
    // There is no page of such a patient, so that nothing leads to one.
    await go(page, server.url, `alerts/${told}`);
    assert.match(await page.locator(".who").innerText(), /^Patient \S+ · told by reports/);
    assert.equal(await page.locator(".who a").count(), 0);
  });

  test("a silent site is no patient", async () => {
    const server = await standin({ alerts: 0 });
    const silence = server.raise({ subject: "patient", priority: "low", state: "open", fields: { concern: "monitoring", site: "north", key: "00000000:0123456789abcdef0123456789abcdef" } });
    const { page } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    assert.match(await page.locator(`[data-alert="${silence}"]`).innerText(), /\bsite north\b/);
    assert.doesNotMatch(await page.locator(`[data-alert="${silence}"]`).innerText(), /patient/i);
    await go(page, server.url, `alerts/${silence}`);
    assert.equal((await page.locator(".who").innerText()).trim(), "Site north");
    assert.equal(await page.locator(".who a").count(), 0);
  });
});

describe("days left are those of the server", () => {
  for (const timezoneId of ["Pacific/Kiritimati", "America/Los_Angeles", "Europe/London"]) {
    test(`in ${timezoneId}`, async () => {
      const server = await standin({ alerts: 0 });
      const now = Date.now();
      const clock = (n) => ({ rule: "eu_serious", day_zero: day(now - (15 - n) * DAY), due: day(now + n * DAY), follow_up: false });
      const ids = [[-2, "2 d past"], [0, "today"], [3, "3 d left"], [9, "9 d left"]].map(([n, words]) => [server.raise({ subject: "case", state: "open", fields: { clock: clock(n) } }), words]);
      const { page } = await open(browser, server.url, { extra: { timezoneId } });
      await go(page, server.url, "safety");
      const first = page.locator(".pane").first();
      assert.match(await first.innerText(), /Calendar days \(UTC\)/);
      assert.deepEqual(await first.locator("[data-alert]").evaluateAll((all) => all.map((line) => line.dataset.alert)), ids.map(([id]) => id), "by days left");
      for (const [id, words] of ids) assert.ok((await first.locator(`[data-alert="${id}"]`).innerText()).includes(words), words);
      await go(page, server.url, `alerts/${ids[2][0]}`);
      assert.match(await main(page), /EU serious, 15 days: 3 d left, day 0 .*last day .*days of UTC/);
    });
  }

  test("a time names its zone, that of its own date", async () => {
    const server = await standin({ alerts: 0 });
    const at = { raised_at: "2026-07-01T09:30:00Z", event_time: "2026-01-05T09:30:00Z" };
    const id = server.raise({ subject: "patient", state: "open" });
    server.put({ ...server.alerts.get(id), ...at, revision: 2 });
    const { page } = await open(browser, server.url);
    await go(page, server.url, `alerts/${id}`);
    assert.match(await main(page), /1 Jul 2026, 10:30 BST/);
    assert.match(await main(page), /5 Jan 2026, 09:30 GMT/);
  });
});

describe("a ward's line", () => {
  test("has concern, values with age and unit, what would settle it, days from dose and transplant, baseline", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "ward");
    for (const line of await page.locator(".patient-line").all()) {
      const text = await line.innerText();
      assert.match(text, /d from last dose/);
      assert.match(text, /baseline \d+ kg|no baseline weight/);
      for (const [name, unit] of [["Bilirubin", "µmol/L"], ["ALT", "U/L"], ["Platelets", "10⁹/L"], ["Temperature", "°C"]]) assert.match(text, new RegExp(`${name}\\s+[<>≤≥]? ?[\\d.]+ ${unit}\\s+\\d+ (s|min|h|d)`), name);
    }
    assert.match(await main(page), /day \d+ after HSCT/);
    assert.match(await main(page), /Unknown, would settle: Weight \(not recorded for 3 d\); Liver examination \(not recorded\)/);
  });

  test("names the worst concern first, each with shape and word, none cut off", async () => {
    const server = await standin({ alerts: 0 });
    const [key] = server.keys;
    for (const [concern, priority] of [["monitoring", "low"], ["dosing", "information"], ["hepatic_hold", "medium"], ["vod_sos", "high"], ["febrile_neutropenia", "high"]]) {
      server.raise({ subject: "patient", priority, state: "open", fields: { concern, key } });
    }
    for (const viewport of [DESK, WALL, PHONE]) {
      const { page } = await open(browser, server.url, { viewport });
      await go(page, server.url, "ward");
      const line = page.locator(`[data-patient="${key}"]`);
      const words = await line.locator(".what-concern").allInnerTexts();
      assert.equal(words.length, 5);
      assert.match(words.slice(0, 2).join(" "), /High.*High/s);
      assert.match(words[4], /Dosing.*Information/s);
      assert.equal(await line.locator(".what-concern svg.shape").count(), 5);
      const cut = await line.evaluate((row) => [...row.querySelectorAll(".what-concern, .value")].filter((part) => {
        const [inner, outer] = [part.getBoundingClientRect(), row.closest("li").getBoundingClientRect()];
        return inner.bottom > outer.bottom + 1 || inner.right > outer.right + 1;
      }).length);
      assert.equal(cut, 0, `${viewport.width} px`);
    }
  });
});

test("a ward shows its own patients, says how many it leaves out, and keeps the choice", async () => {
  const server = await standin();
  const { page } = await open(browser, server.url);
  await go(page, server.url, "ward");
  await page.locator("main .filters select").selectOption("made-up-west");
  await page.waitForFunction(() => /Watched patients of made-up-west 6/.test(document.querySelector("h2").textContent));
  assert.match(await main(page), /18 of other sites are not shown/);
  for (const text of await page.locator(".patient-line").allInnerTexts()) assert.match(text, /made-up-west/);
  await go(page, server.url, "alerts");
  await go(page, server.url, "ward");
  assert.match(await page.locator("h2").first().innerText(), /of made-up-west 6/);
  await page.locator("main .filters select").selectOption("");
  await page.waitForFunction(() => /Watched patients 24/.test(document.querySelector("h2").textContent));
});

test("what is drawn on a canvas has the contrast that axe cannot see", async () => {
  const server = await standin();
  for (const colorScheme of ["light", "dark"]) {
    const { page } = await open(browser, server.url, { colorScheme });
    await go(page, server.url, "trends");
    const ratios = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const light = (name) => {
        const hex = style.getPropertyValue(`--${name}`).trim().slice(1);
        const full = hex.length === 3 ? hex.replace(/./g, "$&$&") : hex;
        const [r, g, b] = [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const against = (name) => {
        const [a, b] = [light(name), light("surface")].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
      };
      const of = (names) => names.map((name) => [name, against(name)]);
      return { words: of(["plot-limit", "plot-dose", "plot-hsct", "muted"]), shapes: of(["plot-1", "plot-2", "plot-suspect", "fill-high", "fill-medium", "fill-low", "fill-information"]) };
    });
    for (const [name, ratio] of ratios.words) assert.ok(ratio >= 4.5, `${colorScheme}: ${name} ${ratio.toFixed(2)}`);
    for (const [name, ratio] of ratios.shapes) assert.ok(ratio >= 3, `${colorScheme}: ${name} ${ratio.toFixed(2)}`);
  }
});

test("on a phone the strip and the views stay in sight, and leave room to read", async () => {
  const server = await standin({ silent: 1 });
  const { page } = await open(browser, server.url, { viewport: PHONE });
  for (const view of ["ward", "alerts"]) {
    await go(page, server.url, view);
    await page.evaluate(() => window.scrollTo(0, 3000));
    await page.waitForTimeout(150);
    for (const part of [".strip", "nav"]) {
      const box = await page.locator(part).boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= 160, `${view}: ${part} from ${box.y} to ${box.y + box.height}`);
    }
    assert.match(await page.locator(".strip").innerText(), /as of \d\d:\d\d:\d\d (GMT|BST)/, "the zone stands on a phone too");
  }
});

describe("nothing moves as alerts arrive", () => {
  for (const [size, viewport] of [["desk", DESK], ["phone", PHONE]]) {
    for (const view of ["ward", "safety", "alerts", "engineer"]) {
      test(`${view}, ${size}: shift below 0.05 over 100 alerts`, async (t) => {
        const server = await standin({ alerts: 40 });
        const { page } = await open(browser, server.url, { viewport });
        await go(page, server.url, view);
        await page.waitForSelector('[data-trust="current"]');
        await page.waitForTimeout(300);
        await page.evaluate(() => {
          window.shift = 0;
          window.moved = [];
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              window.shift += entry.value;
              window.moved.push(...entry.sources.map((source) => source.node?.outerHTML?.slice(0, 100)));
            }
          }).observe({ type: "layout-shift" });
        });
        for (let n = 0; n < 100; n += 1) {
          server.raise({ subject: n % 2 === 0 ? "case" : "patient", priority: n % 3 === 0 ? "high" : "medium", state: "open", fields: n % 2 === 0 ? { dme: n % 4 === 0, serious: true, listed_eu: "unlisted", clock: { rule: "eu_serious", day_zero: day(Date.now()), due: day(Date.now() + DAY), follow_up: false } } : {} });
          await page.waitForTimeout(15);
        }
        await page.waitForTimeout(400);
        const [shift, moved] = await page.evaluate(() => [window.shift, window.moved.slice(0, 4)]);
        t.diagnostic(`shift ${shift.toFixed(4)}`);
        assert.ok(shift < 0.05, `${shift}: ${moved.join(" | ")}`);
      });
    }
  }
});

test("a backlog of 10,000 scrolls without a task of 200 ms, with few rows in the document", async (t) => {
  const server = await standin({ alerts: 11_000, patients: 300 });
  const { page } = await open(browser, server.url);
  await go(page, server.url, "alerts");
  await page.waitForFunction(() => Number(document.querySelector(".list li")?.getAttribute("aria-setsize")) > 10_000, null, { timeout: 20_000 });
  await page.waitForTimeout(500);
  const { tasks, rows } = await page.evaluate(async () => {
    const tasks = [];
    const watch = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
    watch.observe({ type: "longtask" });
    let rows = 0;
    const height = document.documentElement.scrollHeight;
    // By the wheel's step, then in leaps, both ways.
    for (const to of [...Array.from({ length: 150 }, (_, n) => n * 120), ...Array.from({ length: 60 }, (_, n) => (height * n) / 60), ...Array.from({ length: 60 }, (_, n) => height * (1 - n / 60))]) {
      window.scrollTo(0, to);
      await new Promise((next) => requestAnimationFrame(next));
      rows = Math.max(rows, document.querySelectorAll(".list li").length);
    }
    await new Promise((next) => setTimeout(next, 300));
    watch.disconnect();
    return { tasks, rows };
  });
  t.diagnostic(`longest task ${Math.max(0, ...tasks).toFixed(0)} ms, at most ${rows} rows in the document`);
  assert.ok(Math.max(0, ...tasks) < 200, `tasks of ${tasks.map((task) => task.toFixed(0)).join(", ")} ms`);
  assert.ok(rows < 60, `${rows} rows`);
});

describe("keyboard", () => {
  const focused = (page, what) => page.evaluate((name) => document.activeElement?.getAttribute(name), what);
  const seen = (page) => page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });

  test("j begins every list, arrows go through it, Enter opens", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    for (const view of ["ward", "safety", "alerts"]) {
      await go(page, server.url, view);
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("j");
      const what = view === "ward" ? "data-patient" : "data-alert";
      const first = await focused(page, what);
      assert.ok(first, `${view}: j goes to the first row`);
      assert.ok(await seen(page), `${view}: the focus can be seen`);
      await page.keyboard.press("ArrowDown");
      await page.waitForFunction(([name, was]) => ![null, was].includes(document.activeElement?.getAttribute(name) ?? null), [what, first]);
      await page.keyboard.press("k");
      await page.waitForFunction(([name, was]) => document.activeElement?.getAttribute(name) === was, [what, first]);
      await page.keyboard.press("Enter");
      await page.waitForSelector("article");
    }
    await go(page, server.url, `patients/${encodeURIComponent(server.keys.find((key) => [...server.alerts.values()].filter((row) => row.key === key && row.state === "open").length > 1))}`);
    await page.keyboard.press("j");
    const first = await focused(page, "data-alert");
    await page.keyboard.press("j");
    assert.notEqual(await focused(page, "data-alert"), first, "the alerts of a patient");
  });

  test("every act is reached, filled and sent by keyboard; Escape leaves a form where it came from", async () => {
    const server = await standin();
    const id = server.raise({ subject: "patient", priority: "high", state: "open", fields: { concern: "vod_sos" } });
    const { page, faults } = await open(browser, server.url);
    await go(page, server.url, `alerts/${id}`);
    const reach = async (name) => {
      await page.evaluate(() => document.querySelector("main").focus());
      for (let n = 0; n < 40; n += 1) {
        await page.keyboard.press("Tab");
        if (new RegExp(name).test(await page.evaluate(() => document.activeElement?.textContent ?? ""))) return assert.ok(await seen(page), name);
      }
      return assert.fail(`${name} is not reached`);
    };
    const done = (n) => page.waitForFunction((count) => document.querySelectorAll('[aria-label="What people did"] .history li').length === count && document.querySelector(".act-answer").textContent === "", n);
    await reach("^Snooze …$");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.tagName === "SELECT" && document.activeElement.closest(".act-form") !== null);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".act-form").count(), 0);
    assert.match(await page.evaluate(() => document.activeElement?.textContent), /Snooze …/);
    await reach("^Acknowledge$");
    await page.keyboard.press("Enter");
    await done(1);
    await reach("^Comment …$");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
    await page.keyboard.type("Seen on the round");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await done(2);
    await reach("^Not VOD …$");
    await page.keyboard.press("Space");
    await page.waitForFunction(() => document.activeElement?.tagName === "SELECT");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".alert-head .state-dismissed");
    assert.deepEqual(server.acts.get(id).map((act) => act.act), ["acknowledge", "comment", "dismiss"]);
    assert.deepEqual(faults, []);
  });

  test("the skip link leads past the views", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    await go(page, server.url, "alerts");
    await page.keyboard.press("Tab");
    assert.ok(await page.locator(".skip").evaluate((link) => link.getBoundingClientRect().left >= 0), "it can be seen");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement.closest("main") !== null));
  });
});

describe("axe finds nothing serious beyond the first screens", () => {
  for (const [size, viewport] of [["desk", DESK], ["wall", WALL], ["phone", PHONE]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`${size}, ${colorScheme}`, async () => {
        const server = await standin({ silent: 1, roles: ["viewer", "reviewer", "auditor"] });
        const id = server.raise({ subject: "patient", priority: "high", state: "open", fields: { concern: "vod_sos", criteria: ["ebmt2023_probable"], key: server.keys[1] } });
        const { page, context } = await open(browser, server.url, { viewport, colorScheme });
        if (size === "wall") await context.addInitScript(() => localStorage.setItem("vigil-size", "large"));
        const look = async (what) => {
          assert.deepEqual(await serious(page), [], what);
          assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `${what}: wider than the screen`);
        };
        await go(page, server.url, `alerts/${id}`);
        for (const act of ["Assign …", "Comment …", "Snooze …", "Not VOD …"]) {
          await page.getByRole("button", { name: act }).click();
          await look(act);
          await page.getByRole("button", { name: "Cancel" }).click();
        }
        await go(page, server.url, `patients/${encodeURIComponent(server.keys[1])}?at=${encodeURIComponent(new Date(Date.now() - DAY).toISOString())}`);
        for (const fold of await page.locator("details").all()) await fold.evaluate((details) => (details.open = true));
        await look("patient");
        for (const view of ["alerts?state=closed", "audit", "nowhere", "alerts/ffffffffffffffffffffffffffffffff"]) {
          await go(page, server.url, view);
          await look(view);
        }
        await page.keyboard.press("?");
        await page.waitForSelector("dialog[open]");
        await look("keys");
        await page.keyboard.press("Escape");
        server.stopFeed(Date.now() - 60_000);
        await page.waitForSelector('[data-trust="stale"]');
        for (const view of ["ward", "safety", "alerts"]) {
          await go(page, server.url, view);
          await look(`${view}, stale`);
        }
        server.stopFeed(null);
        for (const state of ["quiet", "no_data"]) {
          server.state = state;
          await page.waitForSelector(`[data-trust="${state}"]`);
          await look(state);
        }
        const empty = await standin({ alerts: 0, patients: 0, rejects: 0 });
        for (const view of ["ward", "safety", "trends", "rejects"]) {
          await go(page, empty.url, view);
          await look(`${view}, empty`);
        }
        empty.restoring = true;
        await page.goto(`${empty.url}/#/ward`);
        await page.reload();
        await page.waitForSelector('[data-trust="partial"]');
        await look("incomplete");
      });
    }
  }
});

test("nothing moves for those who want no motion", async () => {
  const server = await standin();
  const { page } = await open(browser, server.url, { extra: { reducedMotion: "reduce" } });
  for (const view of VIEWS) {
    await go(page, server.url, view);
    const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
      const style = getComputedStyle(element);
      return style.transitionDuration.split(",").some((time) => parseFloat(time) > 0) || style.animationName !== "none" || style.scrollBehavior === "smooth";
    }).map((element) => element.className));
    assert.deepEqual(moving, [], view);
  }
});

test("deep links to an alert and a patient work on a cold load, and after one", async () => {
  const server = await standin();
  const id = server.raise({ subject: "patient", priority: "high", state: "open", fields: { key: server.keys[0] } });
  for (const [fragment, what] of [[`alerts/${id}`, `article[data-alert="${id}"]`], [`patients/${encodeURIComponent(server.keys[0])}`, ".patient-detail canvas"]]) {
    const { page, faults } = await open(browser, server.url);
    await page.goto(`${server.url}/#/${fragment}`);
    await page.waitForSelector(what);
    await page.reload();
    await page.waitForSelector(what);
    await page.waitForSelector('[data-trust="current"]');
    assert.deepEqual(faults, []);
  }
});

describe("one alert", () => {
  test("says when it escalates, and that definitions disagree", async () => {
    const server = await standin();
    const id = server.raise({ subject: "patient", priority: "high", state: "open", fields: { concern: "vod_sos", criteria: ["ebmt2023_probable"], escalated: false, escalates_at: new Date(Date.now() + 9 * 60_000).toISOString() } });
    const { page } = await open(browser, server.url);
    await go(page, server.url, `alerts/${id}`);
    assert.match(await main(page), /Definitions disagree\. Met: EBMT 2023 probable\. Not met: Baltimore, EBMT 2016 classical/);
    assert.match(await main(page), /Escalates if nobody acknowledges\s+\d.*, in \d+ min/);
    await go(page, server.url, "alerts");
    assert.match(await page.locator(`[data-alert="${id}"]`).innerText(), /escalates in \d+ min/);
    assert.ok(await page.locator(`[data-alert="${id}"] .cell-state .sub`).evaluate((words) => words.scrollWidth <= words.clientWidth), "not cut off");
  });

  test("on paper it has all of the evidence, when and by whom it was printed, and that the data are simulated", async () => {
    const server = await standin();
    const ids = [server.raise({ subject: "patient", priority: "high", state: "open" }), server.raise({ subject: "case", priority: "high", state: "open", fields: { clock: { rule: "eu_serious", day_zero: day(Date.now()), due: day(Date.now() + 15 * DAY), follow_up: false } } })];
    for (const id of ids) {
      const { page } = await open(browser, server.url, { colorScheme: "dark" });
      await go(page, server.url, `alerts/${id}`);
      await page.emulateMedia({ media: "print" });
      const text = await page.locator("body").innerText();
      const full = server.alerts.get(id);
      for (const part of ["SIMULATED DATA", "printed", "by Made-up reviewer", "Data as of", "profile 2026-11, 0123456789abcdef", id, "revision 1", "Criteria", "Evidence", "What people did", "History", "not a certified medical device", "vigil.records/", full.explanation, full.site]) assert.ok(text.includes(part), part);
      if (full.subject === "case") for (const part of ["Questions to the reporter", "Special situations", "EU serious, 15 days", "Causality as reported", "Suspected duplicates", full.case_id]) assert.ok(full.missing_elements.length === 0 && part.startsWith("Questions") ? true : text.includes(part), part);
      assert.doesNotMatch(text, /Acknowledge\n|Snooze …/);
      assert.equal(await page.locator("footer .use").evaluate((use) => getComputedStyle(use).color), "rgb(0, 0, 0)");
    }
    server.mode = "live";
    const { page } = await open(browser, server.url);
    await go(page, server.url, `alerts/${ids[0]}`);
    await page.emulateMedia({ media: "print" });
    assert.doesNotMatch(await page.locator("body").innerText(), /SIMULATED/);
  });
});

describe("one patient", () => {
  test("has the six plots, limits of one value in one line, doses and the transplant told, and what is off the scale", async () => {
    const server = await standin();
    const { page } = await open(browser, server.url);
    // The second has a transplant; only who has an alert falls ill.
    server.raise({ subject: "patient", priority: "high", state: "open", fields: { key: server.keys[1] } });
    await go(page, server.url, `patients/${encodeURIComponent(server.keys[1])}`);
    const plots = await page.locator("[data-plot]").evaluateAll((all) => all.map((plot) => plot.dataset.plot));
    assert.deepEqual(plots, ["bilirubin", "weight_change_percent", "alt ast", "platelets", "anc", "temperature"]);
    for (const label of await page.locator(".plot-box").evaluateAll((all) => all.map((box) => box.getAttribute("aria-label")))) {
      assert.match(label, /Limits: [<>≥≤] [\d.]+/);
      assert.match(label, /C1 D1 .*HSCT \d+ \w+ \d{4}/);
    }
    assert.match(await main(page), /Definitions disagree/);
    assert.match(await main(page), /days in (GMT|BST)/);
    assert.match(await main(page), /Not recorded\. An examination of the liver, present or absent/);
  });
});

test("burden shows no time of few acknowledgements, and no rate without its days", async () => {
  const server = await standin();
  const burden = server.burden.bind(server);
  server.burden = (query) => {
    const told = burden(query);
    return { ...told, by_concern: told.by_concern.map((row, at) => ({ ...row, seconds_to_acknowledge: { p50: 4321, p90: 8765, n: at === 0 ? 4 : 5 } })) };
  };
  const { page } = await open(browser, server.url);
  await go(page, server.url, "burden");
  const rows = await page.locator('[aria-label="Burden by concern"] tbody tr').allInnerTexts();
  assert.match(rows[0], /fewer than 5\s+fewer than 5/);
  assert.match(rows[1], /1 h 12 min\s+2 h 26 min/);
  await page.waitForFunction(() => /Raised a day\s*[\d.]+ on \d+ days? \(UTC\) with any/.test(document.querySelector("main").textContent));
  assert.doesNotMatch(await main(page), /made-up\.reviewer/, "of no person");
});

test("priority is told by colour, shape and word, differently for each", async () => {
  const server = await standin({ alerts: 0 });
  for (const priority of ["high", "medium", "low", "information"]) server.raise({ priority, state: "open" });
  for (const colorScheme of ["light", "dark"]) {
    const { page } = await open(browser, server.url, { colorScheme });
    await go(page, server.url, "alerts");
    const marks = await page.locator(".list .mark").evaluateAll((all) => all.map((mark) => [getComputedStyle(mark).backgroundColor, mark.querySelector("path").getAttribute("d"), mark.textContent.trim()]));
    assert.equal(marks.length, 4);
    for (const part of [0, 1, 2]) assert.equal(new Set(marks.map((mark) => mark[part])).size, 4, `${colorScheme}: ${marks.map((mark) => mark[part]).join(" | ")}`);
  }
});

test("numbers in tables stand under each other", async () => {
  const server = await standin();
  const { page } = await open(browser, server.url);
  for (const view of ["engineer", "burden", "rejects"]) {
    await go(page, server.url, view);
    const cells = await page.locator("td.num").evaluateAll((all) => all.map((cell) => [getComputedStyle(cell).textAlign, getComputedStyle(cell).fontVariantNumeric]));
    assert.ok(cells.length > 3, view);
    for (const cell of cells) assert.deepEqual(cell, ["right", "tabular-nums"], view);
  }
  await settled(page);
});
