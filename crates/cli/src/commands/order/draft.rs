//! An order from flags, answers and a file, with everything that is wrong with it.

use nzimbu::signature::recursive::Document;
use nzimbu::{Channel, Operation, SharedProvider};

use super::{Extras, Order, ask};
use crate::args::Direction;
use crate::args::operations::Request;
use crate::commands::check::draft::{Draft, Given};
use crate::commands::check::fields::Findings;
use crate::commands::check::rules;
use crate::input;
use crate::lang::{Text, say};
use crate::session::Session;
use crate::trouble::{Problem, Trouble};
use crate::words;

/// The order, or all that forbids it.
pub(super) fn order(
    args: &Request,
    direction: Direction,
    extras: &Extras<'_>,
    session: &Session,
    provider: &SharedProvider,
) -> Result<Order, Trouble> {
    let operation = Operation::from(direction);
    if !provider.capabilities(operation).offered {
        return Err(not_offered(args, operation, session));
    }
    let amount = args
        .amount
        .money()
        .map_err(|told| Trouble::usage(say!("--amount is wrong: {told}", "--amount est faux : {told}")))?;
    if args.amount.currency.is_some() && amount.is_none() {
        return Err(Trouble::usage(say!(
            "--currency is given without --amount: give both, or both in the file",
            "--currency est donné sans --amount : donnez les deux, ou les deux dans le fichier",
        )));
    }
    let from_stdin = args.file.as_deref().is_some_and(|file| file.as_os_str() == "-");
    if from_stdin && !args.ask.is_empty() {
        return Err(Trouble::usage(say!(
            "both the request and the answers to --ask would come from standard input: give the request as a file",
            "la demande et les réponses à --ask viendraient toutes deux de l'entrée standard : donnez la demande en \
             fichier",
        )));
    }
    let text = match &args.file {
        Some(file) => input::read(Some(file))?,
        None => b"{}".to_vec(),
    };
    let document = Document::parse(&text).map_err(|malformed| {
        let told = malformed.to_string();
        Trouble::request(vec![Problem {
            field: String::new(),
            rule: Some("format"),
            told: say!(
                "{told}: write the request as one JSON object, see `nzimbu check --help`",
                "{told} : écrivez la demande comme un objet JSON, voyez `nzimbu check --help`",
            ),
            place: None,
        }])
    })?;
    let channel = args.operator.clone().map(Channel::Operator).or(args.channel.map(Channel::from));
    let given = Given {
        order: session.order_id(&args.name, operation)?,
        amount,
        channel,
        purpose: extras.purpose.map(str::to_owned),
        bank_code: extras.bank_code.map(str::to_owned),
        person: ask::answers(&args.ask)?,
    };
    let mut findings = Findings::default();
    let draft = Draft::read_with(&document, direction, given, &mut findings);
    let of_gateway = rules::problems(provider, operation, &draft, &findings);
    let mut problems: Vec<_> = findings
        .into_violations()
        .into_iter()
        .map(|violation| {
            let french = format!("{} {}", violation.field, words::rule(violation.rule));
            Problem {
                told: Text::new(violation.message, french.trim_start()),
                field: violation.field,
                rule: Some(violation.rule),
                place: None,
            }
        })
        .collect();
    problems.extend(of_gateway.iter().map(Problem::from));
    match draft.amount() {
        Some(amount) if problems.is_empty() => Ok(match direction {
            Direction::Pay => Order::Payment(draft.payment(amount)),
            Direction::Payout => Order::Payout(draft.payout(amount)),
        }),
        _ => Err(Trouble::request(problems)),
    }
}

fn not_offered(args: &Request, operation: Operation, session: &Session) -> Trouble {
    let name = args.gateway.as_str();
    let half = session.profile.cinetpay.as_ref().is_some_and(|part| match operation {
        Operation::Payment => !part.has_checkout(),
        Operation::Payout => !part.has_transfer(),
    });
    let trouble = if name == "cinetpay" && half {
        let section = match operation {
            Operation::Payment => "checkout",
            Operation::Payout => "transfer",
        };
        let profile = &session.profile.name;
        Trouble::refused(
            "unsupported",
            say!(
                "the profile has no section [profile.{profile}.cinetpay.{section}], which this needs: add it",
                "le profil n'a pas de section [profile.{profile}.cinetpay.{section}], nécessaire ici : ajoutez-la",
            ),
        )
    } else {
        let what = words::operation(operation);
        let (en, fr) = (what.english(), what.french());
        Trouble::refused(
            "unsupported",
            Text::new(
                format!("{name} offers no {en}s in its documents: use another gateway"),
                format!(
                    "la documentation de {name} ne propose pas d'opération « {fr} » : prenez une autre passerelle"
                ),
            ),
        )
    };
    trouble.with_gateway(args.gateway)
}
