//! Lists of which most patients have few entries: room for one at a time costs less memory than doubling.

/// From so many entries on a list grows as usual.
const FEW: usize = 16;

/// Inserts before the entry at `at`, which is at most the list's length.
pub(super) fn insert<T>(list: &mut Vec<T>, at: usize, entry: T) {
    if list.len() < FEW {
        list.reserve_exact(1);
    }
    list.insert(at, entry);
}
