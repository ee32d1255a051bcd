//! Values in sentences.

use crate::config::normal::Form;

/// A value longer than this is shown by the lines that differ.
const LONGEST: usize = 200;

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(super) use crate::shown::code;

/// A value in a sentence.
pub(super) fn shown(form: &Form) -> String {
    match form.inner() {
        Form::Text(text) if text.is_empty() => "an empty text".to_owned(),
        form => code(&form.to_string()),
    }
}

/// Whether a value fits into a sentence.
pub(super) fn is_short(form: &Form) -> bool {
    let text = form.to_string();
    text.chars().count() <= LONGEST && !text.contains('\n')
}

/// A value as lines: of a list its items, of a mapping its keys.
pub(super) fn lines(form: &Form) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    match form.inner() {
        Form::List(items) => items.iter().for_each(|item| match item.fields() {
            Some(fields) => match fields.to_string() {
                text if text.is_empty() => fields.iter().for_each(|(key, form)| {
                    line(&format!("{key}: {form}"));
                }),
                text => line(&text),
            },
            None => line(&item.to_string()),
        }),
        Form::Map(fields) => fields
            .iter()
            .for_each(|(key, form)| line(&format!("{key}: {form}"))),
        Form::Text(text) => text.lines().for_each(line),
        other => line(&other.to_string()),
    }
    out
}
