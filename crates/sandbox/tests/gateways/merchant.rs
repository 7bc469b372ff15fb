//! A merchant's server that writes down what the gateways send, and answers as it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::client::until;

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

pub(crate) struct Merchant {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Merchant {
    pub(crate) fn start() -> Merchant {
        Merchant::answering(|_, _| "200 OK\r\n")
    }

    /// `answer` gets the request and how many came before it, and gives status line and headers.
    pub(crate) fn answering(answer: impl Fn(&Received, usize) -> &'static str + Send + 'static) -> Merchant {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read(&mut stream);
                let count = log.lock().unwrap().len();
                let head = answer(&request, count);
                log.lock().unwrap().push(request);
                let _ = write!(stream, "HTTP/1.1 {head}content-length: 2\r\nconnection: close\r\n\r\nok");
            }
        });
        Merchant { url, received }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The messages, without the pings.
    pub(crate) fn posts(&self) -> Vec<Received> {
        self.received().into_iter().filter(|request| request.method == "POST").collect()
    }

    #[track_caller]
    pub(crate) fn wait_for_posts(&self, count: usize) -> Vec<Received> {
        until(&format!("{count} callbacks"), || Some(self.posts()).filter(|posts| posts.len() >= count))
    }
}

fn read(stream: &mut TcpStream) -> Received {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length || count == 0 {
                let mut words = head.split(' ');
                return Received {
                    method: words.next().unwrap().to_owned(),
                    path: words.next().unwrap().to_owned(),
                    head: head.to_owned(),
                    body: body.to_owned(),
                };
            }
        }
        assert!(count > 0, "the request was cut off");
    }
}
