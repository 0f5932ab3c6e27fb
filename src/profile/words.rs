//! The closed word lists that the profile, the judgement and the alert share.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant),* }
        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The value's name as in profile, alert and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $text),* } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }
    };
}
pub(super) use words;

words! {
    /// What an alert is about, in the order of `schemas/alert.avsc`.
    Concern {
        /// Hepatic veno-occlusive disease / sinusoidal obstruction syndrome.
        VodSos = "vod_sos",
        /// Febrile neutropenia.
        FebrileNeutropenia = "febrile_neutropenia",
        /// Haemorrhage.
        Haemorrhage = "haemorrhage",
        /// The label's hepatic hold.
        HepaticHold = "hepatic_hold",
        /// The label's haematological hold at cycle day 1.
        HaematologicalHold = "haematological_hold",
        /// Hy's law.
        HysLaw = "hys_law",
        /// Dosing calendar and amounts.
        Dosing = "dosing",
        /// Use against a contraindication.
        ContraindicatedUse = "contraindicated_use",
        /// Overdue monitoring.
        Monitoring = "monitoring",
        /// Any other reported reaction.
        Reaction = "reaction",
    }
}

words! {
    /// How soon a person should look, lowest first (ruling 22).
    Priority {
        /// Shown in lists only.
        Information = "information",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
    }
}

words! {
    /// A region whose label is judged against.
    Region {
        /// European Union, SmPC.
        Eu = "EU",
        /// United States, prescribing information.
        Us = "US",
    }
}

words! {
    /// Is a reaction listed in a region's reference safety information (ruling 23)?
    Listedness {
        /// Yes.
        Listed = "listed",
        /// No.
        Unlisted = "unlisted",
        /// A person has to decide: more specific or more severe than the label's term.
        Review = "review",
        /// The question does not arise, as for a criterion met on bedside values.
        NotApplicable = "not_applicable",
    }
}

words! {
    /// How a term belongs to a listed reaction.
    Relation {
        /// The label's own term, or a PT that the label's term stands for.
        Same = "same",
        /// Member of a grouped label term, more specific than it: the concept is met, listedness is `review`.
        Within = "within",
        /// A related sign that is never the concept itself (hepatic failure, ascites for VOD).
        Related = "related",
        /// A risk term of ruling 20 (INR, DIC, platelet count decreased for haemorrhage): never the concept.
        Risk = "risk",
        /// Looks alike and is something else (Sweet's syndrome, haemorrhoids, pulmonary veno-occlusive disease).
        NotThis = "not_this",
    }
}

words! {
    /// How a phrase of a narrative is meant.
    Assertion {
        /// It is said to have happened to the patient.
        Affirmed = "affirmed",
        /// It is said not to have happened.
        Negated = "negated",
        /// It is said to be possible (ruling 25: one priority lower).
        Uncertain = "uncertain",
        /// It happened before what is reported, or is over: a contraindication question, never an onset.
        History = "history",
        /// It happened to somebody else.
        Family = "family",
        /// A plan, a prophylaxis, a risk, a question to be answered.
        Hypothetical = "hypothetical",
    }
}

words! {
    /// Answer of a rule. A missing fact makes it unknown, never "not met".
    Answer {
        /// Met on what is stated.
        Met = "met",
        /// Not met on what is stated.
        NotMet = "not_met",
        /// Cannot be said: something is missing.
        Unknown = "unknown",
    }
}

words! {
    /// A special situation of a report (fact base 1.2, 5.5).
    SpecialSituation {
        /// Off-label use, as the reporter calls it.
        OffLabelReported = "off_label_reported",
        /// Age outside the indication.
        OffLabelAge = "off_label_age",
        /// Another disease than B-cell precursor ALL.
        OffLabelIndication = "off_label_indication",
        /// Disease neither relapsed nor refractory.
        OffLabelFrontline = "off_label_frontline",
        /// Philadelphia-chromosome-positive without an earlier tyrosine kinase inhibitor.
        OffLabelPhiladelphia = "off_label_philadelphia",
        /// CD22-negative.
        OffLabelCd22 = "off_label_cd22",
        /// Together with another medicine against the leukaemia.
        OffLabelCombination = "off_label_combination",
        /// Medication error.
        MedicationError = "medication_error",
        /// Overdose.
        Overdose = "overdose",
        /// A day outside the calendar, or doses too close together.
        WrongDay = "wrong_day",
        /// Infusion shorter than the label says.
        ShortInfusion = "short_infusion",
        /// Use against a contraindication.
        ContraindicatedUse = "contraindicated_use",
        /// More cycles than the label allows.
        CyclesAboveLimit = "cycles_above_limit",
        /// Further cycles without a response.
        CyclesWithoutResponse = "cycles_without_response",
        /// Pregnancy of a treated woman.
        Pregnancy = "pregnancy",
        /// Pregnancy of a treated man's partner.
        PaternalExposure = "paternal_exposure",
        /// Exposure of a child by breast milk.
        Lactation = "lactation",
        /// Lack of effect.
        LackOfEffect = "lack_of_effect",
        /// Exposure at work.
        OccupationalExposure = "occupational_exposure",
    }
}
