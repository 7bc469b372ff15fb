//! `nzimbu sandbox`: every gateway on this machine until somebody stops it.

mod profile;

use std::process::ExitCode;

use nzimbu_sandbox::{Endpoints, Sandbox, Settings};

use crate::args;
use crate::lang::say;
use crate::output::{self, Failure};
use crate::signals::Signals;

pub(crate) fn run(args: args::Sandbox) -> Result<ExitCode, Failure> {
    let json = args.json;
    let write_config = args.write_config.clone();
    let stdin = if args.stop_with_stdin { Stdin::Watched } else { Stdin::Ignored };
    let settings = settings(args)?;
    let exposed = !settings.host.is_loopback();
    let waits = settings.auto.is_none();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the sandbox cannot run: {error}")))?;
    runtime.block_on(async {
        // Before anything is told, so that a stop right after the line is not missed.
        let stop = Signals::listen()?;
        let stdin = stdin.ended()?;
        let sandbox = Sandbox::start(settings)
            .await
            .map_err(|error| Failure::failed(format!("the sandbox cannot start: {error}")))?;
        if let Some(file) = &write_config {
            profile::write(file, sandbox.endpoints())?;
            let name = file.display();
            output::note(&String::from(say!(
                "{name} has the settings for it: try `nzimbu doctor` in a second terminal",
                "{name} contient les réglages : essayez `nzimbu doctor` dans un second terminal",
            )));
        }
        if json {
            output::json(sandbox.endpoints())?;
        } else {
            output::line(readable(sandbox.endpoints(), &sandbox.merchants()))?;
            if waits {
                let page = &sandbox.endpoints().admin_url;
                output::line(say!(
                    "Orders wait until somebody approves them at {page}; --auto 1s approves each after a second.",
                    "Les commandes attendent qu'on les approuve sur {page} ; --auto 1s approuve chacune après une seconde.",
                ))?;
            }
            output::line(say!("Ctrl-C stops it.", "Ctrl-C l'arrête."))?;
        }
        if exposed {
            output::note(
                "warning: the sandbox does not listen on loopback only; anyone who reaches it can use it",
            );
        }
        tokio::select! {
            () = stop.wait() => {}
            () = stdin => {}
        }
        sandbox.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn settings(args: args::Sandbox) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    // Whoever opens the page wants to decide there.
    settings.auto = None;
    if let Some(file) = &args.config {
        settings = settings.with_file(file).map_err(Failure::usage)?;
    }
    settings.auto = args.auto.or(settings.auto);
    settings.port = args.port.or(settings.port);
    settings.host = args.host.unwrap_or(settings.host);
    settings.store = args.store.or(settings.store);
    settings.seed = args.seed.unwrap_or(settings.seed);
    settings.check().map_err(Failure::usage)?;
    Ok(settings)
}

fn readable(endpoints: &Endpoints, merchants: &[&str]) -> String {
    let Endpoints { cinetpay, bitlipa, adullam, admin_url, .. } = endpoints;
    let groups: [(&str, &[(&str, &str)]); 4] = [
        (
            "CinetPay",
            &[
                ("checkout_url", &cinetpay.checkout_url),
                ("transfer_url", &cinetpay.transfer_url),
                ("apikey", &cinetpay.apikey),
                ("site_id", &cinetpay.site_id),
                ("secret_key", &cinetpay.secret_key),
                ("password", &cinetpay.password),
            ],
        ),
        (
            "Bitlipa",
            &[
                ("base_url", &bitlipa.base_url),
                ("hosted_page_url", &bitlipa.hosted_page_url),
                ("public_id", &bitlipa.public_id),
                ("merchant_id", &bitlipa.merchant_id),
                ("secret", &bitlipa.secret),
            ],
        ),
        ("Adullam", &[("base_url", &adullam.base_url), ("token", &adullam.token)]),
        ("Admin", &[("admin_url", admin_url)]),
    ];
    let mut text = "The sandbox is ready; no money here is real.\n".to_owned();
    for (name, values) in groups {
        text += &format!("\n{name}\n");
        for (key, value) in values {
            text += &format!("  {key:<16} {value}\n");
        }
    }
    if merchants.len() > 1 {
        let others = merchants[1..].join(", ");
        text += &format!("\nFurther merchants: {others}; see {admin_url}/api/merchants.\n");
    }
    text
}

/// Whether the end of standard input is a sign to stop.
#[derive(Clone, Copy)]
enum Stdin {
    Watched,
    Ignored,
}

impl Stdin {
    /// Ends with the input when it is watched, never otherwise.
    fn ended(self) -> Result<impl Future<Output = ()>, Failure> {
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let kept = match self {
            Stdin::Ignored => Some(end),
            Stdin::Watched => {
                // A thread of its own, because a read that waits cannot be called off and would hold up the end.
                std::thread::Builder::new()
                    .name("nzimbu-stdin".to_owned())
                    .spawn(move || {
                        // An error is an end as well; what is said is of no interest.
                        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
                        drop(end);
                    })
                    .map_err(|error| Failure::failed(format!("standard input cannot be watched: {error}")))?;
                None
            }
        };
        Ok(async move {
            // Only the end of the sender ends this.
            let _ = ended.await;
            drop(kept);
        })
    }
}
