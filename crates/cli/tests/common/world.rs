//! A sandbox in this process, and settings for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;
use nzimbu_sandbox::{Sandbox, Settings};

use super::nzimbu;

/// A folder that goes when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("nzimbu-cli-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and gives its path.
    pub(crate) fn put(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A sandbox with a profile for it, whose secrets are in the environment.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: Folder,
    config: String,
}

impl World {
    /// A sandbox where nothing is decided by itself.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.auto = None;
        change(&mut settings);
        let sandbox = Sandbox::start_blocking(settings).unwrap();
        let folder = Folder::new();
        let config = folder.put("nzimbu.toml", &profile(&sandbox));
        Self { sandbox, folder, config }
    }

    /// Adds a journal, and whatever else belongs into the profile.
    pub(crate) fn with_journal(self, more: &str) -> Self {
        let settings = self.settings();
        self.rewrite(&format!("{settings}\n[profile.sandbox.journal]\npath = \"journal.db\"\n{more}"));
        self
    }

    /// The settings as text.
    pub(crate) fn settings(&self) -> String {
        fs::read_to_string(&self.config).unwrap()
    }

    /// The path of the settings.
    pub(crate) fn config(&self) -> &str {
        &self.config
    }

    pub(crate) fn rewrite(&self, settings: &str) {
        fs::write(&self.config, settings).unwrap();
    }

    /// The program with settings and secrets.
    pub(crate) fn nzimbu(&self, args: &[&str]) -> Command {
        let mut command = nzimbu(args);
        command.env("NZIMBU_CONFIG", &self.config);
        for (name, value) in self.secrets() {
            command.env(name, value);
        }
        command
    }

    pub(crate) fn secrets(&self) -> [(&'static str, &str); 5] {
        let endpoints = self.sandbox.endpoints();
        [
            ("T_APIKEY", &endpoints.cinetpay.apikey),
            ("T_SECRET_KEY", &endpoints.cinetpay.secret_key),
            ("T_PASSWORD", &endpoints.cinetpay.password),
            ("T_BITLIPA", &endpoints.bitlipa.secret),
            ("T_ADULLAM", &endpoints.adullam.token),
        ]
    }
}

fn profile(sandbox: &Sandbox) -> String {
    let endpoints = sandbox.endpoints();
    format!(
        r#"
[profile.sandbox]
environment = "sandbox"
namespace = "tests/sandbox"

[profile.sandbox.cinetpay.checkout]
base_url = "{}"
api_key = {{ env = "T_APIKEY" }}
site_id = "{}"
callback_secrets = [{{ env = "T_SECRET_KEY" }}]
notify_url = "http://127.0.0.1:9/"
return_url = "https://shop.example/thanks"

[profile.sandbox.cinetpay.transfer]
base_url = "{}"
api_key = {{ env = "T_APIKEY" }}
password = {{ env = "T_PASSWORD" }}
currency = "XOF"
notify_url = "http://127.0.0.1:9/"

[profile.sandbox.bitlipa]
base_url = "{}"
hosted_page = "{}"
public_id = "{}"
merchant_id = "{}"
secrets = [{{ env = "T_BITLIPA" }}]
banks_path = "banks"
notify_url = "http://127.0.0.1:9/hush-path"

[profile.sandbox.adullam]
base_url = "{}"
bearer = {{ env = "T_ADULLAM" }}
"#,
        endpoints.cinetpay.checkout_url,
        endpoints.cinetpay.site_id,
        endpoints.cinetpay.transfer_url,
        endpoints.bitlipa.base_url,
        endpoints.bitlipa.hosted_page_url,
        endpoints.bitlipa.public_id,
        endpoints.bitlipa.merchant_id,
        endpoints.adullam.base_url,
    )
}
