//! The issuer's key set and the machines' tokens, read at start and again when they change.

use crate::config::Dashboard;
use crate::dashboard::auth::{Gate, KeySet, Tokens};
use crate::run::kafka::TURN;
use anyhow::{Context as _, anyhow, bail};
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use tokio_util::sync::CancellationToken;

/// Largest file or answer, bytes.
const BYTES_MAX: u64 = 1 << 20;

/// Longest wait for the issuer's answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The key set is asked for again after so long.
const AGAIN: Duration = Duration::from_secs(300);

/// And for a key that is not known, or after trouble, not more often than this.
const AGAIN_SOONEST: Duration = Duration::from_secs(30);

/// Files are looked at again so often.
const FILES_EVERY: Duration = Duration::from_secs(5);

fn read(path: &Path) -> anyhow::Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut text = String::new();
    file.take(BYTES_MAX + 1).read_to_string(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    if text.len() as u64 > BYTES_MAX {
        bail!("{} is larger than {BYTES_MAX} bytes", path.display());
    }
    Ok(text)
}

fn fetch(url: &str) -> anyhow::Result<KeySet> {
    use ureq::tls::{RootCerts, TlsConfig};
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(ANSWER_MAX))
        .max_redirects(0)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .build()
        .into();
    let mut answer = agent.get(url).call().context("dashboard.keys_url does not answer")?;
    let text = answer.body_mut().with_config().limit(BYTES_MAX).read_to_string().context("dashboard.keys_url")?;
    KeySet::read(&text).map_err(|fault| anyhow!("dashboard.keys_url: {fault}"))
}

/// Reads what the settings name.
///
/// # Errors
/// When a file cannot be read or is not what it must be. An issuer that does not answer is waited for: until then nobody
/// is known.
pub fn load(settings: &Dashboard, gate: &Gate) -> anyhow::Result<()> {
    if let Some(path) = &settings.tokens_file {
        let tokens = Tokens::read(&read(path)?).map_err(|fault| anyhow!("{}: {fault}", path.display()))?;
        gate.set_tokens(tokens);
    }
    if let Some(path) = &settings.keys_file {
        gate.set_keys(KeySet::read(&read(path)?).map_err(|fault| anyhow!("{}: {fault}", path.display()))?);
    }
    Ok(())
}

fn changed(path: Option<&Path>) -> Option<SystemTime> {
    std::fs::metadata(path?).ok()?.modified().ok()
}

/// Keeps both fresh until the stop. What cannot be read leaves what was read before.
pub fn keep(settings: &Dashboard, gate: &Gate, stop: &CancellationToken) {
    let files = || [settings.tokens_file.as_deref(), settings.keys_file.as_deref()].map(changed);
    let mut seen = files();
    let (mut looked, mut asked) = (Instant::now(), None::<Instant>);
    let mut known = false;
    while !stop.is_cancelled() {
        if looked.elapsed() >= FILES_EVERY {
            looked = Instant::now();
            let now = files();
            if now != seen {
                match load(settings, gate) {
                    Ok(()) => seen = now,
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "what was read before still holds"),
                }
            }
        }
        if let Some(url) = &settings.keys_url {
            let since = asked.map(|asked| asked.elapsed());
            let soon = since.is_none_or(|since| since >= AGAIN_SOONEST);
            if since.is_none_or(|since| since >= AGAIN) || soon && (!known || gate.take_keys_wanted()) {
                asked = Some(Instant::now());
                match fetch(url) {
                    Ok(keys) => {
                        gate.set_keys(keys);
                        known = true;
                    }
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "the keys read before still hold"),
                }
            }
        }
        std::thread::sleep(TURN);
    }
}
