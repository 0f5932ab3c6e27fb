// What a person may do about an alert. Each act names the revision that the person sees; it takes effect when the stream
// brings the alert back, and until then it is only "sent".

import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, problemWords, sendAct } from "../api";
import type { ActName, AlertDetail } from "../contract";
import { useTopics } from "../hooks";
import { store } from "../store";
import { dismissWords } from "../words";

const ANSWER_MAX_MS = 10_000;
/** As the server takes it: a sign-in name, no blank. */
const ASSIGNEE = /^[A-Za-z0-9._:@|+/-]{1,64}$/;
const SNOOZE_HOURS = [1, 2, 4, 8, 12, 24];

interface Waiting {
  act: ActName;
  acts: number;
  revision: number;
  late: boolean;
}

function Form({ act, detail, onSend, onCancel, busy }: { act: ActName; detail: AlertDetail; onSend: (body: { reason?: string; until?: string; assignee?: string }) => void; onCancel: () => void; busy: boolean }) {
  const hours = SNOOZE_HOURS.filter((h) => h <= detail.snooze_hours_max);
  const [text, setText] = useState("");
  const [code, setCode] = useState("");
  const [forHours, setForHours] = useState(hours[0] ?? 1);
  const [assignee, setAssignee] = useState(store.me?.actor ?? "");
  const box = useRef<HTMLFormElement>(null);
  // The form has just been asked for: whoever works by keyboard goes on in it.
  useEffect(() => box.current?.querySelector<HTMLElement>("select, input, textarea")?.focus(), []);
  const reasons = store.vocabulary?.dismiss_reasons ?? [];
  // One line: the server takes no control characters.
  const note = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  const ready =
    act === "dismiss" ? code !== "" && (code !== "other" || note !== "") : act === "assign" ? ASSIGNEE.test(assignee.trim()) : note !== "";
  const send = (event: Event): void => {
    event.preventDefault();
    if (!ready || busy) return;
    if (act === "dismiss") onSend({ reason: note === "" ? code : `${code}: ${note}` });
    else if (act === "snooze") onSend({ reason: note, until: new Date(store.now() + forHours * 3_600_000 - 5000).toISOString() });
    else if (act === "assign") onSend({ assignee: assignee.trim() });
    else onSend({ reason: note });
  };
  return (
    <form class="act-form" ref={box} onSubmit={send} onKeyDown={(event) => {
      if (event.key === "Escape") onCancel();
    }}>
      {act === "dismiss" && (
        <label>Reason (needed)
          <select value={code} required onChange={(event) => setCode(event.currentTarget.value)}>
            <option value="">choose</option>
            {reasons.map((reason) => <option key={reason.code} value={reason.code}>{reason.words || dismissWords(reason.code)}</option>)}
          </select>
        </label>
      )}
      {act === "snooze" && (
        <label>For
          <select value={String(forHours)} onChange={(event) => setForHours(Number(event.currentTarget.value))}>
            {hours.map((h) => <option key={h} value={String(h)}>{h} h</option>)}
          </select>
          <span class="hint">at most {detail.snooze_hours_max} h for this concern; a worsening ends it at once</span>
        </label>
      )}
      {act === "assign" ? (
        <label>To whom (sign-in name)
          <input value={assignee} maxLength={64} pattern="[A-Za-z0-9._:@\|+\/\-]+" required onInput={(event) => setAssignee(event.currentTarget.value)} />
        </label>
      ) : (
        <label>{act === "dismiss" ? (code === "other" ? "What is the reason? (needed)" : "More, if needed") : act === "comment" ? "Comment" : "Reason (needed)"}
          <textarea value={text} maxLength={400} rows={2} onInput={(event) => setText(event.currentTarget.value)} />
          <span class="hint">No names or numbers of patients, please: it is kept in the log.</span>
        </label>
      )}
      <p class="act-buttons">
        <button type="submit" class="button strong" disabled={!ready || busy}>{busy ? "Sending …" : "Send"}</button>
        <button type="button" class="button" onClick={onCancel}>Cancel</button>
      </p>
    </form>
  );
}

