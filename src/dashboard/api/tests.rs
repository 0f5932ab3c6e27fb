//! The API over a simulated world, through a socket: who may, what lists say, what acts do, what the stream tells.

use super::*;
use crate::alert::Subject;
use crate::dashboard::auth::tests::{HERE, SIGNER, gate, seconds, settings};
use crate::dashboard::log::{Message, NotWritten, Topic, Written};
use crate::dashboard::read_model::tests::{NOW, PARTITIONS, WORLD, World, open_alert, picture};
use crate::dashboard::read_model::{AlertRow, Ends, Room, Source};
use crate::dashboard::stream::Kind;
use crate::profile::Profile;
use crate::record::{AuditRecord, Body as RecordBody, Codec, Record, audit_codec};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

mod acts;
mod counted;
mod may;
mod stream;

/// What was written.
#[derive(Default)]
struct Written_ {
    messages: Mutex<Vec<Message>>,
    broken: AtomicBool,
}

impl Log for Written_ {
    fn write(&self, message: Message) -> Written<'_> {
        Box::pin(async move {
            if self.broken.load(Ordering::Relaxed) {
                return Err(NotWritten);
            }
            self.messages.lock().unwrap().push(message);
            Ok(())
        })
    }
}

/// What was counted.
#[derive(Default)]
struct Counted(Mutex<Vec<String>>);

impl Counted {
    fn count(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Meter for Counted {
    fn answered(&self, route: &'static str, status: u16, _took: Duration) {
        self.count(format!("{route} {status}"));
    }
    fn stream(&self, turn: crate::dashboard::meter::StreamTurn) {
        self.count(format!("stream {}", turn.name()));
    }
    fn audited(&self, written: bool) {
        self.count(format!("audit {written}"));
    }
    fn act(&self, act: crate::record::AckAct, fate: crate::dashboard::meter::ActFate) {
        self.count(format!("act {} {}", crate::alert::act_name(act), fate.name()));
    }
}

struct Served {
    address: SocketAddr,
    log: Arc<Written_>,
    counted: Arc<Counted>,
    desk: Arc<Desk>,
    /// Keeps the service's views coming.
    views: watch::Sender<Views>,
}

impl Served {
    async fn new(world: &World, gate: Gate) -> Self {
        Self::of_model(world.model(), gate).await
    }

    async fn of_model(model: ReadModel, gate: Gate) -> Self {
        let model = Arc::new(model);
        let log = Arc::new(Written_::default());
        let counted = Arc::new(Counted::default());
        let draw = |desks| model.service(&picture(), &Ends::new(), &[], desks, NOW);
        let (views, seen) = watch::channel(Views::draw(draw));
        let desk = Arc::new(Desk {
            ward: Ward::new(Profile::builtin()),
            picture: picture(),
            views: seen,
            hub: Arc::new(Hub::new("boot".into(), 50)),
            gate: Arc::new(gate),
            log: Arc::clone(&log) as Arc<dyn Log>,
            chain: Chain::new("0123456789abcdef".into()),
            meter: Arc::clone(&counted) as Arc<dyn Meter>,
            pending: Pending::default(),
            clock: || NOW,
            stop: CancellationToken::new(),
            boot: "boot".into(),
            model,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = router(Arc::clone(&desk)).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, log, counted, desk, views }
    }

    async fn local(world: &World) -> Self {
        let open = crate::config::Settings::default().dashboard;
        Self::new(world, Gate::new(&crate::config::Dashboard { requests_per_minute: 100_000, ..open }, [1; 32])).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            request.push_str("host: localhost\r\n");
        }
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), body: unchunked(head, body) }
    }

