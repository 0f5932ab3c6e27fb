//! Orders of lists, and cursors: a cursor is the place of the last row that was given, so that rows which arrive between
//! two pages move nothing.

use super::handled::Stand;
use super::row::AlertRow;
use crate::profile::Priority;
use std::fmt::Write as _;
use xxhash_rust::xxh3::xxh3_64;

/// How alerts are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Priority, then open before acknowledged before snoozed, then the newest worsening.
    #[default]
    Worst,
    /// Newest first.
    Newest,
    /// The clock that runs out first.
    Due,
}

impl Sort {
    /// The order of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "worst" => Some(Self::Worst),
            "newest" => Some(Self::Newest),
            "due" => Some(Self::Due),
            _ => None,
        }
    }
}

/// Where a row stands in its order; smaller comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What is compared, in this order.
    pub by: [i64; 4],
    /// What tells equal rows apart.
    pub id: u128,
}

/// Rank of a priority, the highest first.
#[must_use]
pub const fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::High => 0,
        Priority::Medium => 1,
        Priority::Low => 2,
        Priority::Information => 3,
    }
}

impl Place {
    /// The place of an alert that stands so.
    #[must_use]
    pub fn of(sort: Sort, id: u128, row: &AlertRow, stand: Stand) -> Self {
        let worst = [rank(row.priority), stand as i64, row.worsened_at.0.saturating_neg()];
        let [priority, state, worsened] = worst;
        let by = match sort {
            Sort::Worst => [priority, state, worsened, 0],
            Sort::Newest => [row.recorded_at.0.saturating_neg(), 0, 0, 0],
            Sort::Due => {
                let digits = |clock: &super::row::ClockRow| clock.due.replace('-', "").parse::<i64>().ok();
                [row.clock.as_ref().and_then(digits).unwrap_or(i64::MAX), priority, state, worsened]
            }
        };
        Self { by, id }
    }

    /// The place as a cursor of a list with this order and filter.
    #[must_use]
    pub fn cursor(&self, of: &str) -> String {
        let mut text = format!("{:016x}", xxh3_64(of.as_bytes()));
        for number in self.by {
            let _ = write!(text, "{:016x}", number.cast_unsigned());
        }
        let _ = write!(text, "{:032x}", self.id);
        text
    }

    /// The place that a cursor stands for; `None` where it is none of this list.
    #[must_use]
    pub fn of_cursor(cursor: &str, of: &str) -> Option<Self> {
        if cursor.len() != 16 * 5 + 32 || !cursor.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = |at: usize| u64::from_str_radix(cursor.get(at * 16..at * 16 + 16)?, 16).ok();
        if number(0)? != xxh3_64(of.as_bytes()) {
            return None;
        }
        let mut by = [0; 4];
        for (at, slot) in by.iter_mut().enumerate() {
            *slot = number(at + 1)?.cast_signed();
        }
        Some(Self { by, id: u128::from_str_radix(cursor.get(80..)?, 16).ok()? })
    }
}

/// The page of a list behind a place: what stands there in order, and whether more follows.
#[must_use]
pub fn page<T>(mut rows: Vec<(Place, T)>, after: Option<Place>, limit: usize) -> (Vec<(Place, T)>, bool) {
    rows.retain(|(place, _)| after.is_none_or(|after| *place > after));
    if rows.len() > limit {
        // Only the page itself is sorted.
        rows.select_nth_unstable_by_key(limit, |(place, _)| *place);
        rows.truncate(limit + 1);
    }
    rows.sort_unstable_by_key(|(place, _)| *place);
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(first: i64, id: u128) -> Place {
        Place { by: [first, -5, 0, i64::MAX], id }
    }

    #[test]
    fn a_cursor_reads_back_and_belongs_to_its_list_alone() {
        let cursor = place(-7, u128::MAX).cursor("worst&open");
        assert!(cursor.len() <= 200);
        assert_eq!(Place::of_cursor(&cursor, "worst&open"), Some(place(-7, u128::MAX)));
        assert_eq!(Place::of_cursor(&cursor, "newest&open"), None);
        for broken in ["", "x", &cursor[1..], &cursor.replace('0', "g"), &format!("{cursor}0")] {
            assert_eq!(Place::of_cursor(broken, "worst&open"), None, "{broken}");
        }
    }

    #[test]
    fn pages_add_up_to_the_list_while_rows_arrive() {
        let all: Vec<(Place, i64)> = (0..23).map(|n| (place(n * 7 % 23, n.unsigned_abs().into()), n)).collect();
        let mut seen = Vec::new();
        let mut after = None;
        for round in 0.. {
            let mut rows = all.clone();
            // A row that comes in before the place of the last page moves nothing.
            rows.push((place(-100 - round, 99), -1));
            let (page, more) = page(rows, after, 5);
            seen.extend(page.iter().map(|(_, n)| *n).filter(|n| *n >= 0));
            after = page.last().map(|(place, _)| *place);
            if !more {
                break;
            }
        }
        let mut sorted = all;
        sorted.sort_by_key(|(place, _)| *place);
        assert_eq!(seen, sorted.into_iter().map(|(_, n)| n).collect::<Vec<_>>());
    }
}
