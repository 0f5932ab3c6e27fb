//! Lines of a story that a person's act makes: `09:10 acknowledged by NURSE seeing 1`.

use super::{Block, Course};
use crate::alert::{ActRequest, Alert, act_record};
use crate::record::{AckAct, Millis};

const ACTS: [(&str, AckAct); 6] = [
    ("acknowledged", AckAct::Acknowledge),
    ("assigned", AckAct::Assign),
    ("commented", AckAct::Comment),
    ("dismissed", AckAct::Dismiss),
    ("snoozed", AckAct::Snooze),
    ("undone", AckAct::Undo),
];

impl Course {
    /// Does what a line says a person did; false where it says something else.
    pub(super) fn act(&mut self, block: &Block, head: &[String]) -> bool {
        let mut calendar = self.calendar.clone();
        let Some((time, took)) = calendar.time(head) else { return false };
        let act = head.get(took).and_then(|word| ACTS.iter().find(|(of, _)| of == word));
        let Some((word, act)) = act else { return false };
        let line = block.line;
        self.calendar = calendar;
        assert!(time >= self.now, "line {line}: before the line above it");
        let after = |name: &str| head.iter().position(|word| word == name).map(|at| &head[at + 1..]);
        let next = |name: &str| after(name).and_then(|rest| rest.first());
        let until = after("until").map(|rest| {
            let end = self.calendar.clone().time(rest);
            end.unwrap_or_else(|| panic!("line {line}: until when?")).0
        });
        // What stands in quotation marks after the act, where it is no word of the line's own.
        let own = ["by", "of", "seeing", "until", "to"];
        let text = head.get(took + 1).filter(|text| !own.contains(&text.as_str()));
        let reason = if *word == "assigned" { next("to") } else { text };
        let concern = match next("of") {
            Some(name) => super::concern(name, line),
            None => self.latest.unwrap_or_else(|| panic!("line {line}: on which alert?")),
        };
        let alert = self.alerts.iter().rfind(|alert| alert.concern == concern);
        let alert = alert.unwrap_or_else(|| panic!("line {line}: no such alert")).clone();
        let seen = next("seeing").map_or(alert.revision, |seen| seen.parse().unwrap());
        let request = ActRequest {
            alert_id: &alert.alert_id,
            revision: seen,
            key: alert.key.parse().unwrap(),
            concern,
            act: *act,
            actor: next("by").map_or("REVIEWER", String::as_str),
            reason: reason.map(String::as_str),
            until,
            now: time,
            unique: &format!("line {line}"),
        };
        if time > self.now {
            self.pass(time);
            self.nothing_open(line);
        }
        match act_record(self.judge.profile(), &request) {
            Ok(out) => {
                self.refused = None;
                let fate = self.judge(&out.key, &out.value);
                self.fate = Some(fate);
            }
            Err(fault) => self.refused = Some(fault.to_string()),
        }
        true
    }

    /// Keeps what an act can be about.
    pub(super) fn note(&mut self, alert: &Alert<'static>) {
        self.alerts.push(alert.clone());
        if !self.aside.contains(&alert.concern) {
            self.latest = Some(alert.concern);
        }
    }

    /// Time passes without a word from the ward: a tick an hour; where somebody has to answer, a tick a minute in the last
    /// two days.
    pub(super) fn pass(&mut self, until: Millis) {
        const MINUTE: i64 = 60_000;
        let calls = self.calls;
        let step = |now: i64| if calls && until.0 - now <= 48 * 60 * MINUTE { MINUTE } else { 60 * MINUTE };
        while self.now.0 + step(self.now.0) <= until.0 {
            self.now = Millis(self.now.0 + step(self.now.0));
            self.tick(self.now);
        }
        self.now = until;
        self.tick(until);
    }
}

/// A detail of an expected alert that is about its workflow; `None` where it is another's.
pub(super) fn check(alert: &Alert<'_>, words: &[String]) -> Option<Result<(), String>> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let flow = alert.workflow.as_deref();
    let act = flow.and_then(|flow| flow.act.as_ref());
    let so = match word(0) {
        // `state acknowledged [by NURSE]`
        "state" => flow.map_or(word(1) == "open", |flow| {
            let by = flow.by.as_ref().map(|by| by.to_string()).unwrap_or_default();
            flow.state.name() == word(1) && (word(2) != "by" || by == word(3))
        }),
        "before" => act.is_some_and(|act| act.before_state.name() == word(1)),
        "owner" => {
            let owner = flow.and_then(|flow| flow.owner.as_ref().map(|owner| owner.to_string()));
            owner.unwrap_or_else(|| "nobody".to_owned()) == word(1)
        }
        "void" => act.and_then(|act| act.void.as_ref()).is_some_and(|why| why.contains(word(1))),
        "counts" => act.is_some_and(|act| act.void.is_none()),
        "text" => act.and_then(|act| act.reason.as_deref()) == Some(word(1)),
        _ => return None,
    };
    Some(if so { Ok(()) } else { Err(format!("{flow:?}")) })
}
