//! `vigil` as a child process, with settings from the environment and its output kept.

use crate::broker::free_port;
use crate::cluster::Corner;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// The key of the tests' pseudonyms. Not a secret.
pub const KEY: &str = "a key for tests, in no way a secret";

/// A vigil of one test: its settings, by default those of a corner of the broker, and what its processes said.
pub struct Site {
    /// `VIGIL_…` variables.
    pub variables: Vec<(String, String)>,
    output: tempfile::TempDir,
}

impl Site {
    pub fn new(corner: &Corner, partitions: i32) -> Self {
        let mut site = Self { variables: Vec::new(), output: tempfile::tempdir().unwrap() };
        site.set("KAFKA_BOOTSTRAP", &corner.bootstrap);
        site.set("PSEUDONYM_KEY", KEY);
        site.set("TOPICS_PARTITIONS", &partitions.to_string());
        site.set("TOPICS_SOURCES", &format!("[{{ topic = \"{}\" }}]", corner.name("source")));
        for topic in ["records", "alerts", "state", "rejects", "audit"] {
            site.set(&format!("TOPICS_{}", topic.to_uppercase()), &corner.name(topic));
        }
        site.set("INGEST_GROUP", &corner.name("ingest"));
        site.set("WATCH_GROUP", &corner.name("watch"));
        site
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != &format!("VIGIL_{name}"));
        self.variables.push((format!("VIGIL_{name}"), value.to_owned()));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
        command.args(arguments).stdin(Stdio::null()).current_dir(self.output.path());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VIGIL_")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a role; its output goes to files.
    pub fn start(&self, arguments: &[&str]) -> Running {
        self.start_with(arguments, &[])
    }

    /// The same, with more variables of its own.
    pub fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
        let at = self.output.path().join(format!("{}.log", arguments.join("-")));
        let file = File::options().create(true).append(true).open(&at).unwrap();
        let mut command = self.command(arguments);
        let address = format!("127.0.0.1:{}", free_port());
        // A page that was there before comes back at its own address.
        let given =
            variables.iter().find(|(name, _)| *name == "VIGIL_DASHBOARD_BIND").map(|(_, page)| (*page).to_owned());
        let page = given.unwrap_or_else(|| format!("127.0.0.1:{}", free_port()));
        let child = command
            .env("VIGIL_HTTP_BIND", &address)
            .env("VIGIL_DASHBOARD_BIND", &page)
            .envs(variables.iter().copied())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Running { child, address, page, log: at }
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command to its end, which must be a good one; gives its standard output.
    pub fn run_well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "vigil {arguments:?}: {}\n{error}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// What all processes of this site have said.
    pub fn logs(&self) -> String {
        let files = std::fs::read_dir(self.output.path()).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect()
    }
}

/// A child that does not outlive its test.
pub struct Running {
    child: Child,
    address: String,
    /// Address of the page and its API.
    pub page: String,
    pub log: PathBuf,
}

impl Running {
    /// Memory that the process has, KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Files and connections that the process has open.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.kill_now();
    }

    /// The same; it is dead when this returns.
    pub fn kill_now(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, then its exit code; `None` if it did not end in time.
    pub fn stop(mut self, within: Duration) -> Option<i32> {
        self.signal("TERM");
        self.ended(within)
    }

    /// The exit code, if it ends by itself in time.
    pub fn ended(&mut self, within: Duration) -> Option<i32> {
        self.end(within).and_then(|status| status.code())
    }

    /// How it ended, if it does so by itself in time.
    pub fn end(&mut self, within: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + within;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Is it ready, as far as it answers at all?
    pub fn ready(&self) -> bool {
        self.ask("/readyz").is_ok_and(|(status, _)| status.contains(" 200 "))
    }

    /// Does a path answer with these words, as far as it answers at all?
    pub fn says(&self, path: &str, words: &str) -> bool {
        self.ask(path).is_ok_and(|(_, body)| body.contains(words))
    }

    /// What an HTTP path of this process answers: status line and body.
    pub fn get(&self, path: &str) -> (String, String) {
        // A process that has just been started does not listen yet.
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match self.ask(path) {
                Ok(answer) => return answer,
                Err(error) => assert!(Instant::now() < until, "{}: {error}", self.address),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ask(&self, path: &str) -> std::io::Result<(String, String)> {
        let address = self.address.as_str();
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok((head.lines().next().unwrap_or_default().to_owned(), body.to_owned()))
    }

    /// Sum of a metric over all its labels.
    pub fn metric(&self, name: &str) -> f64 {
        let (_, body) = self.get("/metrics");
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let value = |line: &str| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
        body.lines().filter(of_name).map(value).sum()
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Is it stopped, as by `SIGSTOP`?
    pub fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Field 3 of proc_pid_stat(5), behind the name in brackets.
        stat.rsplit(") ").next().unwrap().starts_with('T')
    }

    /// Processor time that it has used, of all its threads.
    pub fn cpu_time(&self) -> Duration {
        // Fields 14 and 15 of proc_pid_stat(5), user and system, in hundredths of a second.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let said = self.said();
            let lines: Vec<&str> = said.lines().collect();
            // A process of a campaign says much.
            eprintln!("--- {}\n{}", self.log.display(), lines[lines.len().saturating_sub(200)..].join("\n"));
        }
    }
}
