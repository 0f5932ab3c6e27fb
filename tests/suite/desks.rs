//! A whole site as separate processes on a real Kafka: ingest, two watches that share the shards, and dashboards.

use crate::cluster::{Corner, Sender, wait_until};
use crate::process::{Running, Site};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Longest wait for a process to be ready.
const READY_MAX: Duration = Duration::from_secs(90);

/// Shards of the log.
const PARTITIONS: i32 = 4;

/// The processes.
pub struct Desks {
    pub site: Site,
    source: String,
    sender: Sender,
    _ingest: Running,
    watches: Vec<Running>,
    dashboards: Vec<Option<Running>>,
    addresses: Vec<String>,
}

impl Desks {
    /// Starts all of them and waits until they are ready; `set` may change the settings.
    pub fn start(corner: &Corner, dashboards: usize, set: impl FnOnce(&mut Site)) -> Self {
        let source = corner.create_source(2);
        let mut site = Site::new(corner, PARTITIONS);
        site.set("WATCH_TICK_SECONDS", "1");
        site.set("DASHBOARD_STALE_SECONDS", "10");
        set(&mut site);
        let ingest = site.start(&["ingest"]);
        wait_until("ingest is ready", READY_MAX, || ingest.ready());
        let mut desks = Self {
            sender: corner.sender(),
            source,
            site,
            _ingest: ingest,
            watches: Vec::new(),
            dashboards: Vec::new(),
            addresses: Vec::new(),
        };
        desks.start_watches();
        for number in 0..dashboards {
            let dashboard = desks.site.start(&["dashboard"]);
            desks.addresses.push(dashboard.page.clone());
            desks.dashboards.push(Some(dashboard));
            desks.wait_for(number);
        }
        desks
    }

    /// Starts two watches and waits until each has its share.
    pub fn start_watches(&mut self) {
        self.watches = (0..2).map(|_| self.site.start(&["watch"])).collect();
        wait_until("the watches are ready", READY_MAX, || self.watches.iter().all(Running::ready));
    }

    /// `kill -9` to both watches.
    pub fn kill_watches(&mut self) {
        self.watches.drain(..).for_each(Running::kill);
    }

    /// `kill -9` to a dashboard.
    pub fn kill_dashboard(&mut self, number: usize) {
        self.dashboards[number].take().unwrap().kill();
    }

    /// Starts a dashboard that was killed, where it was.
    pub fn start_dashboard(&mut self, number: usize) {
        let address = self.addresses[number].clone();
        self.dashboards[number] = Some(self.site.start_with(&["dashboard"], &[("VIGIL_DASHBOARD_BIND", &address)]));
        self.wait_for(number);
    }

    fn wait_for(&self, number: usize) {
        wait_until("the dashboard is ready", READY_MAX, || self.dashboard(number).ready());
    }

    /// A dashboard that runs.
    pub fn dashboard(&self, number: usize) -> &Running {
        self.dashboards[number].as_ref().unwrap()
    }

    /// Where a dashboard's page is.
    pub fn address(&self, number: usize) -> &str {
        &self.addresses[number]
    }

    /// Has the binary the built page?
    pub fn has_page(&self) -> bool {
        let mut page = String::new();
        let mut stream = TcpStream::connect(self.address(0)).unwrap();
        write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address(0)).unwrap();
        stream.read_to_string(&mut page).unwrap();
        page.contains("/assets/")
    }

    /// One message into the source topic.
    pub fn send(&self, message: &[u8]) {
        self.sender.send(&self.source, 0, None, message);
    }

    /// Waits until the broker has all that was sent.
    pub fn flush(&self) {
        self.sender.flush();
    }
}
