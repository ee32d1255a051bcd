//! Reads what another program prints, within limits.
//!
//! In: a child process. Out: its output. Always holds: no stream is read beyond its limit, and reading waits
//! for nobody; what was ended leaves no process behind.

use std::io::Read;
use std::process::Child;
use std::sync::mpsc;
use std::thread;

/// Reads a stream up to a limit, beside everything else.
pub(super) fn read(
    stream: Option<impl Read + Send + 'static>,
    limit: usize,
) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            // What was read until an error is the answer; the status says that it is not whole.
            let _ = stream.take(limit).read_to_end(&mut bytes);
        }
        // Nobody waits for it where the child was ended before.
        let _ = sender.send(bytes);
    });
    receiver
}

/// Ends a child; it may have ended by itself.
pub(super) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
