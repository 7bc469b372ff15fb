//! HTTP as other programs speak it: old versions, chunks, one connection for many calls.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::checkout::Shop;

#[test]
fn http_1_0_is_spoken() {
    let shop = Shop::deciding_itself();
    let body = shop.order(&json!({})).to_string();
    let mut stream = connect(&shop);
    write!(
        stream,
        "POST /v2/payment HTTP/1.0\r\nUser-Agent: old\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    assert!(answer.contains("\"code\":\"201\""));
}

#[test]
fn bodies_come_in_chunks_and_after_a_question() {
    let shop = Shop::deciding_itself();
    let body = shop.order(&json!({})).to_string();
    let (first, second) = body.split_at(17);
    let mut stream = connect(&shop);
    write!(
        stream,
        "POST /v2/payment HTTP/1.1\r\nhost: x\r\nuser-agent: t\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n"
    )
    .unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    reader.read_line(&mut line).unwrap();
    write!(stream, "{:x}\r\n{first}\r\n{:x};name=value\r\n{second}\r\n0\r\n\r\n", first.len(), second.len())
        .unwrap();
    assert_eq!(answer(&mut reader)["code"], "201");
}

#[test]
fn one_connection_serves_many_calls_sent_at_once() {
    let shop = Shop::deciding_itself();
    let mut stream = connect(&shop);
    for id in ["A", "B", "C"] {
        let body = shop.order(&json!({"transaction_id": id})).to_string();
        write!(
            stream,
            "POST /v2/payment HTTP/1.1\r\nHost: x\r\nuser-agent: t\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    }
    let mut reader = BufReader::new(stream);
    for _ in 0..3 {
        assert_eq!(answer(&mut reader)["code"], "201");
    }
}

fn connect(shop: &Shop) -> TcpStream {
    let url = &shop.sandbox.endpoints().cinetpay.checkout_url;
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

fn answer(reader: &mut impl BufRead) -> Value {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        assert!(!line.is_empty(), "the answer ended early");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}
