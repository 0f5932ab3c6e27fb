//! The closed word lists of measurement: analytes, units, operators, and what a limit is relative to.

use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// What is measured; the unit named is the canonical one of `besponsa.toml`.
    Analyte {
        /// Total bilirubin, µmol/L.
        Bilirubin = "bilirubin",
        /// Direct bilirubin, µmol/L.
        BilirubinDirect = "bilirubin_direct",
        /// Alanine aminotransferase, U/L.
        Alt = "alt",
        /// Aspartate aminotransferase, U/L.
        Ast = "ast",
        /// Gamma-glutamyltransferase, U/L.
        Ggt = "ggt",
        /// Alkaline phosphatase, U/L.
        Alp = "alp",
        /// Neutrophils, 10⁹/L.
        Anc = "anc",
        /// White cells, 10⁹/L.
        Wbc = "wbc",
        /// Share of neutrophils, percent.
        NeutrophilPercent = "neutrophil_percent",
        /// Lymphocytes, 10⁹/L.
        Lymphocytes = "lymphocytes",
        /// Platelets, 10⁹/L.
        Platelets = "platelets",
        /// Haemoglobin, g/L.
        Haemoglobin = "haemoglobin",
        /// Creatinine, µmol/L.
        Creatinine = "creatinine",
        /// Body temperature, °C.
        Temperature = "temperature",
        /// Body weight, kg.
        Weight = "weight",
        /// Height, cm.
        Height = "height",
        /// Abdominal girth, cm.
        Girth = "girth",
        /// International normalised ratio.
        Inr = "inr",
        /// Prothrombin time, s.
        ProthrombinTime = "prothrombin_time",
        /// Fibrinogen, g/L.
        Fibrinogen = "fibrinogen",
        /// Albumin, g/L.
        Albumin = "albumin",
        /// Lactate, mmol/L.
        Lactate = "lactate",
        /// C-reactive protein, mg/L.
        Crp = "crp",
        /// Procalcitonin, ng/mL.
        Procalcitonin = "procalcitonin",
        /// Lactate dehydrogenase, U/L.
        Ldh = "ldh",
        /// Lipase, U/L.
        Lipase = "lipase",
        /// Amylase, U/L.
        Amylase = "amylase",
        /// Potassium, mmol/L.
        Potassium = "potassium",
        /// Magnesium, mmol/L.
        Magnesium = "magnesium",
        /// Systolic pressure, mmHg.
        Systolic = "systolic",
        /// Diastolic pressure, mmHg.
        Diastolic = "diastolic",
        /// Heart rate, per minute.
        HeartRate = "heart_rate",
        /// Respiratory rate, per minute.
        RespiratoryRate = "respiratory_rate",
        /// Oxygen saturation, percent.
        Spo2 = "spo2",
        /// Urine of 24 hours, mL.
        Urine24h = "urine_24h",
        /// Corrected QT interval, ms.
        Qtc = "qtc",
    }
}

