//! What can happen to a simulated patient, and what should be found of it.

use super::Truth;
use super::chart::Chart;
use crate::record::Millis;
use serde_json::json;
use std::collections::BTreeSet;

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $share:literal;)*) => {
        /// What happens to a patient.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Script { $($(#[$doc])* $name),* }

        impl Script {
            /// All of them with their shares of the patients.
            pub const ALL: &'static [(Self, u32)] = &[$((Self::$name, $share)),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$name => $text),* } }
        }
    };
}

// Far more happens here than on any ward, so that every script is seen.
scripts! {
    /// Nadir and recovery, nothing else.
    Uneventful = "uneventful", 20;
    /// A transplant without trouble.
    Transplant = "transplant", 8;
    /// VOD/SOS in the second week after a transplant.
    VodClassical = "VOD, classical", 7;
    /// The same, and the deciding bilirubin becomes known a day late.
    VodLearnedLate = "VOD, result late", 3;
    /// VOD/SOS in the fifth week after a transplant.
    VodLate = "VOD, late", 4;
    /// VOD/SOS with normal bilirubin.
    VodAnicteric = "VOD, anicteric", 4;
    /// VOD/SOS without a transplant.
    VodUntransplanted = "VOD, no transplant", 4;
    /// Liver injury by the medicine: enzymes and bilirubin, no weight.
    LiverInjury = "liver injury", 6;
    /// Gilbert: bilirubin always about twice normal.
    Gilbert = "Gilbert", 4;
    /// Fluid: weight gain, haemoglobin down, transfusions, no bleeding.
    Dilution = "dilution", 5;
    /// Sepsis after a transplant with bilirubin and fluid: looks like VOD/SOS and is none.
    SepsisCholestasis = "sepsis, cholestasis", 4;
    /// Febrile neutropenia.
    FebrileNeutropenia = "febrile neutropenia", 10;
    /// Fever at night whose count comes later and is low.
    FeverBeforeCount = "fever before count", 4;
    /// Fever with enough neutrophils.
    FeverAlone = "fever alone", 4;
    /// Low pressure with few neutrophils, no fever.
    SepsisWithoutFever = "sepsis, no fever", 3;
    /// Bleeding of the gut with a fall of haemoglobin.
    MajorBleeding = "major bleeding", 3;
    /// Bleeding in the head.
    HeadBleeding = "bleeding in the head", 2;
    /// A nosebleed.
    Nosebleed = "nosebleed", 4;
    /// Tests that do not come.
    MissingTests = "missing tests", 4;
    /// A bilirubin in the wrong unit, corrected later.
    UnitSlip = "unit slip", 3;
    /// A bilirubin of somebody else beside a real gain of weight, corrected two hours later.
    WrongResult = "wrong result", 3;
}

/// Day of a transplant after the first dose.
const HSCT: i64 = 45;

impl Script {
    /// One by its share.
    pub(super) fn pick(random: &mut fastrand::Rng) -> Self {
        let total = Self::ALL.iter().map(|(_, share)| share).sum();
        let mut left = random.u32(0..total);
        for (script, share) in Self::ALL {
            if left < *share {
                return *script;
            }
            left -= share;
        }
        Self::Uneventful
    }

