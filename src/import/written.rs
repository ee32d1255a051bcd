//! A manifest with entities, as it is tried and written.
//!
//! In: entities, and the pieces of the pipeline that stay. Out: its text, and where each entity stands in
//! it. Always holds: a block that is left out is one whose place an entity takes, or that nothing uses.

use std::collections::BTreeSet;
use std::ops::Range;

use super::blocks::Block;
use super::comments;
use super::entity::{Collection, Sets};
use super::sections::{Among, Parts, indented};
use crate::diff::{Effect, Kind as EffectKind};
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Mapping, Value};
use crate::render;
use crate::shown::code;

/// The manifest.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    /// The entities.
    pub(super) entities: Vec<Entity>,
    /// Keys at the top that entities want.
    pub(super) settings: Mapping,
    /// `defaults`
    pub(super) defaults: Mapping,
    /// The keys of the pipeline that are not written.
    pub(super) left_out: BTreeSet<String>,
    /// Keys of `default` that no job takes over.
    pub(super) default_gone: BTreeSet<String>,
    /// What it ends with.
    pub(super) accept: String,
}

/// An entity.
#[derive(Debug, Clone)]
pub(super) struct Entity {
    /// Where it stands.
    pub(super) collection: Collection,
    /// Its key there.
    pub(super) name: String,
    /// Its keys.
    pub(super) keys: Mapping,
    /// The jobs whose place it takes.
    pub(super) takes: Vec<String>,
    /// The draft that it comes from.
    pub(super) draft: usize,
}

/// The text of a manifest.
pub(super) struct Text {
    /// The text.
    pub(super) text: String,
    /// Where the entities are, in their order.
    places: Vec<Range<usize>>,
}

impl Text {
    /// The entity at a place.
    pub(super) fn entity(&self, at: usize) -> Option<usize> {
        self.places.iter().position(|place| place.contains(&at))
    }
}

impl Written {
    /// The text; `None` if a value cannot be written.
    pub(super) fn text(&self, parts: &Parts<'_>, sets: &Sets) -> Option<Text> {
        let mut out = String::new();
        let mut top = self.settings.clone();
        let refs = sets.used(&self.refs());
        if !refs.is_empty() {
            top.set("refs", refs);
        }
        if !self.defaults.is_empty() {
            top.set("defaults", self.defaults.clone());
        }
        let loose = self.loose(parts);
        // What hidden jobs say of several entities is said of the defaults.
        let (shared, other) = match self.defaults.is_empty() {
            true => (String::new(), loose),
            false => (loose, String::new()),
        };
        for (key, value) in top.iter() {
            let one = Mapping::from_iter([(key, value.clone())]);
            out.push('\n');
            if key == "defaults" {
                out.push_str(&shared);
            }
            out.push_str(&render::mapping(&one).ok()?);
        }
        let mut places = vec![0..0; self.entities.len()];
        for collection in Collection::ALL {
            let (mut first, mut before) = (true, false);
            for (at, entity) in self.entities.iter().enumerate() {
                if entity.collection != collection {
                    continue;
                }
                if first {
                    out.push_str(&format!("\n{}:\n", collection.as_str()));
                }
                let comments = self.comments(entity, parts);
                let one = Mapping::from_iter([(entity.name.as_str(), entity.keys.clone())]);
                let one = render::mapping(&one).ok()?;
                // What is longer than a line stands apart.
                let long = one.lines().count() > 1 || !comments.is_empty();
                if !first && (long || before) {
                    out.push('\n');
                }
                (first, before) = (false, long);
                indented(&comments, 2, &mut out);
                let start = out.len();
                indented(&one, 2, &mut out);
                if let Some(place) = places.get_mut(at) {
                    *place = start..out.len();
                }
            }
        }
        let among = Among {
            entities: &out,
            comments: &other,
            left_out: self.left_out.clone(),
            variables: self.image_variables(),
            defaults: self.default_gone.clone(),
        };
        let mut text = parts.with(&among);
        let begins = text.find(&out).unwrap_or(0);
        for place in &mut places {
            *place = place.start + begins..place.end + begins;
        }
        text.push_str(&self.accept);
        Some(Text { text, places })
    }

    /// The draft of the image whose variable an effect is about.
    pub(super) fn image_of(&self, effect: &Effect) -> Option<usize> {
        let is_variable = |entity: &&Entity| {
            let variable = code(&image_variable(&entity.name));
            entity.collection == Collection::Images && effect.text.contains(&variable)
        };
        let about = effect.kind == EffectKind::Variables;
        let image = self.entities.iter().find(is_variable).filter(|_| about);
        image.map(|entity| entity.draft)
    }

    /// The variables that come with the images.
    fn image_variables(&self) -> BTreeSet<String> {
        let images = self
            .entities
            .iter()
            .filter(|entity| entity.collection == Collection::Images);
        images.map(|entity| image_variable(&entity.name)).collect()
    }

