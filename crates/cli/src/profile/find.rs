//! Which file, and which profile in it.

use std::env;
use std::path::{Path, PathBuf};

use crate::args::common::Settings;

/// The file to read: what was typed, what the environment says, the one that is here, the user's.
pub(super) fn file(settings: &Settings) -> Option<PathBuf> {
    if let Some(typed) = &settings.config {
        return Some(typed.clone());
    }
    if let Some(named) = variable("NZIMBU_CONFIG") {
        return Some(named.into());
    }
    let here = Path::new(FILE);
    if here.exists() {
        return Some(here.to_owned());
    }
    user_folder().map(|folder| folder.join("nzimbu").join(FILE)).filter(|path| path.exists())
}

/// The profile that was asked for, if any was.
pub(super) fn profile(settings: &Settings) -> Option<String> {
    settings.profile.clone().or_else(|| variable("NZIMBU_PROFILE"))
}

/// The folder of the user's settings, by the rules of the system.
fn user_folder() -> Option<PathBuf> {
    // A relative path is invalid by the XDG specification and passed over.
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return absolute("APPDATA");
    }
    absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

const FILE: &str = "nzimbu.toml";
