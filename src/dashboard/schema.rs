//! How the words that alerts and records share stand in the API's description.

use super::read_model::Stand;
use crate::alert::{Change, Subject};
use crate::profile::{Concern, Listedness, Priority};
use crate::record::Millis;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

impl PartialSchema for Millis {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build()))
    }
}

impl ToSchema for Millis {}

fn words(names: &[&'static str]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names.iter().copied())).build()
}

macro_rules! word_schemas {
    ($($word:ident => $names:expr),* $(,)?) => {
        $(impl PartialSchema for $word {
            fn schema() -> RefOr<Schema> {
                let names: Vec<&'static str> = $names;
                RefOr::T(Schema::Object(words(&names)))
            }
        }
        impl ToSchema for $word {})*
    };
}

word_schemas! {
    Concern => Self::ALL.iter().map(|word| word.name()).collect(),
    Priority => Self::ALL.iter().map(|word| word.name()).collect(),
    Listedness => Self::ALL.iter().map(|word| word.name()).collect(),
    Change => Self::ALL.iter().map(|word| word.name()).collect(),
    Stand => Self::ALL.iter().map(|word| word.name()).collect(),
    Subject => vec!["case", "patient"],
}
