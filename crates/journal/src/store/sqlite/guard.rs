//! Whether the file is still the one that was opened, and lies where a journal can lie.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// Remembers which files a path led to.
///
/// SQLite goes on writing into a file that was deleted or replaced, and everything in it is gone with the process. A
/// look at two names costs some microseconds, so it is taken after every commit.
#[derive(Debug)]
pub(super) struct Guard {
    files: [(PathBuf, Identity); 2],
}

impl Guard {
    /// Remembers the file and its log, which are open.
    pub(super) fn over(path: &Path) -> Result<Self, StoreError> {
        let known = |path: PathBuf| match identity(&path) {
            Ok(identity) => Ok((path, identity)),
            Err(error) => Err(lost(&path, &error)),
        };
        Ok(Self { files: [known(path.to_owned())?, known(beside(path, "-wal"))?] })
    }

    /// Whether they are still there.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        for (path, known) in &self.files {
            match identity(path) {
                Ok(found) if found == *known => {}
                Ok(_) => {
                    return Err(StoreError::Lost(format!(
                        "{} was replaced while it was open, and nothing is written any more: put the file back or \
                         start again with the new one",
                        path.display()
                    )));
                }
                Err(error) => return Err(lost(path, &error)),
            }
        }
        Ok(())
    }
}

fn lost(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Lost(format!(
        "{} is gone ({error}), and nothing is written any more: restore it and start again",
        path.display()
    ))
}

/// A file of SQLite's that lies beside another.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Elsewhere an open file can be neither deleted nor replaced; that it is there is all there is to see.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| ())
}

/// The kind of a network file system that this directory lies on, where the system tells.
///
/// Locks and shared memory do not work between machines, so that two of them would write over each other.
pub(super) fn network(directory: &Path) -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    network_among(&mounts, directory)
}

fn network_among(mounts: &str, directory: &Path) -> Option<String> {
    const NETWORK: [&str; 17] = [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "gfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "smb3",
        "smbfs",
    ];
    const OVER_FUSE: [&str; 6] = ["ceph", "glusterfs", "nfs", "rclone", "s3fs", "sshfs"];
    let mut nearest: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let (Some(place), Some(kind)) = (left.split(' ').nth(4), right.split(' ').next()) else { continue };
        let place = unescaped(place);
        // Of several mounts on one place the last one is seen.
        let depth = Path::new(&place).components().count();
        if directory.starts_with(&place) && nearest.is_none_or(|(before, _)| depth >= before) {
            nearest = Some((depth, kind));
        }
    }
    let (_, kind) = nearest?;
    let over_fuse = kind.strip_prefix("fuse.").is_some_and(|kind| OVER_FUSE.contains(&kind));
    (NETWORK.contains(&kind) || over_fuse).then(|| kind.to_owned())
}

/// Blanks in the kernel's table are written as `\040`.
fn unescaped(place: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(place.to_owned(), |place, (code, character)| place.replace(code, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_file_system_is_known_by_the_nearest_mount() {
        let mounts = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
                      30 22 0:40 / /mnt/shared\\040files rw shared:1 - nfs4 server:/files rw\n\
                      31 30 254:1 / /mnt/shared\\040files/disk rw - xfs /dev/vdb rw\n\
                      32 22 0:41 / /mnt/ssh rw - fuse.sshfs host: rw\n\
                      33 22 0:42 / /mnt/crypt rw - fuse.encfs encfs rw\n";
        let kind = |place: &str| network_among(mounts, Path::new(place));
        assert_eq!(kind("/var/lib/shop"), None);
        assert_eq!(kind("/mnt/shared files/shop").as_deref(), Some("nfs4"));
        assert_eq!(kind("/mnt/shared files/disk/shop"), None);
        assert_eq!(kind("/mnt/shared filesystem"), None);
        assert_eq!(kind("/mnt/ssh").as_deref(), Some("fuse.sshfs"));
        assert_eq!(kind("/mnt/crypt/shop"), None);
    }
}