    /// Writes the chart; what is true, what is expected, and when it begins.
    pub(super) fn write(self, chart: &mut Chart) -> (Truth, BTreeSet<&'static str>, Millis) {
        let truth = Truth::default();
        chart.treated();
        let (truth, expected, key): (Truth, &[&'static str], Millis) = match self {
            Self::Uneventful => (truth, &[], chart.at(7, 10, 0)),
            Self::Transplant => {
                chart.transplanted(HSCT, HSCT + 25);
                (truth, &[], chart.at(HSCT + 7, 12, 0))
            }
            Self::VodClassical | Self::VodLearnedLate => {
                chart.transplanted(HSCT, HSCT + 25);
                let onset = HSCT + 8 + i64::from(chart.random.u8(0..5));
                let key = icteric(chart, onset, self == Self::VodLearnedLate);
                let expected = &[
                    "bilirubin_doubled",
                    "weight_gain_with_pain",
                    "modified_seattle",
                    "baltimore",
                    "ebmt2016_classical",
                    "ebmt2023_probable",
                    "ebmt2023_clinical",
                    "single_test_notice",
                ];
                (Truth { vod: true, ..truth }, expected, key)
            }
            Self::VodLate => {
                chart.transplanted(HSCT, HSCT + 25);
                let onset = HSCT + 29 + i64::from(chart.random.u8(0..5));
                chart.stay(onset - 3, "admission");
                chart.seen(onset - 3..onset + 9);
                chart.stay(onset + 9, "discharge");
                let key = icteric(chart, onset, false);
                let expected = &[
                    "bilirubin_doubled",
                    "weight_gain_with_pain",
                    "ebmt2016_late",
                    "ebmt2023_probable",
                    "ebmt2023_clinical",
                    "single_test_notice",
                ];
                (Truth { vod: true, ..truth }, expected, key)
            }
            Self::VodAnicteric => {
                chart.transplanted(HSCT, HSCT + 25);
                let onset = HSCT + 8 + i64::from(chart.random.u8(0..5));
                let key = anicteric(chart, onset);
                (Truth { vod: true, ..truth }, &["weight_gain_with_pain", "modified_seattle", "ebmt2023_probable"], key)
            }
            Self::VodUntransplanted => {
                let onset = 24 + i64::from(chart.random.u8(0..12));
                chart.stay(onset - 3, "admission");
                chart.seen(onset - 3..onset + 9);
                chart.stay(onset + 9, "discharge");
                let key = icteric(chart, onset, false);
                let expected = &[
                    "bilirubin_doubled",
                    "weight_gain_with_pain",
                    "ebmt2023_probable",
                    "ebmt2023_clinical",
                    "single_test_notice",
                ];
                (Truth { vod: true, ..truth }, expected, key)
            }
            Self::LiverInjury => {
                let key = liver_injury(chart);
                (Truth { liver_injury: true, ..truth }, &["hys_law", "hepatic_hold_met", "single_test_notice"], key)
            }
            Self::Gilbert => {
                chart.say(chart.at(-1, 7, 0), &json!({"Condition": {"kind": "gilbert", "presence": "present"}}));
                for day in -1..60 {
                    let bilirubin = chart.between(38.0, 48.0);
                    if let Some(day) = chart.day(day) {
                        day.bilirubin = bilirubin;
                    }
                }
                (truth, &[], chart.at(9, 7, 0))
            }
            Self::Dilution => (truth, &["hb_fall"], dilution(chart)),
            Self::SepsisCholestasis => {
                chart.transplanted(HSCT, HSCT + 25);
                let key = sepsis_cholestasis(chart, HSCT + 10);
                let expected = &[
                    "ctcae_v5",
                    "idsa_2010",
                    "esmo_2016",
                    "bilirubin_doubled",
                    "modified_seattle",
                    "ebmt2023_probable",
                    "single_test_notice",
                ];
                (Truth { neutropenic_infection: true, ..truth }, expected, key)
            }
            Self::FebrileNeutropenia => {
                let day = 8 + i64::from(chart.random.u8(0..3)) * 3;
                let key = febrile(chart, day, true);
                (Truth { neutropenic_infection: true, ..truth }, &["ctcae_v5", "idsa_2010", "esmo_2016"], key)
            }
            Self::FeverBeforeCount => {
                let key = fever_before_count(chart);
                let expected = &["fever_anc_unknown", "ctcae_v5", "idsa_2010", "esmo_2016"];
                (Truth { neutropenic_infection: true, ..truth }, expected, key)
            }
            Self::FeverAlone => (truth, &[], febrile(chart, 26, false)),
            Self::SepsisWithoutFever => {
                let day = 12;
                chart.seen([day]);
                let key = chart.at(day, 13, 0);
                chart.measured(key, "SBP", 82.0, "mm[Hg]");
                chart.temperature(key, 36.6);
                (Truth { neutropenic_infection: true, ..truth }, &["sepsis_without_fever"], key)
            }
            Self::MajorBleeding => {
                let key = gut_bleeding(chart);
                (Truth { major_bleeding: true, ..truth }, &["hb_fall", "bleeding_overt", "isth_major"], key)
            }
            Self::HeadBleeding => {
                let key = chart.at(12, 15, 0);
                chart.bleeding(key, "subdural haematoma", 4);
                (Truth { major_bleeding: true, ..truth }, &["bleeding_overt", "isth_major"], key)
            }
            Self::Nosebleed => {
                chart.seen([11, 12]);
                let key = chart.at(12, 15, 0);
                chart.bleeding(key, "nose", 1);
                (truth, &["bleeding_overt"], key)
            }
            Self::MissingTests => {
                for day in [6, 7, 9, 11] {
                    if let Some(day) = chart.day(day) {
                        (day.laboratory, day.weighed, day.vitals) = (false, false, false);
                    }
                }
                (truth, &["bilirubin_before_dose"], chart.at(7, 10, 0))
            }
            Self::UnitSlip => {
                let key = chart.at(11, 12, 0);
                chart.bilirubin_corrected(key, (25.0, "mg/dL"), 14.0, chart.at(11, 18, 0));
                (truth, &["check_unit"], key)
            }
            Self::WrongResult => {
                let key = chart.at(16, 12, 0);
                if let Some(day) = chart.day(16) {
                    day.gain = 6.5;
                }
                chart.bilirubin_corrected(key, (42.0, "umol/L"), 13.0, chart.at(16, 15, 0));
                (truth, &["ebmt2023_probable", "bilirubin_doubled", "single_test_notice"], key)
            }
        };
        (truth, expected.iter().copied().collect(), key)
    }
}

/// Bilirubin doubles, weight follows, the liver is found large and painful two hours later.
fn icteric(chart: &mut Chart, onset: i64, learned_late: bool) -> Millis {
    let first = chart.between(30.0, 31.0);
    let peak = chart.between(52.0, 80.0);
    let gain = chart.between(6.0, 9.0);
    for (after, bilirubin, weight) in [
        (-2, 13.0, 0.2),
        (-1, first, 1.0),
        (0, peak, gain),
        (1, peak + 8.0, gain),
        (2, peak + 12.0, gain),
        (3, peak, gain - 0.5),
        (4, peak - 10.0, gain - 2.0),
        (5, 36.0, 3.0),
        (6, 25.0, 1.5),
        (7, 18.0, 0.5),
    ] {
        if let Some(day) = chart.day(onset + after) {
            (day.bilirubin, day.gain) = (bilirubin, weight);
        }
    }
    if learned_late {
        // The morning's sample is lost on its way; its result comes with the next day's.
        let known = chart.at(onset + 1, 7, 30);
        if let Some(day) = chart.day(onset) {
            day.bilirubin_lost = true;
        }
        chart.bilirubin(chart.at(onset, 6, 30), peak, Some(known));
    }
    chart.finding(chart.at(onset, 10, 0), "painful_hepatomegaly", "present");
    chart.finding(chart.at(onset + 1, 10, 0), "ascites", "present");
    for kind in ["painful_hepatomegaly", "hepatomegaly", "ruq_pain", "ascites"] {
        chart.finding(chart.at(onset + 7, 10, 0), kind, "absent");
    }
    chart.at(onset - 1, 7, 0)
}

/// Weight and pain, an enlarged liver a day later, bilirubin never above normal.
fn anicteric(chart: &mut Chart, onset: i64) -> Millis {
    for (after, gain) in [(0, 3.2), (1, 7.0), (2, 8.0), (3, 7.0), (4, 4.0), (5, 2.0)] {
        if let Some(day) = chart.day(onset + after) {
            day.gain = gain;
        }
    }
    chart.finding(chart.at(onset, 11, 0), "ruq_pain", "present");
    chart.finding(chart.at(onset + 1, 11, 0), "painful_hepatomegaly", "present");
    for kind in ["painful_hepatomegaly", "hepatomegaly", "ruq_pain"] {
        chart.finding(chart.at(onset + 6, 10, 0), kind, "absent");
    }
    chart.at(onset, 8, 0)
}

fn liver_injury(chart: &mut Chart) -> Millis {
    let days = [
        (20, 20.0, 130.0),
        (22, 36.0, 320.0),
        (24, 58.0, 540.0),
        (26, 62.0, 480.0),
        (28, 44.0, 260.0),
        (32, 18.0, 70.0),
    ];
    chart.seen(days.map(|(day, ..)| day));
    for (day, bilirubin, alt) in days {
        if let Some(day) = chart.day(day) {
            (day.bilirubin, day.alt) = (bilirubin, alt);
        }
    }
    for day in [21, 25] {
        if let Some(day) = chart.day(day) {
            day.laboratory = false;
        }
    }
    chart.at(20, 7, 0)
}

fn dilution(chart: &mut Chart) -> Millis {
    chart.seen([11, 12, 13]);
    for (day, haemoglobin, gain) in [(11, 95.0, 0.5), (12, 72.0, 4.0), (13, 84.0, 3.5)] {
        if let Some(day) = chart.day(day) {
            (day.haemoglobin, day.gain) = (haemoglobin, gain);
        }
    }
    let given = chart.at(12, 11, 0);
    chart.say(given, &json!({"Procedure": {"kind": "red_cell_transfusion", "start": given.0, "units": 2.0}}));
    chart.at(12, 7, 0)
}

fn sepsis_cholestasis(chart: &mut Chart, day: i64) -> Millis {
    let fever = chart.at(day, 9, 0);
    chart.temperature(fever, 39.2);
    chart.say(chart.at(day, 9, 30), &json!({"Condition": {"kind": "infection", "presence": "present"}}));
    for (after, bilirubin, gain) in
        [(-1, 19.0, 0.8), (0, 27.0, 1.5), (1, 44.0, 6.2), (2, 50.0, 6.4), (3, 40.0, 4.0), (4, 25.0, 1.5)]
    {
        if let Some(day) = chart.day(day + after) {
            (day.bilirubin, day.gain) = (bilirubin, gain);
        }
    }
    for kind in ["painful_hepatomegaly", "hepatomegaly", "ruq_pain", "ascites"] {
        chart.finding(chart.at(day, 12, 0), kind, "absent");
    }
    fever
}

/// Fever after the morning's count, then two days of falling temperature.
fn febrile(chart: &mut Chart, day: i64, few: bool) -> Millis {
    chart.seen(day - 1..day + 5);
    for at in day - 2..day + 5 {
        if let Some(at) = chart.day(at) {
            at.anc = if few { 0.2 } else { 2.4 };
        }
    }
    let hour = 9 + i64::from(chart.random.u8(0..10));
    let fever = chart.at(day, hour, 10);
    let celsius = chart.between(38.6, 39.8);
    chart.temperature(fever, celsius);
    chart.temperature(chart.at(day, hour + 3, 10), 38.4);
    chart.temperature(chart.at(day + 1, 3, 10), 37.6);
    fever
}

/// Fever at night, two days after the last count; the count comes an hour and a half later.
fn fever_before_count(chart: &mut Chart) -> Millis {
    for day in [9, 10, 11, 12, 13] {
        if let Some(day) = chart.day(day) {
            day.laboratory = false;
        }
    }
    let fever = chart.at(12, 2, 10);
    chart.temperature(fever, 38.7);
    let count = chart.at(12, 2, 30);
    chart.result(count, "ANC", 0.2, "10*9/L", None);
    chart.temperature(chart.at(12, 8, 30), 37.4);
    fever
}

fn gut_bleeding(chart: &mut Chart) -> Millis {
    chart.seen([11, 12, 13]);
    for (day, haemoglobin) in [(11, 92.0), (12, 68.0), (13, 80.0)] {
        if let Some(day) = chart.day(day) {
            (day.haemoglobin, day.platelets) = (haemoglobin, 9.0);
        }
    }
    let given = chart.at(12, 11, 0);
    chart.say(given, &json!({"Procedure": {"kind": "red_cell_transfusion", "start": given.0, "units": 2.0}}));
    let seen = chart.at(12, 9, 0);
    chart.bleeding(seen, "melaena", 3);
    chart.at(12, 7, 0)
}
