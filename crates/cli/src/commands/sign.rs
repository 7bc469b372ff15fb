//! `nzimbu sign`: the digest of a document, and the text behind it.

use std::process::ExitCode;

use nzimbu::signature::recursive::{Document, Malformed, RecursiveKey, Value, explain_json, explain_pairs};
use nzimbu::{Secret, cinetpay};

use crate::args::{Sign, Signer};
use crate::output::Failure;
use crate::{input, output};

pub(crate) fn run(args: &Sign) -> Result<ExitCode, Failure> {
    if args.hosted_page && args.gateway != Signer::Bitlipa {
        return Err(Failure::usage(
            "--hosted-page signs links to Bitlipa's page: use it with --gateway bitlipa",
        ));
    }
    let secret = input::secret(&args.secret_env)?;
    let document = input::read(args.file.as_deref())?;
    let signed = match args.gateway {
        Signer::Bitlipa if args.hosted_page => hosted_page(&secret, &document)?,
        Signer::Bitlipa => json(&secret, &document)?,
        Signer::Cinetpay => form(&secret, input::without_line_break(&document))?,
    };
    if args.explain {
        output::note(&signed.text);
    }
    output::line(&signed.digest)?;
    Ok(ExitCode::SUCCESS)
}

struct Signed {
    digest: String,
    text: String,
}

fn json(secret: &Secret, document: &[u8]) -> Result<Signed, Failure> {
    let digest = RecursiveKey::new(secret).sign_json(document).map_err(unsignable)?.to_string();
    Ok(Signed { digest, text: explain_json(document).map_err(unsignable)? })
}

fn hosted_page(secret: &Secret, document: &[u8]) -> Result<Signed, Failure> {
    let document = Document::parse(document).map_err(unsignable)?;
    let mut pairs = Vec::new();
    let mut faults = Vec::new();
    for (key, value) in document.members() {
        match value {
            Value::Text(text) => pairs.push((key, text)),
            Value::Number(spelling) if value.as_integer().is_some() => pairs.push((key, spelling)),
            Value::Number(_) => {
                faults.push(format!("{key} holds a number that is no integer, write it as a string"))
            }
            Value::Object(_) => faults.push(format!("{key} holds an object, which a link cannot carry")),
            Value::List(_) => faults.push(format!("{key} holds a list, which a link cannot carry")),
            Value::Null => faults.push(format!("{key} holds null, leave it out")),
            _ => faults.push(format!("{key} holds true or false, write it as a string")),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::failed(format!(
            "the parameters of a link are strings and integers: {}",
            faults.join("; ")
        )));
    }
    let digest = RecursiveKey::new(secret).sign_pairs(&pairs).to_string();
    Ok(Signed { digest, text: explain_pairs(&pairs) })
}

fn form(secret: &Secret, body: &[u8]) -> Result<Signed, Failure> {
    let unreadable = |error| Failure::failed(format!("the form body cannot be signed: {error}"));
    let text = cinetpay::x_token_text(body).map_err(unreadable)?;
    if text.is_empty() {
        return Err(Failure::failed(
            "the form body holds none of the 16 signed fields: give it as it came, as in cpm_site_id=...&cpm_trans_id=...",
        ));
    }
    let digest = cinetpay::x_token(secret, body).map_err(unreadable)?.to_string();
    Ok(Signed { digest, text })
}

fn unsignable(malformed: Malformed) -> Failure {
    let remedy = match malformed {
        Malformed::DuplicateKey => "give each key once",
        Malformed::InfiniteNumber => "write the number as a string",
        Malformed::LoneSurrogate => "write the character itself or both halves of its escape",
        Malformed::NotObject => "sign an object or, without --hosted-page, a list",
        Malformed::NotUtf8 => "save it as UTF-8",
        Malformed::TooDeep => "the gateway refuses it too, flatten it",
        Malformed::TooLarge | Malformed::TooManyEntries => "no request is so large",
        _ => "correct it there",
    };
    Failure::failed(format!("{malformed}: {remedy}"))
}
