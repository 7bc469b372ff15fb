//! Laws of the signatures, against a second, slow and simple implementation of the same document.
#![allow(clippy::unwrap_used, reason = "a test that cannot sign has to fail")]

use hmac::{Hmac, KeyInit, Mac};
use nzimbu_core::secret::Secret;
use nzimbu_core::signature::fields::{self, FieldsKey};
use nzimbu_core::signature::recursive::{
    Document, Malformed, RecursiveKey, SignError, Value, VerifyError, explain_json, explain_pairs,
    first_difference, verify,
};
use proptest::prelude::*;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::collections::BTreeMap;

proptest! {
    #[test]
    fn a_raw_text_is_signed_as_the_simple_implementation_signs_it(tree in trees(), style in any::<u64>()) {
        let json = tree.spell(style);
        match simple_text(&tree) {
            Some(text) => {
                prop_assert_eq!(&explain_json(json.as_bytes()).unwrap(), &text);
                prop_assert_eq!(key().sign_json(json.as_bytes()).unwrap().to_string(), simple_mac(SECRET, &text));
            }
            None => prop_assert_eq!(key().sign_json(json.as_bytes()).err(), Some(Malformed::TooDeep)),
        }
    }

    #[test]
    fn equal_documents_sign_alike_however_they_are_spelled(tree in trees(), one in any::<u64>(), other in any::<u64>()) {
        let (one, other) = (tree.spell(one), tree.spell(other));
        prop_assert_eq!(signed(&one), signed(&other));
        if signed(&one).is_ok() {
            prop_assert_eq!(first_difference(one.as_bytes(), other.as_bytes()).unwrap(), None);
        }
    }

    #[test]
    fn a_typed_value_is_signed_as_its_json(tree in portable_trees()) {
        let json = serde_json::to_string(&tree).unwrap();
        match key().sign(&tree) {
            Ok(digest) => prop_assert_eq!(digest.to_string(), signed(&json).unwrap()),
            Err(error) => {
                prop_assert_eq!(error, SignError::TooDeep);
                prop_assert_eq!(signed(&json).err(), Some(Malformed::TooDeep));
            }
        }
    }

    #[test]
    fn order_matters((a, b) in (key_texts(), key_texts()), (x, y) in (texts(), texts())) {
        prop_assume!(a != b && a != "signature" && b != "signature");
        let [a, b] = [(a, Tree::Text(x.clone())), (b, Tree::Text(y.clone()))];
        let there = format!("{}{x}{}{y}", a.0, b.0);
        let back = format!("{}{y}{}{x}", b.0, a.0);
        let [one, other] = [vec![a.clone(), b.clone()], vec![b, a]].map(|members| Tree::Object(members).spell(0));
        prop_assert_eq!(signed(&one) == signed(&other), there == back);
    }

    #[test]
    fn what_was_signed_verifies_and_shows_its_members(tree in trees(), style in any::<u64>(), place in any::<prop::sample::Index>()) {
        let Tree::Object(mut members) = tree else { return Ok(()) };
        members.retain(|(key, _)| key != "signature");
        let tree = Tree::Object(members.clone());
        prop_assume!(tree.is_genuine());
        let digest = simple_mac(SECRET, &simple_text(&tree).unwrap());
        members.insert(place.index(members.len() + 1), ("signature".into(), Tree::Text(digest)));
        let tree = Tree::Object(members);
        let body = tree.spell(style);
        let verified = verify(&[key()], body.as_bytes()).unwrap();
        prop_assert_eq!(verified.proof.key_index(), 0);
        prop_assert!(tree.looks_like(Value::Object(verified.document.members())));
    }

    #[test]
    fn one_changed_digit_of_the_digest_is_refused(at in 0..128_usize, digit in 0..16_u32) {
        let digest = signed(BODY).unwrap();
        let digit = char::from_digit(digit, 16).unwrap();
        let mut forged = digest.clone();
        forged.replace_range(at..=at, &digit.to_string());
        let body = with_signature(BODY, &forged);
        let verdict = verify(&[key()], body.as_bytes());
        if forged == digest {
            prop_assert!(verdict.is_ok());
        } else {
            prop_assert_eq!(verdict.err(), Some(VerifyError::BadSignature));
        }
    }

    #[test]
    fn what_is_json_and_what_is_not(tree in trees(), style in any::<u64>(), changes in prop::collection::vec(change(), 0..3)) {
        let mut bytes = tree.spell(style).into_bytes();
        for (at, byte) in changes {
            match byte {
                Some(byte) if !bytes.is_empty() => { let at = at.index(bytes.len()); bytes[at] = byte; }
                _ if !bytes.is_empty() => { bytes.remove(at.index(bytes.len())); }
                _ => {}
            }
        }
        let ours = key().sign_json(&bytes);
        let theirs: Result<serde_json::Value, _> = serde_json::from_slice(&bytes);
        match ours.map(|_| ()) {
            Ok(()) => prop_assert!(theirs.is_ok_and(|json| json.is_object() || json.is_array())),
            Err(Malformed::TooDeep | Malformed::InfiniteNumber) => {}
            Err(Malformed::NotObject) => prop_assert!(theirs.is_err() || theirs.is_ok_and(|json| !json.is_object() && !json.is_array())),
            Err(other) => prop_assert!(theirs.is_err(), "{:?}", other),
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = key().sign_json(&bytes);
        let _ = verify(&[key()], &bytes);
    }

    #[test]
    fn links_are_flat_documents(pairs in prop::collection::vec((key_texts(), texts()), 0..8)) {
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (&**key, &**value)).collect();
        let text: String = pairs.iter().filter(|(key, _)| key != "signature").map(|(key, value)| format!("{key}{value}")).collect();
        prop_assert_eq!(&explain_pairs(&borrowed), &text);
        prop_assert_eq!(key().sign_pairs(&borrowed).to_string(), simple_mac(SECRET, &text));
    }

    #[test]
    fn lists_of_fields_sign_as_their_concatenation(parts in prop::collection::vec(texts(), 0..40)) {
        let key = FieldsKey::new(&Secret::new(SECRET));
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(parts.concat().as_bytes());
        let digest = hex::encode(mac.finalize().into_bytes());
        let parts = parts.iter().map(String::as_str);
        prop_assert_eq!(key.sign(parts.clone()).to_string(), digest.clone());
        prop_assert!(fields::verify(&[key], parts, &digest).is_ok());
    }
}

