//! A simulated report in the shape that openFDA gives.

use serde_json::{Value, json};

/// Rewrites the body of a canonical report as an openFDA drug event.
pub(super) fn event(case: &str, version: i32, report: &Value) -> Value {
    let field = |value: &Value, name: &str| value.get(name).cloned().unwrap_or(Value::Null);
    let compact = |name: &str| field(report, name).as_str().unwrap_or_default().replace('-', "");
    let list = |name: &str| report.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let outcome = |reaction: &Value| match field(reaction, "outcome").as_str() {
        Some("recovered") => "1",
        Some("recovering") => "2",
        Some("not_recovered") => "3",
        _ => "6",
    };
    let mut event = json!({
        "safetyreportid": case, "safetyreportversion": version.to_string(),
        "receivedate": compact("first_received"), "receivedateformat": "102",
        "receiptdate": compact("most_recent"), "receiptdateformat": "102",
        "occurcountry": field(report, "country"), "primarysource": {"qualification": "1"},
        "patient": {
            "patientsex": if field(&field(report, "patient"), "sex") == "male" { "1" } else { "2" },
            "drug": list("drugs").iter().map(|drug| json!({
                "drugcharacterization": if field(drug, "role") == "suspect" { "1" } else { "2" },
                "medicinalproduct": field(drug, "name")
            })).collect::<Vec<_>>(),
            "reaction": list("reactions").iter().map(|reaction| json!({
                "reactionmeddrapt": field(reaction, "term"), "reactionoutcome": outcome(reaction)
            })).collect::<Vec<_>>()
        }
    });
    if let (Some(event), Some(stated)) = (event.as_object_mut(), field(report, "seriousness").as_object()) {
        for (criterion, flag) in stated {
            let name = match criterion.as_str() {
                "serious" => "serious",
                "death" => "seriousnessdeath",
                "life_threatening" => "seriousnesslifethreatening",
                "hospitalisation" => "seriousnesshospitalization",
                _ => "seriousnessother",
            };
            event.insert(name.to_owned(), json!(if flag.as_bool() == Some(true) { "1" } else { "2" }));
        }
    }
    event
}
