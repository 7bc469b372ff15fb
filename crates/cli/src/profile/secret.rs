//! Secrets: where they are, never what they are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use nzimbu::Secret;

use super::Environment;
use super::wrong::{Place, Wrong};
use crate::lang::{Text, say};
use crate::output;

/// Where a secret is to be found.
#[derive(Clone, Debug)]
pub(crate) struct SecretRef {
    /// The path of the key that refers to it.
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) source: Source,
    pub(super) role: Role,
}

/// The three places. A secret that stands in the settings themselves is refused when they are read.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// In a variable of the environment.
    Env(String),
    /// In a file; the line break at its end is not part of it.
    File(PathBuf),
    /// In the head of whoever starts the program.
    Prompt,
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// A gateway knows us by it, so that its environment has to be the profile's.
    Credential,
    /// Anything else: an address that holds a password, a key of our own.
    Private,
}

/// Fetches secrets, each one once.
pub(crate) struct Vault {
    environment: Environment,
    known: RefCell<BTreeMap<String, Secret>>,
}

impl Vault {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment, known: RefCell::default() }
    }

    /// The secret.
    ///
    /// # Errors
    /// When it is not there, is empty, may be read by everybody, or belongs to the other environment.
    pub(crate) fn fetch(&self, secret: &SecretRef) -> Result<Secret, Wrong> {
        if let Some(known) = self.known.borrow().get(&secret.key) {
            return Ok(known.clone());
        }
        let fetched = self
            .look(secret)
            .and_then(|found| self.belongs(secret, &found).map(|()| found))
            .map_err(|told| Wrong { key: secret.key.clone(), place: Some(secret.place), told })?;
        self.known.borrow_mut().insert(secret.key.clone(), fetched.clone());
        Ok(fetched)
    }

    fn look(&self, secret: &SecretRef) -> Result<Secret, Text> {
        match &secret.source {
            Source::Env(name) => in_environment(name),
            Source::File(path) => self.in_file(path, &secret.key),
            Source::Prompt => ask(&secret.key),
        }
    }

    /// A key of the sandbox never meets a gateway, and a gateway's never the sandbox.
    fn belongs(&self, secret: &SecretRef, found: &Secret) -> Result<(), Text> {
        if secret.role != Role::Credential {
            return Ok(());
        }
        let made_up = found.expose().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sandbox"));
        match (self.environment, made_up) {
            (Environment::Live, true) => Err(say!(
                "is a credential of the sandbox in a live profile: refer to the gateway's own",
                "est un identifiant du bac à sable dans un profil réel : désignez celui de la passerelle",
            )),
            (Environment::Sandbox, false) => Err(say!(
                "is not a credential of the sandbox (those begin with `sandbox`), and real ones never go there: \
                 take the one that `nzimbu sandbox` prints",
                "n'est pas un identifiant du bac à sable (ils commencent par `sandbox`), et les vrais n'y vont \
                 jamais : prenez celui qu'affiche `nzimbu sandbox`",
            )),
            _ => Ok(()),
        }
    }

    fn in_file(&self, path: &Path, key: &str) -> Result<Secret, Text> {
        let unreadable = |error: io::Error| {
            let reason = error.kind();
            say!(
                "refers to a file that cannot be read ({reason}): put the secret in it, for your user alone",
                "désigne un fichier illisible ({reason}) : mettez-y le secret, lisible par vous seul",
            )
        };
        let file = File::open(path).map_err(unreadable)?;
        if is_open_to_all(&file).map_err(unreadable)? {
            let told = say!(
                "refers to a file that every user of this machine can read: chmod 600 it (in a container, set \
                 the mode of the mount)",
                "désigne un fichier que tout utilisateur de cette machine peut lire : faites chmod 600 (dans un \
                 conteneur, réglez le mode du montage)",
            );
            match self.environment {
                Environment::Live => return Err(told),
                Environment::Sandbox => {
                    output::note(&say!("warning: {key} {}", "attention : {key} {}", told).to_string())
                }
            }
        }
        let mut text = String::new();
        file.take(MOST + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MOST {
            return Err(say!(
                "refers to a file of more than 64 KiB, which is no secret: name the right one",
                "désigne un fichier de plus de 64 Kio, ce qui n'est pas un secret : indiquez le bon",
            ));
        }
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        checked(text)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// The name is not repeated: whoever writes the secret in place of the name has put it there.
fn in_environment(name: &str) -> Result<Secret, Text> {
    match env::var(name) {
        Ok(text) => checked(text),
        Err(env::VarError::NotPresent) => Err(say!(
            "refers to a variable of the environment that is not set: export it, and write its name here",
            "désigne une variable d'environnement qui n'existe pas : exportez-la, et écrivez son nom ici",
        )),
        Err(env::VarError::NotUnicode(_)) => Err(say!(
            "refers to a variable of the environment that is not UTF-8: secrets are UTF-8 text",
            "désigne une variable d'environnement qui n'est pas en UTF-8 : les secrets sont du texte UTF-8",
        )),
    }
}

fn ask(key: &str) -> Result<Secret, Text> {
    let nobody = || {
        say!(
            "has to be typed, and there is no terminal: run it in one, or refer to `env` or `file`",
            "doit être tapé, et il n'y a pas de terminal : lancez-le dans un terminal, ou désignez `env` ou `file`",
        )
    };
    if !io::stderr().is_terminal() {
        return Err(nobody());
    }
    let prompt = say!("{key} (not shown): ", "{key} (non affiché) : ");
    rpassword::prompt_password(prompt).map_err(|_| nobody()).and_then(checked)
}

fn checked(text: String) -> Result<Secret, Text> {
    // Wiped when it turns out to be unusable, too.
    let secret = Secret::new(text);
    if secret.expose().trim().is_empty() {
        return Err(say!(
            "refers to a secret that is empty: put it there",
            "désigne un secret vide : mettez-l'y",
        ));
    }
    Ok(secret)
}

#[cfg(unix)]
fn is_open_to_all(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_file: &File) -> io::Result<bool> {
    // Access lists have no bit for everybody.
    Ok(false)
}

const MOST: u64 = 64 << 10;
