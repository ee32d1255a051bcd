//! Image references, by the grammar of the OCI distribution (`reference/regexp.go` of
//! distribution 2.8, the same in 3.0).
//!
//! A text with a `$` is known only when a job runs; of it nothing is checked but blanks.

use super::super::Refusal;
use super::without_looking;

/// Checks a whole reference: `host:5000/path/name:tag@sha256:...`.
pub fn image(reference: &str) -> Result<(), Refusal> {
    if let Some(answer) = without_looking(reference) {
        return answer;
    }
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (reference, None),
    };
    if let Some(digest) = digest {
        self::digest(digest)?;
    }
    // A colon behind the last slash separates the tag; before it, it belongs to the host.
    let name_end = rest.rfind('/').map_or(0, |slash| slash + 1);
    let colon = rest.get(name_end..).and_then(|name| name.find(':'));
    match colon.and_then(|colon| rest.split_at_checked(name_end + colon)) {
        Some((name, behind)) => {
            repository(name)?;
            tag(behind.strip_prefix(':').unwrap_or(behind))
        }
        None => repository(rest),
    }
}

/// Checks a reference without tag and digest: `registry.example.com/path/name`.
pub fn repository(name: &str) -> Result<(), Refusal> {
    if let Some(answer) = without_looking(name) {
        return answer;
    }
    if name.len() > 255 {
        return Err("is longer than 255 characters".into());
    }
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            self::host(host)?;
            path
        }
        _ => name,
    };
    path.split('/').try_for_each(component)
}

/// Checks a tag: 128 letters, digits, `_`, `.`, `-`, not starting with `.` or `-`.
pub fn tag(tag: &str) -> Result<(), Refusal> {
    if let Some(answer) = without_looking(tag) {
        return answer;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.len() > 128 {
        return Err("has a tag of more than 128 characters".into());
    }
    if !tag.starts_with(word) || !tag.chars().all(|c| word(c) || ".-".contains(c)) {
        return Err(Refusal::instead(
            format!("has the tag `{tag}`"),
            "a tag has letters, digits, `_`, `.` and `-`, and starts with none of the last two",
        ));
    }
    Ok(())
}

/// Letters, digits and single `.`, `_`, `__` or any number of `-` between them.
fn component(component: &str) -> Result<(), Refusal> {
    let kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if component.is_empty() {
        return Err("has an empty part between slashes, or before its tag".into());
    }
    if component.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(format!("has upper case in `{component}`, which registries refuse").into());
    }
    let separators: Vec<&str> = component.split(kept).filter(|s| !s.is_empty()).collect();
    let between = component.starts_with(kept) && component.ends_with(kept);
    let legal = |s: &&str| matches!(*s, "." | "_" | "__") || s.bytes().all(|b| b == b'-');
    match between && separators.iter().all(legal) {
        true => Ok(()),
        false => Err(Refusal::instead(
            format!("has the part `{component}`"),
            "it may have lower case letters and digits, with `.`, `_`, `__` or `-` between them",
        )),
    }
}

fn host(host: &str) -> Result<(), Refusal> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let label = |label: &str| {
        let kept = |c: char| c.is_ascii_alphanumeric();
        label.starts_with(kept) && label.ends_with(kept) && {
            label.chars().all(|c| kept(c) || c == '-')
        }
    };
    match name.split('.').all(label) && port.is_none_or(digits) {
        true => Ok(()),
        false => Err(format!("has `{host}`, which is not a registry host").into()),
    }
}

/// `sha256:` and 64 digits; another algorithm with 32 hexadecimal digits or more.
fn digest(digest: &str) -> Result<(), Refusal> {
    let wrong = || {
        Err(Refusal::instead(
            format!("has `{digest}`, which is not a digest"),
            "write `sha256:` and 64 digits",
        ))
    };
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return wrong();
    };
    let word = |c: char| c.is_ascii_alphanumeric() || "+._-".contains(c);
    let length = match algorithm {
        "sha256" => hex.len() == 64,
        "sha512" => hex.len() == 128,
        _ => hex.len() >= 32,
    };
    let hexadecimal = hex
        .bytes()
        .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    let named = algorithm.starts_with(|c: char| c.is_ascii_alphabetic());
    match named && algorithm.chars().all(word) && length && hexadecimal {
        true => Ok(()),
        false => wrong(),
    }
}
