//! The command that fixes what was found, as it can be pasted into a shell.

use std::borrow::Cow;

/// The manifest's name where none is given.
pub const DEFAULT_MANIFEST: &str = "windlass.yml";

/// Where GitLab looks for a pipeline, from the root of the project.
pub const PIPELINE: &str = ".gitlab-ci.yml";

/// The options that a person gave, to be repeated in the command that fixes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    /// The value of `-C`, if given.
    pub directory: Option<String>,
    /// The value of `-m`, if given.
    pub manifest: Option<String>,
}

impl Remedy {
    /// The remedy as seen from the project's root.
    pub fn for_manifest(manifest: &str) -> Self {
        Self {
            directory: None,
            manifest: (manifest != DEFAULT_MANIFEST).then(|| manifest.to_owned()),
        }
    }

    /// `windlass generate` with all that it needs here.
    pub fn command(&self, force: bool) -> String {
        let mut words = vec![Cow::Borrowed("windlass")];
        for (option, value) in [("-C", &self.directory), ("-m", &self.manifest)] {
            if let Some(value) = value {
                words.push(Cow::Borrowed(option));
                words.push(shell_word(value));
            }
        }
        words.push(Cow::Borrowed("generate"));
        if force {
            words.push(Cow::Borrowed("--force"));
        }
        words.join(" ")
    }
}

/// A text as one word of a POSIX shell.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_repeated_and_quoted() {
        let remedy = Remedy {
            directory: Some("my project".to_owned()),
            manifest: Some("it's.yml".to_owned()),
        };
        let expected = r"windlass -C 'my project' -m 'it'\''s.yml' generate --force";
        assert_eq!(remedy.command(true), expected);
        let remedy = Remedy::for_manifest(DEFAULT_MANIFEST);
        assert_eq!(remedy.command(false), "windlass generate");
    }
}
