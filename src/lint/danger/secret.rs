//! No secret stands in the file.
//!
//! Always holds: only what has the form of a secret of a known service is told, never what a variable is
//! called; what a documentation shows as an example is not.

use crate::config::Place;
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::source::Span;

/// What a secret is, how it begins, how many signs follow at least and at most, and which.
struct Form {
    what: &'static str,
    begins: &'static str,
    length: (usize, usize),
    is_sign: fn(char) -> bool,
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn capital(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit()
}

const FORMS: [Form; 24] = [
    form("a GitLab access token", "glpat-", (20, 300), word),
    form("a GitLab deploy token", "gldt-", (20, 300), word),
    form("a GitLab runner token", "glrt-", (20, 300), word),
    form("a GitLab trigger token", "glptt-", (20, 300), word),
    form("a GitLab agent token", "glagent-", (20, 300), word),
    form("a GitLab job token", "glcbt-", (20, 300), word),
    form("a GitHub token", "ghp_", (36, 36), alphanumeric),
    form("a GitHub token", "gho_", (36, 36), alphanumeric),
    form("a GitHub token", "ghs_", (36, 36), alphanumeric),
    form("a GitHub token", "github_pat_", (40, 100), word),
    form("an AWS access key", "AKIA", (16, 16), capital),
    form("a Slack token", "xoxb-", (20, 120), word),
    form("a Slack token", "xoxp-", (20, 120), word),
    form(
        "a Slack webhook",
        "https://hooks.slack.com/services/T",
        (30, 90),
        |c| alphanumeric(c) || c == '/',
    ),
    form(
        "a Discord webhook",
        "https://discord.com/api/webhooks/",
        (60, 120),
        |c| word(c) || c == '/',
    ),
    form(
        "a Discord webhook",
        "https://discordapp.com/api/webhooks/",
        (60, 120),
        |c| word(c) || c == '/',
    ),
    form("an npm token", "npm_", (36, 36), alphanumeric),
    form("a PyPI token", "pypi-AgEIcHlwaS5vcmc", (40, 300), word),
    form("a Docker Hub token", "dckr_pat_", (20, 60), word),
    form("a Google API key", "AIza", (35, 35), word),
    form("a Stripe key", "sk_live_", (20, 120), alphanumeric),
    form("a Vault token", "hvs.", (24, 200), word),
    form("a DigitalOcean token", "dop_v1_", (64, 64), alphanumeric),
    form("a Sentry token", "sntrys_", (40, 300), word),
];

const fn form(
    what: &'static str,
    begins: &'static str,
    length: (usize, usize),
    is_sign: fn(char) -> bool,
) -> Form {
    Form {
        what,
        begins,
        length,
        is_sign,
    }
}

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let sources = lint.config.sources.clone();
    for (file, source) in sources.iter().enumerate() {
        let text: &str = &source.text;
        let formed = FORMS.iter().flat_map(|form| {
            let found = text.match_indices(form.begins);
            found.filter_map(move |(at, _)| Some((form.what, secret(text, at, form)?)))
        });
        let keys = private_keys(text).map(|span| ("a private key", span));
        let urls = passwords(text).map(|span| ("the password of an address", span));
        let mut found: Vec<(&str, Span)> = formed.chain(keys).chain(urls).collect();
        found.sort_by_key(|(_, span)| span.start);
        for (what, span) in found {
            let message = format!("{what} stands in the file");
            let finding = Finding::new(Code::SecretInFile, Place { file, span }, message);
            lint.push(finding.help(
                "take it back where it was made, and keep the new one in a masked CI/CD variable",
            ));
        }
    }
}

/// The span of a secret of a form that begins at an offset.
fn secret(text: &str, at: usize, form: &Form) -> Option<Span> {
    let before = text.get(..at)?.chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let rest = text.get(at + form.begins.len()..)?;
    let end = rest.find(|c| !(form.is_sign)(c)).unwrap_or(rest.len());
    let (least, most) = form.length;
    let signs = rest.get(..end)?;
    if signs.len() < least || signs.len() > most || !is_random(signs) {
        return None;
    }
    // Longer than it may be, it is another word.
    let after = rest.get(end..)?.chars().next();
    if after.is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    Some(Span::new(at, at + form.begins.len() + end))
}

/// Whether signs look as if they were drawn, and not written as a placeholder.
fn is_random(signs: &str) -> bool {
    let lower = signs.to_ascii_lowercase();
    let mut kinds: Vec<char> = lower.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.len() >= 8
        && !["example", "xxxx", "your", "token", "1234567"]
            .iter()
            .any(|word| lower.contains(word))
}

/// Private keys, by their first lines.
fn private_keys(text: &str) -> impl Iterator<Item = Span> {
    text.match_indices("PRIVATE KEY-----")
        .filter_map(|(at, end)| {
            let start = text.get(..at)?.rfind("-----BEGIN ")?;
            let between = text.get(start + "-----BEGIN ".len()..at)?;
            if between.len() > 12 || between.contains('\n') {
                return None;
            }
            let rest = text.get(at + end.len()..)?;
            let rest =
                rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\\' || c == 'n');
            let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
            let signs = rest.find(|c| !base64(c)).unwrap_or(rest.len());
            (signs >= 40).then(|| Span::new(start, at + end.len()))
        })
}

/// Passwords of addresses with a user, of hosts on the network at large.
fn passwords(text: &str) -> impl Iterator<Item = Span> {
    text.match_indices("://").filter_map(|(at, mark)| {
        let start = at + mark.len();
        let rest = text.get(start..)?;
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '<' | '>' | '\\');
        let authority = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
        let (login, host) = authority.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        let host = host.split(':').next().unwrap_or_default();
        let scheme = text.get(..at)?;
        let is_web = scheme.ends_with("http") || scheme.ends_with("https");
        let literal = !login.contains(['$', '{', '*', '%', '[']);
        let is_drawn = password.len() >= 12 && is_random(password);
        (is_web && literal && is_drawn && host.contains('.') && !user.is_empty()).then(|| {
            let at = start + user.len() + 1;
            Span::new(at, at + password.len())
        })
    })
}
