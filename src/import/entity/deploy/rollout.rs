//! How a job waits for what it changed.

use super::Deployment;
use super::access::VALUED;
use crate::import::entity::commands::{Line, Options, arguments, is, text};
use crate::pipeline::{Mapping, Value};

/// `rollout` of an environment; nothing if the job does not wait.
pub(super) fn read(deployment: &Deployment) -> Option<Mapping> {
    let mut rollout = Mapping::new();
    let mut undo = false;
    for command in deployment.commands() {
        let waits = arguments(
            command,
            &[&["kubectl", "rollout", "status"], &["kubectl", "wait"]],
        );
        if let Some(options) = waits.and_then(|words| Options::read(words, &VALUED)) {
            rollout.set_if(
                "timeout",
                options
                    .one(&["--timeout"])
                    .filter(|text| !text.contains('$')),
            );
        }
        if let Some(words) = arguments(command, &[&["wait_for_rollout"]]) {
            rollout.set_if("timeout", words.first().and_then(text));
        }
        undo |= is(command, &[&["kubectl", "rollout", "undo"], &["undo_apply"]]);
    }
    if !undo && !rollout.is_empty() {
        rollout.set("undo", Value::Bool(false));
    }
    (!rollout.is_empty()).then_some(rollout)
}

/// Whether a line only waits, or looks.
pub(super) fn is_part(line: &Line) -> bool {
    const PARTS: &[&[&str]] = &[
        &["kubectl", "rollout"],
        &["kubectl", "wait"],
        &["kubectl", "get"],
        &["kubectl", "describe"],
        &["echo"],
        &["true"],
        &["exit"],
        &["["],
    ];
    !line.commands.is_empty() && line.commands.iter().all(|command| is(command, PARTS))
}
