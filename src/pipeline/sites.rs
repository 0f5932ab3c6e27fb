//! The sites of a shard's patients, and when each was last heard of: a silent site is told from a patient without tests.

use crate::profile::Profile;
use crate::record::state::SiteState;
use crate::record::{Millis, Text};

/// Sites that are told apart at most; further ones share the last place and are never called silent.
const SITES_MAX: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    name: Box<str>,
    heard: Millis,
    silences: i32,
    silent: bool,
}

/// The sites, in the order in which they were first heard of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sites(Vec<Site>);

impl Sites {
    /// The number of a site.
    pub(super) fn number(&mut self, name: &str) -> u16 {
        let at = self.0.iter().position(|site| *site.name == *name).unwrap_or_else(|| {
            if self.0.len() < SITES_MAX {
                self.0.push(Site { name: name.into(), heard: Millis(i64::MIN), silences: 0, silent: false });
            }
            self.0.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Notes that a site spoke; the number of the silence that it ends, where it was said to be silent.
    pub(super) fn hear(&mut self, number: u16, at: Millis) -> Option<i32> {
        let site = self.0.get_mut(usize::from(number))?;
        site.heard = site.heard.max(at);
        std::mem::take(&mut site.silent).then_some(site.silences)
    }

    /// Is it said that a site is silent?
    pub(super) fn is_said_silent(&self, number: u16) -> bool {
        self.0.get(usize::from(number)).is_some_and(|site| site.silent)
    }

    /// Has nothing been heard of a site for longer than the profile allows?
    pub(super) fn is_silent(&self, profile: &Profile, number: u16, now: Millis) -> bool {
        let after = profile.numbers.site_silent_hours.value.hours_ms();
        let full = self.0.len() == SITES_MAX && usize::from(number) == SITES_MAX - 1;
        !full && self.0.get(usize::from(number)).is_some_and(|site| now.0.saturating_sub(site.heard.0) > after)
    }

    /// Notes that it is said that a site is silent: how often that was said, this time included; none where it is said
    /// already.
    pub(super) fn fall_silent(&mut self, number: u16) -> Option<i32> {
        let site = self.0.get_mut(usize::from(number)).filter(|site| !site.silent)?;
        site.silent = true;
        site.silences += 1;
        Some(site.silences)
    }

    /// The name of a site.
    pub(super) fn name(&self, number: u16) -> &str {
        self.0.get(usize::from(number)).map_or("", |site| &site.name)
    }

    /// Sites that are said to be silent.
    pub(super) fn silent(&self) -> usize {
        self.0.iter().filter(|site| site.silent).count()
    }

    /// When a site was last heard of.
    pub(super) fn heard(&self, number: u16) -> Option<Millis> {
        self.0.get(usize::from(number)).map(|site| site.heard)
    }

    pub(super) fn to_state(&self) -> Vec<SiteState<'_>> {
        let state = |site: &'_ Site| (Text::owned(site.name.to_string()), site.heard.0, site.silences, site.silent);
        let parts = self.0.iter().map(state);
        parts.map(|(name, heard, silences, silent)| SiteState { name, heard, silences, silent }).collect()
    }

    pub(super) fn of_state(state: &[SiteState<'_>]) -> Self {
        let site = |state: &SiteState<'_>| Site {
            name: state.name.as_str().into(),
            heard: Millis(state.heard),
            silences: state.silences,
            silent: state.silent,
        };
        Self(state.iter().map(site).collect())
    }
}
