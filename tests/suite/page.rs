//! The page in Chromium over a whole site on a real Kafka: what the page's own tests ask of it, one process after the other
//! stopped and started. The journeys are `tests/page/kafka.test.mjs`; they send their orders here.

use crate::broker::broker;
use crate::cluster::Corner;
use crate::desks::Desks;
use besponsa_vigil::profile::BUILTIN_TOML;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A call escalates after so many minutes here, not after 15.
const ESCALATION_MINUTES: f64 = 0.2;

/// Time between two looks for an order.
const TURN: Duration = Duration::from_millis(10);

/// Folder of the page's tests.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page")
}

/// What is missing to look at the page, if anything.
pub fn missing() -> Option<String> {
    let given = std::env::var("VIGIL_TEST_CHROMIUM").unwrap_or_default();
    let browsers = [given.as_str(), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    if !browsers.iter().any(|path| Path::new(path).is_file()) {
        return Some("Chromium (Debian: chromium), or VIGIL_TEST_CHROMIUM".to_owned());
    }
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).current_dir(folder()).stdout(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    };
    if !run("node", &["--version"]) {
        return Some("node (Debian: nodejs npm)".to_owned());
    }
    let there = folder().join("node_modules/playwright-core").exists();
    (!there && !run("npm", &["ci", "--no-audit", "--no-fund", "--silent"]))
        .then(|| "what npm could not fetch".to_owned())
}

/// Says what was not tested; where CI is set, that is a failure.
fn not_tested(why: &str) {
    let message = format!("NOT TESTED: the page over a real Kafka. It needs {why}.");
    assert!(!matches!(std::env::var("CI").as_deref(), Ok("true" | "1")), "{message}");
    eprintln!("\n{message}\n");
}

/// The profile with calls for febrile neutropenia that escalate while a test waits.
fn hurried() -> tempfile::NamedTempFile {
    let fact = "id = \"rule.escalation.minutes.febrile_neutropenia\"\n";
    let (before, rest) = BUILTIN_TOML.split_once(fact).unwrap();
    let rest = rest.replacen("value = 15\n", &format!("value = {ESCALATION_MINUTES}\n"), 1);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{before}{fact}{rest}")).unwrap();
    file
}

/// The journeys do not outlive their test.
struct Journeys(Child);

impl Drop for Journeys {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_page_shows_what_kafka_says_and_people_do() {
    let Some(broker) = broker() else { return };
    if let Some(missing) = missing() {
        not_tested(&missing);
        return;
    }
    let corner = Corner::of(broker, "page");
    let profile = hurried();
    let mut desks = Desks::start(&corner, 2, |site| {
        site.set("PROFILE_FILE", &profile.path().display().to_string());
        // What is quiet is another state, and other tests' matter.
        site.set("DASHBOARD_QUIET_SECONDS", "3600");
    });
    if !desks.has_page() {
        not_tested("a binary with the built page (`make page`)");
        return;
    }
    let orders = TcpListener::bind("127.0.0.1:0").unwrap();
    orders.set_nonblocking(true).unwrap();
    let child = Command::new("node")
        .args(["--test", "kafka.test.mjs"])
        .current_dir(folder())
        .env("VIGIL_TEST_DESKS", [0, 1].map(|number| format!("http://{}", desks.address(number))).join(" "))
        .env("VIGIL_TEST_ORDERS", orders.local_addr().unwrap().port().to_string())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut journeys = Journeys(child);
    let ended = loop {
        match orders.accept() {
            Ok((stream, _)) => obey(&mut desks, stream),
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(TURN),
            Err(error) => panic!("{error}"),
        }
        if let Some(status) = journeys.0.try_wait().unwrap() {
            break status;
        }
    };
    assert!(ended.success(), "{ended}");
}

/// One order, a line, answered when it is done.
fn obey(desks: &mut Desks, mut stream: TcpStream) {
    stream.set_nonblocking(false).unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    let (order, what) = line.trim_end().split_once(' ').unwrap();
    match (order, what) {
        ("send", message) => {
            desks.send(message.as_bytes());
            desks.flush();
        }
        ("kill", "watches") => desks.kill_watches(),
        ("start", "watches") => desks.start_watches(),
        ("kill", number) => desks.kill_dashboard(number.parse().unwrap()),
        ("start", number) => desks.start_dashboard(number.parse().unwrap()),
        _ => panic!("no such order: {order}"),
    }
    // Journeys that were broken off do not listen.
    let _ = stream.write_all(b"done\n");
}