    /// The status line of an answer that does not end.
    async fn first_line(&self, path: &str, authorization: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {authorization}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = [0; 256];
        let size = stream.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..size]).lines().next().unwrap_or_default().to_owned()
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn act(&self, id: &str, act: &Value) -> Answer {
        let csrf = self.json("/api/v1/me").await["csrf"].as_str().unwrap().to_owned();
        let headers = [("x-vigil-csrf", csrf.as_str()), ("content-type", "application/json")];
        self.send("POST", &format!("/api/v1/alerts/{id}/acts"), &headers, &act.to_string()).await
    }

    fn audit(&self) -> Vec<Value> {
        let messages = self.log.messages.lock().unwrap();
        let of_audit = messages.iter().filter(|message| message.topic == Topic::Audit);
        of_audit
            .map(|message| {
                let mut scratch = Vec::new();
                let record: AuditRecord<'_> = audit_codec().decode(&message.value, &mut scratch).unwrap();
                assert_eq!(message.key, record.actor.as_str());
                serde_json::to_value(&record).unwrap()
            })
            .collect()
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }
}

fn unchunked(head: &str, body: &str) -> String {
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut out, mut rest) = (String::new(), body);
    while let Some((size, more)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        let Some(chunk) = more.get(..size) else { break };
        out.push_str(chunk);
        rest = more.get(size + 2..).unwrap_or_default();
    }
    out
}

/// Every alert's id by its own filter, for comparing with what lists give.
fn ids(model: &ReadModel, wanted: impl Fn(&AlertRow) -> bool) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    model.each_alert(|id, _| {
        let row = model.row(id, NOW).unwrap();
        if wanted(&row) {
            ids.insert(row.alert_id);
        }
    });
    ids
}

#[tokio::test]
async fn lists_are_what_the_filter_says_and_pages_add_up() {
    let served = Served::local(&WORLD).await;
    let model = WORLD.model();
    type Wanted = fn(&AlertRow) -> bool;
    let filters: [(&str, Wanted); 12] = [
        ("", |row| row.state.is_open()),
        ("state=any", |_| true),
        ("state=open", |row| row.state.name() == "open"),
        ("state=resolved,withdrawn", |row| ["resolved", "withdrawn"].contains(&row.state.name())),
        ("state=any&subject=case", |row| row.desk() == Subject::Case),
        ("state=any&concern=vod_sos,haemorrhage", |row| ["vod_sos", "haemorrhage"].contains(&row.concern.name())),
        ("state=any&priority=high", |row| row.priority.name() == "high"),
        ("state=any&serious=true", |row| row.serious == Some(true)),
        ("state=any&dme=false", |row| !row.dme),
        ("state=any&site=sim-north", |row| row.site == "sim-north"),
        ("state=any&listedness=listed", |row| row.listed_eu.name() == "listed" || row.listed_us.name() == "listed"),
        ("state=any&since=2025-06-15T15:00:00Z", |row| row.recorded_at.0 >= 1_749_999_600_000),
    ];
    for (filter, wanted) in filters {
        let expected = ids(&model, wanted);
        for sort in ["worst", "newest", "due"] {
            let (mut seen, mut cursor, mut last) = (BTreeSet::new(), None::<String>, None::<(i64, i64)>);
            loop {
                let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
                let page = served.json(&format!("/api/v1/alerts?{filter}&sort={sort}&limit=7{next}")).await;
                assert_eq!(page["total"], expected.len(), "{filter}");
                assert_eq!(page["as_of"], NOW.to_string());
                for row in page["items"].as_array().unwrap() {
                    assert!(seen.insert(row["alert_id"].as_str().unwrap().to_owned()), "{filter} {sort}: twice");
                    if sort == "worst" {
                        let priority = match row["priority"].as_str().unwrap() {
                            "high" => 0,
                            "medium" => 1,
                            "low" => 2,
                            _ => 3,
                        };
                        let stand = ["open", "acknowledged", "snoozed", "dismissed", "resolved", "withdrawn"];
                        let stand = stand.iter().position(|state| row["state"] == *state).unwrap() as i64;
                        assert!(last.is_none_or(|last| last <= (priority, stand)), "{filter}: the order");
                        last = Some((priority, stand));
                    }
                }
                cursor = page["next_cursor"].as_str().map(str::to_owned);
                if cursor.is_none() {
                    break;
                }
                assert!(cursor.as_ref().unwrap().len() <= 200);
            }
            assert_eq!(seen, expected, "{filter} {sort}");
        }
    }
    let page = served.json("/api/v1/alerts?limit=1&sort=newest").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    for bad in [
        format!("/api/v1/alerts?limit=1&sort=worst&cursor={cursor}"),
        format!("/api/v1/alerts?state=any&sort=newest&cursor={cursor}"),
        "/api/v1/alerts?cursor=xyz".to_owned(),
        "/api/v1/alerts?colour=red".to_owned(),
        "/api/v1/alerts?priority=urgent".to_owned(),
        "/api/v1/alerts?state=open&state=any".to_owned(),
        "/api/v1/alerts?limit=0".to_owned(),
        "/api/v1/patients?sort=age".to_owned(),
        "/api/v1/counts?bucket=hour&since=2020-01-01T00:00:00Z".to_owned(),
        "/api/v1/counts?until=2020-01-01T00:00:00Z&since=2021-01-01T00:00:00Z".to_owned(),
        "/api/v1/sites?x=1".to_owned(),
    ] {
        let answer = served.get(&bad).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(answer.head.contains("application/problem+json"), "{bad}");
        assert!(!answer.body.contains("xyz") && !answer.body.contains("urgent"), "{}", answer.body);
    }
}

