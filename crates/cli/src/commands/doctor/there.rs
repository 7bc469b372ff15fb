//! What a gateway and our own callback addresses answer. Nothing here moves money.

use std::time::{Duration, SystemTime};

use nzimbu::{
    BaseUrl, BlockingHttp, ErrorKind, HttpRequest, Operation, OrderName, OrderRef, PaymentProvider as _,
    ProviderError, Transport as _,
};

use super::finding::{Finding, Verdict};
use crate::args::Gateway;
use crate::lang::{Text, say};
use crate::profile::{Connected, Environment};
use crate::session::Session;
use crate::trouble::Trouble;

/// Whether the gateway is reached, over TLS, at the same time; and whether our callback addresses are.
pub(super) fn addresses(
    session: &Session,
    gateway: Gateway,
    http: &BlockingHttp,
    findings: &mut Vec<Finding>,
) {
    let (apis, callbacks) = session.profile.addresses(gateway);
    for (part, url) in apis {
        // Only the head of the answer counts; most gateways have no page there.
        match http.send(&HttpRequest::get(url.clone() + "/")) {
            Ok(reply) => {
                findings.push(secured(gateway, part, &url));
                findings.extend(reply.header("date").and_then(|date| clock(gateway, part, date)));
            }
            Err(error) => {
                let told = error.to_string();
                let finding = Finding::new(
                    "reach",
                    gateway,
                    Verdict::Problem,
                    say!("{part} is not reached: {told}", "{part} n'est pas joint : {told}"),
                );
                findings.push(finding.with_remedy(unreached(session)));
            }
        }
    }
    for (key, url) in callbacks {
        findings.push(callback(session, gateway, key, &url, http));
    }
}

/// Whether the gateway knows us, by a call that changes nothing.
pub(super) fn credentials(
    gateway: Gateway,
    connected: &Connected,
    http: &BlockingHttp,
    findings: &mut Vec<Finding>,
) {
    let mut judge = |part: &'static str, ended: Result<(), ProviderError>| {
        findings.push(known(gateway, part, ended));
    };
    match connected {
        Connected::CinetPay(cinetpay) => {
            if cinetpay.capabilities(Operation::Payment).offered {
                let order = OrderRef::new(Operation::Payment, nobody());
                judge("checkout", http.run(cinetpay.status(&order)).map(drop));
            }
            if cinetpay.capabilities(Operation::Payout).offered {
                judge("transfer", http.run(cinetpay.transfer_balance()).map(drop));
            }
        }
        Connected::Bitlipa(bitlipa) => judge("api", http.run(bitlipa.status(&nobody())).map(drop)),
        Connected::Adullam(_) => findings.push(Finding::new(
            "credentials",
            gateway,
            Verdict::Skipped,
            say!(
                "no call is documented that would prove the credentials and change nothing",
                "aucun appel documenté ne prouve les identifiants sans rien changer",
            ),
        )),
    }
}

/// An order that nobody has.
fn nobody() -> OrderName {
    OrderName::parse("NZIMBU-DOCTOR-KNOWS-NO-ORDER").expect("capitals and hyphens are a name")
}

fn known(gateway: Gateway, part: &'static str, ended: Result<(), ProviderError>) -> Finding {
    let new = |verdict, told| Finding::new("credentials", gateway, verdict, told);
    let Err(error) = ended else {
        return new(Verdict::Ok, say!("{part} accepts the credentials", "{part} accepte les identifiants"));
    };
    let told = Trouble::gateway(gateway, &error).told().clone();
    match error.kind() {
        ErrorKind::Authentication => new(Verdict::Problem, told).with_remedy(say!(
            "compare the secrets of {part} with the gateway's back-office, character by character",
            "comparez les secrets de {part} avec l'espace marchand de la passerelle, caractère par caractère",
        )),
        ErrorKind::Blocked => new(Verdict::Problem, told).with_remedy(say!(
            "have the gateway put this machine's public address on its list, or set `http.ip_family` to v4",
            "faites inscrire l'adresse publique de cette machine sur la liste de la passerelle, ou mettez \
             `http.ip_family` à v4",
        )),
        ErrorKind::Transport => new(
            Verdict::Skipped,
            say!(
                "{part} was not reached, so nothing is known",
                "{part} n'a pas été joint, donc on ne sait rien"
            ),
        ),
        // It answered about an order that is not there, hence it knew who asked.
        ErrorKind::InvalidRequest => {
            new(Verdict::Ok, say!("{part} accepts the credentials", "{part} accepte les identifiants"))
        }
        _ => new(Verdict::Warning, told).with_remedy(say!(
            "this proves nothing: try again later",
            "cela ne prouve rien : réessayez plus tard",
        )),
    }
}

