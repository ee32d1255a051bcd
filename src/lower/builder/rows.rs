//! The variables of a `parallel:matrix` job that builds several images.
//!
//! In: the values that one field of the manifest has for each image. Out: the text that the job says
//! for all of them, and a row of variables for each image. Always holds: with the variables of its row
//! the text is the value of that image; a variable has the name of the field that it comes from.

use crate::gitlab::variables::{Part, parts};
use crate::pipeline::Mapping;

/// What the values are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    /// A key of the manifest.
    Key(&'static str),
    /// A build argument of this name.
    Argument(&'a str),
    /// The name of the image as a variable can hold it: `PHP_CI`.
    UpperName,
}

/// The variable with the name of an image, as the manifest has it.
const NAME: &str = "BUILD_NAME";

impl Field<'_> {
    /// The key of the manifest.
    fn key(self) -> &'static str {
        match self {
            Self::Key(key) => key,
            Self::Argument(_) => "build_args",
            Self::UpperName => "name",
        }
    }

    /// The variable that is named after it.
    fn variable(self) -> String {
        match self {
            Self::Key("build_options") => "BUILD_OPTION".to_owned(),
            Self::Key(key) => format!("BUILD_{}", key.to_ascii_uppercase()),
            Self::Argument(name) => {
                let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
                let name: String = name.chars().map(letter).collect();
                format!("BUILD_ARG_{name}")
            }
            Self::UpperName => format!("{NAME}_UPPER"),
        }
    }
}

/// The first image that cannot be a row, and the key in which it differs from the first of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lower) struct Unlike {
    pub(in crate::lower) image: usize,
    pub(in crate::lower) key: String,
}

impl Unlike {
    /// An image by its number in the group.
    pub(in crate::lower) fn new(image: usize, key: impl Into<String>) -> Self {
        Self {
            image,
            key: key.into(),
        }
    }
}

/// A variable, and its value for each image.
#[derive(Debug)]
struct Column {
    name: String,
    values: Vec<String>,
    /// Whether any text names it.
    used: bool,
}

/// The rows so far.
#[derive(Debug)]
pub(in crate::lower) struct Rows {
    /// Names that mean something already.
    taken: Mapping,
    columns: Vec<Column>,
    unlike: Option<Unlike>,
}

impl Rows {
    /// Rows for images of these names.
    pub(in crate::lower) fn of(names: &[&str], taken: Mapping) -> Self {
        let mut rows = Self {
            taken,
            columns: Vec::new(),
            unlike: None,
        };
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        rows.add(NAME, names, false);
        rows
    }

    /// A row for each image; or the image that cannot be one.
    pub(in crate::lower) fn done(&self, images: usize) -> Result<Vec<Mapping>, Unlike> {
        if let Some(unlike) = &self.unlike {
            return Err(unlike.clone());
        }
        let row = |number: usize| {
            let used = self.columns.iter().filter(|column| column.used);
            used.filter_map(|column| {
                Some((column.name.clone(), column.values.get(number)?.clone()))
            })
            .collect()
        };
        Ok((0..images).map(row).collect())
    }

    /// Notes an image that cannot be a row.
    pub(in crate::lower) fn differs(&mut self, image: usize, key: &'static str) {
        self.unlike.get_or_insert_with(|| Unlike::new(image, key));
    }

    /// A variable of the job itself that has these values; whether a row can hold them.
    pub(in crate::lower) fn own_variable(&mut self, name: &str, values: Vec<String>) -> bool {
        let plain = values.iter().all(|value| is_plain(value));
        if plain {
            self.columns.push(Column {
                name: name.to_owned(),
                values,
                used: true,
            });
        }
        plain
    }

    /// One text for these values of a field.
    pub(super) fn text<S: AsRef<str>>(&mut self, field: Field<'_>, values: &[S]) -> String {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        let Some(first) = values.first() else {
            return String::new();
        };
        let Some(other) = values.iter().position(|value| value != first) else {
            return (*first).to_owned();
        };
        if let Some(text) = self.word(field, &values) {
            return text;
        }
        // What holds variables has the same ones for all images, and other words between them.
        let all: Vec<Vec<Part<'_>>> = values.iter().map(|value| words(value)).collect();
        let length = all.first().map_or(0, Vec::len);
        let alike = all.iter().all(|own| own.len() == length);
        let text = (0..length).filter(|_| alike).map(|at| {
            let same: Vec<Part<'_>> = all.iter().filter_map(|own| own.get(at).copied()).collect();
            match same.first()? {
                Part::Text(text) | Part::Variable(_, text) if all_equal(&same) => {
                    Some((*text).to_owned())
                }
                _ => {
                    let words = same.iter().map(|part| match part {
                        Part::Text(text) => Some(*text),
                        Part::Variable(..) => None,
                    });
                    self.word(field, &words.collect::<Option<Vec<&str>>>()?)
                }
            }
        });
        match text.collect::<Option<String>>().filter(|_| alike) {
            Some(text) => text,
            None => {
                self.differs(other, field.key());
                (*first).to_owned()
            }
        }
    }

    /// The same for values that a row can hold, or that hold those of another variable.
    fn word(&mut self, field: Field<'_>, values: &[&str]) -> Option<String> {
        let known = self.columns.iter_mut();
        let mut known = known.filter_map(|column| Some((around(&column.values, values)?, column)));
        if let Some((pieces, column)) = known.next() {
            column.used = true;
            return Some(pieces.join(&format!("${{{}}}", column.name)));
        }
        if !values.iter().all(|value| is_plain(value)) {
            return None;
        }
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let name = self.add(&field.variable(), values, true);
        Some(format!("${{{name}}}"))
    }

    /// Adds a variable, under a further name if this one means something already.
    fn add(&mut self, name: &str, values: Vec<String>, used: bool) -> String {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let is_free = |name: &String| {
            let known = self.columns.iter().any(|column| column.name == *name);
            !known && self.taken.get(name).is_none()
        };
        let name = names.find(is_free).unwrap_or_default();
        self.columns.push(Column {
            name: name.clone(),
            values,
            used,
        });
        name
    }
}

