//! Variables in a text: `$NAME`, `${NAME}` and, for a shell, `${NAME:?}`; `$$` is a `$`.
//!
//! In: a text that GitLab or a shell expands. Out: its parts, or what is known of all its values.
//! Always holds: the parts joined are the text.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// What stays as it is; an escaped `$$` is part of it.
    Text(&'t str),
    /// A variable: its name, and how it is written.
    Variable(&'t str, &'t str),
}

/// The longest values of variables that GitLab sets (documentation of 18.11): slugs of refs and
/// projects have at most 63 characters, those of environments 24.
const LONGEST: [(&str, usize); 7] = [
    ("CI_COMMIT_REF_SLUG", 63),
    ("CI_PROJECT_PATH_SLUG", 63),
    ("CI_ENVIRONMENT_SLUG", 24),
    ("CI_COMMIT_SHA", 40),
    ("CI_COMMIT_SHORT_SHA", 8),
    ("CI_PIPELINE_ID", 10),
    ("CI_MERGE_REQUEST_IID", 5),
];

/// The parts of a text.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut plain = 0;
    while let Some(dollar) = rest.get(plain..).and_then(|rest| rest.find('$')) {
        let at = plain + dollar;
        let after = rest.get(at..).unwrap_or_default();
        let Some((written, name)) = variable(after) else {
            plain = at + if after.starts_with("$$") { 2 } else { 1 };
            continue;
        };
        if let Some(before) = rest.get(..at).filter(|before| !before.is_empty()) {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Variable(name, written));
        rest = after.get(written.len()..).unwrap_or_default();
        plain = 0;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// The variable that a text begins with: as it is written, and its name.
fn variable(text: &str) -> Option<(&str, &str)> {
    let bare = text.strip_prefix('$')?;
    let braced = bare.strip_prefix('{');
    let inside = braced.unwrap_or(bare);
    let length = inside
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(inside.len());
    let (name, after) = inside.split_at_checked(length)?;
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let end = ["}", ":?}"].into_iter().find(|end| after.starts_with(end));
    let written = match braced {
        Some(_) => length + 2 + end?.len(),
        None => length + 1,
    };
    Some((text.get(..written)?, name))
}

/// The names of the variables in a text.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Variable(name, _) => Some(name),
        Part::Text(_) => None,
    })
}

/// Whether the name of a variable says that its value is secret. Other variables may be secret too:
/// GitLab does not tell the file which ones are masked.
pub fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "TOKEN",
        "SECRET",
        "CREDENTIAL",
        "PRIVATE_KEY",
    ];
    words.iter().any(|word| name.contains(word))
        || name.ends_with("API_KEY")
        || name.ends_with("_PASS")
}

/// The names of the variables that GitLab itself puts into a value: `$NAME`, `${NAME}` and `%NAME%`;
/// `$$` and `%%` stand for one sign (`ExpandVariables::VARIABLES_REGEXP`, 18.11).
pub fn references(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let from = rest.get(rest.find(['$', '%'])?..)?;
            match reference(from) {
                Some((written, name)) => {
                    rest = from.get(written.len()..).unwrap_or_default();
                    return Some(name);
                }
                None => {
                    let signs = if from.starts_with("$$") || from.starts_with("%%") {
                        2
                    } else {
                        1
                    };
                    rest = from.get(signs..).unwrap_or_default();
                }
            }
        }
    })
}

/// `$NAME`, `${NAME}` or `%NAME%` that a text begins with: as it is written, and its name.
pub fn reference(text: &str) -> Option<(&str, &str)> {
    let (open, close) = match text {
        _ if text.starts_with("${") => ("${", "}"),
        _ if text.starts_with('$') => ("$", ""),
        _ => ("%", "%"),
    };
    let inside = text.strip_prefix(open)?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = inside.find(|c| !word(c)).unwrap_or(inside.len());
    let (name, after) = inside.split_at_checked(end)?;
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    after.strip_prefix(close)?;
    let written = text.get(..open.len() + name.len() + close.len())?;
    Some((written, name))
}

/// The text for a shell that must not go on if one of its variables is empty.
pub fn or_fail(text: &str) -> String {
    let part = |part| match part {
        Part::Text(text) => text.to_owned(),
        Part::Variable(name, _) => format!("${{{name}:?}}"),
    };
    parts(text).into_iter().map(part).collect()
}

/// The text with a letter in the place of each variable: if no name may be like that, none of its
/// values may.
pub fn filled(text: &str) -> String {
    let part = |part| match part {
        Part::Text(text) => text,
        Part::Variable(..) => "x",
    };
    parts(text).into_iter().map(part).collect()
}

/// How long the text can become; variables of which nothing is known count as empty.
pub fn longest(text: &str) -> usize {
    let part = |part| match part {
        Part::Text(text) => text.chars().count(),
        Part::Variable(name, _) => {
            let known = LONGEST.iter().find(|(known, _)| *known == name);
            known.map_or(0, |(_, length)| *length)
        }
    };
    parts(text).into_iter().map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_text() {
        for text in [
            "",
            "a",
            "$A",
            "x-${A}$B-y",
            "$$A",
            "$",
            "${A",
            "${A:-b}$",
            "é$Aé",
            "$1",
        ] {
            let joined: String = parts(text)
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) | Part::Variable(_, text) => text,
                })
                .collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn variables_are_found() {
        for (text, wanted) in [
            ("review/$CI_COMMIT_REF_SLUG", &["CI_COMMIT_REF_SLUG"][..]),
            ("${A}b$C.d${E:?}", &["A", "C", "E"]),
            ("$$A ${B:-c} $9 $", &[]),
        ] {
            assert_eq!(names(text).collect::<Vec<_>>(), wanted, "{text}");
        }
    }

    #[test]
    fn references_are_those_of_gitlab() {
        for (text, wanted) in [
            ("$A-${B}%C%", &["A", "B", "C"][..]),
            ("$$A %%B% ${} $9 100% $", &[]),
            ("a%b%c", &["b"]),
            ("${A", &[]),
            ("$$$A", &["A"]),
        ] {
            assert_eq!(references(text).collect::<Vec<_>>(), wanted, "{text}");
        }
    }

    #[test]
    fn an_empty_variable_ends_the_job() {
        assert_eq!(or_fail("a-$B.${C}$$D"), "a-${B:?}.${C:?}$$D");
    }

    #[test]
    fn lengths_add_up() {
        assert_eq!(longest("review-$CI_COMMIT_REF_SLUG"), 70);
        assert_eq!(longest("$CI_ENVIRONMENT_SLUG-$NOBODY_KNOWS"), 25);
    }
}
