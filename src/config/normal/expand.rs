//! The spellings of a variable in a text that is expanded.
//!
//! Facts: `ExpandVariables::VARIABLES_REGEXP` of GitLab FOSS 18.11: `$X`, `${X}` and `%X%` are the
//! same; `$$` and `%%` stay as they are. The runner (`common/variables.go`, Go's `os.Expand`) knows
//! `$X` and `${X}` alone.

/// Who expands a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// GitLab, when it creates the pipeline or sends a job to the runner.
    GitLab,
    /// The runner.
    Runner,
}

/// The text with each variable spelt `${X}`.
pub(super) fn braced(text: &str, by: By) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, name) = variable(rest, by).unwrap_or((first.len_utf8(), None));
        let (here, after) = rest.split_at(taken);
        match name {
            Some(name) => {
                out.push_str("${");
                out.push_str(name);
                out.push('}');
            }
            None => out.push_str(here),
        }
        rest = after;
    }
    out
}

/// How long the variable at the start of a text is, and its name; no name where two signs stand
/// for themselves.
fn variable(text: &str, by: By) -> Option<(usize, Option<&str>)> {
    if text.starts_with("$$") || (by == By::GitLab && text.starts_with("%%")) {
        return Some((2, None));
    }
    if let Some(rest) = text.strip_prefix("${") {
        let name = name(rest)?;
        return rest
            .get(name.len()..)?
            .starts_with('}')
            .then_some((name.len() + 3, Some(name)));
    }
    if let Some(rest) = text.strip_prefix('$') {
        let name = name(rest)?;
        return Some((name.len() + 1, Some(name)));
    }
    let rest = text.strip_prefix('%').filter(|_| by == By::GitLab)?;
    let name = name(rest)?;
    rest.get(name.len()..)?
        .starts_with('%')
        .then_some((name.len() + 2, Some(name)))
}

/// The name at the start of a text.
fn name(text: &str) -> Option<&str> {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let name = text.get(..end)?;
    let starts = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    starts.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_a_variable_are_one() {
        let cases = [
            ("$A", "${A}", "${A}"),
            ("${A}b", "${A}b", "${A}b"),
            ("$Ab/$c", "${Ab}/${c}", "${Ab}/${c}"),
            ("%A%", "${A}", "%A%"),
            ("$$A ${A", "$$A ${A", "$$A ${A"),
            ("%%A% $", "%%A% $", "%%A% $"),
            ("${} $1 ä$ä", "${} $1 ä$ä", "${} $1 ä$ä"),
            ("${A:-b}", "${A:-b}", "${A:-b}"),
        ];
        for (text, gitlab, runner) in cases {
            assert_eq!(braced(text, By::GitLab), gitlab);
            assert_eq!(braced(text, By::Runner), runner);
        }
    }
}
