//! Clients of the live stream, as many and as slow as wanted.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};

/// Streams that one person may have.
pub const OF_ONE: usize = 5;

/// A client that reads nothing has room for so much, bytes.
const STUCK_ROOM_BYTES: u32 = 16 * 1024;

/// The token of a person.
fn token(person: usize) -> String {
    format!("token-of-{person}")
}

/// A file with the tokens of so many people.
pub fn tokens(people: usize) -> tempfile::NamedTempFile {
    let mut text = String::new();
    for person in 0..people {
        let digest = Sha256::digest(token(person).as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "reader-{person} viewer {hex}").unwrap();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// One stream; its head has been read.
pub struct Stream {
    lines: BufReader<TcpStream>,
    pub status: u16,
}

impl Stream {
    /// Asks for a stream, after the event given. Of a client that is going to be stuck, the system takes little.
    pub async fn open(address: &str, person: usize, stuck: bool, after: Option<&str>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if stuck {
            socket.set_recv_buffer_size(STUCK_ROOM_BYTES).unwrap();
        }
        let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
        let last = after.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let head = format!("Host: {address}\r\nAuthorization: Bearer {}\r\n{last}", token(person));
        stream.write_all(format!("GET /api/v1/stream HTTP/1.1\r\n{head}\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream);
        let (mut line, mut status) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            assert!(lines.read_line(&mut line).await.unwrap() > 0, "no answer");
            if let Some(code) = line.strip_prefix("HTTP/1.1 ") {
                status = code[..3].parse().unwrap();
            }
        }
        Self { lines, status }
    }

    /// Reads until told to break, or the end, which is false. An event is its id, its kind and its data; the server sends
    /// none in two pieces.
    pub async fn read(&mut self, mut event: impl FnMut(&str, &str, &str) -> ControlFlow<()>) -> bool {
        let (mut line, mut id, mut kind) = (String::new(), String::new(), String::new());
        loop {
            line.clear();
            // Of what was cut off, the last line may be there in part.
            if self.lines.read_line(&mut line).await.is_err() || !line.ends_with('\n') {
                return false;
            }
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("id: ") {
                value.clone_into(&mut id);
            } else if let Some(value) = line.strip_prefix("event: ") {
                value.clone_into(&mut kind);
            } else if let Some(data) = line.strip_prefix("data: ")
                && event(&id, &kind, data).is_break()
            {
                return true;
            }
        }
    }
}

/// The case of an alert's row.
pub fn case(row: &str) -> Option<&str> {
    row.split_once("\"case_id\":\"")?.1.split('"').next()
}
