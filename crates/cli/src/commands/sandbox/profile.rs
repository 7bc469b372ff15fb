//! Settings of a profile for a sandbox that is running, so that the other commands work at once.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use nzimbu_sandbox::Endpoints;

use crate::lang::say;
use crate::output::Failure;

/// Writes the file, and the credentials into a folder beside it, as secrets belong. A file that something else wrote
/// is not touched.
pub(super) fn write(file: &Path, endpoints: &Endpoints) -> Result<(), Failure> {
    match fs::read_to_string(file) {
        Ok(text) if !text.starts_with(MARK) => {
            let file = file.display();
            return Err(Failure::usage(say!(
                "{file} is there already and was not written by the sandbox: name another file",
                "{file} existe déjà et n'a pas été écrit par le bac à sable : indiquez un autre fichier",
            )));
        }
        _ => {}
    }
    let folder = file.with_extension("secrets");
    let unwritable = |error: io::Error| {
        let (file, reason) = (file.display(), error.kind());
        Failure::usage(say!(
            "{file} cannot be written ({reason}): name a file in a folder that is yours",
            "{file} ne peut être écrit ({reason}) : indiquez un fichier dans un dossier à vous",
        ))
    };
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let Endpoints { cinetpay, bitlipa, adullam, .. } = endpoints;
    for (name, secret) in [
        ("cinetpay-apikey", &cinetpay.apikey),
        ("cinetpay-secret-key", &cinetpay.secret_key),
        ("cinetpay-password", &cinetpay.password),
        ("bitlipa-secret", &bitlipa.secret),
        ("adullam-token", &adullam.token),
    ] {
        put(&folder.join(name), secret).map_err(unwritable)?;
    }
    let near = folder.file_name().map(PathBuf::from).unwrap_or(folder);
    let journal = file.with_extension("journal.db");
    let journal = journal.file_name().map(PathBuf::from).unwrap_or(journal);
    let (near, journal) = (near.display().to_string(), journal.display().to_string());
    put(file, &text(&near, &journal, endpoints)).map_err(unwritable)
}

/// The settings. Whoever reads them learns how to write those of a live profile.
fn text(folder: &str, journal: &str, endpoints: &Endpoints) -> String {
    let Endpoints { cinetpay, bitlipa, adullam, .. } = endpoints;
    let secret = |name: &str| format!("{{ file = {:?} }}", format!("{folder}/{name}"));
    let (key, sign, password) =
        (secret("cinetpay-apikey"), secret("cinetpay-secret-key"), secret("cinetpay-password"));
    let (bitlipa_secret, token) = (secret("bitlipa-secret"), secret("adullam-token"));
    let (checkout_url, transfer_url) = (&cinetpay.checkout_url, &cinetpay.transfer_url);
    let (site_id, base_url) = (&cinetpay.site_id, &bitlipa.base_url);
    let (page, public_id, merchant_id) = (&bitlipa.hosted_page_url, &bitlipa.public_id, &bitlipa.merchant_id);
    let adullam_url = &adullam.base_url;
    format!(
        "{MARK}, which overwrites it at every start.
# The credentials are in {folder}, since secrets never stand in a file like this one.

[profile.sandbox]
environment = \"sandbox\"
namespace = \"nzimbu/sandbox\"

[profile.sandbox.cinetpay.checkout]
base_url = {checkout_url:?}
api_key = {key}
site_id = {site_id:?}
callback_secrets = [{sign}]
notify_url = \"{LISTEN}/cinetpay\"
return_url = \"{LISTEN}/thanks\"

[profile.sandbox.cinetpay.transfer]
base_url = {transfer_url:?}
api_key = {key}
password = {password}
currency = \"XOF\"
notify_url = \"{LISTEN}/cinetpay\"

[profile.sandbox.bitlipa]
base_url = {base_url:?}
hosted_page = {page:?}
public_id = {public_id:?}
merchant_id = {merchant_id:?}
secrets = [{bitlipa_secret}]
banks_path = \"banks\"
notify_url = \"{LISTEN}/bitlipa\"

[profile.sandbox.adullam]
base_url = {adullam_url:?}
bearer = {token}

# Every order is written down here before it is sent. A sandbox that forgot its orders wants a new journal: delete it.
[profile.sandbox.journal]
path = {journal:?}

# Where `nzimbu listen` takes in callbacks. To have changes passed on to a program of yours, add `forward_to` and
# `forward_secret`: see `nzimbu listen --help`.
[profile.sandbox.listen]
address = \"{ADDRESS}\"
"
    )
}

/// Writes a file that only its owner can read.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    // One that was there keeps its mode otherwise.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    file.write_all(text.as_bytes())
}

const MARK: &str = "# Written by `nzimbu sandbox --write-config`";
const ADDRESS: &str = "127.0.0.1:4999";
const LISTEN: &str = "http://127.0.0.1:4999";
