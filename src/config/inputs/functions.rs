//! Functions of `$[[ inputs.name | function ]]`.
//!
//! Facts: `Interpolation::Functions`, `Interpolation::FunctionsStack` (18.11). Each takes a string.

use crate::config::value::Value;
use crate::gitlab::expression::Lookup;
use crate::gitlab::variables::reference;

/// Most functions of a block.
pub(super) const MOST: usize = 3;

/// A function that GitLab has (18.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `expand_vars`: variables of the project and the pipeline are put in.
    ExpandVars,
    /// `truncate(offset, length)`, in characters.
    Truncate(usize, usize),
    /// `posix_escape`: one word for a shell (18.6).
    PosixEscape,
}

/// Reads a function.
pub(super) fn parse(text: &str) -> Result<Function, String> {
    match text {
        "expand_vars" => return Ok(Function::ExpandVars),
        "posix_escape" => return Ok(Function::PosixEscape),
        _ => {}
    }
    let truncate = || {
        let inside = text.strip_prefix("truncate(")?;
        // GitLab takes it without the closing parenthesis too.
        let inside = inside.strip_suffix(')').unwrap_or(inside);
        let (offset, length) = inside.split_once(',')?;
        Some(Function::Truncate(number(offset)?, number(length)?))
    };
    truncate().ok_or_else(|| {
        format!(
            "windlass does not know the function `{text}`; GitLab 18.11 has `expand_vars`, \
             `posix_escape` and `truncate(offset, length)`"
        )
    })
}

/// A number without a sign; one that is too long is more than any text has.
fn number(text: &str) -> Option<usize> {
    let digits = text.trim();
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(usize::MAX))
}

impl Function {
    /// What it makes of a value; the names of variables that are not known go to `unknown`.
    pub(super) fn apply(
        self,
        value: &Value,
        look_up: &dyn Fn(&str) -> Lookup,
        unknown: &mut Vec<String>,
    ) -> Result<Value, String> {
        let Value::Str(text) = value else {
            return Err("functions of `$[[ ... ]]` take strings alone".to_owned());
        };
        let made = match self {
            Function::ExpandVars => expand(text, look_up, unknown),
            Function::Truncate(offset, length) => text.chars().skip(offset).take(length).collect(),
            Function::PosixEscape => escape(text),
        };
        Ok(Value::Str(made.into()))
    }
}

/// `ExpandVariables.expand_existing`: what nobody set stays as it is written.
fn expand(text: &str, look_up: &dyn Fn(&str) -> Lookup, unknown: &mut Vec<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '%']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let Some((written, name)) = reference(from) else {
            // `$$` and `%%` are read as one.
            let length = if from.starts_with("$$") || from.starts_with("%%") {
                2
            } else {
                1
            };
            out.push_str(from.get(..length).unwrap_or_default());
            rest = from.get(length..).unwrap_or_default();
            continue;
        };
        match look_up(name) {
            Lookup::Set(value) => out.push_str(&value),
            Lookup::Unset => out.push_str(written),
            Lookup::Filled | Lookup::Unknown => {
                out.push_str(written);
                unknown.push(name.to_owned());
            }
        }
        rest = from.get(written.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Ruby's `Shellwords.shellescape`.
fn escape(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push_str("'\n'"),
            c if c.is_ascii_alphanumeric() || "_-.,:+/@".contains(c) => out.push(c),
            c => out.extend(['\\', c]),
        }
    }
    out
}
