//! The log: structured lines on standard error, as JSON or for people. What librdkafka says comes through it too.
//! Nothing about a patient or a case is ever logged; counts, partitions, offsets and reasons are.

use crate::config::{LogFormat, Settings};
use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging to standard error; to be called once, by `main`'s command.
///
/// # Errors
/// When logging was started before.
pub fn start(settings: &Settings) -> anyhow::Result<()> {
    let subscriber = subscriber(settings.log_format, &settings.log_level, std::io::stderr);
    tracing::subscriber::set_global_default(subscriber).context("logging was started before")
}

/// Our own lines from `level` up; other crates' from the more severe of `level` and `info`, since below that they are of
/// no use to an operator.
fn filter(level: &str) -> EnvFilter {
    let others = if matches!(level, "error" | "warn") { level } else { "info" };
    EnvFilter::new(format!("{others},besponsa_vigil={level},vigil={level},librdkafka={level}"))
}

fn subscriber<W>(format: LogFormat, level: &str, writer: W) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let base = tracing_subscriber::fmt().with_env_filter(filter(level)).with_writer(writer);
    match format {
        LogFormat::Json => Box::new(base.json().flatten_event(true).with_current_span(false).finish()),
        LogFormat::Pretty => {
            Box::new(base.compact().with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).finish())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);
    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    fn logged(format: LogFormat, level: &str) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = subscriber(format, level, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(partition = 3, "shard restored");
            tracing::debug!("detail");
            tracing::warn!(target: "librdkafka", "broker down");
        });
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_line_is_json_with_its_fields_at_the_top() {
        let text = logged(LogFormat::Json, "info");
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!((&lines[0]["message"], &lines[0]["partition"]), (&"shard restored".into(), &3.into()));
        assert_eq!(lines[1]["target"], "librdkafka");
    }

    #[test]
    fn the_level_holds_for_us_and_for_librdkafka() {
        assert!(logged(LogFormat::Pretty, "debug").contains("detail"));
        assert!(logged(LogFormat::Pretty, "error").is_empty());
    }
}