impl Analyte {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Its number, from 0, for tables of them.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

words! {
    /// A unit that a value may be reported in, by its UCUM code.
    Unit {
        /// Micromoles per litre.
        UmolL = "umol/L",
        /// Milligrams per decilitre.
        MgDl = "mg/dL",
        /// Milligrams per litre.
        MgL = "mg/L",
        /// Enzyme units per litre.
        UL = "U/L",
        /// Microkatals per litre.
        UkatL = "ukat/L",
        /// Nanokatals per litre.
        NkatL = "nkat/L",
        /// 10⁹ per litre.
        E9L = "10*9/L",
        /// Per microlitre.
        PerUl = "/uL",
        /// Grams per litre.
        GL = "g/L",
        /// Grams per decilitre.
        GDl = "g/dL",
        /// Millimoles per litre.
        MmolL = "mmol/L",
        /// Milliequivalents per litre.
        MeqL = "meq/L",
        /// Degrees Celsius.
        Cel = "Cel",
        /// Degrees Fahrenheit.
        DegF = "[degF]",
        /// Kelvin.
        K = "K",
        /// Kilograms.
        Kg = "kg",
        /// Grams.
        G = "g",
        /// Pounds.
        Lb = "[lb_av]",
        /// Centimetres.
        Cm = "cm",
        /// Metres.
        M = "m",
        /// Inches.
        In = "[in_i]",
        /// Percent.
        Percent = "%",
        /// A share of 1.
        One = "1",
        /// The INR's own.
        Inr = "{INR}",
        /// Seconds.
        S = "s",
        /// Milliseconds.
        Ms = "ms",
        /// Millimetres of mercury.
        MmHg = "mm[Hg]",
        /// Per minute.
        PerMin = "/min",
        /// Nanograms per millilitre.
        NgMl = "ng/mL",
        /// Millilitres.
        Ml = "mL",
        /// Litres.
        L = "L",
    }
}

words! {
    /// How a value is held against a limit.
    Op {
        /// Above.
        Gt = ">",
        /// At or above.
        Ge = ">=",
        /// Below.
        Lt = "<",
        /// At or below.
        Le = "<=",
    }
}

impl Op {
    /// Is a larger value worse?
    #[must_use]
    pub const fn upward(self) -> bool {
        matches!(self, Self::Gt | Self::Ge)
    }
}

words! {
    /// What a limit is relative to.
    Basis {
        /// The analyte's own unit.
        Absolute = "absolute",
        /// Multiples of the upper limit of normal.
        Xuln = "xuln",
        /// Multiples of the lower limit of normal.
        Xlln = "xlln",
        /// Multiples of the patient's baseline.
        Xbaseline = "xbaseline",
        /// Percent above the patient's baseline.
        PercentOverBaseline = "percent_over_baseline",
        /// Amount above the patient's baseline.
        Rise = "rise",
        /// Multiple of an earlier value within the doubling time.
        Doubling = "doubling",
        /// Calendar days.
        Days = "days",
    }
}

words! {
    /// How long a value counts (ruling 5).
    Lasting {
        /// As long as a laboratory value.
        Laboratory = "laboratory",
        /// As long as a weight.
        Weight = "weight",
        /// As long as its own rule says.
        Vital = "vital",
        /// For ever, as a height.
        Lasting = "lasting",
    }
}

words! {
    /// Where an analyte is measured.
    MeasuredIn {
        /// In serum, plasma or blood.
        Blood = "blood",
        /// On the body.
        Body = "body",
    }
}

words! {
    /// EBMT severity of adults (fact base 3.2).
    SeverityLevel {
        /// Mild.
        Mild = "mild",
        /// Moderate.
        Moderate = "moderate",
        /// Severe.
        Severe = "severe",
        /// Very severe.
        VerySevere = "very_severe",
    }
}

words! {
    /// What the EBMT severity looks at.
    SeverityItem {
        /// Days from the first sign to the day the criteria were fulfilled (ruling 7).
        DaysSinceFirstSign = "days_since_first_sign",
        /// Bilirubin.
        Bilirubin = "bilirubin",
        /// ALT; one criterion together with AST.
        Alt = "alt",
        /// AST.
        Ast = "ast",
        /// Weight gain.
        Weight = "weight",
        /// Creatinine.
        Creatinine = "creatinine",
        /// Doubling of bilirubin within 48 hours.
        BilirubinDoubling = "bilirubin_doubling",
    }
}

words! {
    /// What a definition counts its days from.
    Anchor {
        /// Day 0 of the transplant (ruling 4).
        Hsct = "hsct",
        /// Nothing: it holds at any time.
        None = "none",
    }
}

words! {
    /// When a test is expected (ruling 21).
    Occasion {
        /// Before each dose.
        BeforeDose = "before_dose",
        /// After each dose.
        AfterDose = "after_dose",
        /// Before the first dose.
        BeforeFirstDose = "before_first_dose",
        /// Each day of an inpatient from conditioning on, or with an open VOD/SOS episode.
        DailyInpatient = "daily_inpatient",
    }
}