    /// The names of ref sets that anything uses.
    fn refs(&self) -> Vec<String> {
        fn named(value: Option<&Value>, out: &mut Vec<String>) {
            match value {
                Some(Value::Str(name)) => out.push(name.clone()),
                Some(Value::Seq(items)) => items.iter().for_each(|item| named(Some(item), out)),
                _ => {}
            }
        }
        let mut out = Vec::new();
        named(self.defaults.get("refs"), &mut out);
        let own = self.entities.iter().map(|entity| &entity.keys);
        let defaults = self.defaults.iter().filter_map(|(_, value)| match value {
            Value::Map(map) => Some(map),
            _ => None,
        });
        for keys in own.chain(defaults) {
            named(keys.get("refs"), &mut out);
            for part in ["retention", "stop"] {
                if let Some(Value::Map(within)) = keys.get(part) {
                    named(within.get("refs"), &mut out);
                }
            }
        }
        out
    }

    /// The comments of what an entity takes the place of: its jobs, the hidden jobs that only they extend, and
    /// the variable that names its image.
    fn comments(&self, entity: &Entity, parts: &Parts<'_>) -> String {
        let mut out = String::new();
        if entity.collection == Collection::Images {
            let variable = image_variable(&entity.name);
            let children = parts.block("variables").into_iter();
            let mut children = children.flat_map(|block| &block.children);
            let child = children.find(|child| child.key == variable);
            out.extend(child.map(|child| comments::lines(&child.comments)));
        }
        for block in &parts.file.blocks {
            let is_own = entity.takes.contains(&block.key);
            let is_base = || {
                let mut users = self.users(&block.key, parts);
                users.next().is_some_and(|one| one.draft == entity.draft) && users.next().is_none()
            };
            let is_loose = !parts.file.is_generated && self.is_loose(&block.key);
            if is_own || (is_loose && is_base()) {
                out.push_str(&without_headings(&block.all_comments(), parts));
            }
        }
        out
    }

    /// The comments of what is not written and belongs to no entity alone: hidden jobs, and a `default` of
    /// which nothing is left.
    fn loose(&self, parts: &Parts<'_>) -> String {
        let blocks = parts.file.blocks.iter();
        let blocks = blocks.filter(|_| !parts.file.is_generated);
        let loose = blocks.filter(|block| {
            let is_hidden = self.is_loose(&block.key) && self.users(&block.key, parts).count() != 1;
            is_hidden || (block.key == "default" && self.has_no_default(parts))
        });
        let all = loose.map(|block| without_headings(&block.all_comments(), parts));
        all.collect()
    }

    /// Whether entities say all that `default` said.
    fn has_no_default(&self, parts: &Parts<'_>) -> bool {
        let default = parts.map.get("default").and_then(|node| node.as_map());
        default.is_some_and(|keys| {
            let mut keys = keys.iter().map(|(key, _)| key);
            keys.all(|key| self.default_gone.contains(&*key.text))
        })
    }

    /// Whether a key stands for a hidden job that is not written.
    fn is_loose(&self, key: &str) -> bool {
        let taken = || {
            self.entities
                .iter()
                .any(|one| one.takes.iter().any(|job| job == key))
        };
        key.starts_with('.') && self.left_out.contains(key) && !taken()
    }

    /// The entities whose jobs extend a hidden job.
    fn users<'w>(
        &'w self,
        hidden: &'w str,
        parts: &'w Parts<'_>,
    ) -> impl Iterator<Item = &'w Entity> {
        let extends = move |job: &String| parts.extended(job).contains(hidden);
        let entities = self.entities.iter();
        entities.filter(move |entity| entity.takes.iter().any(extends))
    }
}

/// Comments without those by which a generated file tells its parts apart.
fn without_headings(comments: &str, parts: &Parts<'_>) -> String {
    let lines = comments.split_inclusive('\n');
    let own = |line: &&str| !parts.file.is_generated || !comments::is_heading(line.trim());
    lines.filter(own).collect()
}

/// Blocks that stay and have aliases of blocks that go: the positions of the latter.
pub(super) fn needed(blocks: &[Block], left_out: &BTreeSet<String>) -> BTreeSet<String> {
    let stays = blocks.iter().filter(|block| !left_out.contains(&block.key));
    let needs = stays.flat_map(|block| &block.needs);
    let needed = needs.filter_map(|at| Some(blocks.get(*at)?.key.clone()));
    needed.filter(|key| left_out.contains(key)).collect()
}

/// Adds settings that are not there yet.
pub(super) fn add(settings: &mut Mapping, more: &Mapping) {
    for (key, value) in more.iter() {
        match (settings.get(key), value) {
            (None, value) => settings.set(key, value.clone()),
            (Some(Value::Map(own)), Value::Map(more)) => {
                let mut own = own.clone();
                add(&mut own, more);
                settings.set(key, own);
            }
            _ => {}
        }
    }
}
