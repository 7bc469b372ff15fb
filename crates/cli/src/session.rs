//! What a command needs to speak with gateways: a profile, its secrets, a transport.
//!
//! ```ignore
//! let session = Session::open(&args.settings)?;
//! let provider = session.connect(args.gateway)?.shared();
//! let receipt = session.http()?.run(provider.status(&order));
//! ```

mod books;

use nzimbu::{BlockingHttp, HttpSettings, Operation, OrderId, OrderName};

use crate::args::Gateway;
use crate::args::common::{Name, Settings};
use crate::lang::{Text, say};
use crate::profile::{Connected, Profile, Vault};
use crate::trouble::Trouble;

pub(crate) use self::books::Access;

/// A profile and its secrets.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) profile: Profile,
    pub(crate) vault: Vault,
}

impl Session {
    /// Reads the settings. No secret is fetched yet.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Trouble> {
        let profile = Profile::find(settings)?;
        let vault = Vault::new(profile.environment);
        Ok(Self { profile, vault })
    }

    /// The gateway of the profile, with its secrets.
    pub(crate) fn connect(&self, gateway: Gateway) -> Result<Connected, Trouble> {
        self.profile.connect(gateway, &self.vault).map_err(|wrong| {
            let name = &self.profile.name;
            let gateway = gateway.as_str();
            let told = say!(
                "the profile {name} cannot be used with {gateway}:",
                "le profil {name} est inutilisable avec {gateway} :",
            );
            Trouble::settings(told, &wrong)
        })
    }

    /// The settings of a transport, blocking or async.
    pub(crate) fn http_settings(&self) -> Result<HttpSettings, Trouble> {
        self.profile.http(&self.vault).map_err(|wrong| Trouble::settings(unusable(), &wrong))
    }

    /// The blocking transport.
    pub(crate) fn http(&self) -> Result<BlockingHttp, Trouble> {
        BlockingHttp::with(self.http_settings()?).map_err(|error| {
            let mut trouble = Trouble::settings(unusable(), &[]);
            for fault in error.faults() {
                trouble = trouble.with_remedy(Text::same(fault));
            }
            trouble
        })
    }

    /// The id that was typed, or the one of the reference; nothing where neither was.
    pub(crate) fn order_id(&self, name: &Name, operation: Operation) -> Result<Option<OrderId>, Trouble> {
        match (&name.order, &name.reference) {
            (Some(id), _) => OrderId::parse(id).map(Some).map_err(|error| wrong_order(&error.to_string())),
            (None, Some(reference)) => self.derive(reference, operation).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// As [`order_id`](Self::order_id), for an order that older software may have named, and that has to be there.
    pub(crate) fn order_name(&self, name: &Name, operation: Operation) -> Result<OrderName, Trouble> {
        match (&name.order, &name.reference) {
            (Some(id), _) => OrderName::parse(id).map_err(|error| wrong_order(&error.to_string())),
            (None, Some(reference)) => self.derive(reference, operation).map(OrderName::from),
            (None, None) => Err(Trouble::usage(say!(
                "no order is named: give --order or --reference",
                "aucune commande n'est nommée : donnez --order ou --reference",
            ))),
        }
    }

    fn derive(&self, reference: &str, operation: Operation) -> Result<OrderId, Trouble> {
        if reference.trim().is_empty() {
            return Err(Trouble::usage(say!(
                "--reference is empty, and would be the same for all orders: give the one of this order",
                "--reference est vide, et serait la même pour toutes les commandes : donnez celle de cette commande",
            )));
        }
        let Some(namespace) = self.profile.namespace.as_deref().filter(|name| !name.trim().is_empty()) else {
            let name = &self.profile.name;
            // A made-up one would change with the profile's name, and the same order would get a second id.
            return Err(Trouble::usage(say!(
                "--reference needs `namespace` in [profile.{name}], for instance \"shop/live\", which must never \
                 change: set it, or give --order",
                "--reference demande `namespace` dans [profile.{name}], par exemple \"boutique/reel\", qui ne doit \
                 jamais changer : indiquez-le, ou donnez --order",
            )));
        };
        Ok(OrderId::derive(namespace, operation, reference))
    }
}

fn wrong_order(told: &str) -> Trouble {
    Trouble::usage(say!("--order is wrong: {told}", "--order est faux : {told}"))
}

fn unusable() -> Text {
    say!("the section `http` of the profile is unusable:", "la section `http` du profil est inutilisable :")
}
