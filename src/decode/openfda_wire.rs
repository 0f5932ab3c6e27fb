//! The drug-event JSON of openFDA as it is written: the fields we read, all of them optional, values as text or as
//! numbers, one item where a list might be. Fields that we do not read are passed over.

use crate::record::Text;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A value written as text or as a number; always read as text, without the white space around it.
#[derive(Default)]
pub struct Scalar<'a>(Cow<'a, str>);

impl<'a> Scalar<'a> {
    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As text of a record; `None` when there is none.
    pub fn into_text(self) -> Option<Text<'a>> {
        if self.0.is_empty() { None } else { Some(Text(self.0)) }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a number")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Borrowed(text.trim())))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(text.trim().to_owned())))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(number.to_string())))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(number.to_string())))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(number.to_string())))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// A list, or one item that stands for a list of one (openFDA is made from XML), or null for none.
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an item or a list of them")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(OneOrMany(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|item| OneOrMany(vec![item]))
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                T::deserialize(BorrowedStrDeserializer::new(text)).map(|item| OneOrMany(vec![item]))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(|item| OneOrMany(vec![item]))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(|item| OneOrMany(vec![item]))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(|item| OneOrMany(vec![item]))
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(OneOrMany(Vec::new()))
            }
        }
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// Declares a wire struct: every field optional, scalars unless a type is given.
macro_rules! wire {
    ($(#[$doc:meta])* $name:ident { $($field:ident $(: $of:ty)?),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Default, serde::Deserialize)]
        // serde cannot see the lifetime inside the fields' types, which come from a macro.
        #[serde(default, bound(deserialize = "'de: 'a"))]
        pub struct $name<'a> {
            $(pub $field: wire!(@type $($of)?),)*
        }
    };
    (@type) => { Option<Scalar<'a>> };
    (@type $of:ty) => { $of };
}

wire! {
    /// A safety report.
    WireReport {
        safetyreportid, safetyreportversion, companynumb, authoritynumb, reporttype, receivedate, receiptdate,
        transmissiondate, fulfillexpeditecriteria, occurcountry, primarysourcecountry, serious, seriousnessdeath,
        seriousnesslifethreatening, seriousnesshospitalization, seriousnessdisabling, seriousnesscongenitalanomali,
        seriousnessother,
        primarysource: OneOrMany<WireSource<'a>>,
        reportduplicate: OneOrMany<WireDuplicate<'a>>,
        patient: Option<WirePatient<'a>>,
    }
}
wire! {
    /// Who reported first.
    WireSource { qualification, reportercountry }
}
wire! {
    /// The number of the same case at another sender.
    WireDuplicate { duplicatenumb }
}
wire! {
    /// The patient with drugs and reactions.
    WirePatient {
        patientonsetage, patientonsetageunit, patientagegroup, patientsex, patientweight, patientheight, patientinitial,
        patientdeath: Option<WireDeath<'a>>,
        summary: Option<WireSummary<'a>>,
        drug: OneOrMany<WireDrug<'a>>,
        reaction: OneOrMany<WireReaction<'a>>,
    }
}
wire! {
    /// The death of the patient.
    WireDeath { patientdeathdate }
}
wire! {
    /// The narrative.
    WireSummary { narrativeincludeclinical }
}
wire! {
    /// One drug row.
    WireDrug {
        drugcharacterization, medicinalproduct, drugbatchnumb, drugdosagetext, drugdosageform, drugadministrationroute,
        drugstructuredosagenumb, drugstructuredosageunit, drugcumulativedosagenumb, drugcumulativedosageunit,
        drugstartdate, drugenddate, drugtreatmentduration, drugtreatmentdurationunit, drugstartperiod,
        drugstartperiodunit, druglastperiod, druglastperiodunit, actiondrug, drugadditional, drugrecurreadministration,
        drugindication: OneOrMany<Scalar<'a>>,
        activesubstance: OneOrMany<WireSubstance<'a>>,
        openfda: Option<WireOpenFda<'a>>,
    }
}
wire! {
    /// An active substance, or several in one text.
    WireSubstance { activesubstancename: OneOrMany<Scalar<'a>> }
}
wire! {
    /// What openFDA adds to a drug by its name.
    WireOpenFda {
        unii: OneOrMany<Scalar<'a>>,
        rxcui: OneOrMany<Scalar<'a>>,
        substance_name: OneOrMany<Scalar<'a>>,
        generic_name: OneOrMany<Scalar<'a>>,
        brand_name: OneOrMany<Scalar<'a>>,
    }
}
wire! {
    /// One reaction.
    WireReaction {
        reactionmeddrapt, reactionmeddraversionpt, reactionoutcome, reactionstartdate, reactionenddate,
    }
}
