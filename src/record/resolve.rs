//! A value of another release's schema as one of ours: fields, branches and named types meet by name, and what only the
//! reader has takes its default. apache-avro's own resolution takes the first branch of a union that a value happens to
//! fit, which may be another kind of record.

use apache_avro::Schema;
use apache_avro::schema::{NamesRef, ResolvedSchema, SchemaKind};
use apache_avro::types::Value;

/// The named types of a writer's and a reader's schema, so that a type that is named a second time is found.
pub(super) struct Names<'s> {
    writer: NamesRef<'s>,
    reader: NamesRef<'s>,
}

impl<'s> Names<'s> {
    /// `None` where a schema names a type that it does not define.
    pub(super) fn new(writer: &'s Schema, reader: &'s Schema) -> Option<Self> {
        let names = |schema| ResolvedSchema::new(schema).ok().map(|resolved| resolved.get_names().clone());
        Some(Self { writer: names(writer)?, reader: names(reader)? })
    }

    /// The value as one of the reader's schema; `None` where it holds what that has no word for.
    pub(super) fn by_name(&self, value: Value, writer: &Schema, reader: &Schema) -> Option<Value> {
        if let Schema::Ref { name } = writer {
            return self.by_name(value, self.writer.get(name)?, reader);
        }
        if let Schema::Ref { name } = reader {
            return self.by_name(value, writer, self.reader.get(name)?);
        }
        match (value, writer, reader) {
            (Value::Union(at, inner), Schema::Union(writers), Schema::Union(readers)) => {
                let written = writers.variants().get(usize::try_from(at).ok()?)?;
                let same = |schema: &&Schema| branch_name(schema) == branch_name(written);
                let to = readers.variants().iter().position(|schema| same(&schema))?;
                let inner = self.by_name(*inner, written, readers.variants().get(to)?)?;
                Some(Value::Union(u32::try_from(to).ok()?, Box::new(inner)))
            }
            (Value::Record(mut fields), Schema::Record(writer), Schema::Record(reader)) => {
                let mut resolved = Vec::with_capacity(reader.fields.len());
                for field in &reader.fields {
                    let held = fields.iter().position(|(name, _)| *name == field.name);
                    let written = writer.fields.iter().find(|written| written.name == field.name);
                    let value = match (held, written) {
                        (Some(at), Some(written)) => {
                            self.by_name(fields.swap_remove(at).1, &written.schema, &field.schema)?
                        }
                        _ => {
                            let schema = if let Schema::Ref { name } = &field.schema {
                                self.reader.get(name)?
                            } else {
                                &field.schema
                            };
                            let default = Value::try_from(field.default.clone()?).ok()?;
                            match (&default, schema) {
                                // An empty list asks nothing of its items, whose type may be named elsewhere.
                                (Value::Array(items), Schema::Array(_)) if items.is_empty() => default,
                                _ => default.resolve(schema).ok()?,
                            }
                        }
                    };
                    resolved.push((field.name.clone(), value));
                }
                Some(Value::Record(resolved))
            }
            (Value::Array(items), Schema::Array(writer), Schema::Array(reader)) => {
                let items = items.into_iter().map(|item| self.by_name(item, &writer.items, &reader.items));
                items.collect::<Option<Vec<_>>>().map(Value::Array)
            }
            // A field became a union with null, or stopped being one: by Avro's rules.
            (value, _, reader) => value.resolve(reader).ok(),
        }
    }
}

/// Full name of a named branch, the kind of any other.
fn branch_name(schema: &Schema) -> String {
    schema.name().map_or_else(|| format!("{:?}", SchemaKind::from(schema)), ToString::to_string)
}
