//! The chart of a simulated patient: what was measured on which day, and the messages that say so.

use super::identifier;
use crate::record::Millis;
use serde_json::{Value, json};

/// Milliseconds of a day.
pub(super) const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

/// Days of a chart, the day before the first dose included.
const DAYS: usize = 92;

/// Hours from a sample to its result.
const RESULT_MS: i64 = HOUR;

/// One message.
#[derive(Clone, Debug)]
pub struct WardMessage {
    /// When it was sent: timestamp of the source message.
    pub known: Millis,
    /// When what it says happened.
    pub time: Millis,
    /// Canonical JSON.
    pub payload: Vec<u8>,
}

/// Values of one day. What is `None` was not measured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Day {
    pub laboratory: bool,
    pub weighed: bool,
    pub vitals: bool,
    /// The morning's bilirubin is not sent with the rest.
    pub bilirubin_lost: bool,
    /// µmol/L.
    pub bilirubin: f64,
    /// U/L.
    pub alt: f64,
    /// Percent over the baseline.
    pub gain: f64,
    /// 10⁹/L.
    pub anc: f64,
    /// 10⁹/L.
    pub platelets: f64,
    /// g/L.
    pub haemoglobin: f64,
}

/// A chart that scripts write into.
#[derive(Debug)]
pub struct Chart {
    pub(super) random: fastrand::Rng,
    site: &'static str,
    number: u32,
    first_day: Millis,
    /// Kilograms at the baseline.
    kilograms: f64,
    days: Vec<Day>,
    messages: Vec<WardMessage>,
    /// Does the laboratory report bilirubin in mg/dL?
    milligrams: bool,
    fahrenheit: bool,
}

impl Chart {
    /// A patient whose first dose is on the day that begins with `first_dose`.
    pub(super) fn new(mut random: fastrand::Rng, site: &'static str, number: u32, first_dose: Millis) -> Self {
        let mut days = vec![Day::default(); DAYS];
        let nadir = between(&mut random, 0.12, 0.35);
        for (at, day) in days.iter_mut().enumerate() {
            // Counts fall within a week of the first dose and come back after the cycle.
            let since = f64::from(u32::try_from(at).unwrap_or(0)) - 1.0;
            day.bilirubin = between(&mut random, 9.0, 15.0);
            day.alt = between(&mut random, 18.0, 55.0);
            day.gain = between(&mut random, -0.6, 0.6);
            day.anc = if (5.0..20.0).contains(&since) { nadir } else { between(&mut random, 1.6, 3.0) };
            day.platelets = if (6.0..22.0).contains(&since) { 18.0 } else { between(&mut random, 60.0, 120.0) };
            day.haemoglobin = between(&mut random, 86.0, 94.0);
        }
        let kilograms = (between(&mut random, 52.0, 95.0) * 10.0).round() / 10.0;
        let (milligrams, fahrenheit) = (random.u8(0..3) == 0, random.u8(0..4) == 0);
        let first_day = Millis(first_dose.0.div_euclid(DAY) * DAY);
        Self { random, site, number, first_day, kilograms, days, messages: Vec::new(), milligrams, fahrenheit }
    }

    /// A time so many days after the first dose's day.
    pub(super) const fn at(&self, day: i64, hour: i64, minute: i64) -> Millis {
        Millis(self.first_day.0 + day * DAY + hour * HOUR + minute * MINUTE)
    }

    /// The day of this number, counted from the first dose.
    pub(super) fn day(&mut self, day: i64) -> Option<&mut Day> {
        usize::try_from(day + 1).ok().and_then(|at| self.days.get_mut(at))
    }

    /// Laboratory and weight on each of these days.
    pub(super) fn seen(&mut self, days: impl IntoIterator<Item = i64>) {
        for day in days {
            if let Some(day) = self.day(day) {
                (day.laboratory, day.weighed, day.vitals) = (true, true, true);
            }
        }
    }

    /// Days on which the weight is the baseline.
    fn baseline<const N: usize>(&mut self, days: [i64; N]) {
        for day in days {
            if let Some(day) = self.day(day) {
                day.gain = 0.0;
            }
        }
    }

