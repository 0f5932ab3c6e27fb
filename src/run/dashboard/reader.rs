//! From messages to the read model, and from what is new to the live stream.

use super::follow::Reader;
use crate::alert::AlertCodec;
use crate::dashboard::api::Desk;
use crate::dashboard::read_model::{News, Reading, Source};
use crate::dashboard::stream::Kind;
use crate::record::Millis;
use crate::run::clock::now_ms;
use crate::run::demo::Screen;
use rdkafka::message::{BorrowedMessage, Message as _};
use serde::Serialize;
use std::sync::Arc;

/// Rejects that the stream tells of in a second.
const REJECTS_A_SECOND: u32 = 10;

/// The reader of one topic.
pub struct ModelReader {
    pub source: Source,
    pub desk: Arc<Desk>,
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
        let news = match self.source {
            Source::Alerts => value.and_then(|value| model.take_alert(value, now)),
            Source::State => {
                let written = message.timestamp().to_millis().map(Millis);
                model.take_state(message.partition(), message.key().unwrap_or_default(), value, written);
                None
            }
            Source::Rejects => value.and_then(|value| model.take_reject(message.partition(), value)),
            Source::Audit => {
                if let Some(value) = value {
                    model.take_audit(message.partition(), value);
                }
                None
            }
        };
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
            Some(News::Alert(row)) => hub.publish(Kind::Alert, Some(row.subject), &row),
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
