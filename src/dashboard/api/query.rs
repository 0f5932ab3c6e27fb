//! Parameters of a query: known ones, once each, and checked; everything else is an error that names its field.

use super::problem::{FieldFault, Problem};
use crate::dashboard::read_model::Place;
use crate::record::Millis;
use axum::extract::Query;
use axum::http::Uri;
use std::collections::BTreeMap;

/// Most values of one parameter.
const VALUES_MAX: usize = 16;

/// Longest value, bytes.
const VALUE_BYTES_MAX: usize = 500;

/// Rows of a page.
pub const LIMIT_MAX: usize = 500;

/// Rows of a page where nothing is asked for.
const LIMIT: usize = 100;

/// The parameters of one request.
#[derive(Debug)]
pub struct Params {
    given: BTreeMap<String, String>,
    faults: Vec<FieldFault>,
}

impl Params {
    /// Reads the query of a request that may have these parameters.
    ///
    /// # Errors
    /// A problem that names what is unknown or stands twice.
    pub fn of(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
            return Err(Problem::bad_request(Vec::new()));
        };
        let mut params = Self { given: BTreeMap::new(), faults: Vec::new() };
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                params.fault("query", "holds a parameter that is not known here");
            } else if value.len() > VALUE_BYTES_MAX || value.chars().any(char::is_control) {
                params.fault(&name, "is too long, or holds a control character");
            } else if params.given.insert(name.clone(), value).is_some() {
                params.fault(&name, "stands twice");
            }
        }
        Ok(params)
    }

    fn fault(&mut self, field: &str, message: &str) {
        self.faults.push(FieldFault { field: field.to_owned(), message: message.to_owned() });
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// A word that `of` knows.
    pub fn word<T>(&mut self, name: &str, of: impl Fn(&str) -> Option<T>, expected: &str) -> Option<T> {
        let given = self.given.get(name)?;
        let word = of(given);
        if word.is_none() {
            self.fault(name, expected);
        }
        word
    }

    /// Several words with commas between; none given is `None`.
    pub fn words<T>(&mut self, name: &str, of: impl Fn(&str) -> Option<T>, expected: &str) -> Option<Vec<T>> {
        let given = self.given.get(name)?;
        let parts: Vec<&str> = given.split(',').collect();
        let words: Option<Vec<T>> = parts.iter().map(|part| of(part.trim())).collect();
        match words.filter(|words| words.len() <= VALUES_MAX) {
            Some(words) => Some(words),
            None => {
                self.fault(name, expected);
                None
            }
        }
    }

    /// True or false.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.word(name, |text| text.parse().ok(), "is true or false")
    }

    /// An RFC 3339 time.
    pub fn time(&mut self, name: &str) -> Option<Millis> {
        let of = |text: &str| {
            let time: jiff::Timestamp = text.parse().ok()?;
            Some(Millis(time.as_millisecond())).filter(|time| time.in_range())
        };
        self.word(name, of, "is a time such as 2025-03-01T08:00:00Z")
    }

    /// Rows of a page.
    pub fn limit(&mut self) -> usize {
        let of = |text: &str| text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        self.word("limit", of, "is a number from 1 to 500").unwrap_or(LIMIT)
    }

    /// The place that the page begins behind, in a list of this order and filter.
    pub fn cursor(&mut self, of: &str) -> Option<Place> {
        self.word("cursor", |text| Place::of_cursor(text, of), "belongs to another order or filter")
    }

    /// What makes the list the one it is: all parameters but those of paging.
    pub fn filter(&self) -> String {
        let kept = self.given.iter().filter(|(name, _)| !["limit", "cursor"].contains(&name.as_str()));
        kept.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    /// The names of the parameters that narrow the list, for the audit: values may name a patient.
    pub fn filter_names(&self) -> String {
        self.given.keys().filter(|name| *name != "cursor").cloned().collect::<Vec<_>>().join(",")
    }

    /// All is well so far.
    ///
    /// # Errors
    /// A problem with every fault.
    pub fn check(&mut self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::bad_request(std::mem::take(&mut self.faults))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Result<Params, Problem> {
        Params::of(&format!("/x?{query}").parse().unwrap(), &["limit", "since", "state", "key", "dme"])
    }

    #[test]
    fn a_fault_names_its_field_and_repeats_nothing() {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("limit=x", "limit"),
            ("since=yesterday", "since"),
            ("since=0001-01-01T00:00:00Z", "since"),
            ("dme=maybe", "dme"),
            ("dme=true&dme=false", "dme"),
            ("canary=1", "query"),
            ("key=%00", "key"),
        ] {
            let mut params = params(query).unwrap();
            let _ = (params.limit(), params.time("since"), params.flag("dme"));
            let problem = params.check().unwrap_err();
            assert_eq!((problem.status, problem.errors[0].field.as_str()), (400, field), "{query}");
            assert!(!format!("{problem:?}").contains("canary"), "{query}");
        }
        let mut good = params("limit=7&since=2025-03-01T08:00:00Z&state=a,b&key=k%20x").unwrap();
        assert_eq!((good.limit(), good.text("key")), (7, Some("k x")));
        assert_eq!(good.words("state", |word| Some(word.to_owned()), ""), Some(vec!["a".into(), "b".into()]));
        assert!(good.check().is_ok());
        assert_eq!(good.filter(), "key=k x&since=2025-03-01T08:00:00Z&state=a,b");
    }
}