#[tokio::test]
async fn every_answer_has_its_headers_and_no_name_but_ours_is_answered_under() {
    let served = Served::local(&WORLD).await;
    for path in ["/", "/api/v1/me", "/api/v1/nothing", "/api/v1/alerts?limit=0", "/assets/none.js"] {
        let answer = served.get(path).await;
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-resource-policy: same-origin",
            "permissions-policy: ",
            "cache-control: no-store",
        ] {
            assert!(answer.head.contains(header), "{path}: {header}\n{}", answer.head);
        }
    }
    let foreign = served.send("GET", "/api/v1/alerts", &[("host", "evil.example")], "").await;
    assert_eq!(foreign.status, 400);
    let wrong = served.send("DELETE", "/api/v1/alerts", &[], "").await;
    assert_eq!((wrong.status, &wrong.value()["type"]), (405, &json!("/problems/method")));
    let page = served.get("/").await;
    assert!(page.head.contains("text/html") && page.body.to_lowercase().contains("<!doctype html>"));
}

#[tokio::test]
async fn a_patient_an_alert_and_the_rest_are_whole() {
    let served = Served::local(&WORLD).await;
    let model = WORLD.model();
    let patients = served.json("/api/v1/patients?limit=500").await;
    assert_eq!(patients["total"], model.patients());
    let mut worst = None;
    for row in patients["items"].as_array().unwrap() {
        let rank =
            ["high", "medium", "low", "information"].iter().position(|name| row["priority"] == *name).unwrap_or(9);
        assert!(worst.is_none_or(|worst| worst <= rank), "worst first");
        worst = Some(rank);
        let whole = served.json(&format!("/api/v1/patients/{}", row["key"].as_str().unwrap())).await;
        assert_eq!(whole["row"], *row);
        assert!(!whole["doses"].as_array().unwrap().is_empty());
    }
    let alert = open_alert(&model);
    let whole = served.json(&format!("/api/v1/alerts/{}", alert.alert_id)).await;
    assert_eq!(whole["row"]["alert_id"], alert.alert_id);
    assert_eq!(whole["alert"]["revision"], alert.revision);
    let revisions = whole["revisions"].as_array().unwrap();
    assert_eq!(revisions.len(), alert.revision as usize);
    assert_eq!(whole["allowed"], json!(["acknowledge", "assign", "comment", "dismiss", "snooze"]));
    let first = served.json(&format!("/api/v1/alerts/{}?revision=1", alert.alert_id)).await;
    assert_eq!(first["alert"]["revision"], 1);
    assert_eq!(served.get(&format!("/api/v1/alerts/{}?revision=999", alert.alert_id)).await.status, 404);
    for missing in ["0".repeat(32), "X".repeat(32), "canary".to_owned(), "%00".to_owned()] {
        let answer = served.get(&format!("/api/v1/alerts/{missing}")).await;
        assert_eq!(answer.status, 404);
        assert!(!answer.body.contains("canary"));
        assert_eq!(served.get(&format!("/api/v1/patients/{missing}")).await.status, 404);
    }
    let rejects = served.json("/api/v1/rejects").await;
    assert_eq!((&rejects["total"], &rejects["reasons"][0]["count"]), (&json!(1), &json!(1)));
    assert!(!rejects.to_string().contains("canary"), "what a reject said is not shown");
    assert_eq!(served.json("/api/v1/rejects?stage=watch").await["total"], 0);
    let vocabulary = served.json("/api/v1/vocabulary").await;
    assert_eq!(vocabulary["snooze_hours_max"]["haemorrhage"], 4.0);
    assert_eq!(vocabulary["escalate_minutes"]["vod_sos"], 120.0);
    let reasons = vocabulary["dismiss_reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), Profile::builtin().dismiss_reasons.len());
    assert!(reasons.iter().all(|reason| reason["verified"] == false && reason["source"] != ""), "they are ours");
    let counts = served.json("/api/v1/counts").await;
    assert!(counts.get("cases").is_none(), "what is never known is not in the contract");
    assert!(counts["watched_patients_unknown"].as_str().unwrap().contains("for now alone"), "{counts}");
    assert_eq!(counts["watched_patients"].as_array().unwrap().last().unwrap(), model.patients());
    assert_eq!(served.json("/api/v1/sites").await["items"].as_array().unwrap().len(), model.sites(NOW).len());
    let burden = served.json("/api/v1/burden?since=2020-01-01T00:00:00Z&until=2021-01-01T00:00:00Z").await;
    assert_eq!(burden["raised"], 0);
    let document = served.json("/api/v1/openapi.json").await;
    let wanted: BTreeSet<(String, String)> =
        ROUTES.iter().map(|row| (row.method.to_string(), row.path.to_owned())).collect();
    assert_eq!(described(&document), wanted, "the description has every route and no other");
}

/// The words are asked for at every start of a page, and are the same until the profile is another.
#[tokio::test]
async fn the_vocabulary_is_sent_once() {
    let served = Served::local(&WORLD).await;
    let first = served.get("/api/v1/vocabulary").await;
    let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    assert!(first.head.contains("cache-control: private, no-cache"), "{}", first.head);
    for (known, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"x\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
        (tag.replace('"', ""), 200),
    ] {
        let again = served.send("GET", "/api/v1/vocabulary", &[("if-none-match", &known)], "").await;
        assert_eq!(again.status, status, "{known}");
        assert_eq!(again.body.is_empty(), status == 304, "{known}");
        assert!(again.head.contains(&format!("etag: {tag}")), "{known}");
        assert!(again.head.contains("content-security-policy: default-src 'none'"), "{known}");
    }
}

/// Methods and paths of an OpenAPI document.
fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| -> Vec<(String, String)> {
        item.as_object().unwrap().keys().map(|method| (method.to_ascii_uppercase(), path.clone())).collect()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test]
async fn what_is_seen_and_done_is_audited_before_the_answer() {
    let served = Served::local(&WORLD).await;
    let alert = open_alert(&WORLD.model());
    served.json(&format!("/api/v1/alerts/{}", alert.alert_id)).await;
    served.json(&format!("/api/v1/patients/{}", alert.key)).await;
    served.json("/api/v1/alerts?site=sim-north&limit=3").await;
    assert_eq!(served.get("/api/v1/alerts.csv?state=any").await.status, 200);
    served.json("/api/v1/service").await;
    let audit = served.audit();
    let acts: Vec<&str> = audit.iter().map(|record| record["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["view_alert", "view_patient", "list", "export"]);
    assert_eq!(audit[0]["target"], alert.alert_id);
    assert_eq!(audit[1]["target"], alert.key);
    assert_eq!((&audit[2]["count"], &audit[2]["detail"]), (&json!(3), &json!("limit,site")));
    let seqs: Vec<i64> = audit.iter().map(|record| record["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    // The chain can be followed, and a changed record breaks it.
    let messages: Vec<Message> = served.log.messages.lock().unwrap().clone();
    let mut before = String::new();
    for message in &messages {
        let mut scratch = Vec::new();
        let mut record: AuditRecord<'_> = audit_codec().decode(&message.value, &mut scratch).unwrap();
        let chain = std::mem::take(&mut record.chain).to_string();
        let mut unchained = Vec::new();
        audit_codec().encode(&record, &mut unchained).unwrap();
        assert_eq!(chain, crate::record::hex128(crate::record::digest128(&[before.as_bytes(), &unchained])));
        before = chain;
    }
    served.log.broken.store(true, Ordering::Relaxed);
    for path in [
        format!("/api/v1/alerts/{}", alert.alert_id),
        format!("/api/v1/patients/{}", alert.key),
        "/api/v1/alerts".into(),
        "/api/v1/alerts.csv".into(),
        "/api/v1/stream".into(),
    ] {
        let answer = served.get(&path).await;
        assert_eq!(answer.status, 503, "{path}: nothing is shown that is not audited");
        assert!(answer.head.contains("retry-after") && !answer.body.contains(&alert.alert_id), "{path}");
    }
    let act = served.act(&alert.alert_id, &json!({ "revision": alert.revision, "act": "acknowledge" })).await;
    assert_eq!(act.status, 503);
    assert_eq!(served.log.messages.lock().unwrap().len(), messages.len());
}

#[tokio::test]
async fn too_many_streams_and_too_many_requests_are_refused() {
    let few = crate::config::Dashboard { requests_per_minute: 10, ..settings(&[]) };
    let served =
        Served::new(&WORLD, Gate::new(&crate::config::Dashboard { issuer: None, tokens_file: None, ..few }, [1; 32]))
            .await;
    for _ in 0..10 {
        assert_eq!(served.get("/api/v1/me").await.status, 200);
    }
    let refused = served.get("/api/v1/me").await;
    assert_eq!(refused.status, 429);
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    let served = Served::local(&WORLD).await;
    let seats: Vec<_> = (0..5).map(|_| served.desk.hub.seat("local").unwrap()).collect();
    assert_eq!(served.get("/api/v1/stream").await.status, 429);
    drop(seats);
}

#[tokio::test]
async fn lists_wait_until_the_topics_are_read() {
    let model = WORLD.model();
    model.reading(Source::State, crate::dashboard::read_model::Reading::CatchingUp);
    let served = Served::of_model(model, gate(&[])).await;
    let value = format!("Bearer {}", SIGNER.token(Some("k1"), &json!({})));
    for path in ["/api/v1/alerts", "/api/v1/patients", "/api/v1/counts", "/api/v1/sites", "/api/v1/rejects"] {
        let answer = served.send("GET", path, &[("authorization", &value)], "").await;
        assert_eq!((answer.status, &answer.value()["type"]), (503, &json!("/problems/not_ready")), "{path}");
        assert!(answer.head.contains("retry-after"), "{path}");
    }
    assert_eq!(served.send("GET", "/api/v1/service", &[("authorization", &value)], "").await.status, 200);
    let _ = (HERE, PARTITIONS);
}
