// What the alerts cost people: how many, how soon they were acknowledged, how many were dismissed and why. By concern, never
// by person.

import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import type { Burden, Counts } from "../contract";
import { count, number, span, when } from "../format";
import { useLoad, useNow } from "../hooks";
import { Bar, Fact, Fault, Loading, Section, Wide } from "../parts/note";
import { store } from "../store";
import { concernWords, dismissWords } from "../words";
import { SpanChoice, windowOf } from "./trends";

/** Below so many acknowledgements a share of them is the time that one person took. */
const FEW = 5;

function within(seconds: number | null, n: number): string {
  return n === 0 || seconds === null ? "none yet" : n < FEW ? `fewer than ${FEW}` : span(seconds);
}

export function BurdenView() {
  const [days, setDays] = useState(14);
  const [subject, setSubject] = useState("");
  const { since, until } = windowOf(days, useNow());
  const [shown, setShown] = useState<Burden | null>(null);
  const loaded = useLoad(() => get<Burden>("burden", { since, until, subject }), [days, subject, until]);
  useEffect(() => {
    if (loaded.data !== null) setShown(loaded.data);
  }, [loaded.data]);
  const data = loaded.data ?? shown;
  // Days on which nothing was raised may be days on which nothing was read: they would thin the alerts of the others.
  const daily = useLoad(() => get<Counts>("counts", { since, until, subject, bucket: "day" }), [days, subject, until]);
  const [busy, setBusy] = useState(0);
  useEffect(() => {
    if (daily.data !== null) setBusy(daily.data.times.filter((_, at) => daily.data?.series.some((row) => (row.raised[at] ?? 0) > 0)).length);
  }, [daily.data]);
  const limits = store.vocabulary?.escalate_minutes ?? {};
  const dismissed = data?.by_concern.reduce((sum, row) => sum + row.dismissed, 0) ?? 0;
  return (
    <>
      <div class="filters" role="group" aria-label="Window">
        <SpanChoice days={days} onChange={setDays} />
        <label class="choice"><span>Desk</span>
          <select value={subject} onChange={(event) => setSubject(event.currentTarget.value)}>
            <option value="">all</option><option value="patient">bedside</option><option value="case">reports</option>
          </select>
        </label>
      </div>
      <Fault words={loaded.fault} />
      {data === null ? loaded.fault === null && <Loading of="Burden is being loaded" /> : (
        <>
          <Section title="Burden" note={<>From {when(data.since)} to {when(data.until)} ({number(Math.round(data.days * 10) / 10)} days), as of {when(data.as_of)}.</>}>
            <dl class="facts">
              <Fact name="Alerts raised">{data.raised.toLocaleString("en-GB")}</Fact>
              <Fact name="Raised a day">{busy === 0 ? "not known" : `${(Math.round((data.raised / busy) * 10) / 10).toLocaleString("en-GB")} on ${count(busy, "day")} (UTC) with any, all patients and reports together`}</Fact>
              <Fact name="Calls for attention">{data.notified.toLocaleString("en-GB")}</Fact>
              <Fact name="Watched patients">{data.watched_patients === null ? "not known" : `${data.watched_patients} now; on earlier days not known`}</Fact>
              <Fact name="Dismissed">{dismissed} of {data.raised.toLocaleString("en-GB")} raised</Fact>
            </dl>
          </Section>
          <Section title="By concern" note={`Time to acknowledge is from the call for attention to the first acknowledgement, over those that were acknowledged. No figure here is of a person: below ${FEW} acknowledgements no time is shown.`}>
            <Wide label="Burden by concern">
              <table>
                <thead><tr><th scope="col">Concern</th><th scope="col" class="num">Raised</th><th scope="col" class="num">Acknowledged</th><th scope="col" class="num">Not yet, open</th><th scope="col" class="num">Half within</th><th scope="col" class="num">9 in 10 within</th><th scope="col" class="num">Escalates after</th><th scope="col" class="num">Escalated</th><th scope="col" class="num">Dismissed</th></tr></thead>
                <tbody>
                  {data.by_concern.map((row) => (
                    <tr key={row.concern}>
                      <th scope="row">{concernWords(row.concern)}</th>
                      <td class="num">{row.raised.toLocaleString("en-GB")}</td><td class="num">{row.acknowledged.toLocaleString("en-GB")}</td><td class="num">{row.unacknowledged.toLocaleString("en-GB")}</td>
                      <td class="num">{within(row.seconds_to_acknowledge.p50, row.seconds_to_acknowledge.n)}</td><td class="num">{within(row.seconds_to_acknowledge.p90, row.seconds_to_acknowledge.n)}</td>
                      <td class="num">{limits[row.concern] === undefined ? "–" : span((limits[row.concern] ?? 0) * 60)}</td>
                      <td class="num">{row.escalated}</td><td class="num">{row.dismissed} of {row.raised.toLocaleString("en-GB")}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
          </Section>
          <Section title="Why alerts were dismissed" count={dismissed}>
            {data.dismiss_reasons.length === 0 ? <p class="empty">None was dismissed in this window, as of {when(data.as_of)}.</p> : (
              <Wide label="Why alerts were dismissed"><table>
                <thead><tr><th scope="col">Reason</th><th scope="col" class="num">Count</th><th scope="col" class="bar-head">Share of {dismissed}</th></tr></thead>
                <tbody>{[...data.dismiss_reasons].sort((a, b) => b.count - a.count).map((row) => <tr key={row.code}><th scope="row">{dismissWords(row.code)}</th><td class="num">{row.count}</td><td class="bar-cell"><Bar part={row.count} of={dismissed} /></td></tr>)}</tbody>
              </table></Wide>
            )}
          </Section>
        </>
      )}
    </>
  );
}
