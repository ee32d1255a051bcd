//! What the reader says of a file that GitLab takes: includes that are not read, globs that match no file,
//! and jobs of one name.

use crate::lint::context::Lint;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    for finding in lint.config.remarks() {
        lint.push(finding);
    }
}