/// A text as variables and the words between them; an escaped `$$` is among the variables.
fn words(text: &str) -> Vec<Part<'_>> {
    const ESCAPED: &str = "$$";
    let mut all = Vec::new();
    for part in parts(text) {
        let Part::Text(text) = part else {
            all.push(part);
            continue;
        };
        for (number, word) in text.split(ESCAPED).enumerate() {
            all.extend((number > 0).then_some(Part::Variable("", ESCAPED)));
            all.extend((!word.is_empty()).then_some(Part::Text(word)));
        }
    }
    all
}

/// Whether a row can hold a value: GitLab expands variables in it, and shows it in the job's name.
fn is_plain(value: &str) -> bool {
    !value.contains(|c: char| c == '$' || c.is_control())
}

fn all_equal<T: PartialEq>(items: &[T]) -> bool {
    items.windows(2).all(|pair| pair.first() == pair.last())
}

/// What stands around the words of a variable in each of these values, if it is the same in all of
/// them.
fn around<'v>(words: &[String], values: &[&'v str]) -> Option<Vec<&'v str>> {
    let (word, value) = (words.first()?, values.first()?);
    let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let found = value.match_indices(word.as_str()).map(|(at, _)| at);
    let alone = found.filter(|at| {
        let (before, after) = (value.get(..*at), value.get(at + word.len()..));
        !before.is_some_and(|text| text.ends_with(goes_on))
            && !after.is_some_and(|text| text.starts_with(goes_on))
    });
    let all: Vec<usize> = alone.collect();
    let each = all.iter().map(|at| vec![*at]);
    let mut ways = std::iter::once(all.clone()).chain(each).filter_map(|cuts| {
        let starts = cuts.iter().map(|at| at + word.len());
        let starts = std::iter::once(0).chain(starts);
        let ends = cuts.iter().copied().chain([value.len()]);
        let pieces = starts.zip(ends).map(|(start, end)| value.get(start..end));
        pieces.collect::<Option<Vec<&str>>>()
    });
    ways.find(|pieces| {
        let mut pairs = words.iter().zip(values);
        pieces.len() > 1 && pairs.all(|(word, value)| pieces.join(word) == **value)
    })
}

#[cfg(test)]
mod tests {
    use super::{Field, Mapping, Rows};

    fn rows() -> Rows {
        Rows::of(
            &["web", "api-2"],
            Mapping::from_iter([("BUILD_TARGET", "of the project")]),
        )
    }

    #[test]
    fn a_row_holds_what_differs() {
        let context = Field::Key("context");
        for (values, expected) in [
            (["src", "src"], "src"),
            (["web", "api-2"], "${BUILD_NAME}"),
            (["a/web/b", "a/api-2/b"], "a/${BUILD_NAME}/b"),
            (["$A/web:$B", "$A/api-2:$B"], "$A/${BUILD_NAME}:$B"),
            (["web", "worker"], "${BUILD_CONTEXT}"),
            (["a/x", "b/y"], "${BUILD_CONTEXT}"),
            (["webs", "api-2s"], "${BUILD_CONTEXT}"),
            (["it's a", "\"b\""], "${BUILD_CONTEXT}"),
            (["1-$A-z", "2-$A-z"], "${BUILD_CONTEXT}$A-z"),
            (["$$web", "$$api-2"], "$$${BUILD_NAME}"),
            (
                ["web $$web", "api-2 $$api-2"],
                "${BUILD_NAME} $$${BUILD_NAME}",
            ),
            (["1 $$x", "2 $$x"], "${BUILD_CONTEXT}$$x"),
            (["web/web", "web/api-2"], "web/${BUILD_NAME}"),
        ] {
            let mut rows = rows();
            assert_eq!(rows.text(context, &values), expected);
            assert!(rows.done(2).is_ok(), "{values:?}");
        }
    }

    #[test]
    fn equal_values_have_one_variable_and_other_fields_another() {
        let mut rows = rows();
        let field = Field::Key("target");
        assert_eq!(rows.text(field, &["a", "b"]), "${BUILD_TARGET_2}");
        let argument = Field::Argument("my-port");
        assert_eq!(rows.text(argument, &["1", "2"]), "${BUILD_ARG_my_port}");
        assert_eq!(rows.text(field, &["1", "2"]), "${BUILD_ARG_my_port}");
        let row = |number: &str, target: &str| {
            Mapping::from_iter([("BUILD_TARGET_2", target), ("BUILD_ARG_my_port", number)])
        };
        assert_eq!(rows.done(2), Ok(vec![row("1", "a"), row("2", "b")]));
    }

    #[test]
    fn what_no_row_can_hold_is_refused() {
        for values in [
            ["$A", "$B"],
            ["$A", "a"],
            ["$A-b", "$A"],
            ["a\nb", "c"],
            ["a$-b", "a$-c"],
        ] {
            let mut rows = rows();
            rows.text(Field::Key("tag"), &values);
            let unlike = rows.done(2).unwrap_err();
            assert_eq!(unlike, super::Unlike::new(1, "tag"));
        }
    }
}
