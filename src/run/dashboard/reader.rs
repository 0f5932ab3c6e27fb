//! From messages to the read model, and from what is new to the live stream.

use super::follow::Reader;
use super::reach::Reach;
use crate::alert::AlertCodec;
use crate::dashboard::api::Desk;
use crate::dashboard::read_model::{News, Reading, Source, Unread};
use crate::dashboard::stream::Kind;
use crate::record::Millis;
use crate::run::clock::now_ms;
use crate::run::demo::Screen;
use crate::run::metrics::{DeskMetrics, Taken};
use rdkafka::message::{BorrowedMessage, Message as _};
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// Rejects that the stream tells of in a second.
const REJECTS_A_SECOND: u32 = 10;

/// The reader of one topic.
pub struct ModelReader {
    pub source: Source,
    pub desk: Arc<Desk>,
    /// How far it is.
    pub reach: Arc<Reach>,
    /// Where to count.
    pub metrics: Arc<DeskMetrics>,
    /// The demo's screen, which is told of new alerts.
    pub screen: Option<Screen>,
    /// The second that rejects are counted in, and how many were told.
    pub told: (i64, u32),
}

/// A reject as the stream has it.
#[derive(Serialize)]
struct Told<'r, R> {
    #[serde(flatten)]
    row: &'r R,
    total: u64,
}

impl Reader for ModelReader {
    fn message(&mut self, message: &BorrowedMessage<'_>, live: bool) {
        let model = &self.desk.model;
        let value = message.payload();
        let now = Millis(now_ms());
        let partition = message.partition();
        let taken = match (self.source, value) {
            (Source::State, value) => {
                let written = message.timestamp().to_millis().map(Millis);
                let key = message.key().unwrap_or_default();
                model.take_state(partition, key, value, written).map(|()| (Taken::Applied, None))
            }
            (_, None) => Err(Unread::Unreadable),
            (Source::Alerts, Some(value)) => model.take_alert(value, now).map(|news| match news {
                Some(news) => (Taken::Applied, Some(news)),
                None => (Taken::Known, None),
            }),
            (Source::Rejects, Some(value)) => {
                model.take_reject(partition, value).map(|news| (Taken::Applied, Some(news)))
            }
            (Source::Audit, Some(value)) => model.take_audit(partition, value).map(|()| (Taken::Applied, None)),
        };
        let (taken, news) = taken.unwrap_or_else(|why| (Taken::Unread(why), None));
        self.metrics.message(self.source, taken);
        self.reach.read(self.source, partition, message.offset() + 1);
        if let (Some(screen), Some(value), true, true) = (&self.screen, value, live, news.is_some()) {
            let mut scratch = Vec::new();
            if let Ok(alert) = AlertCodec::decode(value, &mut scratch) {
                screen.alerted(&alert);
            }
        }
        // What was there before is what lists are for.
        if model.how(self.source) == Reading::Live {
            self.tell(news, now);
        }
    }

    fn turned(&mut self, at_end: bool) {
        self.reach.turned(self.source, at_end, Instant::now());
    }

    fn reading(&mut self, how: Reading) {
        let model = &self.desk.model;
        // A topic that was never read to its end is still being read, whatever holds it up.
        let never = how == Reading::Held && model.how(self.source) == Reading::CatchingUp;
        if never && matches!(self.source, Source::Alerts | Source::State) {
            return;
        }
        model.reading(self.source, how);
    }
}

impl ModelReader {
    fn tell(&mut self, news: Option<News>, now: Millis) {
        let hub = &self.desk.hub;
        match news {
            None => {}
            Some(News::Alert(row)) => hub.publish(Kind::Alert, Some(row.desk()), &row),
            Some(News::Reject(row)) => {
                let second = now.0 / 1000;
                if self.told.0 != second {
                    self.told = (second, 0);
                }
                if self.told.1 < REJECTS_A_SECOND {
                    self.told.1 += 1;
                    let total = self.desk.model.rejects().total();
                    hub.publish(Kind::Reject, None, &Told { row: row.as_ref(), total });
                }
            }
        }
    }
}
