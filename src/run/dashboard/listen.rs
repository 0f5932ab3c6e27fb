//! The page's connections: small messages leave at once, what is kept for a slow client is bounded, and a client that takes
//! nothing for too long is cut off.

use axum::serve::Listener;
use std::future::Future as _;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Sleep, sleep};

/// What the system keeps for a client that does not read, bytes; it doubles it. Left to itself it grows to several MiB a
/// client, and one that is stuck is noticed only once they are full.
const SEND_BUFFER_BYTES: u32 = 128 * 1024;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A client that takes nothing for so long, though there is something for it, is cut off: a stream has its seat no longer,
/// and what waits for it would be kept for as long as its system answers.
const WRITE_MAX: Duration = Duration::from_secs(20);

/// Listens at an address.
///
/// # Errors
/// When it cannot be had.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A process that is started again finds its port, though connections of the one before linger.
    socket.set_reuseaddr(cfg!(unix))?;
    // Connections that are accepted have it too.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections as they must be.
pub struct Door(pub TcpListener);

impl Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // An event is small and has to leave at once, not with the next one.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection's small messages may be late");
        }
        (Connection { stream, patience: WRITE_MAX, stuck: None }, peer)
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that does not wait for ever to be rid of something.
pub struct Connection {
    stream: TcpStream,
    patience: Duration,
    /// Since something waits for the client: when that is too long.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    fn bounded(&mut self, written: Poll<Result<usize>>, context: &mut Context<'_>) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(patience)));
        stuck.as_mut().poll(context).map(|()| Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.bounded(written, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.bounded(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn pair(patience: Duration) -> (Connection, TcpStream) {
        let mut door = Door(listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap());
        let client = TcpStream::connect(door.local_addr().unwrap()).await.unwrap();
        let (connection, _) = door.accept().await;
        (Connection { patience, ..connection }, client)
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_cut_off_and_little_is_kept_for_it() {
        let (mut connection, _client) = pair(Duration::from_millis(200)).await;
        let mut taken = 0;
        let error = loop {
            match connection.write(&[0; 4096]).await {
                Ok(bytes) => taken += bytes,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        // The system's buffers of both ends.
        assert!(taken < 2 << 20, "{taken} bytes were kept for it");
    }

    #[tokio::test]
    async fn a_client_that_is_slow_is_waited_for() {
        let (mut connection, mut client) = pair(Duration::from_secs(1)).await;
        let reading = tokio::spawn(async move {
            let (mut buffer, mut read) = (vec![0; 64 * 1024], 0);
            loop {
                match client.read(&mut buffer).await.unwrap() {
                    0 => return read,
                    bytes => read += bytes,
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        // Two hundred turns of the reader: longer than the patience in all.
        let all = vec![7; 12 << 20];
        connection.write_all(&all).await.unwrap();
        drop(connection);
        assert_eq!(reading.await.unwrap(), all.len());
    }
}