    /// A number between two.
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        between(&mut self.random, from, to)
    }

    /// What a patient on the product has anyway: person, tests before the first dose, three doses, tests beside them.
    pub(super) fn treated(&mut self) {
        let born = 1950 + i32::from(self.random.u8(0..45));
        self.say(self.at(-1, 7, 0), &json!({"Patient": {"birth_year": born, "height_cm": 172.0}}));
        for (analyte, value, unit) in
            [("qtc", 415.0, "ms"), ("potassium", 4.1, "mmol/L"), ("magnesium", 0.82, "mmol/L")]
        {
            self.result(self.at(-1, 7, 0), analyte, value, unit, None);
        }
        self.baseline([-1]);
        self.seen([-1, 0, 2, 4, 7, 9, 11, 14, 16, 18, 21, 25, 28, 32]);
        for (day, dose) in [(0, 0.8), (7, 0.5), (14, 0.5)] {
            let start = self.at(day, 10, 0);
            self.say(
                start,
                &json!({"Administration": {
                    "product": "Besponsa", "dose_mg_m2": dose, "start": start.0, "stop": start.0 + HOUR,
                    "intent": "treatment", "cycle": 1, "cycle_day": day + 1,
                }}),
            );
        }
    }

    /// A transplant on a day, conditioning a week before, in hospital until `until`, seen daily.
    pub(super) fn transplanted(&mut self, day: i64, until: i64) {
        self.stay(day - 8, "admission");
        let agents = json!(["fludarabine", "melphalan"]);
        self.say(
            self.at(day - 7, 10, 0),
            &json!({"Procedure": {
                "kind": "conditioning", "start": self.at(day - 7, 10, 0).0, "agents": agents,
            }}),
        );
        self.say(self.at(day, 12, 0), &json!({"Procedure": {"kind": "hsct", "start": self.at(day, 12, 0).0}}));
        self.baseline([day - 8, day - 7]);
        self.seen(day - 8..until);
        for at in day - 3..day + 14 {
            if let Some(day) = self.day(at) {
                (day.anc, day.platelets) = (0.1, 22.0);
            }
        }
        self.stay(until, "discharge");
    }

    /// Admission or discharge at nine.
    pub(super) fn stay(&mut self, day: i64, event: &str) {
        self.say(self.at(day, 9, 0), &json!({"Stay": {"event": event}}));
    }

    /// A finding.
    pub(super) fn finding(&mut self, at: Millis, kind: &str, presence: &str) {
        self.say(at, &json!({"Finding": {"kind": kind, "presence": presence}}));
    }

    /// Overt bleeding.
    pub(super) fn bleeding(&mut self, at: Millis, site: &str, grade: i32) {
        self.say(
            at,
            &json!({"Finding": {"kind": "overt_bleeding", "presence": "present", "site": site, "grade": grade}}),
        );
    }

    /// A temperature in the unit of the ward.
    pub(super) fn temperature(&mut self, at: Millis, celsius: f64) {
        if self.fahrenheit {
            let value = (celsius * 18.0 + 320.0).round() / 10.0;
            self.measured(at, "temperature", value, "[degF]");
        } else {
            self.measured(at, "temperature", (celsius * 10.0).round() / 10.0, "Cel");
        }
    }

    /// A vital sign, known at once.
    pub(super) fn measured(&mut self, at: Millis, analyte: &str, value: f64, unit: &str) {
        let quantity = json!({"value": value, "unit": unit});
        self.say(at, &json!({"Observation": {"analyte": analyte, "quantity": quantity}}));
    }

    /// A laboratory result, known an hour after the sample.
    pub(super) fn result(&mut self, at: Millis, analyte: &str, value: f64, unit: &str, high: Option<f64>) {
        let body = result_body(analyte, value, unit, high, "final");
        self.known(at, Millis(at.0 + RESULT_MS), None, &body);
    }

    /// A bilirubin in the unit of the laboratory; `known` later than usual where given.
    pub(super) fn bilirubin(&mut self, at: Millis, umol: f64, known: Option<Millis>) {
        let (value, unit, high) = self.bilirubin_as_reported(umol);
        let known = known.unwrap_or(Millis(at.0 + RESULT_MS));
        self.known(at, known, None, &result_body("bilirubin", value, unit, Some(high), "final"));
    }

    /// A bilirubin that is first sent wrongly and then corrected.
    pub(super) fn bilirubin_corrected(&mut self, at: Millis, wrong: (f64, &str), umol: f64, corrected: Millis) {
        let name = format!("{}-corrected-{}", self.number, at.0);
        let high = if wrong.1 == "mg/dL" { 1.2 } else { 21.0 };
        let first = result_body("bilirubin", wrong.0, wrong.1, Some(high), "final");
        self.known(at, Millis(at.0 + RESULT_MS), Some(&name), &first);
        let second = result_body("bilirubin", umol, "umol/L", Some(21.0), "corrected");
        self.known(at, corrected, Some(&name), &second);
    }

    fn bilirubin_as_reported(&self, umol: f64) -> (f64, &'static str, f64) {
        if self.milligrams {
            ((umol / 17.104 * 100.0).round() / 100.0, "mg/dL", 1.2)
        } else {
            (umol.round(), "umol/L", 21.0)
        }
    }

    /// Anything, known at once.
    pub(super) fn say(&mut self, at: Millis, body: &Value) {
        self.known(at, at, None, body);
    }

    fn known(&mut self, time: Millis, known: Millis, name: Option<&str>, body: &Value) {
        let own = format!("{}-{}", self.number, self.messages.len());
        let head = json!({
            "site": self.site, "source_id": name.unwrap_or(&own), "event_time": time.0,
            "identity": {"authority": self.site, "identifier": identifier(self.number)},
        });
        let payload = json!({"head": head, "body": body}).to_string().into_bytes();
        self.messages.push(WardMessage { known, time, payload });
    }

    /// The messages of the whole chart in the order in which they became known, and the days that it spans.
    pub(super) fn finish(mut self) -> (Vec<WardMessage>, u32) {
        let mut last = 0;
        for (at, day) in self.days.clone().into_iter().enumerate() {
            let number = i64::try_from(at).unwrap_or(0) - 1;
            if day.laboratory {
                last = number;
                let sample = self.at(number, 6, 0);
                if !day.bilirubin_lost {
                    self.bilirubin(sample, day.bilirubin, None);
                }
                for (analyte, value, unit, high) in [
                    ("ALT", day.alt.round(), "U/L", Some(40.0)),
                    ("AST", (day.alt * 0.8).round(), "U/L", Some(40.0)),
                    ("ALP", 90.0, "U/L", Some(120.0)),
                    ("creatinine", 75.0, "umol/L", Some(100.0)),
                    ("ANC", (day.anc * 100.0).round() / 100.0, "10*9/L", None),
                    ("platelets", day.platelets.round(), "10*9/L", None),
                    ("haemoglobin", day.haemoglobin.round(), "g/L", None),
                ] {
                    self.result(sample, analyte, value, unit, high);
                }
            }
            if day.weighed {
                let kilograms = (self.kilograms * (100.0 + day.gain)).round() / 100.0;
                self.measured(self.at(number, 8, 0), "weight", kilograms, "kg");
            }
            if day.vitals {
                for hour in [8, 20] {
                    let (celsius, systolic) = (self.between(36.4, 37.3), self.between(105.0, 138.0).round());
                    self.temperature(self.at(number, hour, 5), celsius);
                    self.measured(self.at(number, hour, 5), "SBP", systolic, "mm[Hg]");
                }
            }
        }
        self.messages.sort_by_key(|message| message.known);
        (self.messages, u32::try_from(last + 2).unwrap_or(1))
    }
}

fn result_body(analyte: &str, value: f64, unit: &str, high: Option<f64>, status: &str) -> Value {
    json!({"Observation": {
        "analyte": analyte, "quantity": {"value": value, "unit": unit}, "reference_high": high, "status": status,
    }})
}

fn between(random: &mut fastrand::Rng, from: f64, to: f64) -> f64 {
    from + random.f64() * (to - from)
}
