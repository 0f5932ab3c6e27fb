//! A TCP proxy before a broker's listener whose connections can be made slow, thin, deaf or dead while they run.
//!
//! The bytes of a connection are never reordered, and a connection that lost some is reset before another byte passes, as
//! a network would end it too: what a client sees is a stall or an error, never a hole.

use socket2::SockRef;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What happens to the bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// They pass.
    Heal,
    /// They pass after this long, in each direction.
    Latency(Duration),
    /// So many of them a second pass, in each direction of each connection.
    Rate(u64),
    /// They are swallowed, and no one is told.
    Drop,
    /// Connections are ended by RST, and so are new ones.
    Reset,
    /// What the clients send is swallowed; what the broker sends passes.
    HalfOpen,
    /// They wait until this is over.
    Freeze,
}

/// Bytes taken at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// Chunks on their way in one direction, at most: with [`CHUNK_BYTES`] the bound of what a slow connection holds.
const CHUNKS_MAX: usize = 256;

/// Longest time until a pump looks at the mode again.
const TURN: Duration = Duration::from_millis(10);

struct Shared {
    mode: Mutex<Mode>,
    ended: AtomicBool,
    connections: AtomicU64,
}

impl Shared {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap()
    }
}

/// The proxy. It ends when dropped.
pub struct Proxy {
    /// The port it listens on, at 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    target: Arc<Mutex<Option<u16>>>,
    listener: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a port of its own; connections are refused until [`Proxy::lead_to`] says whither they go.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, ended, connections) = (Mutex::new(Mode::Heal), AtomicBool::new(false), AtomicU64::new(0));
        let shared = Arc::new(Shared { mode, ended, connections });
        let target = Arc::new(Mutex::new(None));
        let (of_thread, leads_to) = (Arc::clone(&shared), Arc::clone(&target));
        let listener = std::thread::spawn(move || {
            for client in listener.incoming() {
                if of_thread.ended.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(client), port) = (client, *leads_to.lock().unwrap()) else { continue };
                let broker = port.and_then(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
                match broker {
                    Some(broker) if of_thread.mode() != Mode::Reset => connect(&of_thread, &client, &broker),
                    _ => reset(&client),
                }
            }
        });
        Self { port, shared, target, listener: Some(listener) }
    }

    /// Connections go to this port of loopback.
    pub fn lead_to(&self, port: u16) {
        *self.target.lock().unwrap() = Some(port);
    }

    /// From now on.
    pub fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    /// Connections made through it so far.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = self.listener.take().unwrap().join();
    }
}

/// Ends a connection with RST: with a linger of zero, what is unsent is thrown away and the peer is told at once.
fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    // Linger acts on close, which the last owner's drop brings; this wakes the other pump until then.
    let _ = stream.shutdown(Shutdown::Read);
}

fn connect(shared: &Arc<Shared>, client: &TcpStream, broker: &TcpStream) {
    shared.connections.fetch_add(1, Ordering::Relaxed);
    let dead = Arc::new(AtomicBool::new(false));
    for (from, to, of_client) in [(client, broker, true), (broker, client, false)] {
        let _ = from.set_nodelay(true);
        let _ = from.set_read_timeout(Some(TURN));
        let (Ok(read), Ok(write)) = (from.try_clone(), to.try_clone()) else { return };
        let (send, receive) = sync_channel(CHUNKS_MAX);
        let reader = Reader { from: read, dead: Arc::clone(&dead), shared: Arc::clone(shared) };
        let writer = Writer { to: write, of_client, dead: Arc::clone(&dead), shared: Arc::clone(shared) };
        std::thread::spawn(move || reader.pump(&send));
        std::thread::spawn(move || writer.pump(&receive));
    }
}

type Chunk = (Instant, Vec<u8>);

