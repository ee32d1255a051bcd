//! What is written once and referred to by name: hidden jobs, anchors and aliases.
//!
//! In: a document. Out: a [`Plan`] of everything that is written below the global keys. Always
//! holds: an anchor exists if and only if it is used, its name is unique in the file and one that
//! libyaml reads (`[A-Za-z0-9_-]+`), and its definition stands before its first use. Global keys
//! stand above every definition, so they are written in full.

use std::collections::{BTreeMap, HashMap, HashSet};

use indexmap::IndexMap;

use super::merge::{self, Content, Merges};
use super::{DEEPEST, Reason, RenderError};
use crate::pipeline::{Document, Holder, Shared, Value};

/// Which shared value: two of one identity are equal.
pub(super) type Id<'a> = (&'a Holder, &'a str);

/// Aliases of shared values.
pub(super) type Aliases<'a> = HashMap<Id<'a>, String>;

/// The identity of a shared value.
pub(super) fn id(shared: &Shared) -> Id<'_> {
    (&shared.holder, &shared.key)
}

/// What the file shares, and how.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// The hidden jobs that hold shared values, in order.
    pub(super) holders: Vec<HolderJob<'a>>,
    /// Names and anchors of the bases, by index; `None` if the base is not written.
    pub(super) bases: Vec<Option<HiddenName>>,
    /// The anchors of mappings inside bases that jobs extend.
    pub(super) extended: BTreeMap<(usize, &'a str), String>,
    /// The alias of every shared value that has one.
    pub(super) aliases: Aliases<'a>,
    /// The jobs.
    pub(super) merges: Merges<'a>,
}

/// Under which name a base is written.
#[derive(Debug)]
pub(super) struct HiddenName {
    pub(super) name: String,
    pub(super) anchor: String,
}

/// A hidden job that holds shared values.
#[derive(Debug)]
pub(super) struct HolderJob<'a> {
    /// Its name, with the dot.
    pub(super) name: String,
    /// The holder that the values asked for; several hidden jobs can serve one.
    asked: &'a Holder,
    /// Key and definition, in order.
    pub(super) definitions: Vec<(&'a str, Definition<'a>)>,
}

/// A shared value with its anchor.
#[derive(Debug)]
pub(super) struct Definition<'a> {
    pub(super) anchor: String,
    pub(super) value: &'a Value,
}

/// Plans all of it.
pub(super) fn plan(document: &Document) -> Result<Plan<'_>, RenderError> {
    check(document)?;
    let mut top = Names::default();
    let top_level = document.globals.iter().map(|(key, _)| key);
    let jobs = document.sections.iter().flat_map(|section| &section.jobs);
    for name in top_level.chain(jobs.map(|job| job.name.as_str())) {
        if !top.taken.insert(name.to_owned()) {
            return Err(RenderError::new(name, Reason::SameName));
        }
    }
    let merges = merge::plan(document)?;
    let uses = count(document, &merges)?;

    let mut anchors = Names::default();
    let mut aliases = HashMap::new();
    let mut shared: Vec<&Shared> = uses
        .values()
        .filter(|one| one.count > 1)
        .map(|one| one.shared)
        .collect();
    // A ref set may be named like anything of windlass's own, which keeps its name.
    shared.sort_by_key(|shared| matches!(shared.holder, Holder::Refs(_)));
    let mut bases = Vec::new();
    for (base, used) in document.bases.iter().zip(&merges.used) {
        let written = document.bases.iter().zip(&merges.used);
        let of_kind = written.filter(|(other, used)| **used && other.id.kind == base.id.kind);
        let name = match of_kind.count() {
            0 | 1 => base.id.kind.to_owned(),
            _ => format!("{}-{}", base.id.kind, base.of),
        };
        bases.push(used.then(|| HiddenName {
            name: top.unique(&format!(".{name}")),
            anchor: anchors.anchor(&name),
        }));
    }
    let mut extended = BTreeMap::new();
    for &(base, key) in &merges.extended {
        if let Some(Some(base_name)) = bases.get(base) {
            let anchor = anchors.anchor(&format!("{}-{key}", base_name.anchor));
            extended.insert((base, key), anchor);
        }
    }
    for shared in shared {
        aliases.insert(id(shared), anchors.of_shared(shared));
    }
    let holders = holders(&uses, &aliases, &mut top);
    Ok(Plan {
        holders,
        bases,
        extended,
        aliases,
        merges,
    })
}

/// Refuses what nests too deep before anything else recurses into it.
fn check(document: &Document) -> Result<(), RenderError> {
    let bases = document
        .bases
        .iter()
        .map(|base| (base.id.to_string(), &base.keys));
    let jobs = document.sections.iter().flat_map(|section| &section.jobs);
    let jobs = jobs.map(|job| (job.name.clone(), &job.keys));
    for (key, value) in document.globals.iter() {
        check_depth(value, 1).map_err(|reason| RenderError::new(key, reason))?;
    }
    for (name, keys) in bases.chain(jobs) {
        for (key, value) in keys.iter() {
            check_depth(value, 2).map_err(|reason| RenderError::new(key, reason).below(&name))?;
        }
    }
    Ok(())
}

