//! The JSON Schema of the manifest, for editors: the types' own words, and the limits that the
//! checks know.
//!
//! Always holds: what the compiler takes, the schema takes. The other way round the schema knows
//! only what stands in one place; what names refer to is for the compiler.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::Manifest;
use super::unknown_key::REMOVED;
use crate::driver::Deploy;

/// The schema's name, which stays the same for all of `windlass: 1`: its address at SchemaStore.
const ID: &str = "https://www.schemastore.org/windlass.json";

/// The schema, draft 07, which every editor's YAML support reads.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Manifest>();
    schema.insert("$id".to_owned(), ID.into());
    schema.insert("title".to_owned(), "windlass manifest".into());
    schema.insert("required".to_owned(), json!(["windlass"]));
    let mut schema = schema.to_value();
    drop_formats(&mut schema);
    add_removed(&mut schema);
    for entities in ENTITIES {
        not_null(schema.pointer_mut(&format!("{entities}/additionalProperties")));
    }
    for (pointer, limit) in limits() {
        if let (Some(Value::Object(place)), Value::Object(limit)) =
            (schema.pointer_mut(pointer), limit)
        {
            place.extend(limit);
        }
    }
    schema
}

/// The keys that have no effect any more, which editors then strike out.
fn add_removed(schema: &mut Value) {
    // All of them are keys of the manifest itself.
    if let Some(Value::Object(keys)) = schema.get_mut("properties") {
        for (_, key, since) in REMOVED {
            let description = format!("It has no effect: {since}.");
            let removed = json!({ "description": description, "deprecated": true });
            keys.insert((*key).to_owned(), removed);
        }
    }
}

/// `int64` is a format of schemars' own; editors warn about it.
fn drop_formats(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("format").is_some_and(Value::is_string) {
                object.remove("format");
            }
            object.values_mut().for_each(drop_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_formats),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Mappings whose entries are named, and never null: an entity without keys is `{}`.
const ENTITIES: [&str; 4] = [
    "/properties/images",
    "/properties/environments",
    "/properties/promotions",
    "/properties/refs",
];

/// Takes null out of the choices.
fn not_null(schema: Option<&mut Value>) {
    let choices = schema.and_then(|schema| schema.get_mut("anyOf"));
    if let Some(choices) = choices.and_then(Value::as_array_mut) {
        choices.retain(|choice| *choice != json!({ "type": "null" }));
    }
}

/// Limits by their place in the schema, the same as those in `check`.
fn limits() -> Vec<(&'static str, Value)> {
    let names = json!({
        "propertyNames": { "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$", "not": { "const": "all" } },
    });
    let between = |least: u8, most: u16| json!({ "minimum": least, "maximum": most });
    let mut limits: Vec<_> = ENTITIES
        .iter()
        .map(|place| (*place, names.clone()))
        .collect();
    limits.extend([
        (
            "/properties/windlass",
            json!({ "type": "integer", "const": 1 }),
        ),
        ("/definitions/Retry/anyOf/0", between(0, 2)),
        ("/definitions/Retry/anyOf/1/properties/max", between(0, 2)),
        (
            "/definitions/Retention/anyOf/1/properties/keep_n",
            between(1, 1000),
        ),
        ("/definitions/Parallel/anyOf/0", between(1, 200)),
        (
            "/definitions/Parallel/anyOf/1",
            json!({ "minProperties": 1, "maxProperties": 1 }),
        ),
        (
            "/definitions/Parallel/anyOf/1/properties/copies",
            between(1, 200),
        ),
        (
            "/properties/jobs",
            json!({ "patternProperties": { "^\\.": {} } }),
        ),
        (
            "/definitions/Test/properties/changes",
            json!({ "maxItems": 50 }),
        ),
        (
            "/definitions/Image/properties/changes",
            json!({ "maxItems": 50 }),
        ),
        (
            "/definitions/Environment/properties/changes",
            json!({ "maxItems": 50 }),
        ),
        ("/definitions/Deploy", one_driver()),
    ]);
    limits
}

/// One driver; `script` alone has an image beside it.
fn one_driver() -> Value {
    let keys = Deploy::default().keys_of_drivers();
    let alone = keys.into_iter().filter(|(key, _)| *key != "script");
    let alone = alone.map(|(key, _)| (key.to_owned(), json!({ "maxProperties": 1 })));
    let image = ("image".to_owned(), json!(["script"]));
    let dependencies: serde_json::Map<String, Value> = alone.chain([image]).collect();
    json!({ "maxProperties": 2, "dependencies": dependencies })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_limit_has_its_place() {
        let schema = super::schema();
        for (pointer, limit) in super::limits() {
            let place = schema
                .pointer(pointer)
                .unwrap_or_else(|| panic!("no {pointer}"));
            for (word, value) in limit.as_object().unwrap() {
                assert_eq!(&place[word], value, "{pointer}");
            }
        }
    }
}
