//! Our own record, in Avro and in JSON. Both are strict: a field that the schema does not have is a reject.

use super::{Limits, Sink, json, within_list_limit};
use crate::record::{Codec, Record, Reject, RejectReason};

/// One record in Avro single-object encoding.
pub fn avro(message: &[u8], limits: &Limits, sink: &mut Sink<'_>) -> Result<(), Reject> {
    let mut of_older_schema = Vec::new();
    let record: Record<'_> = Codec::record().decode(message, &mut of_older_schema)?;
    within_list_limit(&record, limits)?;
    sink(0, Ok(record));
    Ok(())
}

/// One record, or a list of records.
pub fn json(text: &str, limits: &Limits, sink: &mut Sink<'_>) -> Result<(), Reject> {
    if !text.trim_start().starts_with('[') {
        let record = json::read::<Record<'_>>(text, limits)?;
        sink(0, Ok(record));
        return Ok(());
    }
    let items = json::items(text, limits)?;
    if items.is_empty() {
        return Err(RejectReason::NoRecords.at("an empty list"));
    }
    for (index, item) in (0..).zip(items) {
        let record = json::read::<Record<'_>>(item, limits).map(|mut record| {
            record.head.origin.index = index;
            record
        });
        sink(index, record);
    }
    Ok(())
}
