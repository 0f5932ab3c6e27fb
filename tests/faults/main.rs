//! The campaign of faults against `vigil watch` on a real Kafka of its own: kills, named crash points, zombies, broker
//! restarts, rebalances, a bad network, planted bugs.
//!
//! As a test it runs the short form. `--piece NAME --seed N --count N` runs a piece of the long form and adds a line to
//! `tests/faults/RESULTS.md`; `--sums` prints what the lines come to. `make faults` does all of it.
#![allow(clippy::disallowed_methods, reason = "tests read the environment: broker, CI; and the clock")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

#[path = "../suite/broker.rs"]
#[allow(dead_code, reason = "shared with the suite")]
mod broker;
#[path = "../suite/cluster.rs"]
#[allow(dead_code, reason = "shared with the suite")]
mod cluster;
#[path = "../suite/feed.rs"]
mod feed;
mod ground;
#[path = "../suite/oracle.rs"]
mod oracle;
#[path = "../suite/own_broker.rs"]
#[allow(dead_code, reason = "shared with the suite")]
mod own_broker;
mod pieces;
mod plants;
#[path = "../suite/process.rs"]
#[allow(dead_code, reason = "shared with the suite")]
mod process;
#[path = "../suite/proxy.rs"]
#[allow(dead_code, reason = "shared with the suite")]
mod proxy;
#[path = "../suite/settle.rs"]
mod settle;
mod short;
mod table;

use pieces::Piece;
use std::process::ExitCode;

/// Runs a future of a client to its end.
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

const USAGE: &str = "faults [--piece kills|points|zombies|brokers|rebalances|group-kills|proxy|plants --seed N --count N \
                     [--rate N]] \
                     [--sums]";

/// Records a second that a piece of the long form is fed.
const RATE: u64 = 3000;

enum Wish {
    Short,
    Piece {
        piece: Piece,
        seed: u64,
        count: u64,
        rate: u64,
    },
    Plants,
    Sums,
    /// Arguments of the test runner that mean other tests.
    Nothing,
}

fn wish(arguments: &[String]) -> Result<Wish, String> {
    let after = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        Some(arguments.get(at + 1).cloned().unwrap_or_default())
    };
    let number = |flag: &str, otherwise: u64| match after(flag) {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| format!("{flag} takes a number\n{USAGE}")),
    };
    if arguments.iter().any(|argument| argument == "--sums") {
        return Ok(Wish::Sums);
    }
    match after("--piece").as_deref() {
        Some("plants") => Ok(Wish::Plants),
        Some(name) => {
            let piece = Piece::named(name).ok_or_else(|| format!("no piece is called {name:?}\n{USAGE}"))?;
            let (seed, count, rate) = (number("--seed", 1)?, number("--count", 1)?, number("--rate", RATE)?);
            Ok(Wish::Piece { piece, seed, count, rate })
        }
        None => {
            let is_filter = |argument: &&String| !argument.starts_with('-') && argument.parse::<u64>().is_err();
            let filters = || arguments.iter().filter(is_filter);
            let listing = arguments.iter().any(|argument| argument == "--list");
            let named = filters().next().is_none() || filters().any(|filter| "faults::short".contains(filter.as_str()));
            Ok(if named && !listing { Wish::Short } else { Wish::Nothing })
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let good = match wish(&arguments) {
        Ok(Wish::Nothing) => true,
        Ok(Wish::Sums) => table::print_sums(),
        Ok(Wish::Short) => short::run(),
        Ok(Wish::Plants) => plants::run(),
        Ok(Wish::Piece { piece, seed, count, rate }) => pieces::run(piece, seed, count, rate),
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(64);
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
