// One alert: what is said and why, on which evidence, what people did, and what was said before. Prints on paper whole.

import { useEffect, useRef } from "preact/hooks";
import { get } from "../api";
import type { AlertDetail, AlertFull, ReportReview, Revision } from "../contract";
import { age, count, parse, span, when } from "../format";
import { useLoad, useNow, useTopics } from "../hooks";
import { Acts } from "../parts/acts";
import { dueWords, isUrgent } from "../parts/alert_row";
import { PriorityMark, StateMark, Tag, VerdictMark } from "../parts/marks";
import { AsOf, Fact, Fault, Loading, Section, Wide } from "../parts/note";
import { link } from "../route";
import { store } from "../store";
import { actWords, changeWords, clockWords, concernWords, criterionWords, dismissWords, evidenceWords, isOfSite, listingWords, plain, sentence, seriousWords, siteWords, tidy, unitWords } from "../words";

/** "bilirubin_2_or_more: not recorded" with the item's name. */
function unknownWords(text: string): string {
  const cut = text.indexOf(": ");
  return cut < 0 ? criterionWords(text, store.names) : `${criterionWords(text.slice(0, cut), store.names)}: ${tidy(text.slice(cut + 2))}`;
}

function Criteria({ alert, subject }: { alert: AlertFull; subject: string }) {
  const list = (title: string, words: string[]) =>
    words.length > 0 && <Fact name={title}><ul class="plain">{words.map((word) => <li key={word}>{word}</li>)}</ul></Fact>;
  const name = (id: string): string => criterionWords(id, store.names);
  // A published definition that is met beside one that is not: both are said, and neither wins.
  const defined = new Set(store.vocabulary?.definitions.map((of) => of.id) ?? []);
  const [met, not] = [alert.criteria, alert.not_met].map((ids) => ids.filter((id) => defined.has(id)).map(name));
  return (
    <>
      {met !== undefined && not !== undefined && met.length > 0 && not.length > 0 && <p class="disagree"><b>Definitions disagree.</b> Met: {met.join(", ")}. Not met: {not.join(", ")}.</p>}
      <dl class="facts wide">
        {list("Met", alert.criteria.map(name))}
        {subject === "case" ? alert.not_met.length > 0 && <Fact name="Looked for and not found">{alert.not_met.map(name).join("; ")}</Fact> : list("Not met", alert.not_met.map(name))}
        {list("Unknown: what is missing", alert.unknown.map(unknownWords))}
      </dl>
    </>
  );
}

