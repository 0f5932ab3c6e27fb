//! Baselines of weight and laboratory values by ruling 11: never day 0, never a silent substitute.

use super::view::{Measured, Transplant, View};
use crate::profile::Profile;
use crate::record::Millis;

/// The span in which a baseline may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baselines {
    after: Millis,
    until: Millis,
}

impl Baselines {
    /// Where baselines lie: before the conditioning of the latest transplant that counts, else within 7 days before the
    /// first dose. `None` where neither is known, a transplant with unknown conditioning included.
    #[must_use]
    pub fn new<V: View>(profile: &Profile, view: &V) -> Option<Self> {
        if let Some(transplant) = counted(profile, view).next() {
            // Conditioning that is said to begin at day 0 or later is no conditioning.
            let until = transplant.conditioning.filter(|start| *start < transplant.at)?;
            return Some(Self { after: Millis(i64::MIN), until });
        }
        let until = view.first_dose()?;
        let days = profile.numbers.baseline_days_before_first_dose_max.value.days_ms();
        Some(Self { after: Millis(until.0.saturating_sub(days)), until })
    }

    /// The end of the span.
    #[must_use]
    pub const fn until(self) -> Millis {
        self.until
    }

    /// The last valid value of the span, from values of which the newest comes first.
    pub fn pick(self, newest_first: impl Iterator<Item = Measured>) -> Option<Measured> {
        newest_first
            .skip_while(|measured| measured.at > self.until)
            .take_while(|measured| measured.at >= self.after)
            .find(|measured| measured.measure.suspect.is_none())
    }
}

/// The transplants that count, the newest first: after the first dose or up to 100 days before it (ruling 4). An earlier
/// one anchors nothing and takes no baseline away.
pub(super) fn counted<V: View>(profile: &Profile, view: &V) -> impl Iterator<Item = Transplant> {
    let before = profile.numbers.hsct_days_before_first_dose_max.value.whole();
    let first_dose = view.first_dose().map(|at| view.local_day(at));
    view.transplants().filter(move |done| first_dose.is_none_or(|dose| view.local_day(done.at) >= dose - before))
}
