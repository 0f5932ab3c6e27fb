//! Acts of people on alerts.
