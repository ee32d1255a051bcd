//! A keyword that windlass does not know.
//!
//! In: a key and those that may stand there. Out: the finding. Always holds: the text says who does
//! not know it. GitLab refuses a keyword that it does not know, so the file is not read on; but a
//! newer GitLab may know more than [`READ_AS`].

use super::value::Place;
use crate::finding::{Code, Finding, did_you_mean};
use crate::gitlab::{Version, keywords};

/// The GitLab whose keywords windlass knows.
pub(super) const READ_AS: Version = Version::new(18, 11);

/// The finding about a key of `what`, which knows these.
pub(super) fn keyword(place: Place, key: &str, what: &str, known: &[&str]) -> Finding {
    // Some are told in words, as "a job".
    let what = match what.contains(' ') {
        true => what.to_owned(),
        false => format!("`{what}`"),
    };
    if what.starts_with("a job") && keywords::is_job(key) {
        let message = format!("{what} does not take the keyword `{key}`");
        return Finding::new(Code::UnknownKeyword, place, message)
            .help("GitLab refuses it there; remove it");
    }
    let message = format!("{what} has the keyword `{key}`, which windlass does not know");
    let finding = Finding::new(Code::UnknownKeyword, place, message);
    match did_you_mean(key, known.iter().copied()) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help(format!(
            "GitLab {READ_AS} does not know it either; if yours is newer and does, windlass is too old for this file"
        )),
    }
}