fn secured(gateway: Gateway, part: &'static str, url: &str) -> Finding {
    let told = match BaseUrl::parse(url) {
        Ok(base) if base.as_str().starts_with("https:") => {
            let host = base.host();
            say!("{part} answers over TLS ({host})", "{part} répond par TLS ({host})")
        }
        _ => {
            say!("{part} answers on this machine, without TLS", "{part} répond sur cette machine, sans TLS",)
        }
    };
    Finding::new("tls", gateway, Verdict::Ok, told)
}

/// How far our clock is from the gateway's. Its answers carry the second.
fn clock(gateway: Gateway, part: &'static str, date: &str) -> Option<Finding> {
    let theirs = httpdate::parse_http_date(date).ok()?;
    let now = SystemTime::now();
    let off = now.duration_since(theirs).unwrap_or_else(|error| error.duration());
    let seconds = off.as_secs();
    let told = say!(
        "the clocks of {part} and this machine are {seconds} s apart",
        "l'horloge de cette machine et celle de « {part} » diffèrent de {seconds} s",
    );
    let verdict = match off {
        _ if off <= SMALL => Verdict::Ok,
        _ if off <= LARGE => Verdict::Warning,
        _ => Verdict::Problem,
    };
    let finding = Finding::new("clock", gateway, verdict, told);
    Some(if verdict == Verdict::Ok {
        finding
    } else {
        finding.with_remedy(say!(
            "have this machine's clock kept by NTP: logins and the times in the journal depend on it",
            "faites tenir l'horloge de cette machine par NTP : les connexions et les heures du journal en dépendent",
        ))
    })
}

/// A gateway that is about to call asks by a GET, or may do so. The address itself is not shown: nobody should be
/// able to guess it.
fn callback(
    session: &Session,
    gateway: Gateway,
    key: &'static str,
    url: &str,
    http: &BlockingHttp,
) -> Finding {
    let new = |verdict, told| Finding::new("callback", gateway, verdict, told);
    if url.starts_with("http://") && !nzimbu::http::is_local_target(url) {
        return new(
            Verdict::Warning,
            say!(
                "{key} has no TLS, so that others can read and change callbacks, and it was not tried",
                "{key} est sans TLS, si bien que d'autres peuvent lire et changer les notifications ; non essayé",
            ),
        )
        .with_remedy(say!("serve it over https", "servez-le en https"));
    }
    match http.send(&HttpRequest::get(url)) {
        Ok(reply) if (200..300).contains(&reply.status) => new(
            Verdict::Ok,
            say!(
                "{key} answers from here; whether the gateway reaches it, only its callbacks show",
                "{key} répond d'ici ; que la passerelle le joigne, seules ses notifications le montrent",
            ),
        ),
        Ok(reply) => {
            let status = reply.status;
            new(Verdict::Warning, say!("{key} answers a GET with {status}", "{key} répond {status} à un GET"))
                .with_remedy(say!(
                    "have it answer 200 to a GET: CinetPay tries the address in this way",
                    "faites-le répondre 200 à un GET : CinetPay essaie l'adresse de cette façon",
                ))
        }
        Err(error) => {
            let told = error.to_string();
            // Who only tries a sandbox often has nothing that listens.
            let verdict = match session.profile.environment {
                Environment::Live => Verdict::Problem,
                Environment::Sandbox => Verdict::Warning,
            };
            new(verdict, say!("{key} is not reached: {told}", "{key} n'est pas joint : {told}")).with_remedy(
                say!(
                    "start the service behind it, and open it to the gateway",
                    "démarrez le service derrière, et ouvrez-le à la passerelle",
                ),
            )
        }
    }
}

fn unreached(session: &Session) -> Text {
    match session.profile.environment {
        Environment::Sandbox => say!(
            "start `nzimbu sandbox`; with --write-config it writes its addresses, which change with every start \
             unless --port is given",
            "lancez `nzimbu sandbox` ; avec --write-config il écrit ses adresses, qui changent à chaque démarrage \
             sans --port",
        ),
        Environment::Live => say!(
            "look at the network, the proxy and the firewall between here and the gateway",
            "regardez le réseau, le proxy et le pare-feu entre ici et la passerelle",
        ),
    }
}

const SMALL: Duration = Duration::from_secs(10);
const LARGE: Duration = Duration::from_secs(120);
