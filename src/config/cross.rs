//! Rules that join several settings.

use super::Settings;
use super::dashboard;
use super::fault::{Fault, Place};
use super::keys::RESERVED_PROPERTIES;
use super::layers::Merged;
use super::value::SourceTopic;
use std::net::IpAddr;

pub fn check(settings: &Settings, merged: &mut Merged) {
    let mut faults = Vec::new();
    {
        let mut fault = |key: &str, expected: String| {
            let property = key.strip_prefix("kafka.properties.").and_then(|name| merged.property_places.get(name));
            let place = property.or_else(|| merged.values.get(key).map(|(_, place)| place));
            faults.push(Fault { key: key.to_owned(), place: place.cloned().unwrap_or(Place::Default), expected });
        };
        topics(settings, &mut fault);
        link(settings, &mut fault);
        if settings.ingest.group == settings.watch.group && !settings.watch.group.is_empty() {
            fault("watch.group", "expected another group than ingest.group".into());
        }
        if settings.pseudonym.file.is_some() && settings.pseudonym.key.is_some() {
            fault("pseudonym.key", "expected either pseudonym.key or pseudonym.key_file, not both".into());
        }
        if !settings.http_bind.ip().is_loopback() && !merged.is_true("http.allow_remote") {
            fault(
                "http.bind",
                "this address is reached from other machines and asks for no login: set http.allow_remote = true if they \
                 may read metrics and probes"
                    .into(),
            );
        }
        dashboard::check(settings, &mut fault);
        if let Some(partition) = settings.watch.partitions.iter().find(|p| **p >= settings.topics.partitions) {
            fault(
                "watch.partitions",
                format!("partition {partition} does not exist: topics.partitions is {}", settings.topics.partitions),
            );
        }
        if settings.topics.min_insync > settings.topics.replication {
            fault("topics.min_insync", "expected at most topics.replication".into());
        }
    }
    merged.faults.append(&mut faults);
}

/// No two topics are one.
fn topics(settings: &Settings, fault: &mut impl FnMut(&str, String)) {
    let topics = &settings.topics;
    let ours = [
        ("topics.records", &topics.records),
        ("topics.alerts", &topics.alerts),
        ("topics.state", &topics.state),
        ("topics.rejects", &topics.rejects),
        ("topics.audit", &topics.audit),
    ];
    for (number, (key, name)) in ours.iter().enumerate() {
        if let Some((other, _)) = ours.iter().take(number).find(|(_, other)| other == name && !name.is_empty()) {
            fault(key, format!("expected another topic than {other}"));
        }
        let is = |source: &&SourceTopic| source.topic == **name;
        if topics.sources.iter().any(|source| is(&source)) {
            fault("topics.sources", format!("a source cannot be {key} itself"));
        }
    }
}

/// The link to the brokers is encrypted and verified, or stays on this machine, or somebody has said otherwise.
fn link(settings: &Settings, fault: &mut impl FnMut(&str, String)) {
    let kafka = &settings.kafka;
    let property = |name: &str| kafka.properties.get(name).map(|property| property.expose().to_ascii_lowercase());
    for (name, why) in RESERVED_PROPERTIES {
        if kafka.properties.contains_key(*name) {
            fault(&format!("kafka.properties.{name}"), format!("not yours to set: {why}"));
        }
    }
    let protocol = property("security.protocol").unwrap_or_else(|| "plaintext".into());
    let key = "kafka.properties.security.protocol";
    let encrypted = match protocol.as_str() {
        "plaintext" | "sasl_plaintext" => false,
        "ssl" | "sasl_ssl" => true,
        _ => {
            fault(key, "expected plaintext, ssl, sasl_plaintext or sasl_ssl".into());
            return;
        }
    };
    if encrypted && !cfg!(feature = "ssl") {
        fault(key, "this build has no TLS: build it with --features ssl".into());
    }
    let local = kafka.bootstrap.as_ref().is_none_or(|brokers| brokers.split(',').all(is_loopback));
    if local || kafka.allow_insecure {
        return;
    }
    if !encrypted {
        fault(
            "kafka.bootstrap",
            "the link to this broker is not encrypted: set kafka.properties.security.protocol to ssl or sasl_ssl, or \
             kafka.allow_insecure = true"
                .into(),
        );
    }
    for (name, off) in
        [("enable.ssl.certificate.verification", "false"), ("ssl.endpoint.identification.algorithm", "none")]
    {
        if property(name).as_deref() == Some(off) {
            fault(
                &format!("kafka.properties.{name}"),
                "verification is off: set kafka.allow_insecure = true as well".into(),
            );
        }
    }
}

fn is_loopback(broker: &str) -> bool {
    let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
    let host = host.rsplit_once("://").map_or(host, |(_, host)| host);
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
