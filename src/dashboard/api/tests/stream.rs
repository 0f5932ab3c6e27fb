//! The live stream: what it tells, how it resumes, and who is dropped.

use super::*;

/// Reads a stream until a number of events of a kind have come.
async fn events(
    served: &Served,
    last: Option<&str>,
    kind: &str,
    count: usize,
) -> Vec<(Option<String>, String, String)> {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let last = last.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
    let request = format!("GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n{last}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut text, mut buffer) = (String::new(), vec![0; 1 << 16]);
    let read = async {
        loop {
            let found = parse(&text);
            if found.iter().filter(|(_, of, _)| of == kind).count() >= count {
                return found;
            }
            let size = stream.read(&mut buffer).await.unwrap();
            assert!(size > 0, "the stream ended: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..size]));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("events in time")
}

fn parse(text: &str) -> Vec<(Option<String>, String, String)> {
    // Lines of the chunked encoding stand between the events' own.
    let mut found = Vec::new();
    let (mut id, mut kind, mut data) = (None, None, None);
    for line in text.lines() {
        if let Some(value) = line.strip_prefix("id: ") {
            id = Some(value.to_owned());
        } else if let Some(value) = line.strip_prefix("event: ") {
            kind = Some(value.to_owned());
        } else if let Some(value) = line.strip_prefix("data: ") {
            data = Some(value.to_owned());
        } else if line.is_empty()
            && let (Some(of), Some(said)) = (kind.take(), data.take())
        {
            found.push((id.take(), of, said));
        }
    }
    found
}

#[tokio::test]
async fn the_stream_tells_resumes_and_says_when_it_cannot() {
    let served = Served::local(&WORLD).await;
    let first = events(&served, None, "service", 1).await;
    assert_eq!((first[0].0.as_deref(), first[0].1.as_str()), (None, "service"), "the service comes first");
    let service: Value = serde_json::from_str(&first[0].2).unwrap();
    assert_eq!((&service["state"], &service["simulated"]), (&json!("current"), &json!(true)));
    let row = open_alert(&served.desk.model);
    for number in 1..=5 {
        let row = AlertRow { revision: number, ..row.clone() };
        served.desk.hub.publish(Kind::Alert, Some(row.subject), &row);
    }
    let resumed = events(&served, Some("boot.2"), "alert", 3).await;
    assert!(resumed.iter().all(|(_, kind, _)| kind != "reset"));
    let numbers: Vec<(String, Value)> = resumed
        .iter()
        .filter(|(_, kind, _)| kind == "alert")
        .map(|(id, _, data)| (id.clone().unwrap(), serde_json::from_str::<Value>(data).unwrap()["revision"].clone()))
        .collect();
    assert_eq!(numbers, [("boot.3".into(), json!(3)), ("boot.4".into(), json!(4)), ("boot.5".into(), json!(5))]);
    for other in ["other.2", "boot.99", "nonsense", ""] {
        let reset = events(&served, Some(other), "reset", 1).await;
        assert_eq!(reset[0].1, "reset", "{other}");
    }
    let turns = |turn: &str| served.counted.all().iter().filter(|what| *what == turn).count();
    assert_eq!(
        (turns("stream opened"), turns("stream resumed"), turns("stream reset")),
        (6, 1, 4),
        "{:?}",
        served.counted.all()
    );
    // A change of state is told at once, without an event.
    let model = Arc::clone(&served.desk.model);
    let views = served.views.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let later = Millis(NOW.0 + 60_000);
        views.send_replace(Views::draw(|desks| model.service(&picture(), &Ends::new(), &[], desks, later)));
    });
    let told = events(&served, None, "service", 2).await;
    let states: Vec<Value> =
        told.iter().map(|(_, _, data)| serde_json::from_str::<Value>(data).unwrap()["state"].clone()).collect();
    assert_eq!(states, [json!("current"), json!("stale")]);
}

/// A client that reads nothing is dropped, and nobody waits for it: neither who publishes nor the other clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_client_is_dropped_and_the_others_do_not_wait() {
    let served = Served::local(&WORLD).await;
    let mut stuck = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET /api/v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        stuck.push(stream);
    }
    while served.desk.hub.readers() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let good = events(&served, None, "alert", 3000);
    let hub = Arc::clone(&served.desk.hub);
    let publish = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        let big = "x".repeat(4000);
        for _ in 0..3000 {
            hub.publish(Kind::Alert, Some(Subject::Patient), &big);
        }
        began.elapsed()
    };
    let (told, took) = tokio::join!(good, publish);
    // A publisher that waited for the stuck ones would not come back at all.
    assert!(took < Duration::from_secs(20), "publishing took {took:?}");
    assert_eq!(told.iter().filter(|(_, kind, _)| kind == "alert").count(), 3000);
    let until = Instant::now() + Duration::from_secs(90);
    while served.desk.hub.readers() > 0 {
        assert!(Instant::now() < until, "the stuck clients still have their seats");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let dropped = served.counted.all().iter().filter(|what| *what == "stream dropped").count();
    assert_eq!(dropped, 2, "{:?}", served.counted.all());
    drop(stuck);
}
