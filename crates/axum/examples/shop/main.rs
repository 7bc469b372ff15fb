//! A shop that takes payments through all gateways: products, a choice of gateway, its page or prompt, an order that is
//! paid once the journal says so.
//!
//! `cargo run -p nzimbu-axum --example shop -- --sandbox` starts it together with a sandbox of its own and prints what
//! to open. Without `--sandbox` it takes the gateways whose credentials are in the environment; see `gateways.rs`.
//! `PORT` and `PUBLIC_URL` say where it listens and how gateways and browsers reach it.

mod app;
mod gateways;
mod notices;
mod orders;
mod pages;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use nzimbu::AsyncHttp;
use nzimbu::journal::{Cashier, Journal};
use nzimbu_sandbox::{Sandbox, Settings};
use tokio::net::TcpListener;

use crate::app::Shop;
use crate::gateways::Served;
use crate::orders::Orders;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = match std::env::args().nth(1).as_deref() {
        None => None,
        Some("--sandbox") => {
            let mut settings = Settings::default();
            // Whoever tries the shop plays the customer, on the gateway's page or on the virtual handset.
            settings.auto = None;
            Some(Sandbox::start(settings).await?)
        }
        Some(other) => return Err(format!("{other} is not known: the one argument is --sandbox").into()),
    };
    let port = std::env::var("PORT").unwrap_or_else(|_| "0".into()).parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let here = format!("http://{}", listener.local_addr()?);
    let public = std::env::var("PUBLIC_URL").unwrap_or_else(|_| here.clone());

    let served = match &sandbox {
        Some(sandbox) => Served::sandbox(sandbox, &public)?,
        None => Served::from_environment(&public)?,
    };
    let journal = journal(match &sandbox {
        // A new sandbox knows nothing of the orders of the one before.
        Some(_) => std::env::temp_dir().join(format!("nzimbu-shop-{}.db", std::process::id())),
        None => "shop.db".into(),
    })?;
    let cashier = Cashier::new(journal, served.providers);
    let orders = Orders::restored(cashier.journal()).await?;
    let shop = Shop::new(cashier.clone(), Arc::new(AsyncHttp::new()?), orders, public);

    // What no callback tells of is asked for by the workers; what they learn reaches the orders as notices.
    let workers = cashier.spawn_workers(Arc::new(AsyncHttp::new()?), 2);
    let listening = notices::listen(shop.clone());

    println!("The shop:            {here}/");
    if let Some(sandbox) = &sandbox {
        let admin = &sandbox.endpoints().admin_url;
        println!(
            "The virtual handset: {admin}/handset    answers the prompts of Bitlipa and Adullam; the PIN is 1234"
        );
        println!(
            "The dashboard:       {admin}/           what the gateways were asked, and the money that moved"
        );
    }
    println!("Ctrl-C stops it.");
    let stop = async {
        // An error means that no signal can be waited for; then nobody has asked to stop, either.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, app::router(shop)).with_graceful_shutdown(stop).await?;
    // No request is under way any more. The workers finish the calls that they have begun.
    workers.finish().await;
    listening.finish().await;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    Ok(())
}

/// The line that chooses the store. With PostgreSQL, which several machines can share, and the feature
/// `journal-postgres` of `nzimbu`, it is
/// `Ok(Journal::postgres(PostgresSettings::new(Secret::new(std::env::var("DATABASE_URL")?)))?)`.
fn journal(path: PathBuf) -> Result<Journal, Box<dyn Error>> {
    Ok(Journal::sqlite(path)?)
}
