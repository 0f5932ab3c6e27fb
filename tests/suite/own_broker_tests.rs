//! A broker of a test's own keeps what it has.

use crate::cluster::Corner;
use crate::own_broker::{OwnBroker, Plan};

#[test]
fn what_it_holds_outlives_a_stop_and_a_kill() {
    if crate::broker::broker().is_none_or(|broker| !broker.is_ours()) {
        return eprintln!("NOT TESTED: a broker that is killed is started from jars");
    }
    let mut broker = match OwnBroker::start(&Plan::default()) {
        Ok(broker) => broker,
        Err(why) => return eprintln!("NOT TESTED: a broker that is killed is started from jars: {why}"),
    };
    let corner = Corner::at(&broker.bootstrap, "own");
    let topic = corner.create("kept", 1, &[]);
    corner.send(&topic, 0, [b"one".as_slice()]);
    broker.stop();
    broker.up().unwrap();
    corner.send(&topic, 0, [b"two".as_slice()]);
    broker.kill();
    broker.up().unwrap();
    let values: Vec<_> = corner.read(&topic).into_iter().map(|seen| seen.value).collect();
    assert_eq!(values, [b"one", b"two"]);
}
