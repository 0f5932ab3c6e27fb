//! Records for the log, made by the library's own intake and written without ingest: what a campaign of faults is fed.
//!
//! The n-th record of a seed is always the same, so that a piece can be run again.

use crate::process::KEY;
use besponsa_vigil::decode::Limits;
use besponsa_vigil::normalise::Pseudonymiser;
use besponsa_vigil::pipeline::{Intake, Source, SourceMessage, intake};
use besponsa_vigil::record::partition_of;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Header of every record that was fed, with its number: what has none was written by watch.
pub const FED: &str = "fed";

/// Patients of the bedside records.
const PATIENTS: u64 = 4000;

/// Records between the first and the last version of a case, and between a record and its repeat, at most.
const SPAN: u64 = 150;

/// Longest wait until the broker has all of it: it may be restarted meanwhile.
const DELIVERY_MAX: Duration = Duration::from_secs(120);

/// A record for the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Fed {
    pub key: String,
    pub value: Vec<u8>,
    pub timestamp: i64,
}

/// Makes the records of a seed.
pub struct Recipe {
    intake: Intake,
    source: Source,
    seed: u64,
    /// When the first record became known, milliseconds since 1970; one more each millisecond.
    began: i64,
}

impl Recipe {
    pub fn new(seed: u64, began: i64) -> Self {
        let pseudonymiser = Pseudonymiser::new(KEY.as_bytes()).unwrap();
        let limits = Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 };
        let source = Source { own_receipt: true, site: "ward".to_owned(), ..Source::default() };
        Self { intake: Intake { pseudonymiser, limits, internal_kinds: false }, source, seed, began }
    }

    /// The n-th record.
    pub fn record(&self, n: u64) -> Fed {
        let mut random = fastrand::Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n);
        let json = match random.u64(0..100) {
            0..42 => report(&format!("Q{n}"), 1, "Cytarabine", "Nausea", false, None),
            42..58 => bedside(random.u64(0..PATIENTS), n, &self.observation(n, &mut random)),
            58..67 => {
                // Versions of one case stand near each other, in any order.
                let case = n.saturating_sub(random.u64(0..SPAN)) / 50;
                let version = 1 + random.i32(0..3);
                report(&format!("V{case}"), version, "BESPONSA", "Veno-occlusive liver disease", version == 3, None)
            }
            67..75 => bedside(random.u64(0..PATIENTS), n, &self.administration(n)),
            75..83 => bedside(random.u64(0..PATIENTS), n, &self.finding(n)),
            83..90 => {
                let patient = random.u64(0..PATIENTS);
                let reaction = if random.bool() { "Epistaxis" } else { "Veno-occlusive liver disease" };
                report(&format!("P{n}"), 1, "BESPONSA", reaction, false, Some(patient))
            }
            90..95 if n > 0 => {
                return self.record(n - 1 - random.u64(0..n.min(SPAN)));
            }
            95..97 => return self.poison(n, b"\xc3\x01not Avro at all".to_vec()),
            97..98 => return self.poison(n, Vec::new()),
            _ => report(&format!("Q{n}"), 1, "Besponsa", "Nausea", false, None),
        };
        self.made(n, &json)
    }

    /// What no reader can read, under a key that belongs there.
    fn poison(&self, n: u64, value: Vec<u8>) -> Fed {
        let neighbour = self.made(n, &report(&format!("X{n}"), 1, "Cytarabine", "Nausea", false, None));
        Fed { value, ..neighbour }
    }

    /// A moment before the n-th record became known.
    fn before(&self, n: u64, minutes: i64) -> String {
        let at = self.began + i64::try_from(n).unwrap() - minutes * 60_000;
        jiff::Timestamp::from_millisecond(at).unwrap().to_string()
    }

    fn administration(&self, n: u64) -> (Value, String) {
        let (start, stop) = (self.before(n, 90), self.before(n, 30));
        let given =
            json!({"product": "Besponsa", "dose_mg_m2": 0.5, "start": start, "stop": stop, "intent": "treatment"});
        (json!({"Administration": given}), start)
    }

    fn finding(&self, n: u64) -> (Value, String) {
        let seen =
            json!({"kind": "overt_bleeding", "presence": "present", "site": "nose", "grade": 2, "name": "Epistaxis"});
        (json!({"Finding": seen}), self.before(n, 10))
    }

    /// A value of one of the analytes that the criteria ask for, on either side of their limits, some of them suspect.
    fn observation(&self, n: u64, random: &mut fastrand::Rng) -> (Value, String) {
        let (analyte, unit, values, upper): (_, _, [f64; 4], _) = match random.u64(0..6) {
            0 => ("bilirubin", "mg/dL", [0.8, 1.9, 2.4, 60.0], Some(1.2)),
            1 => ("weight", "kg", [70.0, 73.4, 73.6, 7.0], None),
            2 => ("alt", "U/L", [20.0, 101.0, 240.0, 2400.0], Some(40.0)),
            3 => ("platelets", "10*9/L", [150.0, 49.0, 9.0, 210_000.0], None),
            4 => ("anc", "10*9/L", [2.1, 0.9, 0.4, 0.1], None),
            _ => ("temperature", "Cel", [36.8, 38.1, 38.6, 31.0], None),
        };
        let comparator = if random.u64(0..20) == 0 { "lt" } else { "eq" };
        let quantity = json!({"comparator": comparator, "value": values[random.usize(0..4)], "unit": unit});
        // One in ten is the correction of another patient's or of its own earlier result: both must be told apart.
        let named = if random.u64(0..10) == 0 { random.u64(0..=n / 2) } else { n };
        let status = if named == n { "final" } else { "corrected" };
        let seen = json!({"analyte": analyte, "quantity": quantity, "reference_high": upper, "status": status,
            "observation_id": format!("R{named}")});
        (json!({"Observation": seen}), self.before(n, 5))
    }

    fn made(&self, n: u64, json: &Value) -> Fed {
        let payload = serde_json::to_vec(json).unwrap();
        let message = SourceMessage {
            topic: "adverse-events",
            partition: 0,
            offset: i64::try_from(n).unwrap(),
            timestamp: self.began + i64::try_from(n).unwrap(),
            payload: &payload,
            format: None,
        };
        let mut made = None;
        intake(&self.intake, &self.source, &message, &mut |_, record| {
            let record = record.unwrap_or_else(|reject| panic!("{reject}: {json}"));
            let (key, value) = (record.key.to_owned(), record.value.to_vec());
            made = Some(Fed { key, value, timestamp: record.timestamp });
        });
        made.unwrap()
    }
}

