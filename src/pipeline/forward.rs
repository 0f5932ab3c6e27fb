//! What a case tells its patient, across keys: each fact once, and its withdrawal where the case says it no longer.

use super::restore::StateFault;
use super::{Effects, ForwardOut};
use crate::classify::Concerning;
use crate::record::state::{Bytes, Id, ToldFact, ToldState};
use crate::record::{
    Body, Codec, Fact, Forwarded, Head, Millis, OWN_SITE, Pseudonym, Quantity, Record, ResultStatus, SourceFormat,
    Text, digest128, hex128,
};

/// What a case has sent on to its patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    patient: Pseudonym,
    /// Recorded-at of the last record sent.
    as_of: Millis,
    /// Facts that stand: record id, and the record as it was sent.
    facts: Vec<(u128, Box<[u8]>)>,
}

/// The report that changed what its case says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Teller<'a, 'm> {
    /// The case.
    pub key: Pseudonym,
    /// Head of the report.
    pub head: &'a Head<'m>,
}

impl Teller<'_, '_> {
    /// Sends what is new, withdraws what is gone; the answer is what the case has told now. `wanted` is empty where the
    /// report no longer holds or names no patient.
    pub(super) fn tell(
        self,
        told: Option<Told>,
        patient: Option<Pseudonym>,
        wanted: &[Concerning],
        effects: &mut Effects,
    ) -> Option<Told> {
        let patient_now = patient.filter(|_| !wanted.is_empty());
        let mut told = match (told, patient_now) {
            (Some(told), _) => told,
            (None, Some(patient)) => Told { patient, as_of: Millis(i64::MIN), facts: Vec::new() },
            (None, None) => return None,
        };
        let to = patient_now.unwrap_or(told.patient);
        let wanted: &[Concerning] = if patient_now.is_some() { wanted } else { &[] };
        let ids: Vec<u128> = wanted.iter().map(|(fact, at)| self.identity(to, fact, *at)).collect();
        let (stay, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut told.facts).into_iter().partition(|(id, _)| ids.contains(id));
        told.facts = stay;
        for (_, sent) in gone {
            self.withdraw(&mut told, &sent, effects);
        }
        told.patient = to;
        for (at, fact) in wanted.iter().enumerate() {
            // Of two equal facts of one report the first is sent.
            let Some(id) = ids.get(at).copied().filter(|id| ids.iter().position(|other| other == id) == Some(at))
            else {
                continue;
            };
            if !told.facts.iter().any(|(held, _)| *held == id) {
                self.send(&mut told, id, fact, effects);
            }
        }
        Some(told)
    }

    fn send(self, told: &mut Told, id: u128, (fact, event_time): &Concerning, effects: &mut Effects) {
        let recorded_at = self.next(told);
        let (case, patient) = (self.key.to_string(), told.patient.to_string());
        let body = Forwarded {
            from_key: Text::borrowed(&case),
            from_record_id: Text::borrowed(self.head.record_id.as_str()),
            withdrawn: false,
            path: Vec::new(),
            fact: fact.clone(),
            site_limit: None,
        };
        let head = Head {
            record_id: hex128(id).into(),
            key: Text::borrowed(&patient),
            event_time: *event_time,
            recorded_at,
            ..head(self.head)
        };
        if let Some(out) = encoded(&Record { head, body: Body::Forwarded(body) }) {
            told.facts.push((id, out.value.clone().into_boxed_slice()));
            effects.forwards.push(out);
        }
    }

    fn withdraw(self, told: &mut Told, sent: &[u8], effects: &mut Effects) {
        let recorded_at = self.next(told);
        let mut scratch = Vec::new();
        let Ok(mut record) = Codec::record().decode::<Record<'_>>(sent, &mut scratch) else { return };
        if let Body::Forwarded(forwarded) = &mut record.body {
            forwarded.withdrawn = true;
            forwarded.from_record_id = Text::borrowed(self.head.record_id.as_str());
        }
        record.head.recorded_at = recorded_at;
        record.head.origin = self.head.origin.clone();
        record.head.trace_id.clone_from(&self.head.trace_id);
        effects.forwards.extend(encoded(&record));
    }

    /// Later than the last record sent, and not before the report that causes it.
    fn next(self, told: &mut Told) -> Millis {
        told.as_of = Millis(told.as_of.0.saturating_add(1)).max(self.head.recorded_at);
        told.as_of
    }

