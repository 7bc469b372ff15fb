//! Outgoing callbacks: in order per order, repeated until taken, to loopback or allowed hosts only.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::gateway::{Callback, Ping};
use crate::hub::Hub;
use crate::ledger::Delivery;
use crate::outbox::{self, Message};
use crate::settings::Settings;

/// How callbacks are sent.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    attempts: u32,
    pause: Duration,
    timeout: Duration,
    allowed_hosts: Vec<String>,
}

impl From<&Settings> for Policy {
    fn from(settings: &Settings) -> Policy {
        Policy {
            attempts: settings.callback_attempts.max(1),
            pause: settings.callback_pause,
            timeout: settings.callback_timeout,
            allowed_hosts: settings.allowed_callback_hosts.clone(),
        }
    }
}

/// Sends what comes out of the box, one callback at a time per order, until the sandbox stops.
pub(crate) async fn run(hub: Arc<Hub>, policy: Policy, mut stopping: watch::Receiver<bool>) {
    let policy = Arc::new(policy);
    let mut running: JoinSet<()> = JoinSet::new();
    loop {
        let mut pause = LONG_PAUSE;
        while running.len() < MAX_AT_ONCE {
            match hub.next_callback() {
                Ok((serial, message)) => {
                    let (hub, policy) = (Arc::clone(&hub), Arc::clone(&policy));
                    running.spawn(async move { attempt(&hub, &policy, serial, &message).await });
                }
                Err(next) => {
                    pause = next.unwrap_or(LONG_PAUSE).clamp(SHORT_PAUSE, LONG_PAUSE);
                    break;
                }
            }
        }
        tokio::select! {
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(pause), if running.len() < MAX_AT_ONCE => {}
            () = hub.mail.notified() => {}
            _ = stopping.wait_for(|stopping| *stopping) => break,
        }
    }
}

async fn attempt(hub: &Hub, policy: &Policy, serial: u64, message: &Message) {
    // A merchant must not hear of what the sandbox could forget.
    if hub.settled().await.is_err() {
        return;
    }
    let callback = &message.callback;
    let outcome = match tokio::time::timeout(policy.timeout, send(policy, callback)).await {
        Ok(outcome) => outcome,
        Err(_) => Err("no answer in time".to_owned()),
    };
    let attempt = message.attempts + 1;
    let result = if outcome == Ok(200) {
        outbox::Result::Taken
    } else if attempt >= policy.attempts {
        outbox::Result::GivenUp
    } else {
        let doubled = policy.pause.saturating_mul(1 << message.attempts.min(16));
        outbox::Result::Again { pause: doubled.min(MAX_PAUSE) }
    };
    let delivery = Delivery {
        url: callback.url.clone(),
        gateway: callback.gateway,
        merchant: callback.merchant,
        order_id: callback.order_id.clone(),
        attempt,
        outcome,
    };
    hub.attempted(serial, delivery, result);
}

/// One attempt: the ping where there is one, then the message.
async fn send(policy: &Policy, callback: &Callback) -> Result<u16, String> {
    let uri: Uri = callback.url.parse().map_err(|_| "the address cannot be read".to_owned())?;
    let target = target(policy, &uri).await?;
    if callback.ping == Ping::GetFirst {
        let ping = hyper::Request::get(origin_form(&uri));
        match exchange(target, &uri, ping, Bytes::new()).await? {
            200 => {}
            status => return Err(format!("the availability ping (GET) was answered with {status}")),
        }
    }
    let mut message =
        hyper::Request::post(origin_form(&uri)).header(header::CONTENT_TYPE, callback.content_type);
    for (name, value) in &callback.headers {
        message = message.header(*name, value);
    }
    exchange(target, &uri, message, Bytes::from(callback.body.clone())).await
}

/// One request on a connection of its own. Redirects are answers like any other.
async fn exchange(
    target: SocketAddr,
    uri: &Uri,
    request: axum::http::request::Builder,
    body: Bytes,
) -> Result<u16, String> {
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let host = HeaderValue::from_str(host).map_err(|_| "the host cannot be read".to_owned())?;
    let request = request
        .header(header::HOST, host)
        .header(header::USER_AGENT, "nzimbu-sandbox")
        .header(header::CONNECTION, "close")
        .body(Full::new(body))
        .map_err(|_| "the address cannot be called".to_owned())?;
    let stream = TcpStream::connect(target).await.map_err(|e| format!("connection failed: {}", e.kind()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| "connection failed".to_owned())?;
    let driver = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|_| "no readable answer".to_owned());
    let status = match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            // The body is of no interest, but cutting it off could look like a failure to the merchant.
            let _ = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
            Ok(status)
        }
        Err(reason) => Err(reason),
    };
    driver.abort();
    status
}

