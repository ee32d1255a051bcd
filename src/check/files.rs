//! Files of the project that the pipeline will want: a warning if they are not there.

use super::Check;
use crate::driver::Deploy;
use crate::finding::{Code, Finding};
use crate::source::Span;

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (key, image) in manifest.images() {
        let context = image.context();
        if context.contains('$') {
            continue;
        }
        if context != "." && !check.files.exists(context) {
            let span = image.context.span().unwrap_or(key.span);
            missing(check, span, "the context", context, "the build would fail");
            continue;
        }
        let dockerfile = image.dockerfile();
        if !dockerfile.contains('$') && !check.files.exists(&dockerfile) {
            let span = image.dockerfile.span().unwrap_or(key.span);
            let what = format!("the Dockerfile of `{}`", key.value);
            missing(
                check,
                span,
                &what,
                &dockerfile,
                "name another one with `dockerfile`",
            );
        }
    }
    if let Some(compose) = manifest.compose.get() {
        for file in compose
            .files
            .get()
            .into_iter()
            .flat_map(|files| files.iter())
        {
            if !check.files.exists(&file.value) {
                missing(
                    check,
                    file.span,
                    "the compose file",
                    &file.value,
                    "tests through compose would fail",
                );
            }
        }
        if compose.files.is_missing()
            && let Some(at) = manifest.compose.span()
            && !check.files.exists("docker-compose.yml")
        {
            missing(
                check,
                at,
                "the compose file",
                "docker-compose.yml",
                "name yours in `compose.files`",
            );
        }
    }
    deployments(check);
}

/// What deployments take from the project.
fn deployments(check: &mut Check<'_>) {
    for (_, environment) in check.manifest.environments() {
        let migrate = environment.migrate.get().and_then(|of| of.file.at());
        let migrate = migrate.map(|path| ("the migration", path));
        let deploy = environment.deploy.get();
        let drivers = deploy.into_iter().flat_map(Deploy::drivers);
        let of_drivers = drivers.flat_map(|driver| driver.value.paths());
        for (what, path) in of_drivers.chain(migrate) {
            if !path.value.contains('$') && !check.files.exists(&path.value) {
                missing(
                    check,
                    path.span,
                    what,
                    &path.value,
                    "the deployment would fail",
                );
            }
        }
    }
}

fn missing(check: &mut Check<'_>, span: Span, what: &str, path: &str, help: &str) {
    if let Some(reason) = check.files.refused(path) {
        let message = format!("{what}, `{path}`, {reason}");
        check
            .report
            .push(Finding::new(Code::BadPath, span, message));
        return;
    }
    let message = format!("{what}, `{path}`, does not exist in this project");
    check
        .report
        .push(Finding::new(Code::MissingFile, span, message).help(help));
}
