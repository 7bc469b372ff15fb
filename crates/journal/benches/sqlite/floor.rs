//! The floor: a bare write and `fdatasync`, over and over the same stretch of a file, as a log is written.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use crate::{Turn, machine};

const STRETCH: u64 = 16 << 20;

pub(crate) struct Floor {
    file: File,
    at: u64,
}

impl Floor {
    pub(crate) fn new(path: &Path) -> Self {
        let file = File::create_new(path).unwrap();
        let block = vec![1; 1 << 20];
        for place in 0..STRETCH >> 20 {
            file.write_all_at(&block, place << 20).unwrap();
        }
        file.sync_all().unwrap();
        Self { file, at: 0 }
    }

    pub(crate) fn run(&mut self, commands: u64, bytes: u64) -> Turn {
        let block = vec![2; usize::try_from(bytes).unwrap()];
        let (start, cpu) = (Instant::now(), machine::cpu());
        for _ in 0..commands {
            if self.at + bytes > STRETCH {
                self.at = 0;
            }
            self.file.write_all_at(&block, self.at).unwrap();
            self.file.sync_data().unwrap();
            self.at += bytes;
        }
        Turn { commands, took: start.elapsed(), cpu: machine::cpu() - cpu, bytes: commands * bytes }
    }
}
