//! The example shop, bought from over real HTTP, against the sandbox.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

#[path = "../examples/shop/app.rs"]
mod app;
#[path = "../examples/shop/gateways.rs"]
#[allow(dead_code, reason = "the test knows the sandbox alone")]
mod gateways;
#[path = "../examples/shop/notices.rs"]
mod notices;
#[path = "../examples/shop/orders.rs"]
mod orders;
#[path = "../examples/shop/pages.rs"]
mod pages;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use app::Shop;
use common::{Answer, send};
use gateways::Served;
use notices::Listening;
use nzimbu::journal::{Cashier, Journal, Limits, Timing, Workers};
use nzimbu::{AsyncHttp, Secret};
use nzimbu_sandbox::{Decision, Fault, FaultKind, Sandbox, Settings};
use orders::{Orders, Standing};
use tokio::net::TcpListener;

/// A shop, its customers' browser, and a sandbox.
struct World {
    sandbox: Sandbox,
    shop: Shop,
    to: SocketAddr,
    workers: Workers,
    listening: Listening,
    path: PathBuf,
}

const FORM: &str = "content-type: application/x-www-form-urlencoded";
const GATEWAYS: [(&str, &str); 3] =
    [("cinetpay", "cinetpay-checkout"), ("bitlipa", "bitlipa"), ("adullam", "adullam")];

