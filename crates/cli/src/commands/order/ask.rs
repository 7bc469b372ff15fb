//! Personal data, asked for at the terminal or read from standard input.

use std::io::{self, IsTerminal as _};

use crate::args::operations::Personal;
use crate::commands::confirm;
use crate::lang::{Text, say};
use crate::trouble::Trouble;

/// The answers, by the names of the fields; what is left empty is left out.
pub(super) fn answers(wanted: &[Personal]) -> Result<Vec<(&'static str, String)>, Trouble> {
    let mut answers = Vec::new();
    for (index, personal) in wanted.iter().enumerate() {
        if wanted[..index].contains(personal) {
            continue;
        }
        let (field, label) = field(*personal);
        if io::stdin().is_terminal() {
            confirm::prompt(&say!("{label}: ", "{label} : "));
        }
        let Some(line) = confirm::line()? else {
            return Err(Trouble::usage(say!(
                "standard input ended before {field} was given: give one line for each field of --ask",
                "l'entrée standard s'est terminée avant {field} : donnez une ligne par champ de --ask",
            )));
        };
        if !line.trim().is_empty() {
            answers.push((field, line.trim().to_owned()));
        }
    }
    Ok(answers)
}

fn field(personal: Personal) -> (&'static str, Text) {
    match personal {
        Personal::Phone => ("phone", say!("phone, as +225…", "téléphone, comme +225…")),
        Personal::Name => ("name", say!("family name", "nom")),
        Personal::Surname => ("surname", say!("first name", "prénom")),
        Personal::Email => ("email", say!("e-mail", "e-mail")),
        Personal::Address => ("address", say!("address", "adresse")),
        Personal::City => ("city", say!("town", "ville")),
    }
}
