//! Scalars of the manifest: strings that are really strings, integers, booleans, and strings of
//! a certain kind.
//!
//! Always holds: no scalar changes in silence. What YAML would read as a number, a boolean or a
//! date is an error where a string is wanted (language, section 1.4).

use std::rc::Rc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::record::{Read, Reader, SchemaName, See, Wanted};
use crate::finding::{Code, Finding, did_you_mean};
use crate::gitlab::Refusal;
use crate::source::{Kind, Node};

/// What YAML 1.1 or 1.2 makes of a plain scalar, if not a string.
pub fn plain_type(text: &str) -> Option<&'static str> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some("nothing"),
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "yes" | "Yes" | "YES" | "no"
        | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => return Some("a boolean"),
        _ => {}
    }
    let first = text.chars().next()?;
    if !(first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(&*lower, ".inf" | ".nan") {
        return Some("a number");
    }
    let radix = |prefix: &str, digits: fn(&u8) -> bool| {
        lower
            .strip_prefix(prefix)
            .is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b == b'_' || digits(&b)))
    };
    if radix("0x", u8::is_ascii_hexdigit)
        || radix("0o", u8::is_ascii_digit)
        || radix("0b", u8::is_ascii_digit)
    {
        return Some("a number");
    }
    if !unsigned.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    // Digits with separators, fraction, exponent; `:` makes sexagesimal numbers; Psych reads
    // dates and times as well.
    let numeric = |b: u8| b.is_ascii_digit() || matches!(b, b'_' | b',' | b'.' | b':');
    if unsigned.bytes().all(numeric) {
        let dots = unsigned.bytes().filter(|b| *b == b'.').count();
        return (dots <= 1).then_some("a number");
    }
    if unsigned.parse::<f64>().is_ok() {
        return Some("a number");
    }
    let date: Vec<_> = text.splitn(3, '-').collect();
    if let [year, month, rest] = date.as_slice() {
        let digits = |s: &str, len: usize| {
            (1..=len).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
        };
        if year.len() == 4 && digits(year, 4) && digits(month, 2) {
            let day = rest.split([' ', 't', 'T']).next().unwrap_or(rest);
            return digits(day, 2).then_some("a date");
        }
    }
    None
}

/// Reads a string.
pub fn read_text(node: &Node, reader: &mut Reader<'_>) -> Option<Rc<str>> {
    reader.refuse_tag(node);
    let Kind::Scalar(scalar) = &node.kind else {
        reader.wrong_type(node, Wanted::String);
        return None;
    };
    if scalar.plain
        && let Some(kind) = plain_type(&scalar.text)
    {
        let text = &scalar.text;
        let message = format!("`{text}` is {kind} in YAML, but this must be a string");
        let finding = Finding::new(Code::NotQuoted, node.span, message)
            .help(format!("write it in quotes: `\"{text}\"`"));
        reader.fault(node, finding);
        return None;
    }
    Some(scalar.text.clone())
}

/// Reports a word that is none of the possible ones.
pub fn unknown_word(node: &Node, word: &str, words: &[&str], reader: &mut Reader<'_>) {
    let finding = Finding::new(
        Code::UnknownWord,
        node.span,
        format!("`{word}` is not a possible word here"),
    );
    let finding = match did_you_mean(word, words.iter().copied()) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding,
    };
    reader.fault(
        node,
        finding.help(format!("possible: `{}`", words.join("`, `"))),
    );
}

/// Reports a word that the language does not have any more.
pub fn gone_word(node: &Node, code: Code, why: &str, instead: &str, reader: &mut Reader<'_>) {
    reader.fault(node, Finding::new(code, node.span, why).help(instead));
}

impl Read for String {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        read_text(node, reader).map(|text| text.to_string())
    }

    fn visit<'m>(&'m self, _: &mut See<'_, 'm>) {}
}

/// The value of a variable: a string, or a number that stays what is written. GitLab turns numbers into
/// strings as Ruby does: `5432` and `1.5` stay, `1.10` would become `1.1` and `010` would become `8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariableValue(pub String);

/// Whether Ruby prints a number as it is written here: decimal, without zeros that say nothing, and
/// short enough for a float to keep all digits and to need no exponent.
fn is_printed_so(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let natural = |text: &str| digits(text) && (text == "0" || !text.starts_with('0'));
    match unsigned.split_once('.') {
        None => natural(unsigned) && text != "-0",
        Some((whole, fraction)) => {
            natural(whole)
                && digits(fraction)
                && (fraction == "0" || !fraction.ends_with('0'))
                && unsigned.len() <= 16
                && !unsigned.starts_with("0.0000")
        }
    }
}

