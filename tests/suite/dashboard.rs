//! The dashboard on a real Kafka: alerts appear, acts of one are seen in another, a new process rebuilds it all, and stale
//! data are called stale.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::process::{Running, Site};
use crate::reports;
use besponsa_vigil::record::{AuditRecord, audit_codec};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const DONE_MAX: Duration = Duration::from_secs(60);

/// The API of a process.
pub struct Desk {
    address: String,
}

impl Desk {
    pub fn of(process: &Running) -> Self {
        Self { address: process.page.clone() }
    }

    pub fn at(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// What is answered to somebody who shows a token.
    pub fn get_as(&self, token: &str, path: &str) -> (u16, Value) {
        let value = format!("Bearer {token}");
        self.send("GET", path, &[("authorization", &value)], "").unwrap_or((0, Value::Null))
    }

    /// Status and body of an answer; 0 where none came.
    pub fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, &[], "").unwrap_or((0, Value::Null))
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> std::io::Result<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(15)))?;
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address)?;
        for (name, value) in headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        write!(stream, "Content-Length: {length}\r\n\r\n{body}")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    fn act(&self, id: &str, act: &Value) -> (u16, Value) {
        let csrf = self.get("/api/v1/me").1["csrf"].as_str().unwrap().to_owned();
        let headers = [("x-vigil-csrf", csrf.as_str()), ("content-type", "application/json")];
        self.send("POST", &format!("/api/v1/alerts/{id}/acts"), &headers, &act.to_string()).unwrap()
    }

    fn state(&self) -> Value {
        self.get("/api/v1/service").1["state"].clone()
    }

    fn alert(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/alerts/{id}")).1
    }

    /// A live stream, after the event given.
    fn stream(&self, last: Option<&str>) -> Stream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        write!(stream, "GET /api/v1/stream HTTP/1.1\r\nHost: {}\r\n{last}\r\n", self.address).unwrap();
        Stream { lines: BufReader::new(stream) }
    }
}

struct Stream {
    lines: BufReader<TcpStream>,
}

impl Stream {
    /// The next event of a kind that fits: its id and data.
    fn next(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> (String, Value) {
        let until = Instant::now() + DONE_MAX;
        let (mut id, mut of) = (String::new(), String::new());
        loop {
            assert!(Instant::now() < until, "no {kind}");
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("id: ") {
                value.clone_into(&mut id);
            } else if let Some(value) = line.strip_prefix("event: ") {
                value.clone_into(&mut of);
            } else if let Some(value) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(value).unwrap();
                if of == kind && fits(&data) {
                    return (id, data);
                }
            }
        }
    }
}

fn site(corner: &Corner) -> Site {
    let mut site = Site::new(corner, 3);
    site.set("WATCH_TICK_SECONDS", "1");
    site.set("DASHBOARD_STALE_SECONDS", "10");
    site
}

