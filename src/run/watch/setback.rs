//! What throws a shard back. Whatever it is, the shard's memory is dropped and restored from the changelog: there is no
//! other way to recover.

use crate::pipeline::StateFault;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

/// What to do where the broker's access rules say no.
pub const REFUSED: &str = "Kafka refuses it: what vigil must be allowed to do stands in deploy/acls.sh";

/// Why a life of a shard ended.
#[derive(Debug)]
pub enum Setback {
    /// May pass: tried again with a growing pause.
    Passing(anyhow::Error),
    /// Another process has taken the shard over.
    Fenced(anyhow::Error),
    /// Does not pass by itself: a person must look. Tried again at the longest pause, so that no restart is needed after.
    Lasting(anyhow::Error),
    /// Judging the record at this offset panicked.
    Panicked(i64),
}

impl Setback {
    /// The same, with what was being done.
    #[must_use]
    pub fn while_doing(self, what: &'static str) -> Self {
        match self {
            Self::Passing(error) => Self::Passing(error.context(what)),
            Self::Fenced(error) => Self::Fenced(error.context(what)),
            Self::Lasting(error) => Self::Lasting(error.context(what)),
            Self::Panicked(offset) => Self::Panicked(offset),
        }
    }
}

impl From<anyhow::Error> for Setback {
    fn from(error: anyhow::Error) -> Self {
        Self::Passing(error)
    }
}

impl From<StateFault> for Setback {
    fn from(fault: StateFault) -> Self {
        Self::Lasting(fault.into())
    }
}

impl From<KafkaError> for Setback {
    fn from(error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch | RDKafkaErrorCode::Fenced,
            ) => Self::Fenced(error.into()),
            Some(code) if refused(code) => Self::Lasting(anyhow::Error::from(error).context(REFUSED)),
            _ => Self::Passing(error.into()),
        }
    }
}

/// Is it the broker's word that we may not?
const fn refused(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::TransactionalIdAuthorizationFailed
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::UnsupportedVersion
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fenced_refused_and_passing_are_told_apart() {
        let of = |code| Setback::from(KafkaError::MessageProduction(code));
        assert!(matches!(of(RDKafkaErrorCode::ProducerFenced), Setback::Fenced(_)));
        assert!(matches!(of(RDKafkaErrorCode::TopicAuthorizationFailed), Setback::Lasting(_)));
        assert!(matches!(of(RDKafkaErrorCode::MessageTimedOut), Setback::Passing(_)));
    }
}