impl Read for VariableValue {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Kind::Scalar(scalar) = &node.kind
            && scalar.plain
            && node.tag.is_none()
            && is_printed_so(&scalar.text)
        {
            return Some(Self(scalar.text.to_string()));
        }
        String::read(node, reader).map(Self)
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        self.0.visit(see);
    }
}

impl std::ops::Deref for VariableValue {
    type Target = String;
    fn deref(&self) -> &String {
        &self.0
    }
}

impl JsonSchema for VariableValue {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "VariableValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"] })
    }
}

impl Read for bool {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(s) if s.plain && node.tag.is_none() && &*s.text == "true" => Some(true),
            Kind::Scalar(s) if s.plain && node.tag.is_none() && &*s.text == "false" => Some(false),
            _ => {
                reader.wrong_type(node, Wanted::Boolean);
                None
            }
        }
    }

    fn visit<'m>(&'m self, _: &mut See<'_, 'm>) {}
}

impl Read for i64 {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let number = match &node.kind {
            Kind::Scalar(s) if s.plain && node.tag.is_none() => decimal(&s.text),
            _ => None,
        };
        if number.is_none() {
            reader.wrong_type(node, Wanted::Integer);
        }
        number
    }

    fn visit<'m>(&'m self, _: &mut See<'_, 'm>) {}
}

/// An integer in the one spelling that every YAML parser reads alike.
pub fn decimal(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical =
        digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()));
    if canonical && !digits.is_empty() {
        text.parse().ok()
    } else {
        None
    }
}

/// Declares a kind of string: a newtype whose content `check` has accepted. A shape is a regular
/// expression for editors; it takes all that `check` takes.
macro_rules! text {
    ($(#[doc = $doc:literal])+ $name:ident, $check:path, $code:ident $(, $shape:literal)?) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl std::ops::Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Read for $name {
            fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
                let text = read_text(node, reader)?;
                match $check(&text) {
                    Ok(()) => Some(Self(text.to_string())),
                    Err(fault) => {
                        reader.fault(node, fault.finding(Code::$code, node));
                        None
                    }
                }
            }

            fn visit<'m>(&'m self, _: &mut $crate::manifest::record::See<'_, 'm>) {}
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> SchemaName {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" $(, "pattern": $shape)? })
            }
        }
    };
}

/// Why a string is not of the kind that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A whole sentence.
    pub message: String,
    /// How to fix it, or empty.
    pub help: String,
    /// Offset in the string, where it is one place.
    pub offset: Option<usize>,
}

impl Fault {
    /// A fault of the whole string.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            offset: None,
        }
    }

    /// A fault told by a refusal; `help` where that does not say what to write instead.
    pub fn because(subject: &str, refusal: Refusal, help: &str) -> Self {
        Self::new(format!("{subject} {}", refusal.why), refusal.help_or(help))
    }

    pub(crate) fn finding(self, code: Code, node: &Node) -> Finding {
        let mut span = node.span;
        // Inside quotes and escapes the offset is not that of the file; then point at the whole.
        if let (Some(offset), Kind::Scalar(s)) = (self.offset, &node.kind) {
            let quotes = usize::from(!s.plain);
            if span.end - span.start == s.text.len() + 2 * quotes && offset <= s.text.len() {
                span.start += quotes + offset;
                span.end = span.end.max(span.start);
            }
        }
        let finding = Finding::new(code, span, self.message);
        if self.help.is_empty() {
            finding
        } else {
            finding.help(self.help)
        }
    }
}

pub(crate) use text;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_printed_so;
    use crate::config::{Value, plain_scalar};

    proptest! {
        /// What needs no quotes is a number to GitLab, and is printed as it is written.
        #[test]
        fn what_is_printed_so_stays(text in "-?[0-9_]{1,18}(\\.[0-9]{0,18})?") {
            let value = plain_scalar(&text);
            let number = matches!(value, Some(Value::Int(_) | Value::Float(_)));
            let stays = number && value.and_then(|value| value.scalar_text()) == Some(text.clone());
            prop_assert!(stays || !is_printed_so(&text), "{text}");
        }
    }

    #[test]
    fn ordinary_numbers_need_no_quotes() {
        for text in [
            "0",
            "5432",
            "-1",
            "1.5",
            "0.25",
            "2.0",
            "1234567890123456789012",
        ] {
            assert!(is_printed_so(text), "{text}");
        }
        for text in [
            "010", "1.10", "1.", "-0", "1_000", "0x1f", "1e3", "+1", "0.00001", ".5",
        ] {
            assert!(!is_printed_so(text), "{text}");
        }
    }
}
