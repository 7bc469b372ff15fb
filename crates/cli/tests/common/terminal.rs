//! The program in a terminal, with somebody who reads and types.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A program whose input and outputs are a terminal of so many columns.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: Vec<u8>,
}

impl Terminal {
    pub(crate) fn start(command: &mut Command, columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = || OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let child = command.stdin(theirs()).stdout(theirs()).stderr(theirs()).spawn().unwrap();
        let keyboard = File::from(ours);
        let mut reader = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut piece = vec![0; 4_096];
            // It ends with an error when the last one that had the other side open is gone.
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                if sender.send(piece[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard, screen, seen: Vec::new() }
    }

    /// What was written so far, without what moves the cursor.
    pub(crate) fn seen(&self) -> String {
        plain(&String::from_utf8_lossy(&self.seen))
    }

    /// Waits until these words were written.
    pub(crate) fn wait_for(&mut self, words: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.seen().contains(words) {
            let left = until.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(piece) => self.seen.extend(piece),
                Err(_) => panic!("{words} did not come; this did:\n{}", self.seen()),
            }
        }
    }

    /// Types a line.
    pub(crate) fn say(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Sends a signal, as Ctrl-C does.
    pub(crate) fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits until it ends; gives the exit status and all that was written.
    pub(crate) fn end(mut self) -> (i32, String) {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            while let Ok(piece) = self.screen.recv_timeout(Duration::from_millis(50)) {
                self.seen.extend(piece);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not end:\n{}", self.seen());
        };
        while let Ok(piece) = self.screen.recv_timeout(Duration::from_millis(200)) {
            self.seen.extend(piece);
        }
        (status.code().unwrap_or(-1), self.seen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A text without escape sequences, and with plain blanks and line breaks.
fn plain(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let blank = |sign| if sign == '\u{a0}' { ' ' } else { sign };
    let mut signs = text.chars().filter(|sign| *sign != '\r').map(blank);
    while let Some(sign) = signs.next() {
        if sign != '\u{1b}' {
            told.push(sign);
        } else if signs.next() == Some('[') {
            // Up to the letter that ends it.
            let _ = signs.find(char::is_ascii_alphabetic);
        }
    }
    told
}

/// Longer than anything takes, also on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);
