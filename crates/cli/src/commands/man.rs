//! `nzimbu man`: the page of manual.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::args::{Cli, upkeep};
use crate::lang::say;
use crate::output::{self, Failure};

pub(crate) fn run(args: &upkeep::Man) -> Result<ExitCode, Failure> {
    let command = Cli::command();
    match &args.dir {
        Some(folder) => clap_mangen::generate_to(command, folder).map_err(|error| {
            let (folder, reason) = (folder.display(), error.kind());
            Failure::usage(say!(
                "{folder} cannot be written to ({reason}): name a folder that is there",
                "impossible d'écrire dans {folder} ({reason}) : indiquez un dossier existant",
            ))
        })?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(|error| {
                let reason = error.kind();
                Failure::failed(say!(
                    "the page cannot be made: {reason}",
                    "la page ne peut être faite : {reason}"
                ))
            })?;
            output::line(String::from_utf8_lossy(&page).trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
