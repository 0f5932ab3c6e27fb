//! The API over a simulated world, through a socket: who may, what lists say, what acts do, what the stream tells.

use super::*;
use crate::alert::Subject;
use crate::dashboard::auth::tests::{HERE, SIGNER, gate, seconds, settings};
use crate::dashboard::log::{Message, NotWritten, Topic, Written};
use crate::dashboard::read_model::tests::{NOW, PARTITIONS, WORLD, World, open_alert, picture};
use crate::dashboard::read_model::{AlertRow, Ends, Source};
use crate::dashboard::stream::Kind;
use crate::profile::Profile;
use crate::record::{AuditRecord, Body as RecordBody, Codec, Record, audit_codec};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

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

struct Served {
    address: SocketAddr,
    log: Arc<Written_>,
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
        Self { address, log, desk, views }
    }

    async fn local(world: &World) -> Self {
        let open = crate::config::Settings::default().dashboard;
        Self::new(world, Gate::new(&crate::config::Dashboard { requests_per_minute: 100_000, ..open }, [1; 32])).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
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

fn path_of(path: &str, world: &ReadModel) -> String {
    let alert = open_alert(world);
    path.replace("{id}", &alert.alert_id).replace("{key}", &alert.key)
}

/// Every route × role × identity; the expected answers are written out here, not taken from the table.
#[tokio::test]
async fn who_may_ask_for_what() {
    let served = Served::new(&WORLD, gate(&[])).await;
    let model = WORLD.model();
    let readers = |role: &str| ["viewer", "reviewer", "admin"].contains(&role);
    type May = fn(&str) -> bool;
    let expected: [(&str, &str, May); 15] = [
        ("GET", "/api/v1/me", |_| true),
        ("GET", "/api/v1/service", |_| true),
        ("GET", "/api/v1/openapi.json", |_| true),
        ("GET", "/api/v1/vocabulary", |_| true),
        ("GET", "/api/v1/stream", readers),
        ("GET", "/api/v1/alerts", readers),
        ("GET", "/api/v1/alerts.csv", readers),
        ("GET", "/api/v1/alerts/{id}", readers),
        ("POST", "/api/v1/alerts/{id}/acts", |role| ["reviewer", "admin"].contains(&role)),
        ("GET", "/api/v1/patients", readers),
        ("GET", "/api/v1/patients/{key}", readers),
        ("GET", "/api/v1/counts", readers),
        ("GET", "/api/v1/burden", readers),
        ("GET", "/api/v1/sites", readers),
        ("GET", "/api/v1/rejects", readers),
    ];
    assert_eq!(expected.len(), ROUTES.len());
    let now = seconds();
    let mut asked = 0;
    for (method, path, may) in expected {
        let path = path_of(path, &model);
        for role in ["viewer", "reviewer", "admin", "auditor", "none", "patient_desk"] {
            let good = SIGNER.token(Some("k1"), &json!({ "roles": [role] }));
            let wrong = crate::dashboard::auth::tests::Signer::ec("k1").token(Some("k1"), &json!({ "roles": [role] }));
            let expired = SIGNER.token(Some("k1"), &json!({ "roles": [role], "exp": now - 3600 }));
            let elsewhere = SIGNER.token(Some("k1"), &json!({ "roles": [role], "aud": "another" }));
            for (what, token) in
                [("none", None), ("wrong", Some(wrong)), ("expired", Some(expired)), ("other audience", Some(elsewhere))]
            {
                let value = token.map(|token| format!("Bearer {token}"));
                let headers: Vec<(&str, &str)> = value.iter().map(|value| ("authorization", value.as_str())).collect();
                let answer = served.send(method, &path, &headers, "").await;
                assert_eq!(answer.status, 401, "{method} {path} {role} {what}: {}", answer.body);
                assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
                assert_eq!(answer.value()["type"], "/problems/not_signed_in");
                asked += 1;
            }
            let known = ["viewer", "reviewer", "admin", "auditor"].contains(&role);
            let allowed = known && may(role);
            let value = format!("Bearer {good}");
            if path.ends_with("/stream") && allowed {
                // It does not end by itself; it has its own test.
                continue;
            }
            let answer = served.send(method, &path, &[("authorization", &value)], "").await;
            // An act without what an act needs gets as far as that.
            let wanted = match (allowed, method) {
                (false, _) => "/problems/not_allowed",
                (true, "POST") => "/problems/bad_csrf",
                (true, _) => "",
            };
            if wanted.is_empty() {
                assert_eq!(answer.status, 200, "{method} {path} {role}: {}", answer.body);
            } else {
                assert_eq!((answer.status, &answer.value()["type"]), (403, &json!(wanted)), "{method} {path} {role}");
            }
            asked += 1;
        }
    }
    println!("{asked} questions");
    for path in ["/", "/api/v1/nothing", "/api/v1/alerts/x", "/api/v1/alerts/../me", "/assets/none.js"] {
        let answer = served.send("GET", path, &[], "").await;
        let wanted = if path == "/" { 200 } else if path.contains("alerts/x") { 401 } else { 404 };
        assert_eq!(answer.status, wanted, "{path}");
    }
}

/// Somebody with one desk gets nothing of the other, in lists and singly.
#[tokio::test]
async fn a_desk_hides_the_other() {
    let served = Served::new(&WORLD, gate(&[])).await;
    let model = WORLD.model();
    let patient = open_alert(&model);
    let case = ids(&model, |row| row.subject == Subject::Case).into_iter().next().unwrap();
    for (desk, sees_patient) in [("patient_desk", true), ("case_desk", false)] {
        let token = SIGNER.token(Some("k1"), &json!({ "roles": ["viewer", desk] }));
        let value = format!("Bearer {token}");
        let headers = [("authorization", value.as_str())];
        let ask = async |path: String| served.send("GET", &path, &headers, "").await;
        let list = ask("/api/v1/alerts?state=any&limit=500".to_owned()).await.value();
        let subject = if sees_patient { "patient" } else { "case" };
        assert!(list["total"].as_u64().unwrap() > 0);
        assert!(list["items"].as_array().unwrap().iter().all(|row| row["subject"] == subject), "{desk}");
        let status = |sees: bool| if sees { 200 } else { 404 };
        assert_eq!(ask(format!("/api/v1/alerts/{}", patient.alert_id)).await.status, status(sees_patient));
        assert_eq!(ask(format!("/api/v1/alerts/{case}")).await.status, status(!sees_patient));
        assert_eq!(ask(format!("/api/v1/patients/{}", patient.key)).await.status, status(sees_patient));
        let patients = ask("/api/v1/patients".to_owned()).await.value();
        assert_eq!(patients["total"].as_u64().unwrap() > 0, sees_patient);
        let csv = ask("/api/v1/alerts.csv?state=any".to_owned()).await.body;
        assert_eq!(csv.contains(&patient.alert_id), sees_patient);
        assert_eq!(csv.contains(&case), !sees_patient);
        let service = ask("/api/v1/service".to_owned()).await.value();
        let open = ids(&model, |row| row.state.is_open() && (row.subject == Subject::Patient) == sees_patient);
        assert_eq!(service["open"]["total"], open.len());
    }
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
        ("state=any&subject=case", |row| row.subject == Subject::Case),
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
        let rank = ["high", "medium", "low", "information"].iter().position(|name| row["priority"] == *name).unwrap_or(9);
        assert!(worst.is_none_or(|worst| worst <= rank), "worst first");
        worst = Some(rank);
        let whole = served.json(&format!("/api/v1/patients/{}", row["key"].as_str().unwrap())).await;
        assert_eq!(whole["row"], *row);
        assert_eq!(whole["doses"].as_array().unwrap().is_empty(), false);
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
    assert_eq!(served.json("/api/v1/sites").await["items"].as_array().unwrap().len(), model.sites(NOW).len());
    let burden = served.json("/api/v1/burden?since=2020-01-01T00:00:00Z&until=2021-01-01T00:00:00Z").await;
    assert_eq!(burden["raised"], 0);
    let document = served.json("/api/v1/openapi.json").await;
    let paths: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let wanted: BTreeSet<String> = ROUTES.iter().map(|row| row.path.to_owned()).collect();
    assert_eq!(paths, wanted, "the description has every route and no other");
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
    for path in
        [format!("/api/v1/alerts/{}", alert.alert_id), format!("/api/v1/patients/{}", alert.key), "/api/v1/alerts".into(), "/api/v1/alerts.csv".into(), "/api/v1/stream".into()]
    {
        let answer = served.get(&path).await;
        assert_eq!(answer.status, 503, "{path}: nothing is shown that is not audited");
        assert!(answer.head.contains("retry-after") && !answer.body.contains(&alert.alert_id), "{path}");
    }
    let act = served.act(&alert.alert_id, &json!({ "revision": alert.revision, "act": "acknowledge" })).await;
    assert_eq!(act.status, 503);
    assert_eq!(served.log.messages.lock().unwrap().len(), messages.len());
}

#[tokio::test]
async fn acts_are_checked_written_and_come_back() {
    let mut world = World::new(1, 0);
    let served = Served::local(&world).await;
    let alert = open_alert(&served.desk.model);
    let (id, revision) = (alert.alert_id.clone(), alert.revision);
    let later = |hours: i64| Millis(NOW.0 + hours * 3_600_000).to_string();
    for (act, field) in [
        (json!({ "revision": revision, "act": "dance" }), "act"),
        (json!({ "revision": revision + 1, "act": "acknowledge" }), "revision"),
        (json!({ "revision": revision, "act": "dismiss" }), "reason"),
        (json!({ "revision": revision, "act": "dismiss", "reason": "because" }), "reason"),
        (json!({ "revision": revision, "act": "dismiss", "reason": "other" }), "reason"),
        (json!({ "revision": revision, "act": "dismiss", "reason": "other: \u{0007}" }), "reason"),
        (json!({ "revision": revision, "act": "comment" }), "reason"),
        (json!({ "revision": revision, "act": "comment", "reason": "x".repeat(501) }), "reason"),
        (json!({ "revision": revision, "act": "snooze", "until": later(1) }), "reason"),
        (json!({ "revision": revision, "act": "snooze", "reason": "r" }), "until"),
        (json!({ "revision": revision, "act": "snooze", "reason": "r", "until": later(-1) }), "until"),
        (json!({ "revision": revision, "act": "snooze", "reason": "r", "until": later(25) }), "until"),
        (json!({ "revision": revision, "act": "acknowledge", "until": later(1) }), "until"),
        (json!({ "revision": revision, "act": "assign" }), "assignee"),
        (json!({ "revision": revision, "act": "assign", "assignee": "<script>" }), "assignee"),
        (json!({ "revision": revision, "act": "undo" }), "act"),
    ] {
        let answer = served.act(&id, &act).await;
        assert_eq!(answer.status, 422, "{act}: {}", answer.body);
        let problem = answer.value();
        assert_eq!((&problem["result"], &problem["errors"][0]["field"]), (&json!("refused"), &json!(field)), "{act}");
        assert!(!answer.body.contains("script") && !answer.body.contains("because"), "{}", answer.body);
    }
    for (body, status) in [("{}", 400), ("no", 400), ("{\"revision\":1,\"act\":\"undo\",\"x\":1}", 400)] {
        let csrf = served.json("/api/v1/me").await["csrf"].as_str().unwrap().to_owned();
        let headers = [("x-vigil-csrf", csrf.as_str()), ("content-type", "application/json")];
        let answer = served.send("POST", &format!("/api/v1/alerts/{id}/acts"), &headers, body).await;
        assert_eq!(answer.status, status, "{body}");
        let form = [("x-vigil-csrf", csrf.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(served.send("POST", &format!("/api/v1/alerts/{id}/acts"), &form, body).await.status, 400);
        let large = "x".repeat(5000);
        assert_eq!(served.send("POST", &format!("/api/v1/alerts/{id}/acts"), &headers, &large).await.status, 413);
        assert_eq!(served.send("POST", &format!("/api/v1/alerts/{id}/acts"), &headers[1..], body).await.status, 403);
    }
    let records = |served: &Served| {
        let messages = served.log.messages.lock().unwrap();
        messages.iter().filter(|message| message.topic == Topic::Records).cloned().collect::<Vec<_>>()
    };
    assert!(records(&served).is_empty(), "nothing of all that reached the log");

    let answer = served.act(&id, &json!({ "revision": revision, "act": "acknowledge" })).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let act_id = answer.value()["act_id"].as_str().unwrap().to_owned();
    let written = records(&served);
    assert_eq!((written.len(), &written[0].key), (1, &alert.key));
    let mut scratch = Vec::new();
    let record: Record<'_> = Codec::record().decode(&written[0].value, &mut scratch).unwrap();
    let RecordBody::Acknowledgement(said) = &record.body else { panic!("{:?}", record.body.kind()) };
    assert_eq!((said.alert_id.as_str(), said.revision, said.actor.as_str()), (id.as_str(), revision, "local"));
    let whole = served.json(&format!("/api/v1/alerts/{id}")).await;
    assert_eq!((&whole["acts"][0]["result"], &whole["acts"][0]["act_id"]), (&json!("pending"), &json!(act_id)));
    let audit = served.audit();
    let of_act = audit.iter().rev().find(|record| record["act"] == "acknowledge").unwrap();
    assert_eq!((&of_act["result"], &of_act["before"], &of_act["after"]), (&json!("accepted"), &json!("open"), &json!("acknowledged")));
    assert_eq!(of_act["act_id"], act_id);

    // Watch judges it, and every dashboard sees what it says.
    let before = world.told.len();
    world.log(&written[0].key, &written[0].value);
    for told in &world.told[before..] {
        crate::dashboard::read_model::tests::take(&served.desk.model, told);
    }
    let whole = served.json(&format!("/api/v1/alerts/{id}")).await;
    assert_eq!((&whole["row"]["state"], &whole["acts"][0]["result"]), (&json!("acknowledged"), &json!("applied")));
    assert_eq!(whole["acts"].as_array().unwrap().len(), 1, "no longer pending");
    assert_eq!(whole["row"]["acknowledged_by"], "local");
    assert_eq!(whole["revisions"].as_array().unwrap().last().unwrap()["act"]["act"], "acknowledge");
    assert!(whole["allowed"].as_array().unwrap().contains(&json!("undo")));
    let undo = served.act(&id, &json!({ "revision": whole["row"]["revision"], "act": "undo" })).await;
    assert_eq!(undo.status, 202, "{}", undo.body);
    let undo = records(&served).pop().unwrap();
    let before = world.told.len();
    world.log(&undo.key, &undo.value);
    world.told[before..].iter().for_each(|told| crate::dashboard::read_model::tests::take(&served.desk.model, told));
    let whole = served.json(&format!("/api/v1/alerts/{id}")).await;
    assert_eq!((&whole["row"]["state"], &whole["acts"][0]["result"]), (&json!("open"), &json!("undone")));
}

/// An act that names a revision from before a worsening is void, and nothing is written.
#[tokio::test]
async fn an_act_from_before_a_worsening_is_void() {
    let served = Served::local(&WORLD).await;
    let mut found = None;
    served.desk.model.each_alert(|_, known| {
        if known.handled.void_before > 1 && known.handled.at(NOW).is_open() {
            found = found.take().or(Some((known.row.alert_id.clone(), known.row.revision)));
        }
    });
    let (id, current) = found.expect("an alert of the wards became worse");
    let answer = served.act(&id, &json!({ "revision": 1, "act": "acknowledge" })).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let problem = answer.value();
    assert_eq!((&problem["result"], &problem["current_revision"]), (&json!("void"), &json!(current)));
    assert!(served.log.messages.lock().unwrap().iter().all(|message| message.topic == Topic::Audit));
    assert_eq!(served.audit().last().unwrap()["result"], "void");
}

/// Reads a stream until a number of events of a kind have come.
async fn events(served: &Served, last: Option<&str>, kind: &str, count: usize) -> Vec<(Option<String>, String, String)> {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let last = last.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
    let request = format!("GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n{last}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut text, mut buffer) = (String::new(), vec![0; 1 << 16]);
    let read = async {
        loop {
            let found = parse(&text);
            if found.iter().filter(|(_, of, _)| of == kind).count() >= count {
                return found;
            }
            let size = stream.read(&mut buffer).await.unwrap();
            assert!(size > 0, "the stream ended: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..size]));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("events in time")
}

fn parse(text: &str) -> Vec<(Option<String>, String, String)> {
    // Lines of the chunked encoding stand between the events' own.
    let mut found = Vec::new();
    let (mut id, mut kind, mut data) = (None, None, None);
    for line in text.lines() {
        if let Some(value) = line.strip_prefix("id: ") {
            id = Some(value.to_owned());
        } else if let Some(value) = line.strip_prefix("event: ") {
            kind = Some(value.to_owned());
        } else if let Some(value) = line.strip_prefix("data: ") {
            data = Some(value.to_owned());
        } else if line.is_empty()
            && let (Some(of), Some(said)) = (kind.take(), data.take())
        {
            found.push((id.take(), of, said));
        }
    }
    found
}

#[tokio::test]
async fn the_stream_tells_resumes_and_says_when_it_cannot() {
    let served = Served::local(&WORLD).await;
    let first = events(&served, None, "service", 1).await;
    assert_eq!((first[0].0.as_deref(), first[0].1.as_str()), (None, "service"), "the service comes first");
    let service: Value = serde_json::from_str(&first[0].2).unwrap();
    assert_eq!((&service["state"], &service["simulated"]), (&json!("current"), &json!(true)));
    let row = open_alert(&served.desk.model);
    for number in 1..=5 {
        let row = AlertRow { revision: number, ..row.clone() };
        served.desk.hub.publish(Kind::Alert, Some(row.subject), &row);
    }
    let resumed = events(&served, Some("boot.2"), "alert", 3).await;
    assert!(resumed.iter().all(|(_, kind, _)| kind != "reset"));
    let numbers: Vec<(String, Value)> = resumed
        .iter()
        .filter(|(_, kind, _)| kind == "alert")
        .map(|(id, _, data)| (id.clone().unwrap(), serde_json::from_str::<Value>(data).unwrap()["revision"].clone()))
        .collect();
    assert_eq!(numbers, [("boot.3".into(), json!(3)), ("boot.4".into(), json!(4)), ("boot.5".into(), json!(5))]);
    for other in ["other.2", "boot.99", "nonsense", ""] {
        let reset = events(&served, Some(other), "reset", 1).await;
        assert_eq!(reset[0].1, "reset", "{other}");
    }
    // A change of state is told at once, without an event.
    let model = Arc::clone(&served.desk.model);
    let views = served.views.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let later = Millis(NOW.0 + 60_000);
        views.send_replace(Views::draw(|desks| model.service(&picture(), &Ends::new(), &[], desks, later)));
    });
    let told = events(&served, None, "service", 2).await;
    let states: Vec<Value> = told.iter().map(|(_, _, data)| serde_json::from_str::<Value>(data).unwrap()["state"].clone()).collect();
    assert_eq!(states, [json!("current"), json!("stale")]);
}

/// A client that reads nothing is dropped, and nobody waits for it: neither who publishes nor the other clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_client_is_dropped_and_the_others_do_not_wait() {
    let served = Served::local(&WORLD).await;
    let mut stuck = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        stuck.push(stream);
    }
    while served.desk.hub.readers() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let good = events(&served, None, "alert", 3000);
    let hub = Arc::clone(&served.desk.hub);
    let publish = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        let big = "x".repeat(4000);
        for _ in 0..3000 {
            hub.publish(Kind::Alert, Some(Subject::Patient), &big);
        }
        began.elapsed()
    };
    let (told, took) = tokio::join!(good, publish);
    assert!(took < Duration::from_secs(2), "publishing took {took:?}");
    assert_eq!(told.iter().filter(|(_, kind, _)| kind == "alert").count(), 3000);
    let until = Instant::now() + Duration::from_secs(20);
    while served.desk.hub.readers() > 0 {
        assert!(Instant::now() < until, "the stuck clients still have their seats");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(stuck);
}

#[tokio::test]
async fn too_many_streams_and_too_many_requests_are_refused() {
    let few = crate::config::Dashboard { requests_per_minute: 10, ..settings(&[]) };
    let served = Served::new(&WORLD, Gate::new(&crate::config::Dashboard { issuer: None, tokens_file: None, ..few }, [1; 32])).await;
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
