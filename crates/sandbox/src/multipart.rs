//! Forms as `multipart/form-data`, which PHP's cURL sends when it is given an array.

/// The boundary that a content type names.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim())
    })?;
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    (1..=70).contains(&bare.len()).then_some(bare)
}

/// The fields in their order. What is cut off or has no name is left out, as PHP does.
pub(crate) fn pairs(boundary: &str, body: &[u8]) -> Vec<(String, String)> {
    let delimiter = format!("--{boundary}");
    let end = format!("\r\n{delimiter}");
    let mut found = Vec::new();
    let Some(mut at) = find(body, delimiter.as_bytes()).map(|start| start + delimiter.len()) else {
        return found;
    };
    while let Some(part) = body.get(at..).filter(|rest| !rest.starts_with(b"--")) {
        let Some(head_end) = find(part, b"\r\n\r\n") else { break };
        let content = &part[head_end + 4..];
        let Some(length) = find(content, end.as_bytes()) else { break };
        if let Some(name) = field_name(&String::from_utf8_lossy(&part[..head_end])) {
            found.push((name, String::from_utf8_lossy(&content[..length]).into_owned()));
        }
        at += head_end + 4 + length + end.len();
    }
    found
}

fn field_name(head: &str) -> Option<String> {
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    disposition.split(';').find_map(|parameter| {
        let value = parameter.trim().strip_prefix("name=")?;
        Some(value.trim_matches('"').to_owned())
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_curl_sends() {
        let kind = "multipart/form-data; boundary=------------------------d74496d66958873e";
        let body = "--------------------------d74496d66958873e\r\n\
            Content-Disposition: form-data; name=\"apikey\"\r\n\r\nK 1\r\n\
            --------------------------d74496d66958873e\r\n\
            Content-Disposition: form-data; name=\"data\"\r\nContent-Type: text/plain\r\n\r\n[{\"a\":\r\n\"é\"}]\r\n\
            --------------------------d74496d66958873e--\r\n";
        let found = pairs(boundary(kind).unwrap_or_default(), body.as_bytes());
        let expected = [("apikey", "K 1"), ("data", "[{\"a\":\r\n\"é\"}]")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn is_calm_about_broken_bodies() {
        assert_eq!(boundary("application/x-www-form-urlencoded; boundary=x"), None);
        assert_eq!(boundary("multipart/form-data"), None);
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), Some("a b"));
        for body in ["", "--x", "--x\r\n", "--x\r\n\r\n", "--x\r\nname\r\n\r\nvalue", "--x--", "x"] {
            assert_eq!(pairs("x", body.as_bytes()), [], "{body:?}");
        }
    }
}