    /// Record id of a fact: the same whenever this case says the same of this patient.
    fn identity(self, patient: Pseudonym, fact: &Fact<'_>, at: Option<Millis>) -> u128 {
        let (case, patient) = (self.key.to_string(), patient.to_string());
        let time = |time: Option<Millis>| time.map_or(String::new(), |time| time.0.to_string());
        let text = |text: &Option<Text<'_>>| text.as_ref().map_or("", |text| text.as_str()).to_owned();
        let quantity = |quantity: &Option<Quantity<'_>>| {
            quantity.as_ref().map_or(String::new(), |of| format!("{:016x} {}", of.value.to_bits(), of.unit.as_str()))
        };
        let parts = match fact {
            Fact::Finding(finding) => [
                "finding".to_owned(),
                finding.kind.name().to_owned(),
                finding.presence.name().to_owned(),
                text(&finding.name),
            ],
            Fact::Administration(dose) => {
                ["dose".to_owned(), dose.product.as_str().to_owned(), quantity(&dose.dose), time(dose.stop)]
            }
            Fact::Condition(condition) => [
                "condition".to_owned(),
                condition.kind.name().to_owned(),
                condition.presence.name().to_owned(),
                text(&condition.name),
            ],
            Fact::Procedure(_) | Fact::Response(_) | Fact::Stay(_) | Fact::Patient(_) | Fact::Observation(_) => {
                Default::default()
            }
        };
        let [one, two, three, four] = &parts;
        let at = time(at);
        let parts = [case.as_str(), &patient, one, two, three, four, &at].map(str::as_bytes);
        let mut all = vec![b"forwarded".as_slice()];
        all.extend(parts);
        digest128(&all)
    }
}

impl Told {
    /// What was told, for the changelog.
    pub(super) fn to_state(&self) -> ToldState<'_> {
        let fact = |(id, record): &'_ (u128, Box<[u8]>)| (Id(*id), record.to_vec());
        let facts = self.facts.iter().map(fact);
        ToldState {
            patient: self.patient.to_string().into(),
            as_of: self.as_of.0,
            facts: facts.map(|(id, record)| ToldFact { id, record: Bytes(record.into()) }).collect(),
        }
    }

    /// What the changelog says was told.
    pub(super) fn of_state(state: &ToldState<'_>) -> Result<Self, StateFault> {
        let malformed = StateFault::Damaged(crate::record::state::StateUnread::Malformed);
        Ok(Self {
            patient: state.patient.parse().map_err(|_| malformed)?,
            as_of: Millis(state.as_of),
            facts: state.facts.iter().map(|fact| (fact.id.0, fact.record.0.as_ref().into())).collect(),
        })
    }
}

/// A fact of a merged patient on its way to the one that stays.
#[derive(Clone, Debug)]
pub(super) struct SentOn<'a> {
    /// Key of the merged patient.
    pub from: Pseudonym,
    /// Key of the one that stays.
    pub to: Pseudonym,
    /// Record id of the fact, which it keeps on its whole way.
    pub id: u128,
    /// Is it taken back?
    pub withdrawn: bool,
    /// Merged patients that it came through, this one among them.
    pub path: Vec<Pseudonym>,
    /// When it happened.
    pub time: Millis,
    /// Recorded-at to give it.
    pub recorded_at: Millis,
    /// Limit of normal of a value that its site's default gave, canonical unit.
    pub site_limit: Option<f64>,
    /// Head of the record that causes it.
    pub cause: &'a Head<'a>,
}

impl SentOn<'_> {
    /// The record.
    pub(super) fn out(self, fact: Fact<'_>) -> Option<ForwardOut> {
        let (from, to, id) = (self.from.to_string(), self.to.to_string(), hex128(self.id));
        let body = Forwarded {
            from_key: Text::borrowed(&from),
            from_record_id: Text::borrowed(&id),
            withdrawn: self.withdrawn,
            path: self.path.iter().map(|key| key.to_string().into()).collect(),
            fact,
            site_limit: self.site_limit,
        };
        let head = Head {
            record_id: Text::borrowed(&id),
            key: Text::borrowed(&to),
            // The patient that stays is of the site that spoke of the other.
            site: Text::borrowed(self.cause.site.as_str()),
            event_time: Some(self.time),
            recorded_at: self.recorded_at,
            ..head(self.cause)
        };
        encoded(&Record { head, body: Body::Forwarded(body) })
    }
}

/// The same record under another key.
pub(super) fn under_key(record: &Record<'_>, key: Pseudonym) -> Option<ForwardOut> {
    let mut record = record.clone();
    record.head.key = key.to_string().into();
    encoded(&record)
}

/// What a record of ours takes from the head of the one that caused it.
fn head<'a>(cause: &Head<'a>) -> Head<'a> {
    Head {
        site: Text::borrowed(OWN_SITE),
        source_format: SourceFormat::Vigil,
        origin: cause.origin.clone(),
        trace_id: cause.trace_id.clone(),
        ..Head::default()
    }
}

/// `None` never: the types are held to the schema by tests.
fn encoded(record: &Record<'_>) -> Option<ForwardOut> {
    let mut value = Vec::new();
    Codec::record().encode(record, &mut value).ok()?;
    Some(ForwardOut { key: record.head.key.to_string(), value, timestamp: record.head.recorded_at.0 })
}

/// Status with which a forwarded fact is folded.
pub(super) const fn status_of(withdrawn: bool) -> ResultStatus {
    if withdrawn { ResultStatus::Withdrawn } else { ResultStatus::Final }
}
