// Who looked at what and did what, for those who may read it. Newest first.

import { useState } from "preact/hooks";
import { get } from "../api";
import type { AuditRow, Paged } from "../contract";
import { when } from "../format";
import { useLoad } from "../hooks";
import { Empty, Fault, Loading, Section, Wide } from "../parts/note";
import { plain } from "../words";

export function AuditView() {
  const [trail, setTrail] = useState<(string | null)[]>([null]);
  const cursor = trail[trail.length - 1] ?? null;
  const loaded = useLoad(() => get<Paged<AuditRow>>("audit", { cursor, limit: 100 }), [cursor]);
  const data = loaded.data;
  if (data === null) return loaded.fault === null ? <Loading of="The audit is being loaded" /> : <Fault words={loaded.fault} />;
  return (
    <Section title="Audit" count={data.total} note="Every view of a patient or an alert, every export and every act, written before it was answered. This is what this process holds; the topic holds all of it.">
      <Fault words={loaded.fault} />
      {data.items.length === 0 ? <Empty time={data.as_of}>No audit records</Empty> : (
        <Wide label="Audit records">
          <table>
            <thead><tr><th scope="col">Time</th><th scope="col">Who</th><th scope="col">Roles</th><th scope="col">What</th><th scope="col">Of</th><th scope="col">Result</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
            <tbody>
              {data.items.map((row) => (
                <tr key={`${row.instance} ${row.seq}`}>
                  <th scope="row">{when(row.time)}</th>
                  <td>{row.actor}</td>
                  <td>{row.roles.join(", ")}</td>
                  <td>{plain(row.act)}</td>
                  <td class="code">{row.target ?? ""}</td>
                  <td>{plain(row.result)}</td>
                  <td>{row.before ?? ""}</td>
                  <td>{row.after ?? ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
      <p class="pager">
        {trail.length > 1 && <button type="button" class="button" onClick={() => setTrail(trail.slice(0, -1))}>Newer</button>}
        {data.next_cursor !== null && <button type="button" class="button" onClick={() => setTrail([...trail, data.next_cursor])}>Older</button>}
      </p>
    </Section>
  );
}
