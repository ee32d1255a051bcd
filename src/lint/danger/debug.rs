//! No job prints its secrets: debug traces stay off.
//!
//! Facts: `CI_DEBUG_TRACE` prints each command and every variable, masked or not ("Enable debug logging",
//! 18.11); `CI_DEBUG_SERVICES` prints what services say, which may hold secrets.

use std::sync::Arc;

use crate::finding::{Code, Finding};
use crate::lint::context::Lint;

const TRACES: [&str; 2] = ["CI_DEBUG_TRACE", "CI_DEBUG_SERVICES"];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = Arc::clone(&lint.config);
    for (name, variable) in config.all_variables() {
        if TRACES.contains(&name) && matches!(variable.value.as_str(), "true" | "1") {
            let message = format!("`{name}` prints secrets into the log of the job");
            lint.push(
                Finding::new(Code::DebugTrace, variable.place, message)
                    .help("remove it here; give it by hand when you run one pipeline"),
            );
        }
    }
}
