//! GitLab versions, as the manifest's `gitlab:` names the target.
//!
//! In: `"18.5"`, `"18"`. Out: a [`Version`] that exists or may come to exist.

use std::fmt;
use std::str::FromStr;

use super::Refusal;

/// A version of GitLab, without its patch number: gates never depend on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The yearly number, raised each May.
    pub major: u16,
    /// The monthly number.
    pub minor: u16,
}

/// The last minor of each closed major, from GitLab's release list.
const LAST_MINOR: [(u16, u16); 9] = [
    (10, 8),
    (11, 11),
    (12, 10),
    (13, 12),
    (14, 10),
    (15, 11),
    (16, 11),
    (17, 11),
    (18, 11),
];

/// No major above this is a version: 18.0 is of May 2025, and there is one a year.
const LAST_MAJOR: u16 = 50;

impl Version {
    /// The oldest target of the language, version 1.
    pub const OLDEST: Version = Version::new(10, 4);

    /// A version that is known to exist, as in the table of a gate.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut parts = text.split('.');
        let numbers: Option<Vec<u16>> = parts.by_ref().map(number).collect();
        let version = match numbers.as_deref() {
            Some([major]) => Version::new(*major, 0),
            Some([major, minor]) => Version::new(*major, *minor),
            Some([major, minor, _]) => {
                let instead = format!("write `{major}.{minor}`, patches change no feature");
                return Err(Refusal::instead("has a patch number", instead));
            }
            _ => {
                let like = "write it like `18.0`";
                return Err(Refusal::instead("is not a version of GitLab", like));
            }
        };
        let last = LAST_MINOR
            .iter()
            .find(|(major, _)| *major == version.major)
            .map(|(_, minor)| *minor);
        if version < Version::OLDEST {
            let oldest = format!("the oldest GitLab that can be named is {}", Version::OLDEST);
            return Err(Refusal::instead("is too old", oldest));
        }
        if version.major > LAST_MAJOR || version.minor > last.unwrap_or(12) {
            return Err(match last {
                Some(minor) => Refusal::instead(
                    "never existed",
                    format!("the last GitLab {0} is {0}.{minor}", version.major),
                ),
                None => "is not a version of GitLab".into(),
            });
        }
        Ok(version)
    }
}

/// A number without sign or leading zero.
fn number(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    let zero = text.len() > 1 && text.starts_with('0');
    (plain && !zero).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Version, String> {
        text.parse().map_err(|why: Refusal| why.to_string())
    }

    #[test]
    fn versions_are_ordered_by_number_not_by_text() {
        assert_eq!(parse("18"), Ok(Version::new(18, 0)));
        assert!(parse("18.11").unwrap() > parse("18.9").unwrap());
        assert!(parse("9.0").is_err() && parse("10.3").is_err());
        assert_eq!(parse("10.4"), Ok(Version::OLDEST));
    }

    #[test]
    fn what_never_existed_is_said() {
        let last = parse("13.13").unwrap_err();
        assert_eq!(last, "never existed; the last GitLab 13 is 13.12");
        assert_eq!(
            parse("18.5.1").unwrap_err(),
            "has a patch number; write `18.5`, patches change no feature"
        );
        for bad in [
            "", ".", "18.", "v18.0", "18.05", "+18.1", "-1", "18.0.0.0", "1８.0", "99.0",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*") {
            if let Ok(version) = parse(&text) {
                prop_assert_eq!(parse(&version.to_string()), Ok(version));
            }
        }
    }
}
