//! Lines of a story that a ward or a laboratory would send: `day 21 08:00 weight 73.6 kg`.

use crate::record::Millis;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// A fact as a ward sends it.
#[derive(Clone, Debug)]
pub(super) struct WardFact {
    /// What the sender calls it; a correction bears the name of what it corrects.
    pub name: String,
    /// When it happened.
    pub time: Millis,
    /// When it became known.
    pub known: Millis,
    /// Body of the record.
    pub body: Value,
}

/// What a course has said of time and of results so far.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    /// Day 0, where one is told, in days since 1970-01-01.
    pub day_zero: Option<i64>,
    /// The calendar of the times told.
    pub zone: TimeZone,
    /// The day of the line before, so that a time alone is enough.
    today: Option<i64>,
    /// Facts told, so that a correction finds its own.
    told: Vec<WardFact>,
}

/// Limits of normal that a line need not name: the ones that STORIES begins with.
const NORMAL: [(&str, &str, f64); 6] = [
    ("bilirubin", "umol/L", 21.0),
    ("bilirubin", "mg/dL", 1.2),
    ("ALT", "U/L", 40.0),
    ("AST", "U/L", 40.0),
    ("ALP", "U/L", 120.0),
    ("creatinine", "umol/L", 100.0),
];

const FINDINGS: [(&str, &str); 12] = [
    ("painful hepatomegaly", "painful_hepatomegaly"),
    ("hepatomegaly", "hepatomegaly"),
    ("pain under the right ribs", "ruq_pain"),
    ("ascites", "ascites"),
    ("oedema", "oedema"),
    ("suggestive ultrasound", "ultrasound_suggestive"),
    ("reversed portal flow", "portal_flow_reversal"),
    ("histology of VOD", "histology_vod"),
    ("HVPG of 10 mmHg or more", "hvpg_ge_10"),
    ("overt bleeding", "overt_bleeding"),
    ("refractory platelets", "refractory_thrombocytopenia"),
    ("encephalopathy", "encephalopathy"),
];

impl Default for Calendar {
    fn default() -> Self {
        Self { day_zero: None, zone: TimeZone::UTC, today: None, told: Vec::new() }
    }
}

