//! Acts: what is refused, what is written, and how what watch says comes back.

use super::*;

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
    assert_eq!(
        (&of_act["result"], &of_act["before"], &of_act["after"]),
        (&json!("accepted"), &json!("open"), &json!("acknowledged"))
    );
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

/// What is over takes a comment, and nothing else; what an earlier episode said takes nothing.
#[tokio::test]
async fn an_alert_that_is_over_takes_comments_alone() {
    let report = |case: &str, version: i32, status: &str| {
        let report = json!({"sender": "clinic", "sender_case_id": case, "version": version, "status": status,
            "seriousness": {"hospitalisation": true}, "drugs": [{"role": "suspect", "name": "Besponsa"}],
            "reactions": [{"term": "Epistaxis"}]});
        let json = json!({"head": {"source_id": format!("{case}-{version}")}, "body": {"Report": report}});
        let at = NOW.0 - 3_600_000 + i64::from(version) * 60_000;
        ("agency", at, serde_json::to_vec(&json).unwrap())
    };
    let (current, nullified) = ("current", "nullification");
    // One case is nullified; another one was, and holds again.
    let world = World::of(&[
        report("C1", 1, current),
        report("C1", 2, nullified),
        report("C2", 1, current),
        report("C2", 2, nullified),
        report("C2", 3, current),
    ]);
    let served = Served::local(&world).await;
    let model = &served.desk.model;
    let (mut latest, mut earlier, mut silences) = (Vec::new(), Vec::new(), Vec::new());
    model.each_alert(|_, known| {
        let of = match model.room(known) {
            Room::Nothing => &mut silences,
            Room::WhileOpen if known.is_over(NOW) => &mut earlier,
            Room::Always if known.is_over(NOW) => &mut latest,
            Room::WhileOpen | Room::Always => return,
        };
        of.push((known.row.alert_id.clone(), known.row.revision));
    });
    println!(
        "{} alerts that are over, {} of earlier episodes, {} silences",
        latest.len(),
        earlier.len(),
        silences.len()
    );
    let (id, revision) = latest.pop().expect("an alert of the cases is over");
    let whole = served.json(&format!("/api/v1/alerts/{id}")).await;
    assert_eq!(whole["allowed"], json!(["comment"]));
    for act in ["acknowledge", "assign", "dismiss", "snooze", "undo"] {
        let mut asked = json!({ "revision": revision, "act": act, "reason": "other: words" });
        match act {
            "assign" => asked = json!({ "revision": revision, "act": act, "assignee": "nurse-2" }),
            "snooze" => asked["until"] = json!(Millis(NOW.0 + 3_600_000).to_string()),
            _ => {}
        }
        assert_eq!(served.act(&id, &asked).await.status, 422, "{act}");
    }
    let comment = |revision: i32| json!({ "revision": revision, "act": "comment", "reason": "seen at the round" });
    let accepted = served.act(&id, &comment(revision)).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    // Of an earlier episode, and of a site's silence, watch keeps nothing that could be answered.
    for (id, revision) in earlier.pop().into_iter().chain(silences.pop()) {
        assert_eq!(served.json(&format!("/api/v1/alerts/{id}")).await["allowed"], json!([]));
        assert_eq!(served.act(&id, &comment(revision)).await.status, 422);
    }
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
