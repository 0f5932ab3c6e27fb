//! The live stream: events in a ring, and clients that read it at their own pace. A slow client is dropped and nobody waits
//! for it; it comes back and goes on where it was.

use super::read_model::{Desks, Size};
use crate::alert::Subject;
use serde::Serialize;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Events that a client which comes back finds again.
pub const EVENTS_MAX: usize = 10_000;

/// Events on their way to one client.
pub const QUEUE_MAX: usize = 256;

/// Streams of one person or machine.
pub const STREAMS_OF_ONE_MAX: usize = 5;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An alert.
    Alert,
    /// A site.
    Site,
    /// A reject.
    Reject,
    /// A patient.
    Patient,
}

impl Kind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Site => "site",
            Self::Reject => "reject",
            Self::Patient => "patient",
        }
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 1.
    pub number: u64,
    /// What it is about.
    pub kind: Kind,
    /// Desk that may see it; `None`: every one.
    pub desk: Option<Subject>,
    /// JSON, one line.
    pub data: String,
}

impl Event {
    /// May a reader with these desks see it?
    #[must_use]
    pub fn shown_to(&self, desks: Desks) -> bool {
        self.desk.is_none_or(|desk| desks.shows(desk))
    }
}

/// The events after a number are not kept any more, or never were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<Arc<Event>>,
    last: u64,
}

/// The ring, and who reads it.
#[derive(Debug)]
pub struct Hub {
    /// Tells this process's numbers from another's.
    boot: String,
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
    readers: Arc<Mutex<HashMap<String, usize>>>,
    readers_max: usize,
}

/// A reader's place among those that are allowed; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    readers: Arc<Mutex<HashMap<String, usize>>>,
    actor: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut readers = locked(&self.readers);
        if let Some(count) = readers.get_mut(&self.actor) {
            *count -= 1;
            if *count == 0 {
                readers.remove(&self.actor);
            }
        }
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// An empty ring for at most so many readers.
    #[must_use]
    pub fn new(boot: String, readers_max: usize) -> Self {
        let newest = watch::Sender::new(0);
        Self { boot, ring: Mutex::default(), newest, readers: Arc::default(), readers_max }
    }

    /// Puts an event into the ring. Never waits for a reader.
    pub fn publish(&self, kind: Kind, desk: Option<Subject>, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else { return };
        let mut ring = locked(&self.ring);
        ring.last += 1;
        let number = ring.last;
        if ring.events.len() >= EVENTS_MAX {
            ring.events.pop_front();
        }
        ring.events.push_back(Arc::new(Event { number, kind, desk, data }));
        drop(ring);
        self.newest.send_replace(number);
    }

    /// The number of the newest event.
    #[must_use]
    pub fn newest(&self) -> u64 {
        locked(&self.ring).last
    }

    /// Told of each newer event.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// At most so many events after a number, oldest first.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn after(&self, number: u64, most: usize) -> Result<Vec<Arc<Event>>, Gone> {
        let ring = locked(&self.ring);
        let first = ring.last + 1 - ring.events.len() as u64;
        if number > ring.last || number + 1 < first {
            return Err(Gone);
        }
        let skip = usize::try_from(number + 1 - first).map_err(|_| Gone)?;
        Ok(ring.events.iter().skip(skip).take(most).cloned().collect())
    }

    /// The id of an event.
    #[must_use]
    pub fn id(&self, number: u64) -> String {
        format!("{}.{number}", self.boot)
    }

    /// The number of an id; `None` for one of another process.
    #[must_use]
    pub fn number(&self, id: &str) -> Option<u64> {
        let (boot, number) = id.rsplit_once('.')?;
        (boot == self.boot).then(|| number.parse().ok()).flatten()
    }

    /// A seat for a reader; `None` where all are taken, or too many by the same one.
    #[must_use]
    pub fn seat(&self, actor: &str) -> Option<Seat> {
        let mut readers = locked(&self.readers);
        let own = readers.get(actor).copied().unwrap_or(0);
        if own >= STREAMS_OF_ONE_MAX || readers.values().sum::<usize>() >= self.readers_max {
            return None;
        }
        readers.insert(actor.to_owned(), own + 1);
        drop(readers);
        Some(Seat { readers: Arc::clone(&self.readers), actor: actor.to_owned() })
    }

    /// Events that are kept, and how many can be.
    #[must_use]
    pub fn size(&self) -> Size {
        let ring = locked(&self.ring);
        let kept = ring.events.len();
        Size { of: "events", kept, max: EVENTS_MAX, let_go: ring.last.saturating_sub(kept as u64) }
    }

    /// Streams that are open.
    #[must_use]
    pub fn readers(&self) -> usize {
        locked(&self.readers).values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(events: u64) -> Hub {
        let hub = Hub::new("boot".into(), 7);
        (1..=events).for_each(|n| hub.publish(Kind::Alert, None, &n));
        hub
    }

    fn numbers(found: Result<Vec<Arc<Event>>, Gone>) -> Result<Vec<u64>, Gone> {
        found.map(|events| events.iter().map(|event| event.number).collect())
    }

    #[test]
    fn a_reader_goes_on_where_it_was_or_is_told_that_it_cannot() {
        let empty = hub(0);
        assert_eq!(numbers(empty.after(0, 9)), Ok(vec![]));
        assert_eq!(numbers(empty.after(1, 9)), Err(Gone), "a number that was never given");
        let few = hub(5);
        assert_eq!(numbers(few.after(3, 9)), Ok(vec![4, 5]));
        assert_eq!(numbers(few.after(0, 2)), Ok(vec![1, 2]));
        assert_eq!(few.number(&few.id(3)), Some(3));
        assert_eq!(few.number("other.3"), None);
        assert_eq!(few.number("boot.x"), None);
        let max = EVENTS_MAX as u64;
        let many = hub(max + 3);
        assert_eq!(numbers(many.after(2, 1)), Err(Gone), "3 was let go");
        assert_eq!(numbers(many.after(3, 1)), Ok(vec![4]));
    }

    #[test]
    fn seats_are_bounded_in_all_and_for_each_and_come_back() {
        let hub = hub(0);
        let own: Vec<_> = (0..5).map(|_| hub.seat("a").unwrap()).collect();
        assert!(hub.seat("a").is_none());
        let _b = hub.seat("b").unwrap();
        let _c = hub.seat("c").unwrap();
        assert!(hub.seat("d").is_none());
        drop(own);
        assert!(hub.seat("a").is_some());
        assert_eq!(hub.readers(), 2);
    }

    #[test]
    fn a_desk_hides_the_other_desks_events() {
        let hub = Hub::new("b".into(), 1);
        hub.publish(Kind::Alert, Some(Subject::Patient), &1);
        let event = hub.after(0, 1).unwrap().remove(0);
        assert!(event.shown_to(Desks::BOTH));
        assert!(!event.shown_to(Desks { patient: false, case: true }));
    }
}