struct Reader {
    from: TcpStream,
    dead: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl Reader {
    fn pump(mut self, into: &SyncSender<Chunk>) {
        let mut bytes = vec![0; CHUNK_BYTES];
        loop {
            if self.dead.load(Ordering::Relaxed) || self.shared.mode() == Mode::Reset {
                self.dead.store(true, Ordering::Relaxed);
                return reset(&self.from);
            }
            match self.from.read(&mut bytes) {
                // An end is passed on by the writer once everything before it has passed.
                Ok(0) => return,
                Ok(count) => {
                    if into.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                        return reset(&self.from);
                    }
                }
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                }
                Err(_) => return self.dead.store(true, Ordering::Relaxed),
            }
            if self.shared.ended.load(Ordering::Relaxed) {
                self.dead.store(true, Ordering::Relaxed);
            }
        }
    }
}

struct Writer {
    to: TcpStream,
    of_client: bool,
    dead: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl Writer {
    fn pump(mut self, from: &Receiver<Chunk>) {
        let mut holed = false;
        loop {
            let chunk = match from.recv_timeout(TURN) {
                Ok(chunk) => Some(chunk),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => None,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            };
            let mode = self.wait_its_turn(chunk.as_ref());
            let swallows = mode == Mode::Drop || (mode == Mode::HalfOpen && self.of_client);
            if self.dead.load(Ordering::Relaxed) || mode == Mode::Reset || (holed && !swallows) {
                self.dead.store(true, Ordering::Relaxed);
                return reset(&self.to);
            }
            let Some((_, bytes)) = chunk else { continue };
            holed |= swallows;
            if !swallows && self.to.write_all(&bytes).is_err() {
                self.dead.store(true, Ordering::Relaxed);
                return;
            }
        }
        if self.dead.load(Ordering::Relaxed) {
            return reset(&self.to);
        }
        let _ = self.to.shutdown(Shutdown::Write);
    }

    /// Waits as the mode says, which may change meanwhile; the mode in which the chunk's turn came.
    fn wait_its_turn(&self, chunk: Option<&Chunk>) -> Mode {
        let began = Instant::now();
        loop {
            let mode = self.shared.mode();
            let until = match (mode, chunk) {
                (Mode::Freeze, _) => Some(Instant::now() + TURN),
                (Mode::Latency(late), Some((taken, _))) => Some(*taken + late),
                (Mode::Rate(a_second), Some((_, bytes))) => {
                    Some(began + Duration::from_secs_f64(bytes.len() as f64 / a_second as f64))
                }
                _ => None,
            };
            let left = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() || self.dead.load(Ordering::Relaxed) {
                return mode;
            }
            std::thread::sleep(left.min(TURN));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    /// Says back what it hears, and counts what it heard.
    fn echo() -> (u16, Arc<AtomicU64>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, count) = (stream.unwrap(), Arc::clone(&count));
                std::thread::spawn(move || {
                    let mut bytes = [0; 4096];
                    while let Ok(n @ 1..) = stream.read(&mut bytes) {
                        count.fetch_add(n as u64, Ordering::Relaxed);
                        let _ = stream.write_all(&bytes[..n]);
                    }
                });
            }
        });
        (port, heard)
    }

    fn proxied() -> (Proxy, Arc<AtomicU64>) {
        let ((port, heard), proxy) = (echo(), Proxy::start());
        proxy.lead_to(port);
        (proxy, heard)
    }

    fn client(proxy: &Proxy) -> TcpStream {
        let client = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        client
    }

    /// Says something and hears it again; how long that took.
    fn there_and_back(client: &mut TcpStream, bytes: &[u8]) -> std::io::Result<Duration> {
        let began = Instant::now();
        client.write_all(bytes)?;
        let mut back = vec![0; bytes.len()];
        client.read_exact(&mut back)?;
        assert!(back == bytes, "the bytes came back as others");
        Ok(began.elapsed())
    }

    /// Nothing comes back while it waits this long.
    fn nothing_comes(client: &mut TcpStream, within: Duration) {
        client.set_read_timeout(Some(within)).unwrap();
        let error = client.read(&mut [0]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    }

    #[test]
    fn bytes_pass_in_order_and_the_end_passes_too() {
        let (proxy, _) = proxied();
        let mut client = client(&proxy);
        let many: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
        let mut sender = client.try_clone().unwrap();
        let sent = many.clone();
        let thread = std::thread::spawn(move || {
            sender.write_all(&sent).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        });
        let mut back = Vec::new();
        client.read_to_end(&mut back).unwrap();
        thread.join().unwrap();
        assert!(back == many);
        assert_eq!(proxy.connections(), 1);
    }

    #[test]
    fn latency_is_added_to_each_direction_and_ends_with_it() {
        let (proxy, _) = proxied();
        let mut client = client(&proxy);
        there_and_back(&mut client, b"before").unwrap();
        proxy.set(Mode::Latency(Duration::from_millis(100)));
        let slow = there_and_back(&mut client, b"slow").unwrap();
        assert!((Duration::from_millis(200)..Duration::from_secs(2)).contains(&slow), "{slow:?}");
        proxy.set(Mode::Heal);
        let quick = there_and_back(&mut client, b"quick").unwrap();
        assert!(quick < Duration::from_millis(150), "{quick:?}");
    }

    #[test]
    fn a_rate_is_kept_to() {
        let (proxy, _) = proxied();
        let mut client = client(&proxy);
        proxy.set(Mode::Rate(100_000));
        // Both directions work at the same time once the first chunk is through.
        let took = there_and_back(&mut client, &[7; 50_000]).unwrap();
        assert!((Duration::from_millis(450)..Duration::from_secs(5)).contains(&took), "{took:?}");
    }

    #[test]
    fn what_is_dropped_is_gone_and_the_connection_with_it() {
        let (proxy, heard) = proxied();
        let mut client = client(&proxy);
        there_and_back(&mut client, b"before").unwrap();
        proxy.set(Mode::Drop);
        client.write_all(b"gone").unwrap();
        nothing_comes(&mut client, Duration::from_millis(300));
        assert_eq!(heard.load(Ordering::Relaxed), 6, "nothing of it arrived");
        proxy.set(Mode::Heal);
        assert!(there_and_back(&mut client, b"after").is_err(), "a hole must not be passed over");
        there_and_back(&mut super::tests::client(&proxy), b"another").unwrap();
    }

    #[test]
    fn a_reset_is_one_for_old_connections_and_new_ones() {
        let (proxy, _) = proxied();
        let mut old = client(&proxy);
        there_and_back(&mut old, b"before").unwrap();
        proxy.set(Mode::Reset);
        let error = old.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let mut new = client(&proxy);
        assert!(there_and_back(&mut new, b"new").is_err());
        proxy.set(Mode::Heal);
        there_and_back(&mut client(&proxy), b"after").unwrap();
    }

    #[test]
    fn half_open_hears_and_is_not_heard() {
        // A server that speaks without being asked.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut hears = stream.try_clone().unwrap();
            std::thread::spawn(move || {
                while let Ok(n @ 1..) = hears.read(&mut [0; 64]) {
                    count.fetch_add(n as u64, Ordering::Relaxed);
                }
            });
            while stream.write_all(b".").is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let proxy = Proxy::start();
        proxy.lead_to(port);
        let mut client = client(&proxy);
        client.read_exact(&mut [0]).unwrap();
        proxy.set(Mode::HalfOpen);
        client.write_all(b"unheard").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        client.read_exact(&mut [0; 20]).unwrap();
        assert_eq!(heard.load(Ordering::Relaxed), 0);
        proxy.set(Mode::Heal);
        std::thread::sleep(Duration::from_millis(200));
        assert!(client.write_all(b"x").and_then(|()| client.read_to_end(&mut Vec::new())).is_err(), "it is reset");
    }

    #[test]
    fn what_is_frozen_comes_whole_when_it_thaws() {
        let (proxy, heard) = proxied();
        let mut client = client(&proxy);
        there_and_back(&mut client, b"before").unwrap();
        proxy.set(Mode::Freeze);
        client.write_all(b"kept").unwrap();
        nothing_comes(&mut client, Duration::from_millis(300));
        assert_eq!(heard.load(Ordering::Relaxed), 6);
        // A new connection is taken, and nothing comes of it.
        let mut new = super::tests::client(&proxy);
        new.write_all(b"new").unwrap();
        nothing_comes(&mut new, Duration::from_millis(100));
        proxy.set(Mode::Heal);
        let mut back = [0; 4];
        client.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"kept");
        new.read_exact(&mut [0; 3]).unwrap();
    }
}
