//! The rules over courses kept in memory.

mod bed;
mod bleeding;
mod exposure;
mod fever;
mod label;
mod laboratory;
mod property_tests;
mod quiet;
mod severity;
mod vod;
