//! The API against its own description: schemathesis, from the Python package index, in a virtual environment of the
//! tests, asks for everything in every way and holds each answer against the description.

use crate::broker::free_port;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SCHEMATHESIS: &str = "schemathesis==4.32.5";

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Where the tools of the tests are kept between runs.
fn tools() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_vigil")).parent().and_then(Path::parent).unwrap();
    target.join("schemathesis-4.32.5")
}

/// The tool; `None` where it cannot be had, which is said.
fn schemathesis() -> Option<PathBuf> {
    let (dir, tool) = (tools(), tools().join("bin/schemathesis"));
    // One that was made elsewhere does not run where its folder was moved to.
    if Command::new(&tool).arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Some(tool);
    }
    let _ = std::fs::remove_dir_all(&dir);
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    };
    let made = run(Path::new("python3"), &["-m", "venv", dir.to_str().unwrap()])
        .and_then(|()| run(&dir.join("bin/pip"), &["install", "--quiet", SCHEMATHESIS]));
    match made {
        Ok(()) => Some(tool),
        Err(why) => {
            let _ = std::fs::remove_dir_all(&dir);
            eprintln!(
                "NOT TESTED: the API against its description. It needs python3 with venv, and {SCHEMATHESIS} from the \
                 Python package index: {}",
                why.lines().last().unwrap_or_default()
            );
            None
        }
    }
}

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

#[test]
fn every_answer_is_as_the_description_says() {
    let Some(tool) = schemathesis() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [page, metrics] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.args(["demo", "--page", &page, "--bind", &metrics, "--set", "dashboard.requests_per_minute=100000"]);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VIGIL_")) {
        command.env_remove(name);
    }
    let child = command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _demo = Demo(child.spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(60);
    let listed = || get(&page, "/api/v1/patients").is_some_and(|body| !body.contains("\"items\":[]"));
    while !listed() {
        assert!(Instant::now() < until, "the demo shows no patient");
        std::thread::sleep(Duration::from_millis(200));
    }
    let me: serde_json::Value = serde_json::from_str(&get(&page, "/api/v1/me").unwrap()).unwrap();
    let csrf = format!("X-Vigil-Csrf: {}", me["csrf"].as_str().unwrap());
    let output = Command::new(tool)
        .args(["run", &format!("http://{page}/api/v1/openapi.json"), "-H", &csrf])
        // A stream does not end; it has tests of its own.
        .args(["--exclude-path", "/api/v1/stream", "--max-examples", "20", "--seed", "1"])
        .args(["--checks", CHECKS])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let sums: Vec<&str> = said.lines().filter(|line| line.contains("generated") || line.contains("Tested:")).collect();
    eprintln!("{sums:?}");
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
