//! The live stream of one client.

use super::problem::Problem;
use super::query::Params;
use super::{Desk, Who};
use crate::dashboard::auth::Identity;
use crate::dashboard::log::Deed;
use crate::dashboard::meter::StreamTurn;
use crate::dashboard::read_model::{ServiceState, ServiceView};
use crate::dashboard::stream::{Gone, QUEUE_MAX};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{once, unfold};
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

/// A client whose queue stays full for so long is dropped.
const STUCK_MAX: Duration = Duration::from_secs(5);

/// Longest time between two pictures of the service.
const SERVICE_EVERY: Duration = Duration::from_millis(1900);

/// Time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Time after which the identity is looked at again.
const IDENTITY_EVERY: Duration = Duration::from_secs(60);

/// The first words of a stream: when a client that lost it comes back, milliseconds.
const RETRY: &str = "retry: 2000\n\n";

/// Events taken from the ring at once; they go to the client in one piece.
const TAKEN_MAX: usize = 64;

/// What comes so soon after other events goes with what comes next: a piece costs as much for one event as for many, for
/// each client.
const GATHER: Duration = Duration::from_millis(20);

#[utoipa::path(
    get,
    path = "/api/v1/stream",
    params(("last-event-id" = Option<String>, Header, description = "Go on after this event")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn stream(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    Params::of(&uri, &[])?.check()?;
    desk.gate.check_origin(&headers)?;
    let seat = desk.hub.seat(&who.actor).ok_or_else(|| {
        desk.meter.stream(StreamTurn::Refused);
        Problem::too_many(10)
    })?;
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default().to_owned());
    desk.audit(&who, Deed { act: "stream", result: "ok", ..Deed::default() }).await?;
    let (queue, pieces) = mpsc::channel(QUEUE_MAX / TAKEN_MAX);
    tokio::spawn(async move {
        let _seat = seat;
        let meter = Arc::clone(&desk.meter);
        meter.stream(StreamTurn::Opened);
        let client = Client { desk, who, queue, sent: None };
        // Whatever ends it, the client comes back with the id of the last event that it has.
        if let Err(End(why)) = client.run(last).await {
            meter.stream(why);
        }
    });
    let rest = unfold(pieces, async |mut pieces: mpsc::Receiver<String>| Some((Ok(pieces.recv().await?), pieces)));
    let pieces = once(async { Ok::<_, Infallible>(RETRY.to_owned()) }).chain(rest);
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response())
}

/// Writes one event. Its data must be one line, as JSON is.
fn write_event(piece: &mut String, kind: &str, id: Option<&str>, data: &str) {
    let mut line = |name: &str, value: &str| [name, ": ", value, "\n"].iter().for_each(|part| piece.push_str(part));
    line("event", kind);
    if let Some(id) = id {
        line("id", id);
    }
    line("data", data);
    piece.push('\n');
}

/// A stream ends: the client is gone, stuck or not known any more, or the process stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End(StreamTurn);

struct Client {
    desk: Arc<Desk>,
    who: Identity,
    queue: mpsc::Sender<String>,
    /// When the service was last sent, and its state.
    sent: Option<(Instant, ServiceState)>,
}

impl Client {
    async fn send(&self, piece: String) -> Result<(), End> {
        match timeout(STUCK_MAX, self.queue.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End(StreamTurn::Closed)),
            Err(_) => Err(End(StreamTurn::Dropped)),
        }
    }

    async fn say(&self, kind: &str, data: &impl Serialize) -> Result<(), End> {
        let Ok(data) = serde_json::to_string(data) else { return Ok(()) };
        let mut piece = String::with_capacity(data.len() + 32);
        write_event(&mut piece, kind, None, &data);
        self.send(piece).await
    }

    /// Sends the service where it is new or due.
    async fn service(&mut self) -> Result<(), End> {
        let view = self.desk.views.borrow().of(self.who.desks).cloned();
        let Some(view) = view else { return Ok(()) };
        let due = self.sent.is_none_or(|(at, state)| at.elapsed() >= SERVICE_EVERY || state != view.state);
        if due {
            self.sent = Some((Instant::now(), view.state));
            self.say("service", &ServiceView { now: self.desk.now(), ..(*view).clone() }).await?;
        }
        Ok(())
    }

    /// Tells the client to ask for everything anew; the number from which it is told on.
    async fn reset(&self) -> Result<u64, End> {
        self.desk.meter.stream(StreamTurn::Reset);
        // Before the client is told: what comes in between is told twice rather than never.
        let newest = self.desk.hub.newest();
        self.say("reset", &serde_json::json!({})).await?;
        Ok(newest)
    }

    async fn run(mut self, last: Option<String>) -> Result<(), End> {
        let hub = Arc::clone(&self.desk.hub);
        let mut news = hub.follow();
        let mut views = self.desk.views.clone();
        let known = last.as_deref().map(|id| hub.number(id));
        let mut at = match known {
            None => hub.newest(),
            Some(Some(number)) if hub.after(number, 0).is_ok() => {
                self.desk.meter.stream(StreamTurn::Resumed);
                number
            }
            Some(_) => self.reset().await?,
        };
        self.service().await?;
        let (mut heartbeat, mut identity) = (interval(HEARTBEAT), interval(IDENTITY_EVERY));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        identity.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick comes at once.
        heartbeat.tick().await;
        identity.tick().await;
        loop {
            match hub.after(at, TAKEN_MAX) {
                Err(Gone) => at = self.reset().await?,
                Ok(events) if !events.is_empty() => {
                    let backlog = events.len() == TAKEN_MAX;
                    let mut piece = String::new();
                    for event in events {
                        at = event.number;
                        if event.shown_to(self.who.desks) {
                            write_event(&mut piece, event.kind.name(), Some(&hub.id(event.number)), &event.data);
                        }
                    }
                    if !piece.is_empty() {
                        self.send(piece).await?;
                    }
                    // A long backlog must not keep the service from being told.
                    self.service().await?;
                    if !backlog {
                        sleep(GATHER).await;
                    }
                    continue;
                }
                Ok(_) => {}
            }
            tokio::select! {
                changed = news.changed() => changed.map_err(|_| End(StreamTurn::Stopped))?,
                changed = views.changed() => {
                    changed.map_err(|_| End(StreamTurn::Stopped))?;
                    views.borrow_and_update();
                    self.service().await?;
                }
                _ = heartbeat.tick() => self.say("heartbeat", &serde_json::json!({ "now": self.desk.now() })).await?,
                _ = identity.tick() => {
                    if !self.desk.gate.still(&self.who, self.desk.now()) {
                        return Err(End(StreamTurn::SignedOut));
                    }
                }
                () = self.queue.closed() => return Err(End(StreamTurn::Closed)),
                () = self.desk.stop.cancelled() => return Err(End(StreamTurn::Stopped)),
            }
        }
    }
}
