//! `nzimbu sign` against the golden vectors, and its edges.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use common::{Ended, end, nzimbu, vectors};

fn sign(args: &[&str], secret: &str, document: &[u8]) -> Ended {
    let mut all = vec!["sign", "--secret-env", "SECRET", "--explain"];
    all.extend(args);
    end(nzimbu(&all).env("SECRET", secret).write_stdin(document))
}

#[test]
fn every_vector_of_bitlipa_is_signed() {
    let vectors = vectors("bitlipa-signature.json", "vectors");
    assert!(vectors.len() >= 53);
    for vector in vectors {
        let text = |member: &str| vector[member].as_str().map(str::to_owned);
        let name = text("name").unwrap();
        let document = text("json").unwrap();
        let ended = sign(&["--gateway", "bitlipa"], &text("secret").unwrap(), document.as_bytes());
        match text("error") {
            Some(error) => {
                assert_eq!(error, "recursion_level_exceeded");
                assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{name}");
                assert!(ended.stderr.contains("16 containers"), "{name}: {}", ended.stderr);
            }
            None => {
                let digest = text("hmac_sha512").unwrap() + "\n";
                assert_eq!((ended.code, ended.stdout), (0, digest), "{name}");
                assert_eq!(ended.stderr, text("text").unwrap() + "\n", "{name}");
            }
        }
    }
}

#[test]
fn every_vector_of_the_hosted_page_is_signed_flat() {
    let vectors = vectors("bitlipa-signature.json", "hpp_flat_vectors");
    assert!(vectors.len() >= 4);
    for vector in vectors {
        let members: Vec<_> = vector["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| format!("{}: {}", pair[0], pair[1]))
            .collect();
        let document = format!("{{{}}}\n", members.join(", "));
        let secret = vector["secret"].as_str().unwrap();
        let ended = sign(&["--gateway", "bitlipa", "--hosted-page"], secret, document.as_bytes());
        assert_eq!(ended.stdout.trim_end(), vector["hmac_sha512"], "{}", vector["name"]);
        assert_eq!(ended.stderr.trim_end(), vector["text"], "{}", vector["name"]);
        assert_eq!(ended.code, 0);
    }
}

#[test]
fn every_vector_of_cinetpay_is_signed_with_and_without_a_line_break() {
    let vectors = vectors("cinetpay-x-token.json", "vectors");
    assert!(vectors.len() >= 9);
    for vector in vectors {
        let body = vector["body"].as_str().unwrap();
        for line_break in ["", "\n", "\r\n"] {
            let secret = vector["secret"].as_str().unwrap();
            let ended = sign(&["--gateway", "cinetpay"], secret, format!("{body}{line_break}").as_bytes());
            assert_eq!(ended.stdout.trim_end(), vector["hmac_sha256"], "{}", vector["name"]);
            assert_eq!(ended.stderr.trim_end(), vector["text"], "{}", vector["name"]);
        }
    }
}

#[test]
fn a_document_that_cannot_be_signed_ends_with_1_and_says_why() {
    let bitlipa = ["--gateway", "bitlipa"];
    let page = ["--gateway", "bitlipa", "--hosted-page"];
    let cinetpay = ["--gateway", "cinetpay"];
    let rows: [(&[&str], &str, &str); 11] = [
        (&bitlipa, "{\"a\":", "not JSON, from byte"),
        (&bitlipa, "", "not JSON, from byte"),
        (&bitlipa, "7", "not a JSON object"),
        (&bitlipa, "{\"a\":1e999}", "too large"),
        (&page, "[1]", "not a JSON object"),
        (&page, "{\"a\":{\"b\":1}}", "a holds an object"),
        (&page, "{\"a\":1.5,\"b\":[1],\"c\":null}", "b holds a list"),
        (&page, "{\"a\":1,\"a\":2}", "a key twice"),
        (&cinetpay, "", "none of the 16"),
        (&cinetpay, "hello=1", "none of the 16"),
        (&cinetpay, "cpm_site_id=1&cpm_site_id=2", "cannot be signed"),
    ];
    for (args, document, told) in rows {
        let ended = sign(args, "k", document.as_bytes());
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{document}");
        assert!(ended.stderr.contains(told), "{document}: {}", ended.stderr);
    }
    let ended = sign(&page, "k", br#"{"a":1.5,"b":[1],"c":null}"#);
    for told in ["a holds a number", "b holds a list", "c holds null"] {
        assert!(ended.stderr.contains(told), "all faults at once: {}", ended.stderr);
    }
}

#[test]
fn bad_usage_ends_with_2() {
    let rows: [(&[&str], Option<&str>); 7] = [
        (&["sign", "--gateway", "bitlipa", "--secret-env", "SECRET"], None),
        (&["sign", "--gateway", "bitlipa", "--secret-env", "SECRET"], Some("")),
        (&["sign", "--gateway", "bitlipa", "--secret-env", "A=B"], Some("k")),
        (&["sign", "--gateway", "bitlipa"], Some("k")),
        (&["sign", "--gateway", "adullam", "--secret-env", "SECRET"], Some("k")),
        (&["sign", "--gateway", "cinetpay", "--hosted-page", "--secret-env", "SECRET"], Some("k")),
        (&["sign", "--gateway", "bitlipa", "--secret-env", "SECRET", "no/such/file"], Some("k")),
    ];
    for (args, secret) in rows {
        let mut command = nzimbu(args);
        if let Some(secret) = secret {
            command.env("SECRET", secret);
        }
        let ended = end(command.write_stdin("{}"));
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{args:?}");
        assert!(!ended.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn inputs_above_one_mebibyte_are_refused() {
    let most = format!("{{\"a\":\"{}\"}}", "x".repeat((1 << 20) - 8));
    assert_eq!(most.len(), 1 << 20);
    assert_eq!(sign(&["--gateway", "bitlipa"], "k", most.as_bytes()).code, 0);
    let ended = sign(&["--gateway", "bitlipa"], "k", (most + " ").as_bytes());
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("1 MiB"), "{}", ended.stderr);
}

#[test]
fn a_file_is_read_like_standard_input() {
    let path = std::env::temp_dir().join(format!("nzimbu-sign-{}.json", std::process::id()));
    std::fs::write(&path, "{\"a\":\"1\"}\n").unwrap();
    let from_file = sign(&["--gateway", "bitlipa", path.to_str().unwrap()], "k", b"");
    std::fs::remove_file(&path).unwrap();
    let from_stdin = sign(&["--gateway", "bitlipa", "-"], "k", b"{\"a\":\"1\"}");
    assert_eq!((from_file.code, &from_file.stdout), (0, &from_stdin.stdout));
    assert_eq!(from_file.stdout.len(), 129);
}

#[test]
fn a_secret_is_never_an_argument_and_never_echoed() {
    let secret = "cf11635572c1e8d77297207152dc0791";
    let ended = sign(&["--gateway", "bitlipa"], secret, b"{\"a\":\"1\"}");
    assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret));
    // The slip of writing `$SECRET` for `SECRET`.
    for slip in [secret, "with=sign", "k"] {
        let ended = end(nzimbu(&["sign", "--gateway", "bitlipa", "--secret-env", slip]).write_stdin("{}"));
        assert_eq!(ended.code, 2);
        assert!(slip == "k" || !ended.stderr.contains(slip), "{}", ended.stderr);
    }
    for command in ["sign", "verify"] {
        for slip in [format!("--secret={secret}"), format!("--secret-key={secret}")] {
            let ended = end(&mut nzimbu(&[command, "--gateway", "bitlipa", &slip]));
            assert_eq!(ended.code, 2);
            assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
        }
    }
}
