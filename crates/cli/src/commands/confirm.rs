//! Real money moves only for somebody who typed what moves.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use crate::lang::{Text, say};
use crate::profile::{Environment, Profile};
use crate::trouble::Trouble;

/// Whether a command that moves money was typed for this environment.
pub(crate) fn allowed(profile: &Profile, live: bool) -> Result<(), Trouble> {
    let name = &profile.name;
    match (profile.environment, live) {
        (Environment::Live, false) => Err(Trouble::usage(say!(
            "the profile {name} is live, and real money would move: add --live if you mean it",
            "le profil {name} est réel, et de l'argent réel bougerait : ajoutez --live si c'est voulu",
        ))),
        (Environment::Sandbox, true) => Err(Trouble::usage(say!(
            "the profile {name} is a sandbox, where no money is real: leave out --live, or choose a live profile",
            "le profil {name} est un bac à sable, où aucun argent n'est réel : retirez --live, ou choisissez un \
             profil réel",
        ))),
        _ => Ok(()),
    }
}

/// In a live profile, has somebody type back what will move, such as `2500 XOF` or `5000 12500000 XOF`.
pub(crate) fn typed_back(
    profile: &Profile,
    what: &Text,
    expected: &str,
    input: Option<&Path>,
) -> Result<(), Trouble> {
    if profile.environment == Environment::Sandbox {
        return Ok(());
    }
    if input.is_some_and(|file| file == Path::new("-")) {
        return Err(Trouble::usage(say!(
            "the request comes from standard input, so that nothing can be typed back: give it as a file",
            "la demande vient de l'entrée standard, si bien que rien ne peut être retapé : donnez-la en fichier",
        )));
    }
    let name = &profile.name;
    let (en, fr) = (what.english(), what.french());
    prompt(&Text::new(
        format!("LIVE profile {name}: this {en}.\nType {expected} to go on: "),
        format!("Profil RÉEL {name} : ceci {fr}.\nTapez {expected} pour continuer : "),
    ));
    let typed = line()?.unwrap_or_default();
    if typed.split_whitespace().eq(expected.split_whitespace()) {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        // The line break that a person would have typed.
        prompt(&Text::same("\n"));
    }
    Err(Trouble::refused(
        "unconfirmed",
        say!(
            "{expected} was not typed back, so nothing was sent",
            "{expected} n'a pas été retapé, donc rien n'a été envoyé",
        ),
    ))
}

/// Writes a question to standard error.
pub(crate) fn prompt(text: &Text) {
    let mut stderr = io::stderr().lock();
    // That it cannot be shown will be noticed by whoever has to answer it.
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// One line of standard input, or nothing at its end.
pub(crate) fn line() -> Result<Option<String>, Trouble> {
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(line)),
        Err(error) => {
            let reason = error.kind();
            Err(Trouble::usage(say!(
                "standard input cannot be read ({reason}): give UTF-8 text",
                "l'entrée standard est illisible ({reason}) : donnez du texte en UTF-8",
            )))
        }
    }
}