impl World {
    async fn open(faults: &[Fault], first_poll: Duration) -> Self {
        let mut settings = Settings::default();
        settings.auto = None;
        settings.faults = faults.to_vec();
        let sandbox = Sandbox::start(settings).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let public = format!("http://{to}");
        let providers = Served::sandbox(&sandbox, &public).unwrap().providers;
        let mut timing = Timing::default();
        timing.first_poll = first_poll;
        timing.most_poll = first_poll;
        timing.wake_pause = Duration::from_millis(50);
        let path = journal_file();
        let journal = Journal::sqlite(&path).unwrap();
        let cashier = Cashier::with(journal, providers, timing, Limits::default());
        let http = Arc::new(AsyncHttp::new().unwrap());
        let shop = Shop::new(cashier.clone(), http.clone(), Orders::default(), public);
        let workers = cashier.spawn_workers(http, 2);
        let listening = notices::listen(shop.clone());
        let app = app::router(shop.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { sandbox, shop, to, workers, listening, path }
    }

    async fn close(self) {
        self.workers.finish().await;
        self.listening.finish().await;
        self.sandbox.stop().await;
    }

    async fn get(&self, path: &str) -> Answer {
        send(self.to, "GET", path, &[], "").await
    }

    /// Opens a product's page and takes the number that stands in its form.
    async fn number(&self) -> String {
        let page = self.get("/products/coffee").await;
        let (_, rest) = page.body.split_once("name=\"number\" value=\"").unwrap();
        rest[..16].to_owned()
    }

    async fn buy(&self, number: &str, gateway: &str) -> Answer {
        let form = format!(
            "number={number}&product=coffee&gateway={gateway}&surname=Awa&name=Kouassi&email=awa%40example.com\
             &phone=%2B225+07+00+00+00+00"
        );
        send(self.to, "POST", "/buy", &[FORM], &form).await
    }

    /// Buys, as far as the gateway accepts it.
    async fn bought(&self, gateway: &str) -> String {
        let number = self.number().await;
        let answer = self.buy(&number, gateway).await;
        assert_eq!(answer.status, 303, "{gateway}: {}", answer.body);
        number
    }

    fn settle(&self, gateway: &str, number: &str, decision: Decision) {
        let settled = self.sandbox.settle(place(gateway), &their_name(gateway, number), decision);
        assert!(settled, "{gateway} knows the order");
    }

    /// Waits until the order's page says so.
    async fn until(&self, number: &str, title: &str) {
        let looks = async {
            while !self.get(&format!("/orders/{number}")).await.body.contains(title) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(HANGS, looks).await.unwrap_or_else(|_| panic!("{number} never says {title}"));
    }

    fn movements(&self, gateway: &str, number: &str) -> usize {
        let (name, place) = (their_name(gateway, number), place(gateway));
        let ledger = self.sandbox.ledger().into_iter();
        ledger.filter(|moved| moved.gateway == place && moved.order_id == name).count()
    }

    fn parcels(&self, number: &str) -> u32 {
        self.shop.orders.find(number).unwrap().parcels
    }
}

/// A file of its own for every world.
fn journal_file() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("shop-{}-{count}.db", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    for end in ["", "-wal", "-shm"] {
        // It is there only if an earlier process had the same number and was killed.
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    path
}

/// Where the sandbox keeps its orders.
fn place(gateway: &str) -> &'static str {
    GATEWAYS.iter().find(|(name, _)| *name == gateway).unwrap().1
}

/// The name under which the sandbox knows an order.
fn their_name(gateway: &str, number: &str) -> String {
    let order = app::order_id(number);
    if gateway == "adullam" { order.to_uuid("adullam checkout") } else { order.as_str().to_owned() }
}

/// Long enough that nothing is asked for but what a callback brings about.
const NEVER: Duration = Duration::from_secs(3_600);
/// No machine is this slow.
const HANGS: Duration = Duration::from_secs(300);
const SOON: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gateway_can_be_paid_through() {
    let world = World::open(&[], SOON).await;
    for (gateway, _) in GATEWAYS {
        let number = world.number().await;
        // The button pressed twice at once is one order.
        let (first, second) = tokio::join!(world.buy(&number, gateway), world.buy(&number, gateway));
        for answer in [first, second] {
            let at = answer.header("location").unwrap();
            let page = format!("{}/", world.sandbox.endpoints().cinetpay.checkout_url);
            let fits = at == format!("/orders/{number}") || gateway == "cinetpay" && at.starts_with(&page);
            assert!(answer.status == 303 && fits, "{gateway}: {} {at}", answer.status);
        }
        // The way back proves nothing, whatever it says.
        for method in ["GET", "POST"] {
            let path = format!("/orders/{number}/back?status=ACCEPTED&cpm_result=00");
            let answer = send(world.to, method, &path, &[FORM], "transaction_id=x&status=ACCEPTED").await;
            assert_eq!(answer.header("location"), Some(&*format!("/orders/{number}")));
        }
        world.until(&number, "Waiting for your payment").await;
        assert_eq!((world.parcels(&number), world.movements(gateway, &number)), (0, 0));
        world.settle(gateway, &number, Decision::Approve);
        world.until(&number, "Thank you!").await;
        assert_eq!((world.parcels(&number), world.movements(gateway, &number)), (1, 1), "{gateway}");
        // Another gateway under the same number is the same order, which is paid.
        let other = if gateway == "cinetpay" { "adullam" } else { "cinetpay" };
        assert_eq!(world.buy(&number, other).await.header("location"), Some(&*format!("/orders/{number}")));
        assert_eq!(world.movements(other, &number), 0);
    }
    // After a restart the books are those of the journal: read here from the file, by another connection.
    let journal = Journal::sqlite_read_only(&world.path).unwrap();
    let restored = Orders::restored(&journal).await.unwrap();
    assert_eq!(format!("{restored:?}"), format!("{:?}", world.shop.orders));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_alone_are_enough_where_they_are_documented() {
    let world = World::open(&[], NEVER).await;
    for gateway in ["cinetpay", "bitlipa"] {
        let number = world.bought(gateway).await;
        world.settle(gateway, &number, Decision::Approve);
        world.until(&number, "Thank you!").await;
        assert_eq!(world.parcels(&number), 1);
    }
    let taken = world.sandbox.deliveries();
    assert!(taken.iter().any(|delivery| delivery.outcome == Ok(200)), "{taken:?}");
    world.close().await;
}

/// C15, with all of them lost: the workers find out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_callback_everything_is_settled() {
    let world = World::open(&[Fault::new(FaultKind::DropCallback)], SOON).await;
    let mut numbers = Vec::new();
    for decision in [Decision::Approve, Decision::Refuse] {
        for (gateway, _) in GATEWAYS {
            let number = world.bought(gateway).await;
            world.settle(gateway, &number, decision);
            numbers.push((gateway, number, decision));
        }
    }
    for (gateway, number, decision) in numbers {
        let (title, count) = if decision == Decision::Approve { ("Thank you!", 1) } else { ("Not paid", 0) };
        world.until(&number, title).await;
        let moved = world.movements(gateway, &number);
        assert_eq!((world.parcels(&number) as usize, moved), (count, count), "{gateway} {decision:?}");
    }
    let arrived = world.sandbox.deliveries().into_iter().filter(|delivery| delivery.outcome.is_ok()).count();
    assert_eq!(arrived, 0);
    world.close().await;
}

/// C01: a thousand copies of a genuine notification at once, before and after the payment ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_notifications_at_once_send_one_parcel() {
    let mut twice = Fault::new(FaultKind::DuplicateCallback);
    twice.copies = Some(5);
    let world = World::open(&[twice], NEVER).await;
    let number = world.bought("cinetpay").await;
    let ours = &world.sandbox.endpoints().cinetpay;
    let body = format!(
        "cpm_site_id={}&cpm_trans_id={}&cpm_trans_date=2024-05-17+10%3A42%3A31&cpm_amount=2500&cpm_currency=XOF",
        ours.site_id,
        app::order_id(&number)
    );
    let token = nzimbu::cinetpay::x_token(&Secret::new(&ours.secret_key), body.as_bytes()).unwrap();
    let request = Arc::new(common::request(
        "POST",
        "/callbacks/cinetpay",
        &[&common::token(token.as_str()), FORM],
        &body,
    ));
    world.settle("cinetpay", &number, Decision::Approve);
    for _ in 0..2 {
        let copies: Vec<_> = (0..1_000)
            .map(|_| {
                let (to, request) = (world.to, Arc::clone(&request));
                tokio::spawn(async move { common::exchange(to, &request).await.unwrap().status })
            })
            .collect();
        for copy in copies {
            // More at once than allowed may be turned away; none is refused.
            let status = copy.await.unwrap();
            assert!(status == 200 || status == 503, "{status}");
        }
        world.until(&number, "Thank you!").await;
    }
    assert_eq!((world.parcels(&number), world.movements("cinetpay", &number)), (1, 1));
    // Notices may come again as well.
    let order = world.shop.orders.find(&number).unwrap();
    let entry = world.shop.cashier.journal().list(&Default::default(), 0, 10).await.unwrap().remove(0).1;
    assert_eq!(entry.gateway.as_ref(), order.gateway);
    assert_eq!(order.standing, Standing::Paid);
    world.close().await;
}

#[tokio::test]
async fn what_a_gateway_would_refuse_is_told_before_anything_is_sent() {
    let world = World::open(&[], NEVER).await;
    let number = world.number().await;
    let long = "x".repeat(9);
    for (form, told) in [
        ("gateway=cinetpay&phone=12".to_owned(), "Phone number"),
        ("gateway=wave&phone=%2B2250700000000".to_owned(), "Choose how to pay"),
        ("gateway=bitlipa&phone=%2B2250700000000".to_owned(), "E-mail: please fill it in"),
        (format!("gateway=adullam&phone=%2B254712345678&name={long}"), "beginning with +225"),
    ] {
        let form = format!(
            "number={number}&product=coffee&surname=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&{form}"
        );
        let answer = send(world.to, "POST", "/buy", &[FORM], &form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.body.contains(told), "{form}: {}", answer.body);
        assert!(!answer.body.contains("<script>") && answer.body.contains("&quot;&gt;&lt;script&gt;"));
    }
    for (method, path, body, status) in [
        ("GET", "/orders/0000000000000000", "", 404),
        ("GET", "/products/nothing", "", 404),
        ("POST", "/buy", "number=1&product=coffee", 404),
        ("GET", "/orders/%22%3E/back", "", 404),
        ("GET", "/style.css", "", 200),
    ] {
        let answer = send(world.to, method, path, &[FORM], body).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    }
    let entries = world.shop.cashier.journal().list(&Default::default(), 0, 10).await.unwrap();
    assert_eq!(entries, []);
    world.close().await;
}
