// Draws the page anew every few seconds. Everything is set as text, never as markup.
"use strict";

const REFRESH_MS = 2000;
const CONCERNS = {
  vod_sos: "VOD/SOS", febrile_neutropenia: "Febrile neutropenia", haemorrhage: "Haemorrhage",
  hepatic_hold: "Hepatic hold", haematological_hold: "Haematological hold", hys_law: "Hy’s law", dosing: "Dosing",
  contraindicated_use: "Contraindicated use", monitoring: "Monitoring", reaction: "Other reaction",
};
const PRIORITIES = { high: "▲ High", medium: "◆ Medium", low: "▼ Low", information: "● Information" };

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

function setFreshness(state, text) {
  const line = document.getElementById("freshness");
  line.className = state;
  if (line.textContent !== text) line.textContent = text;
}

function count(concern) {
  const box = element("div");
  box.append(element("dt", CONCERNS[concern.concern] ?? concern.concern), element("dd", concern.open));
  return box;
}

function row(alert) {
  const made = element("tr");
  const priority = element("td", PRIORITIES[alert.priority] ?? alert.priority);
  if (alert.priority in PRIORITIES) priority.className = alert.priority;
  const serious = alert.serious === null ? "seriousness not stated" : alert.serious ? "serious" : "not serious";
  const said = element("td", alert.explanation);
  const words = (value) => String(value).replaceAll("_", " ");
  said.append(element("small", `${serious} · EU ${words(alert.listed_eu)} · US ${words(alert.listed_us)} · ${alert.key}`));
  made.append(
    priority, element("td", CONCERNS[alert.concern] ?? alert.concern),
    element("td", `${alert.change} (rev ${alert.revision})`), element("td", alert.recorded_at),
    element("td", alert.site), said,
  );
  return made;
}

function show(data) {
  const asOf = data.as_of ?? "an unknown time";
  const said = {
    current: `Data as of ${asOf}`,
    quiet: `NOTHING NEW since ${asOf}: nobody reports, or the feed is cut off`,
    stale: `STALE: vigil is not ready; data as of ${asOf}; alerts may be missing`,
    no_data: "NO DATA YET: nothing has been judged",
  };
  setFreshness(data.state in said ? data.state : "stale", said[data.state] ?? "STALE: unknown state");
  document.getElementById("concerns").replaceChildren(...data.concerns.map(count));
  document.getElementById("alerts").replaceChildren(...data.alerts.map(row));
  document.getElementById("records").textContent = data.records;
}

async function refresh() {
  try {
    const answer = await fetch("/api/v1/recent", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
  } catch {
    setFreshness("stale", "STALE: vigil does not answer; what is shown below is old");
  }
  setTimeout(refresh, REFRESH_MS);
}

setTimeout(refresh, REFRESH_MS);
