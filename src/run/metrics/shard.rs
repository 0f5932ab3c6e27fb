//! The gauges of one shard.

use super::{Metrics, signed};
use crate::pipeline::{CaseTally, Shard};
use std::sync::{Arc, PoisonError};

/// What one shard adds to the gauges, until it is dropped.
#[derive(Debug)]
pub struct ShardGauges {
    metrics: Arc<Metrics>,
    partition: i32,
    tally: CaseTally,
    calendar_revision: u64,
    remembered: i64,
    /// Never exposed, exposed.
    patients: [i64; 2],
    imbalance: i64,
}

impl ShardGauges {
    pub(super) fn new(metrics: Arc<Metrics>, partition: i32) -> Self {
        Self {
            metrics,
            partition,
            tally: CaseTally::default(),
            calendar_revision: 0,
            remembered: 0,
            patients: [0; 2],
            imbalance: 0,
        }
    }

    /// Brings the gauges to the shard's state; call it after each batch.
    pub fn publish(&mut self, shard: &Shard) {
        let calendar = shard.desk().calendar();
        if calendar.revision() != self.calendar_revision {
            self.calendar_revision = calendar.revision();
            let mut calendars = self.metrics.calendars.lock().unwrap_or_else(PoisonError::into_inner);
            calendars.insert(self.partition, calendar.clone());
        }
        let remembered = i64::try_from(shard.cases()).unwrap_or(i64::MAX);
        let exposed = shard.exposed_patients();
        let patients = [shard.patients().saturating_sub(exposed), exposed];
        self.set_patients(patients.map(|count| i64::try_from(count).unwrap_or(i64::MAX)));
        self.set(shard.tally().clone(), remembered, signed(shard.ledger().imbalance()));
    }

    fn set_patients(&mut self, patients: [i64; 2]) {
        for ((gauge, before), now) in self.metrics.patients.iter().zip(self.patients).zip(patients) {
            gauge.add(now - before);
        }
        self.patients = patients;
    }

    pub(super) fn set(&mut self, tally: CaseTally, remembered: i64, imbalance: i64) {
        self.metrics.set_cases(&self.tally, &tally);
        self.metrics.cases_remembered.add(remembered - self.remembered);
        self.metrics.ledger_imbalance.add(imbalance - self.imbalance);
        (self.tally, self.remembered, self.imbalance) = (tally, remembered, imbalance);
    }
}

impl Drop for ShardGauges {
    fn drop(&mut self) {
        self.set(CaseTally::default(), 0, 0);
        self.set_patients([0; 2]);
        self.metrics.calendars.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.partition);
        self.metrics.shards.dec();
        // No such label is no error: the shard may never have known its lag.
        let _ = self.metrics.input_lag.remove_label_values(&[&self.partition.to_string()]);
    }
}
