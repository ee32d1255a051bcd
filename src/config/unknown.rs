//! A keyword that windlass does not know.
//!
//! In: a key and those that may stand there. Out: the finding. Always holds: the text says who does
//! not know it. GitLab refuses a keyword that it does not know, so the file is not read on; but a
//! newer GitLab may know more than [`READ_AS`].

use std::fmt;

use super::value::Place;
use crate::finding::{Code, Finding, did_you_mean};
use crate::gitlab::{Version, keywords};

/// The GitLab whose keywords windlass knows.
pub(super) const READ_AS: Version = Version::new(18, 11);

/// What has a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder<'a> {
    /// The value of a key of this name.
    Key(&'a str),
    /// A job, in words.
    Job(&'static str),
    /// Something else without a name, in words.
    Words(&'static str),
}

impl<'a> From<&'a str> for Holder<'a> {
    fn from(key: &'a str) -> Self {
        Self::Key(key)
    }
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "`{key}`"),
            Self::Job(words) | Self::Words(words) => f.write_str(words),
        }
    }
}

/// The finding about a key of `what`, which knows these.
pub(super) fn keyword(place: Place, key: &str, what: Holder<'_>, known: &[&str]) -> Finding {
    if matches!(what, Holder::Job(_)) && keywords::is_job(key) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_key_does_not_say_what_it_is() {
        let finding = keyword(Place::default(), "script", "a job of mine".into(), &[]);
        assert!(
            finding
                .message
                .starts_with("`a job of mine` has the keyword")
        );
        let finding = keyword(Place::default(), "stages", Holder::Words("a rule"), &[]);
        assert!(finding.message.starts_with("a rule has the keyword"));
    }
}
