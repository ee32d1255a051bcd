//! Why a text is refused.
//!
//! In: what the readers of GitLab's small languages find. Out: a sentence fragment and what to write
//! instead, for whoever makes a message of them.

use std::fmt;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, as a sentence fragment: `has no unit`.
    pub why: String,
    /// What to write instead, if that is known: `write it like 5m`.
    pub instead: Option<String>,
    /// Whether GitLab takes the text, but hardly as it is meant.
    pub misleads: bool,
}

impl Refusal {
    /// A refusal that says what to write instead.
    pub fn instead(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self {
            instead: Some(instead.into()),
            ..Self::from(why.into())
        }
    }

    /// What to write instead; `other` if the refusal does not say it.
    pub fn help_or(self, other: &str) -> String {
        self.instead.unwrap_or_else(|| other.to_owned())
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self {
            why,
            instead: None,
            misleads: false,
        }
    }
}

impl From<&str> for Refusal {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

/// Both, where a message has no help of its own.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)?;
        match &self.instead {
            Some(instead) => write!(f, "; {instead}"),
            None => Ok(()),
        }
    }
}
