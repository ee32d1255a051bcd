//! Comparisons that never hold, and jobs that run nowhere.

use crate::lint::context::Lint;
use crate::plan;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    for finding in plan::impossible(lint.configs, &lint.every, &lint.classes) {
        lint.push(finding);
    }
}
