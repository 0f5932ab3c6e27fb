//! Reports through `vigil` and a real Kafka, from a source topic to alerts and rejects.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::hand_check::public_data;
use crate::process::Site;
use besponsa_vigil::decode::decode;
use besponsa_vigil::record::{Codec, Record};
use std::collections::BTreeSet;
use std::time::Duration;

/// Longest wait for the children to have done what was sent.
const DONE_MAX: Duration = Duration::from_secs(120);

/// FAERS samples, a folder a quarter.
const QUARTERS: [&str; 7] = [
    "nico8270_2025q4_ascii",
    "yunuuuu_2004q1_ascii",
    "yunuuuu_2017q2_ascii",
    "luisgarcez_2022q4_ascii",
    "joanna_2026q2_ascii",
    "ubesp_faers20_ascii",
    "ubesp_faers12_ascii",
];

#[test]
fn every_report_of_the_samples_has_exactly_one_outcome() {
    let (Some(broker), Some(data)) = (broker(), public_data("faers")) else { return };
    let corner = Corner::of(broker, "samples");
    let source = corner.create_source(3);
    let mut site = Site::new(&corner, 6);
    // No tick among the records that are counted.
    site.set("WATCH_TICK_SECONDS", "60");
    let vigil = site.start(&["run"]);
    let produce = |path: &std::path::Path| {
        let before = corner.count(&source);
        site.run_well(&["produce", path.to_str().unwrap(), "--topic", &source]);
        let sent = corner.count(&source) - before;
        assert!(sent > 0, "{} sent nothing", path.display());
        sent
    };
    // A report a message.
    let mut reports: i64 = QUARTERS.iter().map(|quarter| produce(&data.join(quarter))).sum();
    assert_eq!(corner.count(&source), reports);
    // A file a message; what the decoder alone makes of it is what must come out.
    let mut pages: Vec<_> =
        std::fs::read_dir(data.join("openfda_json")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut faulty = 0;
    for page in &pages {
        assert_eq!(produce(page), 1, "{}", page.display());
        let limits = besponsa_vigil::config::Settings::default().limits.decode();
        decode(None, &std::fs::read(page).unwrap(), &limits, &mut |_, outcome| match outcome {
            Ok(_) => reports += 1,
            Err(_) => faulty += 1,
        });
    }
    wait_until("ingest has committed all", DONE_MAX, || corner.lag(&corner.name("ingest"), &source) == 0);
    let (records, rejects) = (corner.read(&corner.name("records")), corner.read(&corner.name("rejects")));

    // Each source position is there exactly once, as a record or as a reject.
    let mut origins = BTreeSet::new();
    for seen in &records {
        let mut scratch = Vec::new();
        let record: Record<'_> = Codec::record().decode(&seen.value, &mut scratch).unwrap();
        let origin = &record.head.origin;
        assert_eq!(origin.topic.as_str(), source);
        assert!(origins.insert((origin.partition, origin.offset, origin.index)), "{origin:?} twice");
        assert_eq!(seen.key.as_deref(), Some(record.head.key.as_bytes()));
        assert_eq!(seen.timestamp, record.head.recorded_at.0);
    }
    for seen in &rejects {
        let place = ["partition", "offset", "index"].map(|name| seen.header(name).parse::<i64>().unwrap());
        let place = (i32::try_from(place[0]).unwrap(), place[1], i32::try_from(place[2]).unwrap());
        assert!(origins.insert(place), "{place:?} twice");
    }
    let reasons: Vec<_> = rejects.iter().map(|seen| seen.header("reason")).collect();
    eprintln!("{} records, {} rejects {reasons:?}", records.len(), rejects.len());
    assert_eq!(i64::try_from(records.len()).unwrap(), reports);
    assert_eq!(rejects.len(), faulty, "{reasons:?}");

    wait_until("watch has judged all", DONE_MAX, || corner.is_judged(&corner.name("watch"), &corner.name("records")));
    // Every record of the log has one fate, and the process says so itself.
    assert_eq!(vigil.metric("vigil_records_total"), records.len() as f64);
    assert_eq!(vigil.metric("vigil_ledger_imbalance"), 0.0);
    assert_eq!(vigil.metric("vigil_ingested_total"), records.len() as f64);
    assert_eq!(vigil.metric("vigil_source_messages_total"), corner.count(&source) as f64);
    assert_eq!(vigil.metric("vigil_alerts_total"), corner.read(&corner.name("alerts")).len() as f64);
    wait_until("ready", DONE_MAX, || vigil.get("/readyz").0.contains(" 200 "));
    assert!(vigil.get("/livez").0.contains(" 200 "));
    assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
}
