//! What YAML can say and no pipeline can hold.
//!
//! In: keys and scalars as they are read. Out: findings at their places. Always holds: of what
//! passes, the renderer can write every key and every string.

use super::Span;
use crate::finding::{Code, Finding};

/// The longest key in characters: that of every name that GitLab stores.
const LONGEST: usize = 255;

/// The most that a key may take when it is written. YAML readers find the colon of a key within
/// 1,024 characters (YAML 1.2.2, 7.4.3).
const WIDEST: usize = 1000;

/// What is wrong with a scalar, key or value.
pub(super) fn scalar(text: &str, span: Span) -> Option<Finding> {
    text.contains('\0').then(|| {
        let message = "a NUL character can reach no job, no file and no command";
        Finding::new(Code::YamlSyntax, span, message).help("remove the `\\0`")
    })
}

/// What is wrong with a key that is not a merge.
pub(super) fn key(text: &str, span: Span) -> Option<Finding> {
    if text == "<<" {
        let message = "GitLab merges what stands under `<<`, also if it is quoted";
        return Some(Finding::new(Code::BadName, span, message).help("choose another name"));
    }
    let length = text.chars().count();
    // Characters that YAML does not print are written as `\UXXXXXXXX`.
    let plain = |c: &char| c.is_ascii_graphic() || c.is_alphanumeric() || *c == ' ';
    let width = length + 9 * text.chars().filter(|c| !plain(c)).count();
    if length > LONGEST || width > WIDEST {
        let message = format!("a key of {length} characters is longer than any name");
        let help = format!("keys have at most {LONGEST} characters");
        return Some(Finding::new(Code::BadName, span, message).help(help));
    }
    None
}
