//! `$[[ inputs.name[0].key | function ]]`: where it stands in a text, and what it names.
//!
//! Facts: `Interpolation::Template`, `Interpolation::Access` (18.11).

use super::Values;
use crate::config::value::{Node, Value};

pub(super) const OPEN: &str = "$[[";
const CLOSE: &str = "]]";

/// Most names and bytes of an access, and most indexes behind one name.
const NAMES: usize = 5;
const BYTES: usize = 1_024;
const INDEXES: usize = 5;

/// The first block of a text: what is before it, what is in it, what is behind it.
pub(super) fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find(OPEN)?;
        let before = text.get(..start)?;
        let inside = text.get(start + OPEN.len()..)?;
        let (data, after) = inside.split_once(CLOSE)?;
        // A block stands in one line, and is never empty.
        if !data.trim().is_empty() && !data.trim().contains('\n') {
            return Some((before, data.trim(), after));
        }
        from = start + OPEN.len();
    }
}

/// What an access like `inputs.list[1].key` is worth, or why there is nothing.
pub(super) fn access(access: &str, values: &Values) -> Result<Value, String> {
    if access.len() > BYTES {
        return Err(format!("`$[[ ... ]]` has more than {BYTES} bytes"));
    }
    let unknown = |name: &str| format!("there is no `{name}` for `$[[ {access} ]]`");
    let mut names = access.splitn(NAMES, '.');
    if names.next() != Some("inputs") {
        return Err(unknown(access));
    }
    let Some(first) = names.next() else {
        return Err("`$[[ ... ]]` should be like `$[[ inputs.name ]]`".to_owned());
    };
    let (name, indexes) = indexed(first, access)?;
    let value = values.get(name).ok_or_else(|| unknown(name))?;
    let mut value = at(value, &indexes, access)?.clone();
    for segment in names {
        let (name, indexes) = indexed(segment, access)?;
        let Value::Map(map) = &value else {
            return Err(unknown(name));
        };
        let found = map.get(name).ok_or_else(|| unknown(name))?;
        value = at(&found.value, &indexes, access)?.clone();
    }
    Ok(value)
}

/// Whether a block asks for an input that the file itself does not declare.
pub(super) fn is_undeclared(access: &str, values: &Values) -> bool {
    let input = access.strip_prefix("inputs.");
    let name = input.and_then(|input| input.split(['.', '[']).next());
    name.is_some_and(|name| !values.contains_key(name))
}

/// `name[0][1]` as its name and its indexes.
fn indexed<'s>(segment: &'s str, access: &str) -> Result<(&'s str, Vec<usize>), String> {
    let Some(open) = segment.find('[') else {
        return Ok((segment, Vec::new()));
    };
    let wrong = || format!("`$[[ {access} ]]` has an index that is not a whole number in brackets");
    let (name, mut rest) = segment.split_at_checked(open).ok_or_else(wrong)?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) {
        return Err(format!("`$[[ {access} ]]` has an index without a name"));
    }
    let mut indexes = Vec::new();
    while !rest.is_empty() {
        let (index, behind) = rest
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .ok_or_else(wrong)?;
        if !index.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        indexes.push(index.parse().map_err(|_| wrong())?);
        rest = behind;
    }
    if indexes.len() > INDEXES {
        return Err(format!("`$[[ {access} ]]` has more than {INDEXES} indexes"));
    }
    Ok((name, indexes))
}

fn at<'v>(mut value: &'v Value, indexes: &[usize], access: &str) -> Result<&'v Value, String> {
    for index in indexes {
        let Value::Seq(items) = value else {
            return Err(format!("`$[[ {access} ]]` has an index into no list"));
        };
        let item: Option<&Node> = items.get(*index);
        let Some(item) = item else {
            let length = items.len();
            return Err(format!(
                "`$[[ {access} ]]` asks for item {index} of a list of {length}"
            ));
        };
        value = &item.value;
    }
    Ok(value)
}
