//! What the forms of the dashboard do.

use super::{handset, views};
use crate::faults::{Fault, FaultKind};
use crate::gateway::{Decision, Reply, Request, field};
use crate::html::Page;
use crate::hub::Hub;
use crate::json::Json;
use crate::merchants::MAIN;

/// A form that is known to come from the page it is sent to.
pub(super) fn act(hub: &Hub, page: &Page, request: &Request, form: &[(String, String)]) -> Reply {
    match request.path.as_str() {
        "/order" => {
            let gateway = field(form, "gateway").unwrap_or_default();
            let merchant = field(form, "merchant");
            let id = field(form, "order_id").unwrap_or_default();
            let decision = field(form, "decision").and_then(Decision::parse);
            if let (Some(decision), Some(desk)) = (decision, hub.desk(gateway, merchant)) {
                // Nothing left to decide is what the page will show.
                hub.settle(desk, id, decision);
            }
            Reply::see_other(views::order_link(page, gateway, merchant.unwrap_or(MAIN), id))
        }
        "/callbacks" => {
            let sent = field(form, "callback").and_then(|id| id.parse().ok()).and_then(|id| hub.resend(id));
            match sent {
                Some(_) => Reply::see_other(page.here()),
                None => page.notice(
                    404,
                    page.t("Non renvoyé", "Not sent again"),
                    page.t(
                        "Cette notification est inconnue, ou trop d’autres attendent.",
                        "This callback is unknown, or too many others wait.",
                    ),
                ),
            }
        }
        "/faults" if field(form, "remove") == Some(ALL) => {
            hub.faults.clear();
            hub.tell("fault", Json::Null);
            Reply::see_other(page.here())
        }
        "/faults" => match field(form, "remove").map(str::parse) {
            Some(Ok(id)) => {
                if hub.faults.remove(id) {
                    hub.tell("fault", Json::Null);
                }
                Reply::see_other(page.here())
            }
            _ => add_fault(hub, page, form),
        },
        "/handset" => handset::decide(hub, page, request, form),
        _ => page.not_found(),
    }
}

fn add_fault(hub: &Hub, page: &Page, form: &[(String, String)]) -> Reply {
    let text =
        |name: &str| field(form, name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let Some(kind) = text("kind").as_deref().and_then(FaultKind::parse) else {
        return views::faults(hub, page, Some("kind is missing or unknown"));
    };
    let mut fault = Fault::new(kind);
    fault.gateway = text("gateway");
    fault.order_id = text("order_id");
    let number = |name: &str| match text(name) {
        None => Ok(None),
        Some(given) => given.parse::<u32>().map(Some).map_err(|_| format!("{name} must be a whole number")),
    };
    let read = || -> Result<Fault, String> {
        let percent = number("percent")?.unwrap_or(100);
        fault.percent = u8::try_from(percent).map_err(|_| "percent must be 1 to 100".to_owned())?;
        fault.times = number("times")?;
        fault.check()?;
        Ok(fault)
    };
    match read().map(|fault| hub.faults.add(fault)) {
        Ok(Some(_)) => {
            hub.tell("fault", Json::Null);
            Reply::see_other(page.here())
        }
        Ok(None) => views::faults(hub, page, Some("there are 1000 faults already; remove some first")),
        Err(problems) => views::faults(hub, page, Some(&problems)),
    }
}

/// What the button says that removes every fault.
const ALL: &str = "all";
