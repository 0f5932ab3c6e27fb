// On-call engineer: is it fresh, is it keeping up, does the ledger balance, what was rejected.

import { useEffect } from "preact/hooks";
import { get } from "../api";
import type { Ledger, Paged, Rejects, Site } from "../contract";
import { age, count, parse, span, when } from "../format";
import { useLoad, useNow, useTopics } from "../hooks";
import { Empty, Fact, Fault, Loading, Section, Wide } from "../parts/note";
import { link } from "../route";
import { store } from "../store";
import { onReject } from "../stream";
import { OWN_SITE, plain, siteWords } from "../words";

const FATES: readonly (keyof Ledger)[] = ["alerted", "quiet", "repeated", "corrected", "forwarded", "rejected", "late", "tick"];

function Sites() {
  const now = useNow();
  const loaded = useLoad(() => get<Paged<Site>>("sites"), []);
  useTopics("sites");
  // What the stream told is newer than the list.
  const rows = new Map([...(loaded.data?.items ?? []), ...store.sites.values()].map((site) => [site.site, site]));
  const sites = [...rows.values()].filter((site) => site.site !== OWN_SITE).sort((a, b) => Number(b.silent) - Number(a.silent) || (a.heard_at ?? "").localeCompare(b.heard_at ?? ""));
  const told = rows.get(OWN_SITE);
  return (
    <Section title="Data age by site" count={sites.length} note="When each site’s bedside records last became known; silent ones first.">
      <Fault words={loaded.fault} />
      {loaded.data === null && loaded.fault === null && <Loading of="Sites are being loaded" />}
      {loaded.data !== null && sites.length === 0 && <Empty>No site has been heard of</Empty>}
      {sites.length > 0 && (
        <Wide label="Data age by site">
          <table>
            <thead><tr><th scope="col">Site</th><th scope="col">State</th><th scope="col" class="num">Last message</th><th scope="col">At</th><th scope="col" class="num">Patients</th><th scope="col" class="num">Open alerts</th></tr></thead>
            <tbody>
              {sites.map((site) => (
                <tr key={site.site}>
                  <th scope="row">{site.site}</th>
                  <td>{site.silent ? <span class="word-bad">! silent</span> : site.heard_at === null ? "not heard of yet" : "heard"}</td>
                  <td class="num">{site.heard_at === null ? "never" : `${age(site.heard_at, now)} ago`}</td>
                  <td>{site.heard_at === null ? "" : when(site.heard_at)}</td>
                  <td class="num">{site.patients}</td>
                  <td class="num">{site.open}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
      {told !== undefined && <p class="section-note">Beside them, {count(told.open, "open alert")} of patients rest on what is {siteWords(told.site)}, which no site here sent.</p>}
    </Section>
  );
}

function Recent() {
  const now = useNow();
  const loaded = useLoad(() => get<Rejects>("rejects", { limit: 1 }), []);
  useEffect(() => {
    let timer: number | undefined;
    const stop = onReject(() => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        loaded.reload();
      }, 2000);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, []);
  const reasons = [...(loaded.data?.reasons ?? [])].sort((a, b) => b.last.localeCompare(a.last));
  return (
    <Section title="Rejects by reason" count={loaded.data?.total ?? null} note={<>What could not be used. <a href={link("rejects")}>Each with its origin</a></>}>
      <Fault words={loaded.fault} />
      {loaded.data !== null && reasons.length === 0 && <Empty time={loaded.data.as_of}>No rejects kept</Empty>}
      {reasons.length > 0 && (
        <Wide label="Rejects by reason"><table>
          <thead><tr><th scope="col">Reason</th><th scope="col">Stage</th><th scope="col" class="num">Count</th><th scope="col" class="num">Last</th></tr></thead>
          <tbody>
            {reasons.map((row) => (
              <tr key={`${row.stage} ${row.reason}`}><th scope="row"><a href={link("rejects", null, { reason: row.reason })}>{plain(row.reason)}</a></th><td>{row.stage}</td><td class="num">{row.count.toLocaleString("en-GB")}</td><td class="num">{age(row.last, now)} ago</td></tr>
            ))}
          </tbody>
        </table></Wide>
      )}
    </Section>
  );
}

export function EngineerView() {
  useTopics("service");
  const now = useNow();
  const service = store.service;
  if (service === null) return <Loading of="Waiting for the server" />;
  const asOf = parse(service.as_of);
  const lag = service.partitions.some((shard) => shard.lag === null) ? null : service.partitions.reduce((sum, shard) => sum + (shard.lag ?? 0), 0);
  return (
    <>
      <Section title="Service">
        <dl class="facts">
          <Fact name="State">{plain(service.state)}</Fact>
          <Fact name="Data age">{asOf === null ? "not known" : span((now - asOf) / 1000)}</Fact>
          <Fact name="Newest record">{service.newest_record_at === null ? "none" : `${age(service.newest_record_at, now)} ago`}</Fact>
          <Fact name="Lag">{lag === null ? "not known" : count(lag, "record")}</Fact>
          <Fact name="Ledger">{service.imbalance === 0 ? "balances" : <span class="word-bad">{service.imbalance} out of balance: a fault of vigil</span>}</Fact>
          <Fact name="Rejects, last hour">{service.rejects.last_hour.toLocaleString("en-GB")}</Fact>
          <Fact name="Mode">{service.mode}</Fact>
          <Fact name="Started">{when(service.started_at)}</Fact>
          <Fact name="Profile">{service.profile.version}, {service.profile.hash}</Fact>
          <Fact name="MedDRA">{service.dictionary ?? "none loaded"}</Fact>
        </dl>
        {service.reasons.length > 0 && <ul class="reasons">{service.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>}
      </Section>
      <Sites />
      <Section title="Partitions" count={service.partitions.length} note="Each record of the log ends in exactly one fate; the sum must be what was read.">
        <Wide label="Partitions">
          <table>
            <thead>
              <tr>
                <th scope="col" class="num">Partition</th><th scope="col" class="num">Lag</th><th scope="col" class="num">Judged up to</th><th scope="col" class="num">Next offset</th><th scope="col" class="num">Alerts (seq)</th><th scope="col" class="num">Read</th>
                {FATES.map((fate) => <th key={fate} scope="col" class="num">{fate === "tick" ? "Ticks" : fate.charAt(0).toUpperCase() + fate.slice(1)}</th>)}
                <th scope="col">Balance</th>
              </tr>
            </thead>
            <tbody>
              {service.partitions.map((shard) => (
                <tr key={shard.partition}>
                  <th scope="row" class="num">{shard.partition}</th>
                  <td class="num">{shard.lag ?? "not known"}</td>
                  <td class="num">{shard.last_tick === null ? "no tick yet" : `${age(shard.last_tick, now)} ago`}</td>
                  <td class="num">{shard.next_offset.toLocaleString("en-GB")}</td>
                  <td class="num">{shard.seq.toLocaleString("en-GB")}</td>
                  <td class="num">{shard.ledger.read.toLocaleString("en-GB")}</td>
                  {FATES.map((fate) => <td key={fate} class="num">{shard.ledger[fate].toLocaleString("en-GB")}</td>)}
                  <td>{shard.imbalance === 0 ? "adds up" : <span class="word-bad">{shard.imbalance} off</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      </Section>
      <Recent />
    </>
  );
}
