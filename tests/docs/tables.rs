//! From the schema to tables of keys: the same words that editors show.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::page::Page;

/// What the tables are made from.
pub(crate) struct Tables<'s> {
    schema: &'s Value,
    /// Definition -> anchor.
    sections: &'s [(String, String)],
}

/// Entities, which end with the same keys.
const ENTITIES: [&str; 4] = ["Image", "Test", "Environment", "Promotion"];

impl<'s> Tables<'s> {
    /// Everything that the tables of a page need.
    pub(crate) fn new(schema: &'s Value, page: &'s Page) -> Self {
        Self {
            schema,
            sections: &page.sections,
        }
    }

    fn definition(&self, name: &str) -> &'s Value {
        match name {
            "Manifest" => self.schema,
            _ => &self.schema["definitions"][name],
        }
    }

    /// The keys of a definition, also of one with a shorthand.
    fn keys(&self, name: &str) -> &'s Map<String, Value> {
        let definition = self.definition(name);
        let choices = definition["anyOf"].as_array().into_iter().flatten();
        std::iter::once(definition)
            .chain(choices)
            .find_map(|choice| choice["properties"].as_object())
            .unwrap_or_else(|| panic!("{name} has no keys"))
    }

    /// Whether all entities have a key, with the same meaning.
    fn is_common(&self, key: &str, schema: &Value) -> bool {
        ENTITIES
            .iter()
            .all(|entity| self.keys(entity).get(key) == Some(schema))
    }

    /// The table of a definition, or of the `common` keys of entities.
    pub(crate) fn table(&self, name: &str) -> String {
        let mut table = "| key | value | meaning |\n|---|---|---|\n".to_owned();
        let definition = if name == "common" { ENTITIES[0] } else { name };
        let is_entity = ENTITIES.contains(&definition);
        for (key, schema) in self.keys(definition) {
            if schema["deprecated"] == true {
                continue;
            }
            if is_entity && self.is_common(key, schema) != (name == "common") {
                continue;
            }
            let mut meaning = schema["description"]
                .as_str()
                .expect("a description")
                .to_owned();
            for (word, about) in self.words(schema) {
                let _ = write!(meaning, "<br>`{word}`: {about}");
            }
            let row = format!("| `{key}` | {} | {meaning} |", self.kind(schema));
            table += &(escape(&row) + "\n");
        }
        if is_entity && name != "common" {
            table += "\nAnd the [common keys](#common-keys).\n";
        }
        table
    }

    /// The words that a value may be.
    fn words<'v>(&self, schema: &'v Value) -> impl Iterator<Item = (&'v str, &'v str)> + use<'v> {
        let choices = schema["oneOf"].as_array().into_iter().flatten();
        choices
            .filter_map(|choice| Some((choice["const"].as_str()?, choice["description"].as_str()?)))
    }

    /// The type of a value in words.
    fn kind(&self, schema: &Value) -> String {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.reference(reference);
        }
        if schema.get("const").is_some() {
            return match &schema["const"] {
                Value::String(word) => format!("`{word}`"),
                other => format!("`{other}`"),
            };
        }
        let choices = [&schema["anyOf"], &schema["oneOf"]];
        if let Some(choices) = choices.iter().find_map(|choices| choices.as_array()) {
            let mut kinds: Vec<String> = Vec::new();
            for choice in choices.iter().filter(|choice| choice["type"] != "null") {
                let kind = self.kind(choice);
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            let all_words = choices
                .iter()
                .all(|choice| choice["type"] == "null" || choice.get("const").is_some());
            return match (all_words, kinds.as_slice()) {
                (true, _) => kinds.join(", "),
                // One may stand for a list.
                (false, [one, list]) if *list == format!("list of {one}s") => {
                    format!("{one} or {list}")
                }
                _ => kinds.join(", or "),
            };
        }
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().find(|kind| **kind != "null"),
            other => Some(other),
        };
        match types.and_then(Value::as_str) {
            Some("string") => "string".to_owned(),
            Some("boolean") => "`true`, `false`".to_owned(),
            Some("integer") => match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
                (Some(least), Some(most)) => format!("{least} to {most}"),
                _ => "integer".to_owned(),
            },
            Some("array") => {
                let item = self.kind(&schema["items"]);
                let many = if matches!(&*item, "string" | "integer" | "mapping") {
                    "s"
                } else {
                    ""
                };
                format!("list of {item}{many}")
            }
            Some("object") => match &schema["additionalProperties"] {
                free @ Value::Object(_) => format!("name → {}", self.kind(free)),
                _ => "mapping".to_owned(),
            },
            other => panic!("no words for {other:?}: {schema}"),
        }
    }

    /// A link to the table of a definition, after what may stand for it.
    fn reference(&self, reference: &str) -> String {
        let name = reference.rsplit('/').next().expect("a name");
        let section = self.sections.iter().find(|(section, _)| section == name);
        let (_, anchor) = section.unwrap_or_else(|| panic!("no table of {name}"));
        let link = format!("[keys](#{anchor})");
        match self.definition(name)["anyOf"].as_array().map(Vec::as_slice) {
            Some([short, _]) => format!("{}, or {link}", self.kind(short)),
            _ => link,
        }
    }
}

/// A row of a table holds no bar of its own; `<name>` outside of code would be an HTML tag.
fn escape(row: &str) -> String {
    let inner = row.trim_start_matches("| ").trim_end_matches(" |");
    let cells: Vec<String> = inner
        .split(" | ")
        .map(|cell| cell.replace('|', "\\|"))
        .collect();
    assert_eq!(cells.len(), 3, "{row}");
    format!("| {} |", cells.join(" | "))
}
