//! Where a repository is: its URL over HTTPS, and its branch.
//!
//! In: a text of the manifest. Out: what is wrong with it. Always holds: only what is written is judged; a
//! variable may hold anything, which is why the job restricts git to HTTPS.

use crate::finding::{Code, Finding};
use crate::gitlab::names;
use crate::source::Span;

/// What to write.
pub(super) const HELP: &str =
    "write its URL, as in `https://gitlab.example.com/group/deployments.git`";

/// What is wrong with the URL of a repository.
pub(super) fn repository(url: &str, span: Span) -> Option<Finding> {
    let whole = without_variables(url);
    let (scheme, rest) = whole.split_once("://").unwrap_or(("", &whole));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let begins_with_variable = url.starts_with('$') && !url.starts_with("$$");
    let is_url = !scheme.is_empty() || begins_with_variable;
    if is_url && (authority.contains('@') || has_password(rest)) {
        let message = "the URL of the repository has a user or a password";
        let finding = Finding::new(Code::LiteralSecret, span, message);
        return Some(finding.help("remove it, and name the variable in `token`"));
    }
    let is_https = scheme == "https" && is_authority(authority);
    let plain = !path.contains(['?', '#']) && !whole.contains(char::is_whitespace);
    let has_path = !path.trim_matches('/').is_empty() || begins_with_variable;
    if (is_https || begins_with_variable) && plain && has_path {
        return None;
    }
    let message = match is_https && plain {
        true => format!("`{url}` names no repository"),
        false => format!("`{url}` is not an HTTPS URL of a repository"),
    };
    Some(Finding::new(Code::BadName, span, message).help(HELP))
}

/// Whether what is behind `https://` begins with a password that has a slash, as in `user:pass/word@host`: a port is
/// a number.
fn has_password(rest: &str) -> bool {
    let (before, _) = rest.split_once('@').unwrap_or_default();
    let (_, port) = before.split_once(':').unwrap_or_default();
    let port = port.split('/').next().unwrap_or_default();
    !port.chars().all(|c| c.is_ascii_digit())
}

/// Whether a text is a host, perhaps with a port.
fn is_authority(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let of_host = |c: char| c.is_ascii_alphanumeric() || ".-_[]:".contains(c);
    !host.is_empty()
        && host.chars().all(of_host)
        && port.is_none_or(|port| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()))
}

/// What is wrong with the name of a branch.
pub(super) fn branch(name: &str, span: Span) -> Option<Finding> {
    let whole = without_variables(name);
    let message = match names::git_ref(&whole) {
        Err(refusal) => format!("no branch is named `{name}`: the name {}", refusal.why),
        Ok(()) if whole == "HEAD" || whole.starts_with("refs/") => {
            format!("git does not take `{name}` for the name of a branch")
        }
        Ok(()) => return None,
    };
    let finding = Finding::new(Code::BadName, span, message);
    Some(finding.help("write the name alone, as in `main`"))
}

/// A text with a digit in place of each variable, as the shell reads them: `$NAME`, `${NAME}`, `${NAME:-default}`.
fn without_variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = match after.strip_prefix('{') {
            Some(braced) => braced.find('}').map_or(after.len(), |end| end + 2),
            None => after.find(|c| !of_name(c)).unwrap_or(after.len()),
        };
        // `$$` is a dollar sign.
        out.push(if end > 0 { '1' } else { '$' });
        let end = if end == 0 && after.starts_with('$') {
            1
        } else {
            end
        };
        rest = after.get(end..).unwrap_or_default();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(found: Option<Finding>) -> Option<Code> {
        found.map(|finding| finding.code)
    }

    #[test]
    fn a_repository_is_reached_over_https_and_without_a_password() {
        let secret = Some(Code::LiteralSecret);
        let bad = Some(Code::BadName);
        for (url, expected) in [
            ("https://git.example.com/group/ops.git", None),
            ("https://git.example.com:8443/ops", None),
            ("https://[::1]:8443/ops", None),
            ("https://$HOST:$PORT/$OPS.git", None),
            ("https://${HOST:-git.example.com}/ops.git", None),
            ("https://git.example.com/@team/ops.git", None),
            ("$CI_SERVER_URL/group/ops.git", None),
            ("$OPS_URL", None),
            ("https://user:password@git.example.com/ops.git", secret),
            ("https://user:pass/word@git.example.com/ops.git", secret),
            ("https://$USER:$TOKEN@git.example.com/ops.git", secret),
            ("$PROTOCOL://oauth2:$TOKEN@git.example.com/ops.git", secret),
            ("$USER@git.example.com/ops.git", secret),
            ("git@git.example.com:ops.git", bad),
            ("http://git.example.com/ops.git", bad),
            ("HTTPS://git.example.com/ops.git", bad),
            ("ext::sh -c 'id'", bad),
            ("--upload-pack=id", bad),
            ("file:///ops.git", bad),
            ("../ops.git", bad),
            ("https://", bad),
            ("https:///ops.git", bad),
            ("https://git.example.com", bad),
            ("https://git.example.com/", bad),
            ("https://git.example.com:/ops.git", bad),
            ("https://git.example.com:ops/ops.git", bad),
            ("https://git example.com/ops.git", bad),
            ("https://git.example.com/o ps.git", bad),
            ("https://git.example.com/ops.git?a=b", bad),
            ("https://git.example.com/ops.git#a", bad),
            ("$$CI_SERVER_URL/ops.git", bad),
            ("", bad),
        ] {
            let found = repository(url, Span::new(0, 0));
            assert_eq!(code(found), expected, "{url}");
        }
    }

    #[test]
    fn a_branch_has_a_name_that_git_takes() {
        for (name, is_taken) in [
            ("main", true),
            ("release/$VERSION", true),
            ("$BRANCH", true),
            ("${BRANCH:-main}", true),
            ("-x", false),
            ("--upload-pack=id", false),
            ("a b", false),
            ("a..b", false),
            ("a:b", false),
            ("+main", true),
            ("HEAD", false),
            ("refs/heads/main", false),
            ("", false),
        ] {
            let found = branch(name, Span::new(0, 0));
            assert_eq!(found.is_none(), is_taken, "{name}");
        }
    }
}
