//! Keys of a job that GitLab's Enterprise Edition alone knows.
//!
//! Facts: `ee/lib/gitlab/ci/config/entry/secret.rb` (`only_one_of_keys`), `dast_configuration.rb` and the
//! editor's JSON schema (18.11). What a provider of secrets takes is not checked: it changes often.

use super::entry::Reader;
use super::shape::{Need::Free, Shape};
use super::value::{Map, Node};
use crate::finding::Code;

/// Where a secret can come from.
const PROVIDERS: [&str; 6] = [
    "vault",
    "azure_key_vault",
    "gcp_secret_manager",
    "aws_secrets_manager",
    "gitlab_secrets_manager",
    "akeyless",
];

const KEYS: &[(&str, Shape)] = &[
    (
        "secrets",
        Shape::Each(&Shape::Map(&[
            ("vault", Shape::TextOr(&Shape::AnyMap), Free),
            ("azure_key_vault", Shape::AnyMap, Free),
            ("gcp_secret_manager", Shape::AnyMap, Free),
            ("aws_secrets_manager", Shape::TextOr(&Shape::AnyMap), Free),
            ("gitlab_secrets_manager", Shape::AnyMap, Free),
            ("akeyless", Shape::AnyMap, Free),
            ("file", Shape::Flag, Free),
            ("token", Shape::Text, Free),
        ])),
    ),
    (
        "dast_configuration",
        Shape::Map(&[
            ("site_profile", Shape::Text, Free),
            ("scanner_profile", Shape::Text, Free),
        ]),
    ),
    ("identity", Shape::Word(&["google_cloud"])),
];

pub(super) fn check(job: &Map, reader: &mut Reader) {
    for (key, shape) in KEYS {
        if let Some(node) = job.given(key) {
            shape.check(node, key, reader);
        }
    }
    let secrets = job.given("secrets").and_then(Node::as_map);
    for (name, entry) in secrets.into_iter().flat_map(Map::iter) {
        let Some(secret) = entry.value.as_map() else {
            continue;
        };
        let count = PROVIDERS.iter().filter(|one| secret.has(one)).count();
        let message = format!(
            "the secret `{}` should have one of {}",
            name.text,
            PROVIDERS.join(", ")
        );
        match count {
            0 => reader.missing(entry.key_place, message),
            1 => {}
            _ => reader.found(Code::Exclusive, entry.key_place, message),
        }
    }
}
