//! Priority of a rule by the profile's table (ruling 22).

use crate::profile::{Priority, Profile};

/// The priority of a rule. What rests on an unverified number alone (`trusted` false) is at most medium.
#[must_use]
pub fn priority(profile: &Profile, rule: &str, trusted: bool) -> Priority {
    let given = profile.rule_priority(rule).map_or(Priority::Information, |row| row.priority);
    if trusted { given } else { given.min(Priority::Medium) }
}
