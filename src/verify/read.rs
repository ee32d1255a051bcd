//! What libyaml reads in a text.
//!
//! In: a text. Out: a [`Read`], aliases followed and `<<` not merged. Always holds: no mapping has a key twice. It
//! looks no key up, so that reading a pipeline costs little more than parsing it.

use std::collections::HashSet;
use std::fmt;

use serde::de::{
    Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess as _, Visitor,
};

/// A value that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Read {
    /// YAML's null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Any other number, as Rust prints it.
    Number(String),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Read>),
    /// A mapping, in the order written.
    Mapping(Vec<(Read, Read)>),
    /// A tag and what has it.
    Tagged(Box<(String, Read)>),
}

/// Reads a text.
///
/// # Errors
///
/// Why it is not one YAML document.
pub(super) fn read(text: &str) -> Result<Read, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Read, E> {
        Ok(Read::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Read, E> {
        Ok(Read::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Read, E> {
        Ok(Read::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Read, E> {
        Ok(Read::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Read, E> {
        let number = || Read::Number(value.to_string());
        Ok(i64::try_from(value).map_or_else(|_| number(), Read::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Read, E> {
        Ok(Read::Number(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Read, E> {
        Ok(Read::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Read, E> {
        Ok(Read::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Read, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Read::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Read, A::Error> {
        let mut mapping: Vec<(Read, Read)> = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            mapping.push(entry);
        }
        match twice(&mapping) {
            Some(key) => Err(Error::custom(format!("the key `{key}` stands twice"))),
            None => Ok(Read::Mapping(mapping)),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Read, A::Error> {
        let (tag, value): (String, _) = tagged.variant()?;
        Ok(Read::Tagged(Box::new((tag, value.newtype_variant()?))))
    }
}

/// Mappings up to this size are looked through key by key.
const SMALL: usize = 16;

/// A key that a mapping has twice.
fn twice(entries: &[(Read, Read)]) -> Option<&str> {
    let mut keys = entries
        .iter()
        .enumerate()
        .filter_map(|(at, (key, _))| match key {
            Read::Text(key) => Some((at, key.as_str())),
            _ => None,
        });
    if entries.len() <= SMALL {
        let is_before = |at: usize, key: &str| {
            let mut before = entries.iter().take(at);
            before.any(|(known, _)| matches!(known, Read::Text(known) if known == key))
        };
        return keys
            .find(|(at, key)| is_before(*at, key))
            .map(|(_, key)| key);
    }
    let mut seen = HashSet::with_capacity(entries.len());
    keys.find(|(_, key)| !seen.insert(*key)).map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value() {
        let text = |text: &str| Read::Text(text.to_owned());
        for (yaml, want) in [
            ("", Read::Null),
            ("~", Read::Null),
            ("true", Read::Bool(true)),
            ("-7", Read::Int(-7)),
            (
                "9223372036854775808",
                Read::Number("9223372036854775808".to_owned()),
            ),
            ("1.5", Read::Number("1.5".to_owned())),
            ("'1'", text("1")),
            ("[&a x, *a]", Read::List(vec![text("x"), text("x")])),
            (
                "{1: {a: b}}",
                Read::Mapping(vec![(
                    Read::Int(1),
                    Read::Mapping(vec![(text("a"), text("b"))]),
                )]),
            ),
        ] {
            assert_eq!(read(yaml), Ok(want), "{yaml}");
        }
        let Ok(Read::Tagged(tagged)) = read("!reference [a]") else {
            panic!("no tag");
        };
        assert_eq!(tagged.0.trim_start_matches('!'), "reference");
        assert_eq!(tagged.1, Read::List(vec![text("a")]));
    }

    #[test]
    fn a_key_stands_once() {
        for count in [2, SMALL, SMALL + 1, 100] {
            let keys: String = (0..count).map(|key| format!("k{key}: 1\n")).collect();
            assert!(read(&keys).is_ok(), "{count}");
            for again in [0, count - 1] {
                let error = read(&format!("{keys}k{again}: 2\n")).unwrap_err();
                assert!(
                    error.contains(&format!("`k{again}` stands twice")),
                    "{error}"
                );
            }
        }
    }
}