impl Calendar {
    /// Reads a time at the beginning of the words; the number of words that it took.
    pub fn time(&mut self, words: &[String]) -> Option<(Millis, usize)> {
        let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
        let clock = |text: &str, zone: &TimeZone, day: i64| {
            let date = crate::record::PartialDate::from_days(day)?;
            let time: jiff::civil::DateTime = format!("{date}T{text}").parse().ok()?;
            Some(Millis(time.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
        };
        if word(0) == "day" {
            let day: i64 = self.day_zero? + word(1).parse::<i64>().ok()?;
            self.today = Some(day);
            return Some((clock(word(2), &self.zone, day)?, 3));
        }
        if let Some(day) = word(0).parse::<crate::record::PartialDate>().ok().and_then(|date| date.days()) {
            self.today = Some(day);
            return Some((clock(word(1), &self.zone, day)?, 2));
        }
        Some((clock(word(0), &self.zone, self.today?)?, 1))
    }

    /// The facts of a line: its time, what happened, and perhaps `known TIME` and `named NAME` at its end.
    pub fn facts(&mut self, words: &[String]) -> Result<Vec<WardFact>, String> {
        let (time, took) = self.time(words).ok_or("no time at its beginning, or no day 0 told")?;
        let mut rest = &words[took..];
        let mut known = time;
        let mut name = None;
        while let Some(at) = rest.iter().rposition(|word| word == "known" || word == "named") {
            if rest[at] == "named" {
                name = Some(rest.get(at + 1).ok_or("named what?")?.clone());
            } else {
                let mut other = self.clone();
                known = other.time(&rest[at + 1..]).ok_or("known when?")?.0;
            }
            rest = &rest[..at];
        }
        let first = rest.first().map(String::as_str).unwrap_or_default();
        if matches!(first, "corrected" | "withdrawn") {
            // The line's own time is when the correction became known.
            let name = rest.get(1).ok_or("corrects what?")?;
            let of = self.told.iter().rev().find(|fact| fact.name == *name);
            let of = of.ok_or_else(|| format!("nothing is named {name}"))?.clone();
            let mut body = if first == "withdrawn" { of.body.clone() } else { self.one(&rest[2..])? };
            set_status(&mut body, first);
            let fact = WardFact { known: time, body, ..of };
            self.told.push(fact.clone());
            return Ok(vec![fact]);
        }
        let bodies = self.bodies(rest, time)?;
        let all = bodies.into_iter().enumerate().map(|(at, body)| {
            let own = format!("{}-{at}", self.told.len());
            WardFact { name: name.clone().unwrap_or(own), time, known, body }
        });
        let all: Vec<WardFact> = all.collect();
        self.told.extend(all.iter().cloned());
        Ok(all)
    }

    fn one(&self, words: &[String]) -> Result<Value, String> {
        let mut bodies = self.bodies(words, Millis(0))?;
        if bodies.len() == 1 { bodies.pop().ok_or_else(String::new) } else { Err("one fact, please".to_owned()) }
    }

    fn bodies(&self, words: &[String], time: Millis) -> Result<Vec<Value>, String> {
        let line = words.join(" ");
        let absent = |kinds: &[&str]| -> Vec<Value> {
            kinds.iter().map(|kind| json!({"Finding": {"kind": kind, "presence": "absent"}})).collect()
        };
        match line.as_str() {
            "nothing found on examination" => return Ok(absent(&["hepatomegaly", "ruq_pain", "ascites"])),
            "ultrasound without findings" => return Ok(absent(&["ultrasound_suggestive", "portal_flow_reversal"])),
            "admitted" => return Ok(vec![json!({"Stay": {"event": "admission"}})]),
            "discharged" => return Ok(vec![json!({"Stay": {"event": "discharge"}})]),
            "died" => return Ok(vec![json!({"Stay": {"event": "death"}})]),
            _ => {}
        }
        if let Some((text, kind)) = FINDINGS.iter().find(|(text, _)| line.starts_with(text)) {
            return finding(kind, &words[text.split(' ').count()..]).map(|body| vec![body]);
        }
        let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
        let number = |name: &str| after(name).map(|text| text.parse::<f64>().map_err(|_| format!("{name} {text}?")));
        let first = words.first().map(String::as_str).unwrap_or_default();
        let body = match first {
            "dose" => {
                let over = number("over").transpose()?;
                let stop = over.map(|minutes| time.0 + (minutes * 60_000.0) as i64);
                json!({"Administration": {
                    "product": "Besponsa",
                    "dose_mg_m2": words.get(1).and_then(|dose| dose.parse::<f64>().ok()).ok_or("dose of how much?")?,
                    "start": time.0, "stop": stop.unwrap_or(time.0 + 3_600_000), "intent": "treatment",
                    "cycle": number("cycle").transpose()?.map(|cycle| cycle as i32),
                    "cycle_day": number("day").transpose()?.map(|day| day as i32),
                }})
            }
            "defibrotide" => json!({"Administration": {
                "product": "Defibrotide", "start": time.0,
                "intent": words.get(2).map_or("unknown", String::as_str),
            }}),
            "transplant" => json!({"Procedure": {"kind": "hsct", "start": time.0}}),
            "conditioning" => json!({"Procedure": {"kind": "conditioning", "start": time.0, "agents": words[1..]}}),
            "red" | "platelets" if words.get(1).is_some_and(|word| word == "cells" || word == "transfused") => {
                let kind = if first == "red" { "red_cell_transfusion" } else { "platelet_transfusion" };
                let units = words.get(2).map(|units| units.parse::<f64>().map_err(|_| "how many units?"));
                json!({"Procedure": {"kind": kind, "start": time.0, "units": units.transpose()?}})
            }
            "dialysis" | "ventilation" | "paracentesis" | "biopsy" => {
                json!({"Procedure": {"kind": first, "start": time.0}})
            }
            "condition" => {
                let kind = words.get(1).ok_or("which condition?")?;
                let said =
                    ["present", "absent", "unsure"].into_iter().find(|said| words[2..].iter().any(|w| w == said));
                let severity = ["mild", "moderate", "severe"].into_iter().find(|s| words[2..].iter().any(|w| w == s));
                json!({"Condition": {"kind": kind, "presence": said.unwrap_or("present"), "severity": severity}})
            }
            "response" => {
                let result = match words.get(1).map(String::as_str) {
                    Some("CR") => "cr",
                    Some("CRi") => "cri",
                    Some("none") => "none",
                    _ => return Err("response CR, CRi or none".to_owned()),
                };
                json!({"Response": {"result": result}})
            }
            "patient" => json!({"Patient": {
                "birth_year": number("born").transpose()?.map(|year| year as i32),
                "height_cm": number("height").transpose()?,
            }}),
            _ => observation(words)?,
        };
        Ok(vec![body])
    }
}

fn finding(kind: &str, words: &[String]) -> Result<Value, String> {
    let presence = words.first().map(String::as_str).unwrap_or_default();
    if !["present", "absent", "unsure"].contains(&presence) {
        return Err("present, absent or unsure?".to_owned());
    }
    let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let grade = after("grade").map(|grade| grade.parse::<i32>().map_err(|_| "which grade?")).transpose()?;
    Ok(json!({"Finding": {"kind": kind, "presence": presence, "site": after("site"), "grade": grade}}))
}

/// `bilirubin <5 umol/L ULN 21`, `temperature 101.1 degF`, `bilirubin 34` without a unit, `bilirubin 60 umol/L in urine`.
fn observation(words: &[String]) -> Result<Value, String> {
    let number = |word: &str| word.trim_start_matches(['<', '>', '=']).parse::<f64>().ok();
    let at = words.iter().position(|word| number(word).is_some()).ok_or("no kind of fact, and no value")?;
    let name = words[..at].join(" ");
    let value = number(&words[at]).ok_or("no value")?;
    let comparator = match words[at].trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-') {
        "" => "eq",
        "<" => "lt",
        "<=" => "le",
        ">" => "gt",
        ">=" => "ge",
        other => return Err(format!("{other}?")),
    };
    let mut rest = &words[at + 1..];
    let mut unit = "";
    if let Some(word) =
        rest.first().filter(|word| !["ULN", "LLN", "no", "in", "without", "oral"].contains(&word.as_str()))
    {
        unit = word;
        rest = &rest[1..];
    }
    let after = |name: &str| rest.iter().position(|word| word == name).and_then(|at| rest.get(at + 1));
    let limit = |name: &str| after(name).map(|text| text.parse::<f64>().map_err(|_| format!("{name} {text}?")));
    let usual = NORMAL.iter().find(|(of, in_unit, _)| *of == name && *in_unit == unit).map(|(.., high)| *high);
    let none = rest.windows(2).any(|pair| pair[0] == "no" && pair[1] == "ULN");
    let high = limit("ULN").transpose()?.or(if none { None } else { usual });
    let (loinc, analyte) = match name.strip_prefix("LOINC ") {
        Some(code) => (Some(code.to_owned()), None),
        None => (None, Some(name)),
    };
    Ok(json!({"Observation": {
        "loinc": loinc, "analyte": analyte,
        "quantity": {"comparator": comparator, "value": value, "unit": unit},
        "reference_high": high, "reference_low": limit("LLN").transpose()?,
        "specimen": after("in"), "body_site": rest.iter().find(|word| *word == "oral" || *word == "axillary"),
    }}))
}

fn set_status(body: &mut Value, status: &str) {
    if let Some(kind) = body.as_object_mut().and_then(|body| body.values_mut().next()) {
        kind["status"] = json!(status);
    }
}
