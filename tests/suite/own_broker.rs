//! A Kafka of a test's own: it can be stopped, killed and started again on the same data and the same ports, and have a
//! second listener whose clients are told to come through a proxy.

use crate::broker::{Jvm, free_port, settings};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Longest wait for an orderly stop.
const STOP_MAX: Duration = Duration::from_secs(60);

/// How it differs from the plain one.
#[derive(Default)]
pub struct Plan<'p> {
    /// Port under which the second listener is known to its clients.
    pub proxied_as: Option<u16>,
    /// Folder of its logs, where that is not its own.
    pub data: Option<&'p Path>,
    /// Settings beside, or in place of, the usual ones.
    pub settings: &'p [(&'static str, &'p str)],
}

/// A broker and its place.
pub struct OwnBroker {
    jvm: Jvm,
    home: PathBuf,
    /// `host:port` of the plain listener.
    pub bootstrap: String,
    /// Port of the listener behind the proxy.
    pub behind_proxy: u16,
    running: Option<Child>,
    /// Removes the folder, however this process ends.
    cleaner: Child,
}

impl OwnBroker {
    /// Starts one. The error says why none can be had.
    pub fn start(plan: &Plan<'_>) -> Result<Self, String> {
        let jvm = Jvm::get()?;
        let home = tempfile::Builder::new().prefix("vigil-own-kafka-").tempdir().map_err(|e| e.to_string())?.keep();
        let cleaner = crate::broker::guard("", "sleep 1; rm -rf \"$1\"", &[home.to_str().unwrap()])?;
        let [port, behind_proxy, controller] = [(); 3].map(|()| free_port());
        let bootstrap = format!("127.0.0.1:{port}");
        let controller = format!("127.0.0.1:{controller}");
        let mut all = settings(&bootstrap, &bootstrap, &controller);
        let mut put = |name: &'static str, value: String| {
            all.retain(|(known, _)| *known != name);
            all.push((name, value));
        };
        if let Some(advertised) = plan.proxied_as {
            let (inner, controller) = (format!("127.0.0.1:{behind_proxy}"), &controller);
            put("listeners", format!("PLAINTEXT://{bootstrap},PROXIED://{inner},CONTROLLER://{controller}"));
            put("advertised.listeners", format!("PLAINTEXT://{bootstrap},PROXIED://127.0.0.1:{advertised}"));
            put("inter.broker.listener.name", "PLAINTEXT".to_owned());
            let protocols = "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT";
            put("listener.security.protocol.map", protocols.to_owned());
        }
        for (name, value) in plan.settings {
            put(name, (*value).to_owned());
        }
        let data = plan.data.map_or_else(|| home.join("data"), Path::to_path_buf);
        jvm.format(&home, &data, &controller, &all)?;
        let mut broker = Self { jvm, home, bootstrap, behind_proxy, running: None, cleaner };
        broker.up()?;
        Ok(broker)
    }

    /// Starts it again, and waits until it listens.
    pub fn up(&mut self) -> Result<(), String> {
        assert!(self.running.is_none(), "it runs");
        self.running = Some(self.jvm.start(&self.home, "")?);
        self.jvm.answers(&self.home, &self.bootstrap)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut guard = self.running.take().unwrap();
        drop(guard.stdin.take());
        guard.wait().unwrap();
    }

    /// An orderly stop.
    pub fn stop(&mut self) {
        let pid = std::fs::read_to_string(self.home.join("pid")).unwrap().trim().to_owned();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let until = Instant::now() + STOP_MAX;
        // Its parent, the guard, has not waited for it: it is there as a zombie, or is gone.
        let runs = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(|state| state != 'Z'))
        };
        while runs() {
            assert!(Instant::now() < until, "Kafka did not stop: {}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.kill();
    }

    /// What it logged.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.home.join("kafka.log")).unwrap_or_default()
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
        drop(self.cleaner.stdin.take());
        let _ = self.cleaner.wait();
    }
}