fn check_depth(value: &Value, depth: usize) -> Result<(), Reason> {
    if depth > DEEPEST {
        return Err(Reason::TooDeep);
    }
    match value {
        Value::Seq(items) => items
            .iter()
            .try_for_each(|item| check_depth(item, depth + 1)),
        Value::Map(map) => map
            .iter()
            .try_for_each(|(_, value)| check_depth(value, depth + 1)),
        Value::Shared(shared) => check_depth(&shared.value, depth + 1),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Reference(_) => {
            Ok(())
        }
    }
}

/// A shared value and how often it is used.
struct Uses<'a> {
    shared: &'a Shared,
    count: usize,
    /// Shared values that its definition uses.
    inner: Vec<Id<'a>>,
}

/// Counts the uses in everything that is written; a definition comes after those it uses itself.
fn count<'a>(
    document: &'a Document,
    merges: &Merges<'a>,
) -> Result<IndexMap<Id<'a>, Uses<'a>>, RenderError> {
    let mut uses = IndexMap::new();
    for (base, used) in document.bases.iter().zip(&merges.used) {
        for (_, value) in base.keys.iter().filter(|_| *used) {
            visit(value, &mut uses, &mut Vec::new())?;
        }
    }
    for field in merges.jobs.iter().flat_map(|merged| &merged.fields) {
        match &field.content {
            Content::Whole(value) => visit(value, &mut uses, &mut Vec::new())?,
            Content::Extending { rest, .. } => {
                for (_, value) in rest {
                    visit(value, &mut uses, &mut Vec::new())?;
                }
            }
        }
    }
    Ok(uses)
}

fn visit<'a>(
    value: &'a Value,
    uses: &mut IndexMap<Id<'a>, Uses<'a>>,
    found: &mut Vec<Id<'a>>,
) -> Result<(), RenderError> {
    let shared = match value {
        Value::Seq(items) => {
            return items.iter().try_for_each(|item| visit(item, uses, found));
        }
        Value::Map(map) => return map.iter().try_for_each(|(_, v)| visit(v, uses, found)),
        Value::Shared(shared) => shared,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Reference(_) => {
            return Ok(());
        }
    };
    let own = id(shared);
    found.push(own);
    let mut inner = Vec::new();
    if !uses.contains_key(&own) {
        // A name directly on another name adds nothing, and YAML has no anchor on an alias.
        visit(shared.value.plain(), uses, &mut inner)?;
    }
    let entry = uses.entry(own).or_insert(Uses {
        shared,
        count: 0,
        inner,
    });
    entry.count += 1;
    if !std::ptr::eq(entry.shared, shared) && !entry.shared.value.same(&shared.value) {
        return Err(RenderError::new(shared.anchor(), Reason::SharedDiffers));
    }
    Ok(())
}

/// Puts the definitions into hidden jobs, those of one holder together where the order allows.
fn holders<'a>(
    uses: &IndexMap<Id<'a>, Uses<'a>>,
    aliases: &Aliases<'a>,
    top: &mut Names,
) -> Vec<HolderJob<'a>> {
    let mut holders: Vec<HolderJob<'a>> = Vec::new();
    // The first hidden job in which a value, or something that uses it, may stand.
    let mut earliest: HashMap<Id<'a>, usize> = HashMap::new();
    for (&own, used) in uses {
        let after = used
            .inner
            .iter()
            .filter_map(|inner| earliest.get(inner).copied())
            .max()
            .unwrap_or(0);
        let Some(anchor) = aliases.get(&own) else {
            earliest.insert(own, after);
            continue;
        };
        let asked = &used.shared.holder;
        let found = holders
            .iter()
            .enumerate()
            .skip(after)
            .find(|(_, holder)| holder.asked == asked)
            .map(|(index, _)| index);
        let index = found.unwrap_or_else(|| {
            holders.push(HolderJob {
                name: top.unique(&format!(".{asked}")),
                asked,
                definitions: Vec::new(),
            });
            holders.len() - 1
        });
        earliest.insert(own, index);
        if let Some(holder) = holders.get_mut(index) {
            let definition = Definition {
                anchor: anchor.clone(),
                value: used.shared.value.plain(),
            };
            holder.definitions.push((&used.shared.key, definition));
        }
    }
    holders
}

/// Names that are given only once.
#[derive(Default)]
struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// The wanted name, or the wanted name with the first free number behind it.
    fn unique(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2_u64;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}-{number}");
            number += 1;
        }
        name
    }

    /// The anchor of a shared value; that of a ref set whose name is taken says that it is one.
    fn of_shared(&mut self, shared: &Shared) -> String {
        let wanted = readable(&shared.anchor());
        match (&shared.holder, self.taken.contains(&wanted)) {
            (Holder::Refs(_), true) => self.anchor(&format!("refs-{wanted}")),
            _ => self.unique(&wanted),
        }
    }

    /// A name that libyaml takes for an anchor.
    fn anchor(&mut self, wanted: &str) -> String {
        self.unique(&readable(wanted))
    }
}

/// A name in characters that libyaml takes for an anchor.
fn readable(wanted: &str) -> String {
    let wanted: String = wanted
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => c,
            _ => '-',
        })
        .collect();
    match wanted.trim_matches('-') {
        "" => "shared".to_owned(),
        wanted => wanted.to_owned(),
    }
}