#[test]
fn alerts_appear_acts_are_shared_and_a_new_process_knows_it_all() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "desk");
    let source = corner.create_source(1);
    let site = site(&corner);
    let vigil = site.start(&["run"]);
    let sender = corner.sender();
    sender.send(&source, 0, None, &reports::vod("XX-DESK-1", 1));
    sender.flush();
    wait_until("the run's own page has the alert", DONE_MAX, || Desk::of(&vigil).get("/api/v1/alerts").1["total"] == 1);
    // Two more dashboards, from the topics alone.
    let (first, second) =
        (site.start(&["dashboard"]), site.start_with(&["dashboard"], &[("VIGIL_LOG_LEVEL", "debug")]));
    let (a, b) = (Desk::of(&first), Desk::of(&second));
    for desk in [&a, &b] {
        wait_until("the alert is listed", DONE_MAX, || desk.get("/api/v1/alerts").1["total"] == 1);
        wait_until("all is current", DONE_MAX, || desk.state() == "current" || desk.state() == "quiet");
    }
    wait_until("ready", DONE_MAX, || first.ready() && second.ready());

    // A new alert is told without asking.
    let mut stream = a.stream(None);
    stream.next("service", |_| true);
    let began = Instant::now();
    sender.send(&source, 0, None, &reports::vod("XX-DESK-2", 1));
    sender.flush();
    let (event, row) = stream.next("alert", |row| row["case_id"] == "XX-DESK-2");
    eprintln!("from produce to the stream {:?}", began.elapsed());
    let id = row["alert_id"].as_str().unwrap().to_owned();

    // An act on one is seen on the other.
    wait_until("the other has it too", DONE_MAX, || b.alert(&id)["row"]["revision"] == 1);
    let (status, accepted) = b.act(&id, &json!({ "revision": 1, "act": "acknowledge" }));
    assert_eq!((status, &accepted["result"]), (202, &json!("accepted")), "{accepted}");
    let (_, row) = stream.next("alert", |row| row["alert_id"] == id.as_str() && row["revision"] == 2);
    assert_eq!((&row["state"], &row["acknowledged_by"]), (&json!("acknowledged"), &json!("local")));
    let acts = a.alert(&id)["acts"].clone();
    assert_eq!((&acts[0]["act_id"], &acts[0]["result"]), (&accepted["act_id"], &json!("applied")));
    let (status, problem) = a.act(&id, &json!({ "revision": 2, "act": "acknowledge" }));
    assert_eq!(status, 422, "{problem}");
    let (status, _) = a.act(&id, &json!({ "revision": 2, "act": "comment", "reason": "seen by the desk" }));
    assert_eq!(status, 202);
    stream.next("alert", |row| row["alert_id"] == id.as_str() && row["revision"] == 3);

    // A stream goes on where it was.
    let mut resumed = a.stream(Some(&event));
    assert_eq!(resumed.next("alert", |_| true).1["revision"], 2);
    assert_eq!(resumed.next("alert", |_| true).1["revision"], 3);

    // A new process knows it all, and says that the old one's events are not its own.
    let before = [a.get("/api/v1/alerts?state=any").1["items"].clone(), a.alert(&id)];
    drop((stream, resumed));
    assert_eq!(first.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    let first = site.start(&["dashboard"]);
    let a = Desk::of(&first);
    wait_until("the alerts are back", DONE_MAX, || a.get("/api/v1/alerts?state=any").1["total"] == 2);
    assert_eq!(a.get("/api/v1/alerts?state=any").1["items"], before[0]);
    for part in ["row", "alert", "revisions", "acts"] {
        assert_eq!(a.alert(&id)[part], before[1][part], "{part}");
    }
    a.stream(Some(&event)).next("reset", |_| true);

    // Everything that was seen and done is in the audit; each instance counts without a gap.
    let mut seen = std::collections::BTreeMap::<String, Vec<i64>>::new();
    let mut acts = std::collections::BTreeSet::new();
    for message in corner.read(&corner.name("audit")) {
        let mut scratch = Vec::new();
        let record: AuditRecord<'_> = audit_codec().decode(&message.value, &mut scratch).unwrap();
        acts.insert(record.act.to_string());
        seen.entry(record.instance.to_string()).or_default().push(record.seq);
    }
    for act in ["list", "view_alert", "stream", "acknowledge", "comment"] {
        assert!(acts.contains(act), "{act} in {acts:?}");
    }
    for (instance, mut seqs) in seen {
        seqs.sort_unstable();
        let all: Vec<i64> = (1..).take(seqs.len()).collect();
        assert_eq!(seqs, all, "{instance}");
    }
    for process in [vigil, first, second] {
        assert_eq!(process.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    }
}

#[test]
fn stale_data_are_called_stale_and_recover() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "stale");
    let source = corner.create_source(1);
    let site = site(&corner);
    let desk = site.start(&["dashboard"]);
    let api = Desk::of(&desk);
    wait_until("the page is there", DONE_MAX, || api.get("/api/v1/me").0 == 200);
    assert_eq!(api.state(), "no_data");
    let watch = site.start(&["run"]);
    let sender = corner.sender();
    sender.send(&source, 0, None, &reports::vod("XX-STALE-1", 1));
    sender.flush();
    wait_until("all is current", DONE_MAX, || api.state() == "current");
    watch.kill();
    let killed = Instant::now();
    wait_until("stale", DONE_MAX, || api.state() == "stale");
    let after = killed.elapsed();
    eprintln!("stale {after:?} after the kill");
    assert!(after < Duration::from_secs(15), "{after:?}");
    assert!(!api.get("/api/v1/service").1["reasons"].as_array().unwrap().is_empty());
    assert_eq!(api.get("/api/v1/alerts").1["total"], 1, "what is known stays to be seen");
    let watch = site.start(&["run"]);
    wait_until("it recovers", DONE_MAX, || api.state() == "current" || api.state() == "quiet");
    for process in [watch, desk] {
        assert_eq!(process.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    }
}

/// Settings that would show patients to strangers are refused before anything starts.
#[test]
fn a_page_for_others_without_authentication_is_refused() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "open");
    let mut site = site(&corner);
    site.set("DASHBOARD_BIND", "0.0.0.0:0");
    let refused = site.run(&["dashboard"]);
    assert_eq!(refused.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("dashboard.bind"));
    site.set("DASHBOARD_TOKENS_FILE", "/nowhere/tokens");
    let refused = site.run(&["dashboard"]);
    assert_eq!(refused.status.code(), Some(78), "a file that cannot be read is no authentication");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("/nowhere/tokens"));
}
