//! Names of the closed lists of `schemas/record.avsc`, as they stand there.

use super::{
    Comparator, ConditionKind, FindingKind, Intent, Presence, ProcedureKind, ResponseResult, ResultStatus, Sex,
    StayEvent,
};

macro_rules! names {
    ($($list:ident { $($variant:ident = $name:literal),* $(,)? })*) => {
        $(impl $list {
            /// All values, in the schema's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value's name, as in the schema.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        })*

        #[cfg(test)]
        #[test]
        fn names_are_those_of_the_schema() {
            $(
                let names: Vec<&str> = $list::ALL.iter().map(|value| value.name()).collect();
                assert_eq!(schema_symbols(stringify!($list)), names, stringify!($list));
                for value in $list::ALL {
                    assert_eq!(serde_json::to_value(value).unwrap(), value.name());
                }
            )*
        }
    };
}

names! {
    Comparator { Eq = "eq", Lt = "lt", Le = "le", Gt = "gt", Ge = "ge" }
    Sex { Male = "male", Female = "female", Other = "other" }
    ResultStatus { Preliminary = "preliminary", Final = "final", Corrected = "corrected", Withdrawn = "withdrawn" }
    Intent { Treatment = "treatment", Prophylaxis = "prophylaxis", Unknown = "unknown" }
    ProcedureKind {
        Hsct = "hsct",
        Conditioning = "conditioning",
        RedCellTransfusion = "red_cell_transfusion",
        PlateletTransfusion = "platelet_transfusion",
        Paracentesis = "paracentesis",
        Dialysis = "dialysis",
        Ventilation = "ventilation",
        Biopsy = "biopsy",
        Imaging = "imaging",
        Other = "other",
    }
    FindingKind {
        Hepatomegaly = "hepatomegaly",
        PainfulHepatomegaly = "painful_hepatomegaly",
        RuqPain = "ruq_pain",
        Ascites = "ascites",
        Oedema = "oedema",
        UltrasoundSuggestive = "ultrasound_suggestive",
        PortalFlowReversal = "portal_flow_reversal",
        HistologyVod = "histology_vod",
        HvpgGe10 = "hvpg_ge_10",
        OvertBleeding = "overt_bleeding",
        RefractoryThrombocytopenia = "refractory_thrombocytopenia",
        Encephalopathy = "encephalopathy",
        Other = "other",
    }
    Presence { Present = "present", Absent = "absent", Unsure = "unsure" }
    ConditionKind {
        Gilbert = "gilbert",
        Haemolysis = "haemolysis",
        LiverDisease = "liver_disease",
        Hepatitis = "hepatitis",
        EarlierVod = "earlier_vod",
        PhiladelphiaPositive = "philadelphia_positive",
        Cd22Positive = "cd22_positive",
        EarlierTki = "earlier_tki",
        Gvhd = "gvhd",
        Infection = "infection",
        Pregnancy = "pregnancy",
        BAll = "b_all",
        Allergy = "allergy",
        Other = "other",
    }
    ResponseResult { Cr = "cr", Cri = "cri", None = "none", NotAssessed = "not_assessed" }
    StayEvent { Admission = "admission", Discharge = "discharge", Death = "death" }
}

#[cfg(test)]
fn schema_symbols(name: &str) -> Vec<String> {
    let text = super::SCHEMA_JSON;
    let at = text.find(&format!(r#""type": "enum", "name": "{name}""#)).unwrap_or_else(|| panic!("no enum {name}"));
    let symbols = text[at..].split("\"symbols\": ").nth(1).unwrap();
    serde_json::from_str(&symbols[..=symbols.find(']').unwrap()]).unwrap()
}