/// The address to connect to: loopback, or a host that was allowed by name.
async fn target(policy: &Policy, uri: &Uri) -> Result<SocketAddr, String> {
    if uri.scheme_str() != Some("http") {
        return Err("only http addresses can be called from the sandbox".to_owned());
    }
    let host = uri.host().ok_or("the address names no host")?;
    let port = uri.port_u16().unwrap_or(80);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    // Never asked of a resolver, which might answer with another machine.
    if bare.eq_ignore_ascii_case("localhost") {
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    let literal = bare.parse::<IpAddr>().ok();
    if let Some(ip) = literal
        && ip.is_loopback()
    {
        return Ok(SocketAddr::new(ip, port));
    }
    let allowed = policy
        .allowed_hosts
        .iter()
        .any(|allowed| allowed.trim_start_matches('[').trim_end_matches(']').eq_ignore_ascii_case(bare));
    if !allowed {
        return Err("the host is neither loopback nor allowed by the settings".to_owned());
    }
    let ip = match literal {
        Some(ip) => ip,
        None => tokio::net::lookup_host((bare, port))
            .await
            .ok()
            .and_then(|mut found| found.next())
            .ok_or("the host is unknown")?
            .ip(),
    };
    // Judged after the name was resolved, and connected to as judged.
    if is_never_called(ip) {
        return Err("the host leads to an address that is never called, though it is allowed".to_owned());
    }
    Ok(SocketAddr::new(ip, port))
}

/// Link-local addresses (where clouds keep their metadata), unspecified ones and groups.
fn is_never_called(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => {
            ip.to_ipv4_mapped().is_some_and(|mapped| is_never_called(mapped.into()))
                || ip.is_unicast_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.segments() == METADATA
        }
    }
}

fn origin_form(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

/// The pauses between attempts are not counted: a merchant who is down keeps no one else waiting.
const MAX_AT_ONCE: usize = 64;
const LONG_PAUSE: Duration = Duration::from_secs(3_600);
/// Keeps a burst of due callbacks from turning the timer into a busy loop.
const SHORT_PAUSE: Duration = Duration::from_millis(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);
const MAX_ANSWER: usize = 65_536;
/// Where one cloud keeps its metadata for IPv6.
const METADATA: [u16; 8] = [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    fn judge(url: &str, allowed: &[&str]) -> Result<SocketAddr, String> {
        let policy = Policy {
            attempts: 1,
            pause: Duration::ZERO,
            timeout: Duration::from_secs(1),
            allowed_hosts: allowed.iter().map(|host| (*host).to_owned()).collect(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(target(&policy, &url.parse().unwrap()))
    }

    #[test]
    fn loopback_needs_no_permission_and_all_others_do() {
        for url in ["http://127.0.0.1:8080/", "http://127.1.2.3/", "http://localhost/", "http://[::1]:9/"] {
            assert!(judge(url, &[]).unwrap().ip().is_loopback(), "{url}");
        }
        for url in ["http://10.0.0.1/", "http://merchant.test/", "http://localhost.evil.test/"] {
            assert!(judge(url, &[]).unwrap_err().contains("neither loopback nor allowed"), "{url}");
        }
        assert_eq!(judge("http://10.0.0.1:81/", &["10.0.0.1"]).unwrap().to_string(), "10.0.0.1:81");
    }

    #[test]
    fn metadata_and_link_local_addresses_are_never_called() {
        for host in ["169.254.169.254", "169.254.1.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"] {
            assert!(judge(&format!("http://{host}/"), &[host]).is_err(), "{host}");
        }
        for host in ["fe80::1", "::ffff:169.254.169.254", "::", "ff02::1", "fd00:ec2::254"] {
            assert!(judge(&format!("http://[{host}]/"), &[host]).is_err(), "{host}");
        }
    }
}
