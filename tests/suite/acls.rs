//! Access rules of a broker's topics, set by the wire protocol itself: librdkafka's binding has no call for it. Kafka's
//! protocol guide, requests `CreateAcls` and `DeleteAcls`, version 1.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const CREATE_ACLS: i16 = 30;
const DELETE_ACLS: i16 = 31;
const TOPIC: u8 = 2;
const LITERAL: u8 = 3;
const ALL: u8 = 2;
const WRITE: u8 = 4;
const DENY: u8 = 2;
const ALLOW: u8 = 3;
/// Of a filter: whatever it is.
const ANY: u8 = 1;

/// Who comes over a listener that asks for no name.
const EVERYBODY: &str = "User:ANONYMOUS";

fn text(into: &mut Vec<u8>, text: &str) {
    into.extend(i16::try_from(text.len()).unwrap().to_be_bytes());
    into.extend(text.as_bytes());
}

/// Sends a request, and checks that the first error code of its answer is none.
fn ask(bootstrap: &str, api: i16, body: &[u8]) {
    let mut request = Vec::new();
    request.extend(api.to_be_bytes());
    request.extend(1i16.to_be_bytes());
    request.extend(7i32.to_be_bytes());
    text(&mut request, "test");
    request.extend(body);
    let mut stream = TcpStream::connect(bootstrap).unwrap();
    stream.write_all(&i32::try_from(request.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(&request).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    // Correlation, throttle time, number of results, error of the first.
    assert_eq!(&answer[12..14], [0, 0], "the broker refused a change of access: {answer:?}");
}

/// Nobody may write to the topic; everything else stays allowed.
pub fn refuse_writes(bootstrap: &str, topic: &str) {
    let mut body = 2i32.to_be_bytes().to_vec();
    for (operation, permission) in [(WRITE, DENY), (ALL, ALLOW)] {
        body.push(TOPIC);
        text(&mut body, topic);
        body.push(LITERAL);
        text(&mut body, EVERYBODY);
        text(&mut body, "*");
        body.extend([operation, permission]);
    }
    ask(bootstrap, CREATE_ACLS, &body);
}

/// Takes all rules of the topic away.
pub fn allow_all(bootstrap: &str, topic: &str) {
    let mut body = 1i32.to_be_bytes().to_vec();
    body.push(TOPIC);
    text(&mut body, topic);
    body.push(LITERAL);
    text(&mut body, EVERYBODY);
    text(&mut body, "*");
    body.extend([ANY, ANY]);
    ask(bootstrap, DELETE_ACLS, &body);
}