#[test]
fn texts_of_every_length_go_through_the_staging_buffer() {
    for len in 0..1300 {
        let value = "x".repeat(len);
        let body = format!(r#"{{"{value}":"{value}","b":"{value}"}}"#);
        let text = format!("{value}{value}b{value}");
        assert_eq!(signed(&body).unwrap(), simple_mac(SECRET, &text), "{len}");
    }
}

#[test]
fn a_repeated_key_keeps_its_first_place_and_takes_its_last_value() {
    #[track_caller]
    fn check(json: &str, text: &str) {
        assert_eq!(explain_json(json.as_bytes()).as_deref(), Ok(text));
        assert_eq!(signed(json).unwrap(), simple_mac(SECRET, text));
    }
    check(r#"{"a":1,"b":2,"a":3}"#, "a3b2");
    check(r#"{"a":1,"b":2,"\u0061":3}"#, "a3b2");
    check(r#"{"a":{"x":1},"b":2,"a":[7]}"#, "a.07b2");
    check(r#"{"o":{"k":1,"k":2},"p":{"k":3}}"#, "o.k2p.k3");
    check(r#"{"signature":{"x":1},"a":1,"signature":"s"}"#, "a1");
    check(r#"{"signature":"s","a":1,"signature":{"x":1}}"#, "signature.x1a1");
    // What a later value replaces is never looked at.
    check(r#"{"a":1e999,"a":1}"#, "a1");
    let deep = format!(r#"{{"a":{}1{},"a":1}}"#, "[".repeat(100), "]".repeat(100));
    check(&deep, "a1");
    assert_eq!(signed(r#"{"a":1e999}"#).err(), Some(Malformed::InfiniteNumber));
    let too_deep_for_php = format!("{}{}", "[".repeat(513), "]".repeat(513));
    assert_eq!(signed(&too_deep_for_php).err(), Some(Malformed::TooDeep));
}

#[test]
fn objects_of_many_keys_are_signed_alike() {
    for count in [1_usize, 31, 32, 33, 64, 500] {
        let members: Vec<_> = (0..count).map(|n| (format!("key{n}"), Tree::Text(n.to_string()))).collect();
        let tree = Tree::Object(members);
        assert_eq!(
            signed(&tree.spell(0)).unwrap(),
            simple_mac(SECRET, &simple_text(&tree).unwrap()),
            "{count}"
        );
    }
}

#[test]
fn callbacks_that_nobody_genuine_sends_are_malformed() {
    #[track_caller]
    fn check(body: &str, expected: Malformed) {
        assert_eq!(verify(&[key()], body.as_bytes()).err(), Some(VerifyError::Malformed(expected)));
    }
    check(r#"{"order_id":"A","status":2,"status":3}"#, Malformed::DuplicateKey);
    check(r#"{"order_id":"A","status":2,"st\u0061tus":3}"#, Malformed::DuplicateKey);
    check(r#"{"result":{"code":0,"message":"OK","code":1}}"#, Malformed::DuplicateKey);
    check(r#"{"signature":"a","signature":"b"}"#, Malformed::DuplicateKey);
    check(r#"{"signature":{"x":"y"}}"#, Malformed::SignatureContainer);
    check(r#"{"extra":{"signature":[]}}"#, Malformed::SignatureContainer);
    check(r#"["a"]"#, Malformed::NotObject);
    check(r#""a""#, Malformed::NotObject);
    check("", Malformed::Syntax { at: 0 });
    check("{", Malformed::Syntax { at: 1 });
    check("[", Malformed::Syntax { at: 1 });
    check(r#"{"a":[ "#, Malformed::Syntax { at: 7 });
    check(r#"{"a":"b"#, Malformed::Syntax { at: 7 });
    check(r#"{"a"#, Malformed::Syntax { at: 3 });
    check(r#"{"a":1}x"#, Malformed::Syntax { at: 7 });
    check(r#"{"a":01}"#, Malformed::Syntax { at: 6 });
    check(r#"{"a":1,}"#, Malformed::Syntax { at: 7 });
    check("{\"a\":\"\n\"}", Malformed::Syntax { at: 6 });
    check("\u{feff}{}", Malformed::NotObject);
    check(r#"{"a":"\ud800"}"#, Malformed::LoneSurrogate);
    check(r#"{"a":"\udc00"}"#, Malformed::LoneSurrogate);
    check(r#"{"a":"\ud800\u0041"}"#, Malformed::LoneSurrogate);
    check(r#"{"a":1e999}"#, Malformed::InfiniteNumber);
    check(&format!(r#"{{"a":"{}"}}"#, "x".repeat(1 << 20)), Malformed::TooLarge);
    let list_of = |count: usize| format!(r#"{{"a":[{}]}}"#, vec!["1"; count].join(","));
    check(&list_of(256), Malformed::TooManyEntries);
    assert_eq!(verify(&[key()], list_of(255).as_bytes()).err(), Some(VerifyError::BadSignature));
    let nested = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth - 1) + "{", "}".repeat(depth));
    check(&nested(17), Malformed::TooDeep);
    assert_eq!(verify(&[key()], nested(16).as_bytes()).err(), Some(VerifyError::BadSignature));
    let not_utf8 = verify(&[key()], b"{\"a\":\"\xff\"}").err();
    assert_eq!(not_utf8, Some(VerifyError::Malformed(Malformed::NotUtf8)));
}

#[test]
fn a_text_that_breaks_off_is_reported_where_it_ends() {
    let whole = r#" {"a":"b\u00e9\ud83d\ude00\n","c":[true,false,null,-1.5e+3,12],"d":{"e":""}} "#;
    let end = whole.trim_end().len();
    for len in 0..end {
        let cut = verify(&[key()], &whole.as_bytes()[..len]).err();
        assert_eq!(cut, Some(VerifyError::Malformed(Malformed::Syntax { at: len })), "{}", &whole[..len]);
    }
    assert_eq!(verify(&[key()], whole.as_bytes()).err(), Some(VerifyError::BadSignature));
    for (text, at) in
        [(r#"{"a":nul1}"#, 8), (r#"{"a":"b"c"#, 8), (r#"{"a" "b"}"#, 5), (r#"{"a":1.}"#, 7), ("[1}", 2)]
    {
        let wrong = verify(&[key()], text.as_bytes()).err();
        assert_eq!(wrong, Some(VerifyError::Malformed(Malformed::Syntax { at })), "{text}");
    }
}

#[test]
fn the_claimed_signature_has_one_form() {
    let digest = signed(BODY).unwrap();
    let verdict = |claim: &str| verify(&[key()], with_claim(BODY, claim).as_bytes()).map(|_| ());
    let quoted = |text: &str| format!(r#""{text}""#);
    assert_eq!(verdict(&quoted(&digest)), Ok(()));
    assert_eq!(verdict(&quoted(&digest.to_uppercase())), Ok(()));
    for claim in [
        quoted(""),
        quoted(&digest[..126]),
        quoted(&digest[..127]),
        quoted(&format!("{digest}00")),
        quoted(&format!(" {}", &digest[1..])),
        quoted(&format!("g{}", &digest[1..])),
        "null".into(),
        "true".into(),
        "12".into(),
    ] {
        assert_eq!(verdict(&claim), Err(VerifyError::BadSignature), "{claim}");
    }
    // Elsewhere than at the top it does not count.
    let nested = format!(r#"{{"order_id":"A-1","status":2,"extra":{{"signature":"{digest}"}}}}"#);
    assert_eq!(verify(&[key()], nested.as_bytes()).err(), Some(VerifyError::BadSignature));
}

#[test]
fn several_secrets_are_accepted_and_the_proof_says_which() {
    let secrets = ["newest", "older", "oldest"];
    let keys = secrets.map(|secret| RecursiveKey::new(&Secret::new(secret)));
    for (index, key) in keys.iter().enumerate() {
        let body = with_signature(BODY, key.sign_json(BODY.as_bytes()).unwrap().as_str());
        assert_eq!(verify(&keys, body.as_bytes()).unwrap().proof.key_index(), index);
    }
    let foreign = with_signature(BODY, &signed(BODY).unwrap());
    assert_eq!(verify(&keys, foreign.as_bytes()).err(), Some(VerifyError::BadSignature));
    assert_eq!(verify(&[], foreign.as_bytes()).err(), Some(VerifyError::BadSignature));

    let keys = secrets.map(|secret| FieldsKey::new(&Secret::new(secret)));
    for (index, key) in keys.iter().enumerate() {
        let token = key.sign(["a", "b"]);
        assert_eq!(fields::verify(&keys, ["a", "b"], token.as_str()).unwrap().key_index(), index);
    }
    assert!(fields::verify(&keys, ["a", "b"], "").is_err());
}

#[test]
fn a_mismatch_is_undecided_only_where_floats_are() {
    let verdict = |json: &str| verify(&[key()], with_signature(json, &"0".repeat(128)).as_bytes()).err();
    assert_eq!(verdict(r#"{"amount":100.00}"#), Some(VerifyError::Undecided));
    assert_eq!(verdict(r#"{"amount":9223372036854775808}"#), Some(VerifyError::Undecided));
    assert_eq!(verdict(r#"{"amount":100}"#), Some(VerifyError::BadSignature));
    assert_eq!(verdict(r#"{"amount":"100.00"}"#), Some(VerifyError::BadSignature));
    let json = r#"{"amount":100.00}"#;
    assert!(verify(&[key()], with_signature(json, &signed(json).unwrap()).as_bytes()).is_ok());
}

#[test]
fn typed_values_of_every_kind() {
    #[derive(serde::Serialize)]
    enum Variant {
        Unit,
        Newtype(u8),
        Tuple(u8, &'static str),
        Struct { a: i64 },
    }
    #[derive(serde::Serialize)]
    struct Unit;
    #[derive(serde::Serialize)]
    struct Newtype(i128);
    #[derive(serde::Serialize)]
    struct Everything<'a> {
        none: Option<&'a str>,
        some: Option<u128>,
        unit: (),
        unit_struct: Unit,
        newtype: Newtype,
        pair: (bool, bool),
        character: char,
        text: &'a str,
        signature: &'a str,
        variants: [Variant; 4],
        map: BTreeMap<i8, BTreeMap<char, Vec<u16>>>,
        #[serde(flatten)]
        more: BTreeMap<&'a str, &'a str>,
    }
    let value = Everything {
        none: None,
        some: Some(7),
        unit: (),
        unit_struct: Unit,
        newtype: Newtype(i64::MIN.into()),
        pair: (true, false),
        character: 'é',
        text: "\"\\\n",
        signature: "skipped",
        variants: [Variant::Unit, Variant::Newtype(1), Variant::Tuple(2, "b"), Variant::Struct { a: -3 }],
        map: BTreeMap::from([(-1, BTreeMap::from([('x', vec![1, 65535])])), (2, BTreeMap::new())]),
        more: BTreeMap::from([("z", "1"), ("signature ", "kept")]),
    };
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(key().sign(&value).unwrap().to_string(), signed(&json).unwrap());
    assert_eq!(
        explain_json(json.as_bytes()).unwrap(),
        "nonesome7unitunit_structnewtype-9223372036854775808pair.01pair.1characterétext\"\\\n\
         variants.0Unitvariants.1.Newtype1variants.2.Tuple.02variants.2.Tuple.1bvariants.3.Struct.a-3\
         map.-1.x.01map.-1.x.165535signature keptz1"
    );
}

#[test]
fn typed_values_leave_a_level_as_often_as_they_enter_it() {
    #[derive(Clone, serde::Serialize)]
    enum Variant {
        Newtype([u8; 1]),
        Tuple(u8, u8),
        Struct { a: BTreeMap<u8, u8> },
    }
    let kinds =
        [Variant::Newtype([1]), Variant::Tuple(1, 2), Variant::Struct { a: BTreeMap::from([(1, 2)]) }];
    let many: Vec<Variant> = kinds.iter().cycle().take(60).cloned().collect();
    let json = serde_json::to_string(&many).unwrap();
    assert_eq!(key().sign(&many).unwrap().to_string(), signed(&json).unwrap());
}

#[test]
fn typed_values_that_cannot_be_signed() {
    #[track_caller]
    fn check(value: impl Serialize, expected: SignError) {
        assert_eq!(key().sign(&value).err(), Some(expected));
    }
    check(BTreeMap::from([("a", 1.0)]), SignError::NotPortable);
    check([1.5_f32], SignError::NotPortable);
    check([u64::MAX], SignError::NotPortable);
    check([i128::MIN], SignError::NotPortable);
    check("scalar", SignError::NotContainer);
    check(Option::<u8>::None, SignError::NotContainer);
    let repeated =
        Tree::Object(vec![("a".into(), Tree::Text("1".into())), ("a".into(), Tree::Text("2".into()))]);
    check(repeated, SignError::DuplicateKey);
    check(
        [serde_json::value::RawValue::from_string("1.0".into()).unwrap()],
        SignError::Unsupported("the number or raw JSON text of serde_json"),
    );
    check(
        BTreeMap::from([(vec![1], 1)]),
        SignError::Unsupported("a map key that is neither text nor integer"),
    );
}

#[test]
fn differences_name_the_field_where_the_texts_part() {
    #[track_caller]
    fn check(left: &str, right: &str, expected: Option<(usize, Option<&str>, Option<&str>)>) {
        let found = first_difference(left.as_bytes(), right.as_bytes()).unwrap();
        let found = found.as_ref().map(|d| (d.offset, d.left.as_deref(), d.right.as_deref()));
        assert_eq!(found, expected);
    }
    check(r#"{"a":"1b2"}"#, r#"{"a":"1","b":"2"}"#, None);
    check(r#"{"a":1,"o":{"b":2}}"#, r#"{"a":1,"o":{"b":3}}"#, Some((5, Some("o.b"), Some("o.b"))));
    check(r#"{"a":1}"#, r#"{"a":1,"b":null}"#, Some((2, None, Some("b"))));
    check(r#"{"a":1,"l":["x"]}"#, r#"{"b":1}"#, Some((0, Some("a"), Some("b"))));
    check(r#"{"a":1,"b":null,"c":5}"#, r#"{"a":1,"b":null,"c":6}"#, Some((4, Some("c"), Some("c"))));
}

#[test]
fn signing_a_typed_payload_allocates_nothing() {
    #[derive(serde::Serialize)]
    struct Extra<'a> {
        customer_name: &'a str,
        customer_email: &'a str,
    }
    #[derive(serde::Serialize)]
    struct Payload<'a> {
        merchant_id: &'a str,
        amount: &'a str,
        provider_id: u32,
        callback_url: Option<&'a str>,
        extra: Extra<'a>,
    }
    let key = key();
    let payload = Payload {
        merchant_id: "e0fecd91fcb24f348048193b3fb34875ba3722b4",
        amount: "100.00",
        provider_id: 199,
        callback_url: Some("https://merchant.example/callbacks/bitlipa"),
        extra: Extra { customer_name: "Name Surname", customer_email: "a@example.com" },
    };
    let json = serde_json::to_vec(&payload).unwrap();
    let pairs = [("merchant_id", "m1"), ("name", "Ada")];
    let warm_up = key.sign(&payload).unwrap().to_string();
    let typed = allocation_counter::measure(|| {
        std::hint::black_box(key.sign(std::hint::black_box(&payload)).unwrap());
    });
    let raw = allocation_counter::measure(|| {
        std::hint::black_box(key.sign_json(std::hint::black_box(&json)).unwrap());
    });
    let flat = allocation_counter::measure(|| {
        std::hint::black_box(key.sign_pairs(std::hint::black_box(&pairs)));
    });
    assert_eq!((typed.count_total, raw.count_total, flat.count_total), (0, 0, 0));
    // The counter counts: the text of the digest is one allocation.
    let counted = allocation_counter::measure(|| {
        std::hint::black_box(warm_up.clone());
    });
    assert_eq!(counted.count_total, 1);
}

#[test]
fn nothing_that_prints_shows_a_secret_or_a_value() {
    let secret = Secret::new("hunter2");
    let key = RecursiveKey::new(&secret);
    let json = r#"{"phone":"254700000001"}"#;
    let body = with_signature(json, key.sign_json(json.as_bytes()).unwrap().as_str());
    let keys = [key];
    let verified = verify(&keys, body.as_bytes()).unwrap();
    let member = verified.document.get("phone").unwrap();
    let printed = format!("{secret:?} {keys:?} {:?} {verified:?} {member:?}", FieldsKey::new(&secret));
    assert!(!printed.contains("hunter2") && !printed.contains("2547"), "{printed}");
}

/// A JSON tree with what the signature depends on: order, repeated keys, spellings.
#[derive(Clone, Debug)]
enum Tree {
    Bool(bool),
    List(Vec<Tree>),
    Null,
    Number(String),
    Object(Vec<(String, Tree)>),
    Text(String),
}

impl Tree {
    /// One of many JSON texts for the tree; blanks and escapes follow from `style`.
    fn spell(&self, style: u64) -> String {
        let mut out = String::new();
        let mut dice = Dice(style);
        self.spell_into(&mut out, &mut dice);
        out
    }

    fn spell_into(&self, out: &mut String, dice: &mut Dice) {
        dice.blank(out);
        match self {
            Self::Bool(value) => out.push_str(&value.to_string()),
            Self::Null => out.push_str("null"),
            Self::Number(spelling) => out.push_str(spelling),
            Self::Text(text) => spell_text(text, out, dice),
            Self::List(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    out.push_str(if n > 0 { "," } else { "" });
                    item.spell_into(out, dice);
                }
                dice.blank(out);
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (n, (key, value)) in members.iter().enumerate() {
                    out.push_str(if n > 0 { "," } else { "" });
                    dice.blank(out);
                    spell_text(key, out, dice);
                    dice.blank(out);
                    out.push(':');
                    value.spell_into(out, dice);
                }
                dice.blank(out);
                out.push('}');
            }
        }
        dice.blank(out);
    }

    /// Whether a callback may look like this.
    fn is_genuine(&self) -> bool {
        fn entries(tree: &Tree) -> usize {
            match tree {
                Tree::List(items) => 1 + items.iter().map(entries).sum::<usize>(),
                Tree::Object(members) => 1 + members.iter().map(|(_, value)| entries(value)).sum::<usize>(),
                _ => 1,
            }
        }
        fn plain(tree: &Tree) -> bool {
            match tree {
                Tree::List(items) => items.iter().all(plain),
                Tree::Object(members) => members.iter().enumerate().all(|(n, (key, value))| {
                    let signed = key == "signature" && matches!(value, Tree::List(_) | Tree::Object(_));
                    let repeated = members[..n].iter().any(|(earlier, _)| earlier == key);
                    !repeated && !signed && plain(value)
                }),
                _ => true,
            }
        }
        plain(self) && entries(self) < 256 && simple_text(self).is_some()
    }

    fn looks_like(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Bool(one), Value::Bool(other)) => *one == other,
            (Self::Null, Value::Null) => true,
            (Self::Number(one), Value::Number(other)) => one == other,
            (Self::Text(one), Value::Text(other)) => one == other,
            (Self::List(ours), Value::List(theirs)) => {
                theirs.count() == ours.len()
                    && ours.iter().zip(theirs).all(|(one, other)| one.looks_like(other))
            }
            (Self::Object(ours), Value::Object(theirs)) => {
                theirs.count() == ours.len()
                    && ours
                        .iter()
                        .zip(theirs)
                        .all(|(one, other)| one.0 == other.0 && one.1.looks_like(other.1))
            }
            _ => false,
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Null => serializer.serialize_none(),
            Self::Number(spelling) => match spelling.parse() {
                Ok(value) => serializer.serialize_i64(value),
                Err(_) => serializer.serialize_f64(spelling.parse().unwrap()),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(None)?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(None)?;
                members.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

/// A small generator of choices, so that a spelling is a function of one number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn blank(&mut self, out: &mut String) {
        match self.roll(12) {
            0 => out.push(' '),
            1 => out.push_str("\r\n\t"),
            _ => {}
        }
    }
}

fn spell_text(text: &str, out: &mut String, dice: &mut Dice) {
    out.push('"');
    for character in text.chars() {
        let must = character < ' ' || matches!(character, '"' | '\\');
        match (character, dice.roll(16)) {
            ('"' | '\\' | '/', 0..=7) => out.extend(['\\', character]),
            ('\n', 0..=7) => out.push_str("\\n"),
            (_, roll) if must || roll == 0 => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let hex = format!("{unit:04x}");
                    out.push_str("\\u");
                    out.push_str(&if dice.roll(2) == 0 { hex.to_uppercase() } else { hex });
                }
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// The algorithm as the document has it, on whole strings. `None`: recursion level exceeded.
fn simple_text(tree: &Tree) -> Option<String> {
    fn text(node: &Tree, prefix: &str, level: usize) -> Option<String> {
        if level >= 16 {
            return None;
        }
        let entries: Vec<(String, &Tree)> = match node {
            Tree::List(items) => items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).collect(),
            Tree::Object(members) => {
                let mut kept: Vec<(String, &Tree)> = Vec::new();
                for (key, value) in members {
                    match kept.iter_mut().find(|(earlier, _)| earlier == key) {
                        Some(earlier) => earlier.1 = value,
                        None => kept.push((key.clone(), value)),
                    }
                }
                kept
            }
            _ => unreachable!("only containers are walked"),
        };
        let mut out = String::new();
        for (key, value) in entries {
            match value {
                Tree::List(_) | Tree::Object(_) => {
                    out += &text(value, &format!("{prefix}{key}."), level + 1)?;
                }
                _ if key == "signature" => {}
                Tree::Bool(true) => out += &format!("{prefix}{key}1"),
                Tree::Bool(false) | Tree::Null => out += &format!("{prefix}{key}"),
                Tree::Number(spelling) => out += &format!("{prefix}{key}{}", simple_number(spelling)),
                Tree::Text(value) => out += &format!("{prefix}{key}{value}"),
            }
        }
        Some(out)
    }
    text(tree, "", 0)
}

/// PHP's text of a number, by rounding the exact decimal expansion of the float by hand.
fn simple_number(spelling: &str) -> String {
    if let (Ok(integer), false) = (spelling.parse::<i64>(), spelling.contains(['.', 'e', 'E'])) {
        return integer.to_string();
    }
    let value: f64 = spelling.parse().unwrap();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    // 1100 places show every bit of every float.
    let exact = format!("{:.1100}", value.abs());
    let (whole, fraction) = exact.split_once('.').unwrap();
    let all = format!("{whole}{fraction}");
    let Some(first) = all.find(|digit| digit != '0') else { return format!("{sign}0") };
    let mut exponent = i32::try_from(whole.len()).unwrap() - 1 - i32::try_from(first).unwrap();
    let digits: Vec<u8> = all[first..].bytes().chain([b'0'; 20]).map(|digit| digit - b'0').collect();
    let (kept, rest) = digits.split_at(14);
    let mut kept: u64 = kept.iter().fold(0, |number, &digit| number * 10 + u64::from(digit));
    let tie = rest[0] == 5 && rest[1..].iter().all(|&digit| digit == 0);
    if (tie && kept % 2 == 1) || (!tie && rest[0] >= 5) {
        kept += 1;
    }
    if kept == 100_000_000_000_000 {
        kept /= 10;
        exponent += 1;
    }
    let digits = kept.to_string();
    let digits = digits.trim_end_matches('0');
    if !(-4..14).contains(&exponent) {
        let tail = if digits.len() > 1 { &digits[1..] } else { "0" };
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{}.{tail}E{direction}{}", &digits[..1], exponent.abs());
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-exponent - 1).unwrap()));
    }
    let whole = usize::try_from(exponent + 1).unwrap();
    if digits.len() <= whole {
        format!("{sign}{digits}{}", "0".repeat(whole - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
    }
}

fn simple_mac(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<sha2::Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn trees() -> impl Strategy<Value = Tree> {
    tree_of(prop_oneof![any::<i64>().prop_map(|n| n.to_string()), numbers()].boxed())
}

/// Trees that can be typed values: integers only, keys once.
fn portable_trees() -> impl Strategy<Value = Tree> {
    fn once(tree: Tree) -> Tree {
        match tree {
            Tree::List(items) => Tree::List(items.into_iter().map(once).collect()),
            Tree::Object(members) => {
                let mut kept: Vec<(String, Tree)> = Vec::new();
                for (key, value) in members {
                    if kept.iter().all(|(earlier, _)| *earlier != key) {
                        kept.push((key, once(value)));
                    }
                }
                Tree::Object(kept)
            }
            scalar => scalar,
        }
    }
    tree_of(any::<i64>().prop_map(|n| n.to_string()).boxed()).prop_map(once)
}

fn tree_of(numbers: BoxedStrategy<String>) -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Tree::Bool),
        Just(Tree::Null),
        numbers.prop_map(Tree::Number),
        texts().prop_map(Tree::Text),
    ];
    let inner = leaf.prop_recursive(18, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
            prop::collection::vec((key_texts(), inner.clone()), 0..5).prop_map(Tree::Object),
            // Narrow and deep, to reach the limit of levels.
            (key_texts(), inner).prop_map(|(key, value)| Tree::Object(vec![(key, value)])),
        ]
    });
    prop_oneof![
        1 => prop::collection::vec(inner.clone(), 0..8).prop_map(Tree::List),
        4 => prop::collection::vec((key_texts(), inner), 0..8).prop_map(Tree::Object),
    ]
}

fn key_texts() -> impl Strategy<Value = String> {
    let usual = ["a", "b", "ab", "status", "order_id", "signature", "a.b", "0", "1", "01", "", "clé"];
    prop_oneof![4 => prop::sample::select(usual.to_vec()).prop_map(String::from), 1 => texts()]
}

fn texts() -> impl Strategy<Value = String> {
    let unusual = ['"', '\\', '/', '\n', '\u{0}', '\u{7f}', 'é', '€', '💸', ' ', '0', '.'];
    let character = prop_oneof![
        3 => prop::char::range('a', 'z'),
        2 => prop::sample::select(unusual.to_vec()),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..24).prop_map(String::from_iter)
}

fn numbers() -> impl Strategy<Value = String> {
    let chosen = [
        "-0",
        "0",
        "-0.0",
        "0e5",
        "1e2",
        "1E+2",
        "1.0",
        "100.00",
        "0.1",
        "1e-5",
        "1e14",
        "1e15",
        "99999999999999.5",
        "1000000000000.25",
        "1000000000000.75",
        "100000000000005",
        "5e-324",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "1e-400",
        "-1e-400",
    ];
    prop_oneof![
        prop::sample::select(chosen.to_vec()).prop_map(String::from),
        any::<f64>().prop_filter("JSON has no infinity", |n| n.is_finite()).prop_map(|n| format!("{n:e}")),
        (any::<i32>(), 0..1_000_000_u32).prop_map(|(whole, part)| format!("{whole}.{part:06}")),
        // Halves of the fifteenth digit: exact ties.
        (10_000_000_000_000..100_000_000_000_000_u64).prop_map(|n| format!("{n}.5")),
    ]
}

fn change() -> impl Strategy<Value = (prop::sample::Index, Option<u8>)> {
    let bytes = b"{}[]\",:\\truefalsn0123456789.eE+- \n\x00\x7f\x80\xff\xc3";
    (any::<prop::sample::Index>(), prop::option::of(prop::sample::select(bytes.to_vec())))
}

fn key() -> RecursiveKey {
    RecursiveKey::new(&Secret::new(SECRET))
}

fn signed(json: &str) -> Result<String, Malformed> {
    key().sign_json(json.as_bytes()).map(|digest| digest.to_string())
}

fn with_signature(json: &str, digest: &str) -> String {
    with_claim(json, &format!(r#""{digest}""#))
}

fn with_claim(json: &str, claim: &str) -> String {
    format!(r#"{{"signature":{claim},{}"#, &json[1..])
}

const SECRET: &str = "an invented secret of ordinary length";

const BODY: &str = r#"{"order_id":"A-1","status":2,"result":{"code":0,"message":"OK"}}"#;

#[test]
fn documents_are_not_printed() {
    let document = Document::parse(br#"{"a":"254700000001"}"#).unwrap();
    assert_eq!(format!("{document:?}"), "Document { values: 2, .. }");
    assert!(!document.holds_floats());
}
