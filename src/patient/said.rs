//! What was said of a patient: one episode a concern, and when to look again. It follows the order of the log.

use super::{Handling, snug};
use crate::profile::{Concern, Priority, SeverityLevel};
use crate::record::Millis;

/// Is an episode over?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// No.
    Open,
    /// What was judged has passed.
    Resolved,
    /// What carried it was taken back.
    Withdrawn,
}

impl Closed {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Open, Self::Resolved, Self::Withdrawn];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// The latest episode of a concern of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BedEpisode {
    /// What it is about.
    pub concern: Concern,
    /// Counts the patient's episodes of the concern, from 1.
    pub n: u32,
    /// Last revision said, from 1.
    pub revision: i32,
    /// Priority last said.
    pub priority: Priority,
    /// Criteria that were said in this episode, as bits of the concern's list.
    pub ever: u64,
    /// Criteria of the last revision.
    pub now: u64,
    /// Severity last said.
    pub severity: Option<SeverityLevel>,
    /// CTCAE grade last said.
    pub grade: Option<u8>,
    /// When it began, event time.
    pub onset: Millis,
    /// When a definition was first met in it.
    pub met_at: Option<Millis>,
    /// The time of the judgement that reached the level last said.
    pub at: Millis,
    /// Since when what is judged is less than what was said.
    pub falling: Option<Millis>,
    /// Is it over?
    pub closed: Closed,
}

/// Everything that was said of a patient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// The latest episode of each concern that ever had one, by concern.
    pub episodes: Vec<BedEpisode>,
    /// When a tick looks again.
    pub due: Option<Millis>,
    /// The site that spoke of the patient last, by its number in the shard.
    pub site: u16,
    /// What people did about the latest episodes, by concern.
    pub handled: Vec<Handling>,
}

impl Spoken {
    /// The open episode of a concern.
    #[must_use]
    pub fn open(&self, concern: Concern) -> Option<&BedEpisode> {
        self.episodes.iter().find(|episode| episode.concern == concern && episode.closed == Closed::Open)
    }

    /// Is any episode open?
    #[must_use]
    pub fn any_open(&self) -> bool {
        self.episodes.iter().any(|episode| episode.closed == Closed::Open)
    }

    /// The latest episode of a concern, open or over.
    pub fn latest(&mut self, concern: Concern) -> Option<&mut BedEpisode> {
        self.episodes.iter_mut().find(|episode| episode.concern == concern)
    }

    /// What people did about an open episode.
    pub fn handlings(&self) -> impl Iterator<Item = (&Handling, &BedEpisode)> {
        self.handled.iter().filter_map(|handling| {
            let episode = self.open(handling.concern)?;
            (episode.n == handling.n).then_some((handling, episode))
        })
    }

    /// Takes out what people did about an episode, to put it back changed. Where nothing is known of it, as in the state of
    /// an earlier release, it is known from `revision` on.
    pub fn take_handling(&mut self, episode: &BedEpisode, revision: i32) -> Handling {
        let at = self.handled.binary_search_by_key(&episode.concern, |held| held.concern);
        let held = at.ok().map(|at| self.handled.remove(at)).filter(|held| held.n == episode.n);
        held.unwrap_or_else(|| Handling::known_from(episode.concern, episode.n, revision))
    }

    /// Puts it in the place of the concern's latest.
    pub fn put_handling(&mut self, handling: Handling) {
        match self.handled.binary_search_by_key(&handling.concern, |held| held.concern) {
            Ok(at) => {
                if let Some(held) = self.handled.get_mut(at) {
                    *held = handling;
                }
            }
            Err(at) => snug::insert(&mut self.handled, at, handling),
        }
    }

    /// Puts an episode in the place of the concern's latest.
    pub fn put(&mut self, episode: BedEpisode) {
        match self.episodes.binary_search_by_key(&episode.concern, |held| held.concern) {
            Ok(at) => {
                if let Some(held) = self.episodes.get_mut(at) {
                    *held = episode;
                }
            }
            Err(at) => snug::insert(&mut self.episodes, at, episode),
        }
    }
}
