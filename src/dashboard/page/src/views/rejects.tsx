// What could not be used: by reason, each with its origin. No bytes of it, and no text of it, ever come to this page.

import { useState } from "preact/hooks";
import { get } from "../api";
import type { Rejects } from "../contract";
import { age, bytes, when } from "../format";
import { useLoad, useNow } from "../hooks";
import { Bar, Empty, Fault, Loading, Section, Wide } from "../parts/note";
import { link } from "../route";
import { plain } from "../words";

export function RejectsView({ query }: { query: URLSearchParams }) {
  const now = useNow();
  const reason = query.get("reason");
  const [trail, setTrail] = useState<(string | null)[]>([null]);
  const cursor = trail[trail.length - 1] ?? null;
  const loaded = useLoad(() => get<Rejects>("rejects", { reason, cursor, limit: 100 }), [reason, cursor]);
  const data = loaded.data;
  if (data === null) return loaded.fault === null ? <Loading of="Rejects are being loaded" /> : <Fault words={loaded.fault} />;
  const all = data.reasons.reduce((sum, row) => sum + row.count, 0);
  return (
    <>
      <Section title="Rejects by reason" note="Over all that is kept. To look into one, or to put it back: vigil rejects show, vigil rejects redrive.">
        <Fault words={loaded.fault} />
        {data.reasons.length === 0 ? <Empty time={data.as_of}>No rejects kept</Empty> : (
          <Wide label="Rejects by reason"><table>
            <thead><tr><th scope="col">Reason</th><th scope="col">Stage</th><th scope="col" class="num">Count</th><th scope="col" class="bar-head">Share</th><th scope="col" class="num">Last</th></tr></thead>
            <tbody>
              {[...data.reasons].sort((a, b) => b.count - a.count).map((row) => (
                <tr key={`${row.stage} ${row.reason}`} aria-current={row.reason === reason ? "true" : undefined}>
                  <th scope="row"><a href={link("rejects", null, { reason: row.reason })} onClick={() => setTrail([null])}>{plain(row.reason)}</a></th>
                  <td>{row.stage}</td>
                  <td class="num">{row.count.toLocaleString("en-GB")}</td>
                  <td class="bar-cell"><Bar part={row.count} of={all} /></td>
                  <td class="num">{age(row.last, now)} ago</td>
                </tr>
              ))}
            </tbody>
          </table></Wide>
        )}
      </Section>
      <Section title={reason === null ? "Newest rejects" : `Rejects: ${plain(reason)}`} count={data.total} note={reason === null ? undefined : <a href={link("rejects")} onClick={() => setTrail([null])}>Show all reasons</a>}>
        <Wide label="Rejects with their origin">
          <table>
            <thead><tr><th scope="col">Reason</th><th scope="col">Stage</th><th scope="col">Origin: topic, partition, offset, index</th><th scope="col">Source time</th><th scope="col" class="num">Size</th><th scope="col">SHA-256</th></tr></thead>
            <tbody>
              {data.items.map((row) => (
                <tr key={`${row.topic} ${row.partition} ${row.offset} ${row.index} ${row.stage}`}>
                  <th scope="row">{plain(row.reason)}</th>
                  <td>{row.stage}</td>
                  <td class="code">{row.topic}/{row.partition}/{row.offset}{row.index < 0 ? "" : `/${row.index}`}</td>
                  <td>{when(row.source_time)}</td>
                  <td class="num">{bytes(row.raw_size)}{row.raw_truncated ? ", kept in part" : ""}</td>
                  <td class="code" title={row.raw_sha256}>{row.raw_sha256.slice(0, 12)}…</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
        <p class="pager">
          {trail.length > 1 && <button type="button" class="button" onClick={() => setTrail(trail.slice(0, -1))}>Newer</button>}
          {data.next_cursor !== null && <button type="button" class="button" onClick={() => setTrail([...trail, data.next_cursor])}>Older</button>}
        </p>
      </Section>
    </>
  );
}