function EvidenceTable({ alert }: { alert: AlertFull }) {
  const now = useNow();
  return (
    <Section title="Evidence" count={alert.evidence.length + alert.evidence_omitted} note={alert.evidence_omitted > 0 ? `${alert.evidence_omitted} further inputs are left out.` : undefined}>
      <Wide label="Evidence">
        <table class="evidence">
          <thead><tr><th scope="col">Item</th><th scope="col">Value</th><th scope="col">Time</th><th scope="col" class="num">Age now</th><th scope="col">Why it counts</th><th scope="col">Input</th></tr></thead>
          <tbody>
            {alert.evidence.map((row, at) => (
              <tr key={at}>
                <th scope="row">{evidenceWords(row.item)}</th>
                <td>{row.value === null ? "–" : `${row.value} ${row.unit === null ? "" : unitWords(row.unit)}`}</td>
                <td>{when(row.time)}</td>
                <td class="num">{row.time !== null && row.time.includes("T") ? age(row.time, now) : ""}</td>
                <td>{plain(row.basis)}{row.verified ? "" : <> <Tag tone="loud">unverified</Tag></>}</td>
                <td class="code" title={`record ${row.record_id}`}>{row.topic}/{row.partition}/{row.offset}{row.index > 0 ? `/${row.index}` : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </Section>
  );
}

function Report({ report }: { report: ReportReview }) {
  const now = useNow();
  const facts: [string, string | null][] = [
    ["Valid (four elements)", report.valid ? "yes" : `no, missing: ${report.missing_elements.join(", ")}`],
    ["Causality as reported", report.causality.join(", ") || null],
    ["Onset after first dose", report.onset_days_from_first_dose === null ? null : `${report.onset_days_from_first_dose} d`],
    ["Onset after last dose", report.onset_days_from_last_dose === null ? null : `${report.onset_days_from_last_dose} d${report.onset_in_window === null ? "" : report.onset_in_window ? ", within the label’s 56 days" : ", outside the label’s 56 days"}`],
    ["Dechallenge", report.dechallenge],
    ["Rechallenge", report.rechallenge],
    ["Other case numbers", report.other_case_ids.join(", ") || null],
    ["Linked reports", report.linked_reports.join(", ") || null],
    ["Coded with MedDRA", report.meddra_version],
  ];
  return (
    <Section title="Review of the report">
      <dl class="facts">
        {facts.map(([name, value]) => <Fact key={name} name={name}>{value ?? "not known"}</Fact>)}
      </dl>
      {report.clocks.map((clock) => (
        <p key={`${clock.rule} ${clock.due}`} class={`clock${isUrgent(clock.due, now) ? " urgent" : ""}`}>
          <b>{clockWords(clock.rule)}: {dueWords(clock.due, now)}</b>, day 0 {when(clock.day_zero)}, last day {when(clock.due)}, in days of UTC{clock.follow_up ? ", started by a follow-up" : ""}
        </p>
      ))}
      {report.clock_notes.length > 0 && <ul class="plain">{report.clock_notes.map((note) => <li key={note}>{note}</li>)}</ul>}
      {report.follow_up_questions.length > 0 && <><h3>Questions to the reporter</h3><ol>{report.follow_up_questions.map((question) => <li key={question}>{question}</li>)}</ol></>}
      {report.special_situations.length > 0 && <><h3>Special situations</h3><Wide label="Special situations"><table><thead><tr><th scope="col">Situation</th><th scope="col">Answer</th><th scope="col">Why, or what is missing</th></tr></thead><tbody>
        {report.special_situations.map((found) => <tr key={found.situation}><th scope="row">{tidy(sentence(found.situation))}</th><td><VerdictMark verdict={found.answer === "met" ? "met" : "unknown"} /></td><td>{found.reason}</td></tr>)}
      </tbody></table></Wide></>}
      {report.suspected_duplicates.length > 0 && <><h3>Suspected duplicates, linked and never merged</h3><ul class="plain">{report.suspected_duplicates.map((twin) => <li key={twin.key}>case {twin.case_id}{twin.nullified ? ", nullified" : ""}: {twin.score_percent} % of the comparable points agree ({twin.parts.join(", ")})</li>)}</ul></>}
    </Section>
  );
}

export function reasonText(reason: string | null): string {
  if (reason === null) return "";
  const coded = /^([a-z_]+)(?:: ([\s\S]*))?$/.exec(reason);
  const code = coded?.[1];
  if (code === undefined || dismissWords(code) === plain(code)) return reason;
  return coded?.[2] === undefined ? dismissWords(code) : `${dismissWords(code)}: ${coded[2]}`;
}

function People({ detail }: { detail: AlertDetail }) {
  if (detail.acts.length === 0) return <p class="section-note">Nobody has acted on this alert, <AsOf time={detail.as_of} />.</p>;
  const results: Record<string, string> = { pending: "sent, not yet in effect", applied: "in effect", void: "void: a worsening came after", refused: "refused", undone: "taken back" };
  return (
    <ol class="history">
      {detail.acts.map((act) => (
        <li key={act.act_id}>
          <b>{actWords(act.act)}</b> by {act.actor}{act.assignee === null ? "" : <>, to {act.assignee}</>}{act.until === null ? "" : `, until ${when(act.until)}`} · {when(act.at)} · on revision {act.revision}
          {act.result === "applied" ? "" : <> · <Tag tone={act.result === "void" || act.result === "refused" ? "loud" : "calm"}>{results[act.result] ?? act.result}</Tag></>}
          {act.reason !== null && <p class="said">{reasonText(act.reason)}</p>}
          {act.why !== null && <p class="sub">{act.why}</p>}
        </li>
      ))}
    </ol>
  );
}

function History({ revisions }: { revisions: Revision[] }) {
  const first = revisions[0];
  return (
    <Section title="History" count={revisions.length} note={first !== undefined && first.revision > 1 ? `Revisions before ${first.revision} are not kept any more.` : undefined}>
      <ol class="history">
        {[...revisions].reverse().map((revision) => (
          <li key={revision.revision}>
            <b>Revision {revision.revision}: {changeWords(revision.change)}</b> · <PriorityMark priority={revision.priority} /> · {when(revision.recorded_at)}{revision.notify ? " · called for attention" : ""}
            {revision.act !== null && <p class="sub">{actWords(revision.act.act)}{revision.act.actor === null ? "" : ` by ${revision.act.actor}`}</p>}
            <p class="said">{revision.explanation}</p>
            <p class="sub">{revision.criteria.map((id) => criterionWords(id, store.names)).join(", ")}{revision.case_version === null ? "" : ` · case version ${revision.case_version}`} · profile {revision.profile_version} · shard {revision.shard}, seq {revision.seq}</p>
          </li>
        ))}
      </ol>
    </Section>
  );
}

export function AlertView({ id }: { id: string }) {
  useTopics("alerts", "me");
  const now = useNow();
  const loaded = useLoad(() => get<AlertDetail>(`alerts/${encodeURIComponent(id)}`), [id]);
  const heard = store.alert(id);
  const detail = loaded.data;
  // The stream says when there is something new; the whole is then loaded again.
  const mark = heard === undefined ? "" : `${heard.revision} ${heard.state} ${heard.owner} ${heard.snoozed_until} ${heard.escalated}`;
  const seen = useRef(mark);
  useEffect(() => {
    if (mark === seen.current) return;
    seen.current = mark;
    loaded.reload();
  }, [mark]);

  if (detail === null) return loaded.fault === null ? <Loading of="The alert is being loaded" /> : <Fault words={loaded.fault} />;
  const { alert } = detail;
  const row = heard !== undefined && heard.revision >= detail.row.revision ? heard : detail.row;
  const escalatesIn = ((parse(row.escalates_at) ?? now) - now) / 1000;
  return (
    <article class="alert-detail" data-alert={id}>
      <div class={`alert-head edge-${row.priority}`}>
        <p class="marks"><PriorityMark priority={row.priority} /> <StateMark state={row.state} /> {row.escalated && <Tag tone="loud">escalated: not acknowledged in time</Tag>} {row.dme && <Tag>designated medical event</Tag>}</p>
        <h1>{concernWords(row.concern)}</h1>
        <p class="who">
          {row.subject === "case" ? <>Case {row.case_id ?? "without number"}{row.case_version === null ? "" : `, version ${row.case_version}`} · </> : isOfSite(row) ? "Site " : row.own_patient ? <><a href={link("patients", row.key)}>Patient {row.key}</a> · </> : <>Patient {row.key} · </>}
          {siteWords(row.site)}{row.country === null ? "" : ` · ${row.country}`}
        </p>
        <p class="explanation">{alert.explanation}</p>
        <dl class="facts">
          <Fact name="Last worsening">{when(row.worsened_at)}, {age(row.worsened_at, now)} ago</Fact>
          <Fact name="First raised">{when(row.raised_at)}</Fact>
          <Fact name="Onset">{when(row.event_time)}</Fact>
          <Fact name="Owner">{row.owner ?? "nobody"}</Fact>
          {row.state === "open" && row.escalates_at !== null && <Fact name="Escalates if nobody acknowledges">{when(row.escalates_at)}{escalatesIn > 0 ? `, in ${span(escalatesIn)}` : ", now"}</Fact>}
          {row.acknowledged_at !== null && <Fact name="Acknowledged">{when(row.acknowledged_at)}{row.acknowledged_by === null ? "" : ` by ${row.acknowledged_by}`}</Fact>}
          {row.snoozed_until !== null && <Fact name="Snoozed until">{when(row.snoozed_until)}</Fact>}
          {row.severity !== null && <Fact name="EBMT severity">{plain(row.severity)}</Fact>}
          {row.grade !== null && <Fact name="CTCAE v5 grade">{row.grade}</Fact>}
        </dl>
        {row.subject === "case" && (
          <dl class="facts wide">
            <Fact name="Reported as">{row.reactions.join("; ") || "not known"}</Fact>
            <Fact name="Suspect product">{row.products.join("; ") || "not known"}</Fact>
            <Fact name="Seriousness">{seriousWords(row.serious)}{row.seriousness.length > 0 ? `: ${row.seriousness.map(plain).join(", ")}` : ""}</Fact>
            <Fact name="Listed">{listingWords(row.listed_eu, row.listed_us)}{alert.listedness_reason === "" ? "" : <ul class="plain sub">{alert.listedness_reason.split("; ").map((reason) => <li key={reason}>{reason}</li>)}</ul>}</Fact>
          </dl>
        )}
      </div>
      <div class="no-print"><Acts detail={{ ...detail, row }} reload={loaded.reload} /></div>
      <Fault words={loaded.fault} />
      <Section title="Criteria"><Criteria alert={alert} subject={row.subject} /></Section>
      <EvidenceTable alert={alert} />
      {alert.report !== null && <Report report={alert.report} />}
      <Section title="What people did" count={detail.acts.length}><People detail={detail} /></Section>
      <History revisions={detail.revisions} />
      <p class="stamp">
        Alert <span class="code">{row.alert_id}</span>, revision {row.revision} · {count(detail.revisions.length, "revision")} kept · profile {alert.profile_version}, {alert.profile_hash} · MedDRA {alert.dictionary ?? "none"} · shard {row.shard}, seq {row.seq} · <AsOf time={detail.as_of} />
      </p>
      <p class="no-print"><button type="button" class="button" onClick={() => window.print()}>Print this alert</button></p>
      <p class="use print-only">{alert.disclaimer}</p>
    </article>
  );
}
