//! `nzimbu pay` and `nzimbu payout`: one order.

mod ask;
mod carry;
mod draft;

use std::process::ExitCode;

use nzimbu::{Advice, Operation, OrderId, ProviderError, Repeats, SharedProvider};
use nzimbu_journal::{Entry, State};

use crate::args::operations::{Pay, Payout, Request};
use crate::args::{Direction, Gateway};
use crate::commands::receipt::Told;
use crate::commands::{confirm, receipt, standing};
use crate::lang::{Text, say};
use crate::output::{Failure, Style};
use crate::profile::Environment;
use crate::session::Session;
use crate::trouble::{self, Trouble};

use self::carry::{Carried, Order};

pub(crate) fn pay(args: &Pay) -> Result<ExitCode, Failure> {
    let extras = Extras { purpose: args.description.as_deref(), bank_code: None };
    end(&args.request, Direction::Pay, &extras)
}

pub(crate) fn payout(args: &Payout) -> Result<ExitCode, Failure> {
    let extras = Extras { purpose: args.reason.as_deref(), bank_code: args.bank_code.as_deref() };
    end(&args.request, Direction::Payout, &extras)
}

/// What only one of the directions has.
struct Extras<'a> {
    purpose: Option<&'a str>,
    bank_code: Option<&'a str>,
}

fn end(args: &Request, direction: Direction, extras: &Extras<'_>) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    run(args, direction, extras).unwrap_or_else(|trouble| trouble.end(style))
}

fn run(
    args: &Request,
    direction: Direction,
    extras: &Extras<'_>,
) -> Result<Result<ExitCode, Failure>, Trouble> {
    let session = Session::open(&args.settings)?;
    confirm::allowed(&session.profile, args.live)?;
    remembered(args, direction, &session)?;
    let provider = session.connect(args.gateway)?.shared();
    let http = session.http()?;
    let order = draft::order(args, direction, extras, &session, &provider)?;
    let name = args.gateway.as_str();
    let (id, amount) = (order.id(), order.amount());
    let (from, to) = order.phone().map_or_else(
        || (Text::same(""), Text::same("")),
        |phone| (say!(" from {phone}", " de {phone}"), say!(" to {phone}", " à {phone}")),
    );
    let what = match direction {
        Direction::Pay => Text::new(
            format!("collects {amount}{} through {name}, order {id}", from.english()),
            format!("encaisse {amount}{} par {name}, commande {id}", from.french()),
        ),
        Direction::Payout => Text::new(
            format!("pays out {amount}{} through {name}, order {id}", to.english()),
            format!("verse {amount}{} par {name}, commande {id}", to.french()),
        ),
    };
    confirm::typed_back(&session.profile, &what, &amount.to_string(), args.file.as_deref())?;
    let (id, operation) = (id.clone(), order.operation());
    let carried = carry::carry(&session, &http, &provider, order, args.name.reference.as_deref())?;
    let told = match carried {
        Carried::Known(entry) => Told::known(args.gateway, entry),
        Carried::Sent(answer, entry) => {
            let answered =
                |receipt| Told::checked(args.gateway, &provider, operation, receipt, (&id, amount));
            match (*answer, entry) {
                (Err(error), entry) => {
                    return Err(failed(args.gateway, &provider, operation, &id, &error, entry.as_ref()));
                }
                (Ok(receipt), None) => answered(receipt)?,
                (Ok(receipt), Some(entry)) => answered(receipt)
                    .map_err(|trouble| trouble.with_state(entry.state).with_remedy(standing::next(&entry)))?
                    .written_down(entry),
            }
        }
    };
    Ok(told.print(Style::of(args.json)).map(|()| ExitCode::from(told.exit_of_order())))
}

/// Whether a payout may leave that nothing would remember, if its answer is lost.
fn remembered(args: &Request, direction: Direction, session: &Session) -> Result<(), Trouble> {
    let profile = &session.profile;
    let name = &profile.name;
    match (profile.journal.is_some(), args.no_journal) {
        (true, true) => Err(Trouble::usage(say!(
            "the profile {name} has a journal, which every order of it goes through: leave out --no-journal",
            "le profil {name} a un journal, par lequel passe chacune de ses commandes : retirez --no-journal",
        ))),
        (false, false) if direction == Direction::Payout && profile.environment == Environment::Live => {
            let trouble = Trouble::usage(say!(
                "the profile {name} is live and has no journal, so that a payout whose answer is lost would be \
                 remembered nowhere",
                "le profil {name} est réel et n'a pas de journal, si bien qu'un versement dont la réponse se perd ne \
                 serait noté nulle part",
            ));
            Err(trouble.with_remedy(say!(
                "add [profile.{name}.journal] with `path`, or give --no-journal if you keep such a record yourself",
                "ajoutez [profile.{name}.journal] avec `path`, ou donnez --no-journal si vous tenez vous-même un tel \
                 registre",
            )))
        }
        _ => Ok(()),
    }
}

/// What to do after a failure, by what it may have done to money.
fn failed(
    gateway: Gateway,
    provider: &SharedProvider,
    operation: Operation,
    order: &OrderId,
    error: &ProviderError,
    entry: Option<&Entry>,
) -> Trouble {
    let trouble = Trouble::gateway(gateway, error).with_outcome(error).with_order(order.as_str());
    if let Some(entry) = entry {
        // What the machine made of it counts: after a refusal, an earlier copy may still be under way.
        let unknown = matches!(entry.state, State::Sending | State::Accepted | State::Unknown);
        let exit = if unknown || entry.needs_people() { trouble::UNKNOWN } else { trouble::REFUSED };
        return trouble.with_exit(exit).with_state(entry.state).with_remedy(standing::next(entry));
    }
    let capabilities = provider.capabilities(operation);
    match error.advice() {
        Advice::AskStatus if capabilities.status_by_order => trouble.with_remedy(receipt::ask(
            gateway,
            operation,
            order.as_str(),
        )),
        Advice::AskStatus if capabilities.repeats == Repeats::Replayed => trouble.with_remedy(say!(
            "this gateway cannot be asked: repeat the very same request, under the same order {order}, which it \
             answers as the first time",
            "on ne peut pas interroger cette passerelle : répétez exactement la même demande, sous la même commande \
             {order}, et elle répondra comme la première fois",
        )),
        Advice::AskStatus => trouble.with_remedy(say!(
            "look the order {order} up in the gateway's back-office",
            "cherchez la commande {order} dans l'espace marchand de la passerelle",
        )),
        Advice::Repeat => match error.retry_after().map(|delay| delay.as_secs()) {
            Some(seconds) => trouble.with_remedy(say!(
                "it may be sent again as it is, under the same order {order}, in {seconds} seconds",
                "on peut le renvoyer tel quel, sous la même commande {order}, dans {seconds} secondes",
            )),
            None => trouble.with_remedy(say!(
                "it may be sent again as it is, under the same order {order}",
                "on peut le renvoyer tel quel, sous la même commande {order}",
            )),
        },
        Advice::Change => trouble,
    }
}
