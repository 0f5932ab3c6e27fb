//! What is counted of requests, streams, acts and the audit: closed words, and never what was asked for.

use super::*;

#[tokio::test]
async fn answers_count_by_template_and_acts_by_fate() {
    let served = Served::local(&WORLD).await;
    let alert = open_alert(&served.desk.model);
    served.json(&format!("/api/v1/alerts/{}", alert.alert_id)).await;
    served.get("/api/v1/patients/canary-31415").await;
    served.get("/api/v1/canary-31415").await;
    served.get("/assets/canary-31415.js").await;
    served.send("DELETE", "/api/v1/alerts", &[], "").await;
    served.send("GET", "/api/v1/me", &[("host", "canary.example")], "").await;
    let known = ["audit true", "/api/v1/alerts/{id} 200", "/api/v1/patients/{key} 404", "other 404"];
    let more = ["/assets/{*file} 404", "/api/v1/alerts 405", "/api/v1/me 400"];
    assert_eq!(served.counted.all(), [&known[..], &more].concat());
    served.act(&alert.alert_id, &json!({ "revision": alert.revision, "act": "dismiss" })).await;
    served.act(&alert.alert_id, &json!({ "revision": alert.revision, "act": "acknowledge" })).await;
    served.log.broken.store(true, Ordering::Relaxed);
    served.act(&alert.alert_id, &json!({ "revision": alert.revision, "act": "acknowledge" })).await;
    served.get("/api/v1/stream").await;
    let counted = served.counted.all();
    let of_acts: Vec<&String> = counted.iter().filter(|what| what.starts_with("act ")).collect();
    assert_eq!(of_acts, ["act dismiss refused", "act acknowledge accepted", "act acknowledge not_written"]);
    assert_eq!(counted.iter().filter(|what| *what == "audit false").count(), 2);
    assert!(counted.contains(&"/api/v1/alerts/{id}/acts 202".to_owned()), "{counted:?}");
    assert!(counted.contains(&"/api/v1/stream 503".to_owned()), "{counted:?}");
    let said = counted.join("\n");
    assert!(!said.contains("canary") && !said.contains(&alert.alert_id) && !said.contains(&alert.key));
}
