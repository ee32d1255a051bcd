//! Drivers of deployments: what each must have, and who names the image of their job.

use super::Check;
use crate::driver::Within;
use crate::finding::{Code, Finding};

pub(super) fn check(check: &mut Check<'_>) {
    for (_, environment) in check.manifest.environments() {
        let Some(deploy) = environment.deploy.get() else {
            continue;
        };
        if let Some(image) = deploy.image.span()
            && deploy.script.is_missing()
        {
            let finding = Finding::new(Code::Exclusive, image, "`image` is only for `script`");
            let help = "the image of other drivers is `kubernetes: {image: ...}`";
            check.report.push(finding.help(help));
        }
        let own = environment.kubernetes.get().and_then(|of| of.image.span());
        if let (Some(image), Some(own)) = (deploy.image.span(), own) {
            let message = "`deploy` and `kubernetes` both name the image of the job";
            let finding = Finding::new(Code::Exclusive, image, message);
            let finding = finding.related(own, "`kubernetes` names it here");
            check.report.push(finding.help("keep one of the two"));
        }
        for driver in deploy.drivers() {
            let manifest = check.manifest;
            let within = Within {
                manifest,
                environment,
            };
            driver.value.check(driver.span, within, check.report);
        }
    }
}
