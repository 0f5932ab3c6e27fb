//! Who may ask for what.

use super::*;

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
    let expected: [(&str, &str, May); 16] = [
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
        ("GET", "/api/v1/audit", |role| ["admin", "auditor"].contains(&role)),
    ];
    // A route that is described and has no row here, or a row whose route is gone, is a fault; so is a route that is served
    // and not described, of which another test takes care.
    let rows: BTreeSet<(String, String)> =
        expected.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(rows, described(&serde_json::to_value(document()).unwrap()));
    assert_eq!(rows.len(), expected.len());
    let now = seconds();
    let mut asked = 0;
    for (method, path, may) in expected {
        let path = path_of(path, &model);
        for role in ["viewer", "reviewer", "admin", "auditor", "none", "patient_desk"] {
            let good = SIGNER.token(Some("k1"), &json!({ "roles": [role] }));
            let wrong = crate::dashboard::auth::tests::Signer::ec("k1").token(Some("k1"), &json!({ "roles": [role] }));
            let expired = SIGNER.token(Some("k1"), &json!({ "roles": [role], "exp": now - 3600 }));
            let elsewhere = SIGNER.token(Some("k1"), &json!({ "roles": [role], "aud": "another" }));
            for (what, token) in [
                ("none", None),
                ("wrong", Some(wrong)),
                ("expired", Some(expired)),
                ("other audience", Some(elsewhere)),
            ] {
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
                // It does not end by itself.
                assert_eq!(served.first_line(&path, &value).await, "HTTP/1.1 200 OK", "{path} {role}");
                asked += 1;
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
        let wanted = if path == "/" {
            200
        } else if path.contains("alerts/x") {
            401
        } else {
            404
        };
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
        assert!(list["total"].as_u64().unwrap() > 0);
        assert!(list["items"].as_array().unwrap().iter().all(|row| row["own_patient"] == sees_patient), "{desk}");
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
        let open = ids(&model, |row| row.state.is_open() && (row.desk() == Subject::Patient) == sees_patient);
        assert_eq!(service["open"]["total"], open.len());
    }
}

/// A patient of whom a report alone tells is none of a ward: what is said of it stands on the desk of cases, in lists, singly,
/// in counts and in the stream, until a ward tells of it.
#[tokio::test]
async fn a_patient_of_whom_reports_alone_tell_is_on_the_desk_of_cases() {
    let identity = json!({"authority": "h1", "identifier": "MRN-77"});
    let report = json!({"head": {"source_id": "r1"}, "body": {"Report": {
        "sender": "clinic", "sender_case_id": "C77", "version": 1, "seriousness": {"hospitalisation": true},
        "patient": {"identity": identity},
        "drugs": [{"role": "suspect", "name": "Besponsa", "dose_value": 0.8, "dose_unit": "mg/m2", "start": "2025-06-10"}],
        "reactions": [{"term": "Epistaxis", "onset": "2025-06-12"}],
    }}});
    let dose = json!({"head": {"identity": identity, "source_id": "d1", "event_time": "2025-06-14T08:00:00Z"},
        "body": {"Administration": {"product": "Besponsa", "start": "2025-06-14T08:00:00Z", "dose_mg_m2": 0.5}}});
    let fact = |site: &'static str, json: &Value| (site, NOW.0 - 1000, serde_json::to_vec(json).unwrap());
    let told = World::of(&[fact("agency", &report)]);
    let known = World::of(&[fact("agency", &report), fact("ward-1", &dose)]);
    for (world, own) in [(told, false), (known, true)] {
        let model = world.model();
        let of_patient = ids(&model, |row| row.subject == Subject::Patient);
        assert!(!of_patient.is_empty(), "the report's bleeding is an alert of the patient");
        let alert = of_patient.first().unwrap();
        assert!(ids(&model, |row| row.subject == Subject::Patient && row.own_patient != own).is_empty());
        assert_eq!(model.patients(), usize::from(own));
        let served = Served::of_model(model, gate(&[])).await;
        for (desk, is_ward) in [("patient_desk", true), ("case_desk", false)] {
            let value = format!("Bearer {}", SIGNER.token(Some("k1"), &json!({ "roles": ["viewer", desk] })));
            let headers = [("authorization", value.as_str())];
            let ask = async |path: String| served.send("GET", &path, &headers, "").await;
            let sees = own == is_ward;
            let list = ask("/api/v1/alerts?state=any".to_owned()).await.body;
            assert_eq!(list.contains(alert), sees, "{desk} {own}");
            let status = ask(format!("/api/v1/alerts/{alert}")).await.status;
            assert_eq!(status, if sees { 200 } else { 404 }, "{desk} {own}");
            assert_eq!(ask("/api/v1/alerts.csv?state=any".to_owned()).await.body.contains(alert), sees);
            let patients = ask("/api/v1/patients".to_owned()).await.value();
            assert_eq!(patients["total"], u64::from(own && is_ward));
            let open = ask("/api/v1/service".to_owned()).await.value()["open"]["total"].as_u64().unwrap();
            assert!(open > 0 || own != is_ward, "{desk} {own}");
        }
        let value = format!("Bearer {}", SIGNER.token(Some("k1"), &json!({ "roles": ["viewer"] })));
        for (subject, shown) in [("patient", own), ("case", !own)] {
            let path = format!("/api/v1/alerts?state=any&subject={subject}");
            let list = served.send("GET", &path, &[("authorization", &value)], "").await.body;
            assert_eq!(list.contains(alert), shown, "{subject}");
        }
    }
}
