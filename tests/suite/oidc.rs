//! Tokens of a real OpenID Connect provider (npm's `oidc-provider`, on loopback) at the dashboard's gate.

use crate::broker::free_port;
use crate::cluster::wait_until;
use crate::dashboard::Desk;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longest wait for a process to answer, or for a new key to be known.
const DONE_MAX: Duration = Duration::from_secs(60);

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc")
}

/// Is the provider there? Where it cannot be had, that is said.
fn provider_is_there() -> bool {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(folder()).output();
        output.map_err(|error| format!("{program}: {error}")).and_then(|output| match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        })
    };
    let there = run("node", &["--version"]).and_then(|()| match folder().join("node_modules/oidc-provider").exists() {
        true => Ok(()),
        false => run("npm", &["ci", "--no-audit", "--no-fund"]),
    });
    if let Err(why) = &there {
        eprintln!(
            "NOT TESTED: tokens of a real OpenID Connect provider. It needs node and npm (Debian: nodejs npm): {}",
            why.lines().last().unwrap_or_default()
        );
    }
    there.is_ok()
}

struct Provider {
    _process: Process,
    port: u16,
}

impl Provider {
    fn start(port: u16) -> Self {
        let mut command = Command::new("node");
        command.args(["provider.mjs", &port.to_string()]).current_dir(folder());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let provider = Self { _process: Process(child), port };
        wait_until("the provider answers", DONE_MAX, || provider.ask("GET /jwks", "", "").is_some());
        provider
    }

    fn ask(&self, what: &str, headers: &str, body: &str) -> Option<serde_json::Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let host = format!("Host: 127.0.0.1:{}\r\nConnection: close\r\n", self.port);
        write!(stream, "{what} HTTP/1.1\r\n{host}{headers}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// A token of a client, which is named after what it may.
    fn token(&self, client: &str) -> String {
        let basic = base64(&format!("{client}:secret-of-{client}"));
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\nAuthorization: Basic {basic}\r\n");
        let answer = self.ask("POST /token", &headers, "grant_type=client_credentials").expect("an answer");
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).for_each(|at| out.push(char::from(LETTERS[(word >> (18 - 6 * at)) as usize & 63])));
        (chunk.len()..3).for_each(|_| out.push('='));
    }
    out
}

#[test]
fn tokens_of_a_real_provider_open_what_their_roles_open() {
    if !provider_is_there() {
        return;
    }
    let provider = Provider::start(free_port());
    let issuer = format!("http://127.0.0.1:{}", provider.port);
    let [page, metrics] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
    let settings = [
        format!("dashboard.issuer={issuer}"),
        "dashboard.audience=https://vigil.example.org".to_owned(),
        format!("dashboard.keys_url={issuer}/jwks"),
        "dashboard.roles_claim=groups".to_owned(),
        "dashboard.roles=[\"desk-viewer=viewer\", \"desk-reviewer=reviewer\", \"desk-auditor=auditor\", \
         \"desk-billing=admin\", \"desk-brief=viewer\"]"
            .to_owned(),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.args(["demo", "--page", &page, "--bind", &metrics]);
    command.args(settings.iter().flat_map(|setting| ["--set", setting]));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VIGIL_")) {
        command.env_remove(name);
    }
    let said = tempfile::NamedTempFile::new().unwrap();
    let output = said.reopen().unwrap();
    let child = command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
    let _demo = Process(child);
    let desk = Desk::at(&page);
    let status = |token: &str, path: &str| desk.get_as(token, path).0;
    let alerts = "/api/v1/alerts";
    wait_until("the page answers", DONE_MAX, || desk.get("/api/v1/me").0 == 401);
    let viewer = provider.token("viewer");
    wait_until("the key set is known", DONE_MAX, || status(&viewer, alerts) == 200);
    let me = desk.get_as(&viewer, "/api/v1/me").1;
    assert_eq!(
        (&me["actor"], &me["roles"][0], &me["authentication"]),
        (&"viewer".into(), &"viewer".into(), &"oidc".into())
    );
    assert!(me["expires_at"].is_string());
    // Signed by the provider's other key, of another kind.
    assert_eq!(status(&provider.token("reviewer"), alerts), 200);
    let auditor = provider.token("auditor");
    assert_eq!((status(&auditor, alerts), status(&auditor, "/api/v1/audit")), (403, 200));
    assert_eq!(status(&provider.token("nobody"), alerts), 403);
    assert_eq!(status(&provider.token("billing"), alerts), 401, "a token for another audience");
    let brief = provider.token("brief");
    assert_eq!(status(&brief, alerts), 200);
    // It is over after a second; clocks may differ by 30.
    wait_until("the brief token is over", DONE_MAX, || status(&brief, alerts) == 401);

    // The provider's keys are new after its restart: what they sign is taken, what the old ones signed is not.
    let port = provider.port;
    drop(provider);
    let provider = Provider::start(port);
    let renewed = provider.token("viewer");
    wait_until("the new keys are known", DONE_MAX, || status(&renewed, alerts) == 200);
    assert_eq!(status(&viewer, alerts), 401, "signed by a key that is gone");
    let said = std::fs::read_to_string(said.path()).unwrap();
    for token in [&viewer, &auditor, &renewed] {
        assert!(!said.contains(token.split('.').nth(2).unwrap()), "a token in the output");
    }
}
