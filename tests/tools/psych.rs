//! Ruby's Psych, with the options that GitLab loads a configuration with.

use serde_json::Value as Json;
use windlass::compile::Project;

use super::{examples, folder, pipeline};
use crate::{compiled, ruby};

/// What Psych gets from a committed pipeline.
pub(crate) fn read(example: &str) -> Json {
    let mut read = ruby::read(&[pipeline(example)]);
    assert_eq!(read.len(), 1);
    read.remove(0)
}

#[test]
fn psych_gets_what_was_planned() {
    for example in examples() {
        let root = folder(&example);
        let manifest = std::fs::read_to_string(root.join(compiled::MANIFEST)).unwrap();
        let lowered = compiled::compiled(&manifest, &Project { root })
            .lowered
            .unwrap();
        let document = lowered.pipeline.to_document();
        let mut planned = ruby::mapping(&document.globals);
        for job in document.sections.iter().flat_map(|section| &section.jobs) {
            planned[&job.name] = ruby::mapping(&job.keys);
        }
        let mut read = read(&example);
        read.as_object_mut()
            .unwrap()
            .retain(|key, _| !key.starts_with('.'));
        assert_eq!(read, planned, "{example}");
    }
}

#[test]
fn psych_gets_what_our_own_reading_gives() {
    for example in examples() {
        assert_eq!(
            read(&example),
            compiled::json(&pipeline(&example)),
            "{example}"
        );
    }
}
