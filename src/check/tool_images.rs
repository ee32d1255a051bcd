//! `tools`: each image is a reference that a registry can have.

use super::Check;
use super::images::job_image;
use crate::finding::{Code, Finding};
use crate::gitlab::names::image_reference;
use crate::gitlab::variables::filled;

pub(super) fn check(check: &mut Check<'_>) {
    let Some(tools) = check.manifest.tools.get() else {
        return;
    };
    for (key, image) in tools.images() {
        let Some(image) = image.at() else { continue };
        let image = image.clone().map(|text| text);
        if check.manifest.image(&image.value).is_some() {
            let message = format!(
                "`tools.{key}` cannot be `{}`, which this pipeline builds: its jobs would need it before",
                image.value
            );
            let finding = Finding::new(Code::BadName, image.span, message);
            check.report.push(
                finding.help("write a reference with a tag, `registry.example.com/tool:1.2`"),
            );
        } else {
            job_image(check, &image);
        }
    }
    if let Some(prefix) = tools.prefix.at() {
        let known = check.manifest.expanded(None, &prefix.value);
        let image = format!("{}/image:1", filled(&known).trim_end_matches('/'));
        if let Err(why) = image_reference(&image) {
            let message = format!(
                "`{}` cannot be the prefix of an image: the reference {why}",
                prefix.value
            );
            let finding = Finding::new(Code::BadName, prefix.span, message);
            check
                .report
                .push(finding.help("write it like `registry.example.com/mirror`"));
        }
    }
}
