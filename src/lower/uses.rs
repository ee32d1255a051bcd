//! What the project's own texts use: images by their variables, `$IMAGE_APP`, and digests,
//! `$IMAGE_APP_DIGEST`.
//!
//! In: texts of the manifest, as GitLab or a shell expands them. Out: notes in [`Uses`]. Always
//! holds: generated commands are never read; who writes them notes what they use.

use super::{Lowering, digest_variable};
use crate::gitlab::variables::{Part, names, parts};
use crate::manifest::common::Variable;
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Handed, Mapping, Uses, Value};

impl Lowering<'_> {
    /// The image whose variable this is, and whether it is that of the digest.
    pub(super) fn image_of(&self, variable: &str) -> Option<(&str, bool)> {
        let mut images = self.manifest.images();
        images.find_map(|(key, _)| {
            let name = key.value.as_str();
            let digest = variable == digest_variable(name);
            (digest || variable == image_variable(name)).then_some((name, digest))
        })
    }

    /// The image that a text names by its variable.
    pub(super) fn named_in(&self, text: &str) -> Option<&str> {
        names(text).find_map(|name| Some(self.image_of(name)?.0))
    }

    /// Notes what commands of the project itself use.
    pub(super) fn read_commands(&self, commands: &[Value], uses: &mut Uses) {
        for text in commands.iter().filter_map(Value::as_str) {
            self.read_text(text, uses);
        }
    }

    /// Notes what a text uses that a shell expands.
    pub(crate) fn read_text(&self, text: &str, uses: &mut Uses) {
        for part in parts(text) {
            let Part::Variable(name, written) = part else {
                continue;
            };
            let Some((image, digest)) = self.image_of(name) else {
                continue;
            };
            uses.image(image);
            let of = match written.ends_with(":?}") {
                true => &mut uses.demands,
                false => &mut uses.reads,
            };
            of.extend(digest.then(|| Handed::Digest(image.to_owned())));
        }
    }

    /// Notes which images keys name that the project itself gives.
    pub(super) fn read_keys(&self, raw: &Mapping, uses: &mut Uses) {
        raw.iter()
            .for_each(|(_, value)| self.read_value(value, uses));
    }

    fn read_value(&self, value: &Value, uses: &mut Uses) {
        match value.plain() {
            Value::Str(text) => names(text)
                .filter_map(|name| self.image_of(name))
                .for_each(|(image, _)| uses.image(image)),
            Value::Seq(items) => items.iter().for_each(|item| self.read_value(item, uses)),
            Value::Map(map) => self.read_keys(map, uses),
            _ => {}
        }
    }

    /// Notes what the value of a variable of the job uses.
    pub(super) fn read_variable(&self, name: &str, variable: &Variable, uses: &mut Uses) {
        read_images(variable, uses);
        let by_image = variable.image.get().filter(|name| !self.is_toolchain(name));
        let mut digests: Vec<&str> = by_image
            .or(variable.digest_of.get())
            .map(String::as_str)
            .into_iter()
            .collect();
        if let Some(text) = variable.value.get() {
            for (image, digest) in names(text).filter_map(|name| self.image_of(name)) {
                uses.image(image);
                digests.extend(digest.then_some(image));
            }
        }
        let handed = |image: &str| (name.to_owned(), Handed::Digest(image.to_owned()));
        uses.variables.extend(digests.into_iter().map(handed));
    }
}

/// Notes the images that the manifest derives a value from.
pub(super) fn read_images(variable: &Variable, uses: &mut Uses) {
    for whole in [&variable.image, &variable.digest_of] {
        uses.images.extend(whole.get().map(ToString::to_string));
    }
    for part in [&variable.tag_of, &variable.repository_of] {
        uses.parts.extend(part.get().map(ToString::to_string));
    }
}
