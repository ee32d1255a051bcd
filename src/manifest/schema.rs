//! The JSON Schema of the manifest, for editors: the types' own words.

use schemars::generate::SchemaSettings;

use super::Manifest;

/// The schema, draft 07, which every editor's YAML support reads.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Manifest>();
    schema.insert("title".to_owned(), "windlass manifest".into());
    schema.insert("required".to_owned(), serde_json::json!(["windlass"]));
    schema.to_value()
}
