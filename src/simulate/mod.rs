//! Synthetic input for the demonstration, the benches and the soak. Every message says that it is simulated; how often
//! each reaction occurs comes from the profile.

pub mod agreement;
mod openfda;
mod reports;
pub mod ward;
mod wording;

pub use reports::{Feed, FeedMessage, Intended};