fn report(case: &str, version: i32, product: &str, reaction: &str, nullifies: bool, patient: Option<u64>) -> Value {
    let mut report = json!({
        "worldwide_case_id": case,
        "sender": "test",
        "version": version,
        "status": if nullifies { "nullification" } else { "current" },
        "seriousness": {"serious": true, "life_threatening": product == "BESPONSA"},
        "drugs": [{"role": "suspect", "name": product}],
        "reactions": [{"term": reaction}],
    });
    if let Some(patient) = patient {
        report["patient"] = json!({"identity": identity(patient)});
    }
    json!({"head": {"source_id": format!("{case}/{version}")}, "body": {"Report": report}})
}

fn identity(patient: u64) -> Value {
    json!({"authority": "urn:oid:2.999.17.1", "identifier": format!("MRN-{patient:07}")})
}

fn bedside(patient: u64, n: u64, (body, at): &(Value, String)) -> Value {
    let head = json!({"identity": identity(patient), "site": "ward", "source_id": format!("B{n}"), "event_time": at});
    json!({"head": head, "body": body})
}

/// Feeds at a steady rate until told to end.
pub struct Feeder {
    stop: Arc<AtomicBool>,
    fed: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Feeder {
    /// `rate` records a second into `topic`.
    pub fn start(bootstrap: &str, topic: &str, partitions: i32, recipe: Recipe, rate: u64) -> Self {
        let (stop, fed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counted, topic) = (Arc::clone(&stop), Arc::clone(&fed), topic.to_owned());
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap).set("enable.idempotence", "true").set("linger.ms", "5");
        // A broker that was restarted is come back to at once.
        config.set("reconnect.backoff.max.ms", "500");
        let producer: BaseProducer = config.create().unwrap();
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut n = 0;
            while !stopped.load(Ordering::Relaxed) {
                let due = (began.elapsed().as_secs_f64() * rate as f64) as u64;
                // What a busy machine was late with is not made up for in one burst.
                for _ in 0..due.saturating_sub(n).min(rate / 10) {
                    send(&producer, &topic, partitions, &recipe.record(n), n);
                    n += 1;
                    counted.store(n, Ordering::Relaxed);
                }
                producer.poll(Duration::from_millis(5));
            }
            producer.flush(DELIVERY_MAX).unwrap();
            assert_eq!(producer.in_flight_count(), 0, "what was fed was not taken");
        });
        Self { stop, fed, thread }
    }

    /// Records fed so far.
    pub fn fed(&self) -> u64 {
        self.fed.load(Ordering::Relaxed)
    }

    /// Ends it, and waits until the broker has everything; how many there were.
    pub fn finish(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.fed.load(Ordering::Relaxed)
    }
}

fn send(producer: &BaseProducer, topic: &str, partitions: i32, fed: &Fed, n: u64) {
    let partition = partition_of(fed.key.as_bytes(), partitions);
    let number = n.to_string();
    loop {
        let headers = OwnedHeaders::new().insert(Header { key: FED, value: Some(&number) });
        let record = BaseRecord::to(topic).partition(partition).key(&fed.key).payload(&fed.value);
        match producer.send(record.timestamp(fed.timestamp).headers(headers)) {
            Ok(()) => return,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                producer.poll(Duration::from_millis(10));
            }
            Err((error, _)) => panic!("{error}"),
        }
    }
}
