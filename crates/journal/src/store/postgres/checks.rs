//! What a server must be like, so that what it calls committed is durable.

/// What a connected server says of itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Server {
    pub(super) version: i32,
    pub(super) fsync: String,
    pub(super) full_page_writes: String,
    pub(super) synchronous_commit: String,
    pub(super) isolation: String,
    pub(super) in_recovery: bool,
    pub(super) read_only: String,
}

/// Where PostgreSQL begins to have all that is used here.
const OLDEST: i32 = 150_000;

impl Server {
    /// Every fault at once, each with its remedy.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.version < OLDEST {
            let (major, minor) = (self.version / 10_000, self.version % 10_000);
            faults.push(format!(
                "PostgreSQL is {major}.{minor}, and 15 is the oldest that is supported: upgrade it"
            ));
        }
        if self.in_recovery {
            // Everything else is the primary's to say.
            faults.push("the server is a standby: connect to the primary, or promote it".to_owned());
            return faults;
        }
        if self.read_only != "off" {
            faults.push(
                "transactions are read-only: set default_transaction_read_only = off for the role, or connect to \
                 the primary"
                    .to_owned(),
            );
        }
        if self.fsync != "on" {
            faults.push(
                "fsync is off, so that a power cut loses orders: set fsync = on and restart".to_owned(),
            );
        }
        if self.full_page_writes != "on" {
            faults.push(
                "full_page_writes is off, so that a power cut tears pages: set full_page_writes = on and reload"
                    .to_owned(),
            );
        }
        if !is_durable(&self.synchronous_commit) {
            faults.push(format!(
                "synchronous_commit is {}, so that commits are told before they are durable: let the role set it to on",
                self.synchronous_commit
            ));
        }
        if self.isolation != "read committed" {
            faults.push(format!(
                "transaction_isolation is {}: let the role set default_transaction_isolation to read committed",
                self.isolation
            ));
        }
        faults
    }
}

/// Whether a commit is told only after it is on disk. `remote_write` and `local` do not wait for the disk of a
/// synchronous standby, so that a failover would lose what was told.
pub(super) fn is_durable(synchronous_commit: &str) -> bool {
    matches!(synchronous_commit, "on" | "remote_apply")
}

#[cfg(test)]
mod tests {
    use super::Server;

    fn sound() -> Server {
        Server {
            version: 150_000,
            fsync: "on".to_owned(),
            full_page_writes: "on".to_owned(),
            synchronous_commit: "on".to_owned(),
            isolation: "read committed".to_owned(),
            in_recovery: false,
            read_only: "off".to_owned(),
        }
    }

    #[test]
    fn a_sound_server_has_no_faults() {
        assert_eq!(sound().faults(), Vec::<String>::new());
        let stronger = Server { synchronous_commit: "remote_apply".to_owned(), ..sound() };
        assert_eq!(stronger.faults(), Vec::<String>::new());
    }

    #[test]
    fn an_older_server_is_refused() {
        let faults = Server { version: 140_012, ..sound() }.faults();
        assert!(faults[0].contains("14.12") && faults[0].contains("15"), "{faults:?}");
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let off = || "off".to_owned();
        let faults = Server {
            fsync: off(),
            full_page_writes: off(),
            synchronous_commit: "local".to_owned(),
            isolation: "serializable".to_owned(),
            read_only: "on".to_owned(),
            ..sound()
        }
        .faults();
        assert_eq!(faults.len(), 5, "{faults:?}");
        for name in [
            "fsync",
            "full_page_writes",
            "synchronous_commit",
            "transaction_isolation",
            "default_transaction_read_only",
        ] {
            assert!(faults.iter().any(|fault| fault.contains(name)), "{name}: {faults:?}");
        }
    }

    #[test]
    fn a_standby_is_told_apart_from_a_primary_that_is_set_up_badly() {
        let faults = Server { in_recovery: true, read_only: "on".to_owned(), ..sound() }.faults();
        assert!(faults.len() == 1 && faults[0].contains("standby"), "{faults:?}");
    }
}