export function Acts({ detail, reload }: { detail: AlertDetail; reload: () => void }) {
  useTopics("me");
  const [form, setForm] = useState<ActName | null>(null);
  const [busy, setBusy] = useState(false);
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const me = store.me;
  const close = (): void => {
    setForm(null);
    opener.current?.focus();
  };

  const settled = detail.acts.filter((act) => act.result !== "pending").length;
  useEffect(() => {
    if (waiting !== null && (detail.row.revision > waiting.revision || settled > waiting.acts)) setWaiting(null);
  }, [detail, waiting]);
  useEffect(() => {
    if (waiting === null || waiting.late) return;
    const timer = window.setTimeout(() => {
      setWaiting({ ...waiting, late: true });
      reload();
    }, ANSWER_MAX_MS);
    return () => window.clearTimeout(timer);
  }, [waiting]);

  const send = async (act: ActName, body: { reason?: string; until?: string; assignee?: string } = {}): Promise<void> => {
    if (me === null || busy) return;
    setBusy(true);
    setFault(null);
    const { revision } = detail.row;
    try {
      const request = { revision, act, ...body };
      try {
        await sendAct(detail.row.alert_id, me.csrf, request);
      } catch (error) {
        // The token is of the server's process: after its restart there is another one.
        if (!(error instanceof Problem) || !error.type.endsWith("bad_csrf")) throw error;
        await store.loadFixed();
        await sendAct(detail.row.alert_id, store.me?.csrf ?? "", request);
      }
      setForm(null);
      setWaiting({ act, acts: settled, revision, late: false });
      reload();
    } catch (error) {
      if (error instanceof Problem && error.status === 409) {
        setForm(null);
        setFault(`This alert has worsened since the revision that you saw (${revision}${error.currentRevision === null ? "" : `, now ${error.currentRevision}`}). Nothing was written. Please look again.`);
        reload();
      } else {
        setFault(`Nothing was written. ${problemWords(error)}`);
      }
    } finally {
      setBusy(false);
    }
  };

  if (detail.allowed.length === 0) {
    return <p class="section-note">{me !== null && !me.roles.includes("reviewer") && !me.roles.includes("admin") ? "Your role may look and not act." : "Nothing can be done about this alert in its present state."}</p>;
  }
  const may = (act: ActName): boolean => detail.allowed.includes(act);
  const dismiss = detail.row.concern === "vod_sos" ? "Not VOD …" : "Dismiss …";
  const button = (act: ActName, words: string, opens: boolean, strong = false) =>
    may(act) && (
      <button type="button" class={`button${strong ? " strong" : ""}`} disabled={busy} aria-expanded={opens ? form === act : undefined}
        onClick={(event) => {
          opener.current = event.currentTarget;
          if (opens) setForm(form === act ? null : act);
          else void send(act);
        }}>
        {words}
      </button>
    );
  return (
    <div class="acts" data-testid="acts">
      <div class="act-buttons">
        {button("acknowledge", "Acknowledge", false, true)}
        {me !== null && may("assign") && detail.row.owner !== me.actor && <button type="button" class="button" disabled={busy} onClick={() => void send("assign", { assignee: me.actor })}>Assign to me</button>}
        {button("assign", "Assign …", true)}
        {button("comment", "Comment …", true)}
        {button("snooze", "Snooze …", true)}
        {button("dismiss", dismiss, true)}
        {button("undo", "Undo last act", false)}
      </div>
      {form !== null && <Form key={form} act={form} detail={detail} busy={busy} onSend={(body) => void send(form, body)} onCancel={close} />}
      <p class="act-answer" role="status">
        {waiting === null ? "" : waiting.late ? "Sent, and not yet in effect after 10 s: it is written and waits for the watch process." : "Sent; it takes effect in a moment."}
      </p>
      {fault !== null && <p class="fault" role="alert">{fault}</p>}
    </div>
  );
}
