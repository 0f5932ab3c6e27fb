//! How a phrase is meant: what stands around it in its sentence, and the section it stands in.
//!
//! The rules are those of NegEx and ConText (Chapman 2001, 2007; Harkema 2009) with lists, parentheses, plural verbs
//! behind a list and sections added. The words are the profile's.

use super::lexicon::{AssertionSet, Mark, Meaning, Role, Trigger};
use crate::profile::Assertion;

/// Longest item of a list that a trigger reaches through, words.
const ITEM_WORDS_MAX: u32 = 7;

/// A verb of happening ("occurred") speaks for a phrase at most this many words before it.
const OPEN_PAREN_WORDS_MAX: u32 = 1;

/// A pattern found in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub role: Role,
    /// Number of its pattern.
    pub pattern: u32,
    /// Number of its first word in the text, and of the word behind it. A mark counts as a word.
    pub word: u32,
    pub word_end: u32,
}

/// A section that lasts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    assertion: Assertion,
    heading_end: u32,
    /// Did its heading stand on a line of its own?
    lines: bool,
}

/// Moves the section on by one event. `line_start` is the word at which the event's line or sentence began.
pub(super) fn section_after(section: Option<Section>, event: &Event, line_start: u32) -> Option<Section> {
    let role = &event.role;
    if let Some(assertion) = role.section {
        let lasting = assertion != Assertion::Affirmed;
        return lasting.then_some(Section { assertion, heading_end: event.word_end, lines: false });
    }
    let mut open = section?;
    if role.ends_section && role.ends.has(open.assertion) {
        return None;
    }
    let content = event.word.saturating_sub(open.heading_end) > 0;
    match role.mark {
        Mark::Paragraph if content => None,
        Mark::Line if content && !open.lines => None,
        Mark::Line => {
            open.lines |= !content;
            Some(open)
        }
        // Another heading, one that the lexicon does not know: a few words at the start of a line.
        Mark::Colon if event.word.saturating_sub(line_start) <= HEADING_WORDS_MAX && line_start > open.heading_end => {
            None
        }
        Mark::None
        | Mark::Sentence
        | Mark::Paragraph
        | Mark::Comma
        | Mark::Open
        | Mark::Close
        | Mark::Colon
        | Mark::Or => Some(open),
    }
}

/// Longest heading, words.
const HEADING_WORDS_MAX: u32 = 4;

/// How the phrase at `events[at]` is meant.
pub(super) fn assertion(events: &[Event], at: usize, section: Option<Section>) -> Assertion {
    let (before, rest) = events.split_at(at.min(events.len()));
    let Some((phrase, after)) = rest.split_first() else { return Assertion::Affirmed };
    let left = look_left(before, phrase);
    let right = look_right(after, phrase);
    let mut found = left.found;
    // "No fever, bleeding occurred": the list was none.
    if right.has(Assertion::Affirmed) && left.negated_over_comma && !left.or {
        found = found.without(Assertion::Negated);
    }
    found = found.with(right.without(Assertion::Affirmed));
    if let Some(section) = section {
        found = found.with(AssertionSet::of(section.assertion));
    }
    // What makes it nobody's event comes first; a denied history is a denial.
    const ORDER: [Assertion; 5] =
        [Assertion::Family, Assertion::Hypothetical, Assertion::Negated, Assertion::History, Assertion::Uncertain];
    ORDER.into_iter().find(|assertion| found.has(*assertion)).unwrap_or(Assertion::Affirmed)
}

const fn ends_sentence(role: &Role) -> bool {
    matches!(role.mark, Mark::Sentence | Mark::Line | Mark::Paragraph) || role.section.is_some()
}

struct Left {
    found: AssertionSet,
    /// Was the negation found beyond a comma?
    negated_over_comma: bool,
    /// Stands "or" or "nor" between the phrase and its comma?
    or: bool,
}

fn look_left(before: &[Event], phrase: &Event) -> Left {
    let mut left = Left { found: AssertionSet::default(), negated_over_comma: false, or: false };
    let mut ended = AssertionSet::default();
    let (mut item_end, mut crossed, mut closed) = (phrase.word, false, 0u32);
    for event in before.iter().rev() {
        let role = &event.role;
        if ends_sentence(role) {
            break;
        }
        match role.mark {
            Mark::Close => closed += 1,
            Mark::Open => closed = closed.saturating_sub(1),
            Mark::Comma if closed == 0 => {
                // What stands nearest decides; a long stretch between commas is no item of a list.
                if !left.found.is_empty() || item_end.saturating_sub(event.word_end) > ITEM_WORDS_MAX {
                    break;
                }
                (item_end, crossed) = (event.word, true);
            }
            Mark::Or if !crossed => left.or = true,
            Mark::None | Mark::Sentence | Mark::Line | Mark::Paragraph | Mark::Comma | Mark::Colon | Mark::Or => {}
        }
        if closed > 0 {
            continue;
        }
        if let Some(trigger) = role.before
            && !ended.has(trigger.assertion)
            && (!crossed || trigger.list)
            && item_end.saturating_sub(event.word_end) <= u32::from(trigger.reach)
        {
            left.found = left.found.with(AssertionSet::of(trigger.assertion));
            left.negated_over_comma |= crossed && trigger.assertion == Assertion::Negated;
        }
        // What stands behind a colon answers what stands before it.
        if role.mark == Mark::Colon && !left.found.is_empty() {
            break;
        }
        ended = ended.with(role.ends);
    }
    left
}

fn look_right(after: &[Event], phrase: &Event) -> AssertionSet {
    let mut found = AssertionSet::default();
    let mut ended = AssertionSet::default();
    let (mut base, mut beyond, mut open) = (phrase.word_end, false, 0u32);
    for event in after {
        let role = &event.role;
        if ends_sentence(role) {
            break;
        }
        match role.mark {
            // "VOD (ruled out)" speaks of VOD; a parenthesis further on does not.
            Mark::Open if open > 0 || event.word.saturating_sub(phrase.word_end) > OPEN_PAREN_WORDS_MAX => open += 1,
            Mark::Close => open = open.saturating_sub(1),
            Mark::Comma if open == 0 => {
                if event.word.saturating_sub(base) > ITEM_WORDS_MAX {
                    break;
                }
                (base, beyond) = (event.word_end, true);
            }
            Mark::None
            | Mark::Sentence
            | Mark::Line
            | Mark::Paragraph
            | Mark::Comma
            | Mark::Open
            | Mark::Colon
            | Mark::Or => {}
        }
        if open > 0 {
            continue;
        }
        if let Some(trigger) = role.after
            && !ended.has(trigger.assertion)
            && (!beyond || trigger.list)
            && within(event, base, trigger)
        {
            found = found.with(AssertionSet::of(trigger.assertion));
        }
        // The verb behind the next phrase speaks for that one, and for this one only if it stands in the plural.
        if role.meaning != Meaning::Nothing {
            (base, beyond) = (event.word_end, true);
        }
        ended = ended.with(role.ends);
    }
    found
}

fn within(event: &Event, base: u32, trigger: Trigger) -> bool {
    event.word.saturating_sub(base) <= u32::from(trigger.reach)
}
