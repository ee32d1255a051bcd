//! Ref sets that refer to each other: in circles, or to more than a pipeline can hold.
//!
//! Always holds: sets that pass can be written out, in bounded time and text. Nothing here
//! recurses: a manifest may have thousands of sets in one chain.

use std::collections::HashMap;

use super::Check;
use crate::finding::{Code, Finding};
use crate::manifest::collection::{Many, Map};
use crate::manifest::refs::RefSet;
use crate::source::{At, Span};

/// How many conditions one set may be written out to. Each stands in the rules of every job that
/// uses it; people read a dozen.
const MOST: usize = 1_000;

/// How deep sets may refer to each other.
const DEEPEST: usize = 50;

/// What a set is written out to.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// Alternatives, of which one must hold.
    alternatives: usize,
    /// Conditions in all of them.
    conditions: usize,
    /// How deep it refers to others.
    depth: usize,
}

struct Set<'m> {
    key: &'m At<String>,
    set: &'m RefSet,
    /// Numbers of the sets in `of` and `except`, and where they are named.
    others: Vec<(usize, Span)>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

pub(super) fn check(check: &mut Check<'_>, map: &Map<RefSet>) {
    let numbers: HashMap<&str, usize> = map.names().zip(0..).collect();
    let sets: Vec<Set<'_>> = map
        .iter()
        .map(|(key, set)| {
            let fields = [&set.of, &set.except].into_iter();
            let named = fields.filter_map(|field| field.get()).flat_map(Many::iter);
            let number = |name: &At<String>| Some((*numbers.get(name.value.as_str())?, name.span));
            Set {
                key,
                set: &set.value,
                others: named.filter_map(number).collect(),
            }
        })
        .collect();
    let Some(order) = order(check, &sets) else {
        return;
    };
    let mut sizes = vec![Size::default(); sets.len()];
    for number in order {
        let Some(Set { key, set, .. }) = sets.get(number) else {
            continue;
        };
        let size = size(set, |name| {
            let number = numbers.get(name)?;
            sizes.get(*number).copied()
        });
        let what = if size.depth > DEEPEST {
            format!("refers to others more than {DEEPEST} deep")
        } else if size.conditions > MOST {
            format!("is written out to more than {MOST} conditions")
        } else {
            if let Some(slot) = sizes.get_mut(number) {
                *slot = size;
            }
            continue;
        };
        // What refers to it is not reported as well: its own size stays zero.
        let message = format!("the ref set `{}` {what}", key.value);
        let help =
            "use a regular expression, as in `'/^release-/'`, or fewer sets in `of` and `except`";
        let finding = Finding::new(Code::OutOfRange, key.span, message);
        check.report.push(finding.help(help));
    }
}

/// The sets so that each comes after those that it refers to; `None` if there is a circle.
fn order(check: &mut Check<'_>, sets: &[Set<'_>]) -> Option<Vec<usize>> {
    let mut states = vec![State::New; sets.len()];
    let mut order = Vec::with_capacity(sets.len());
    let mut circle = false;
    for start in 0..sets.len() {
        if states.get(start) != Some(&State::New) {
            continue;
        }
        let mut path = vec![(start, 0usize)];
        while let Some((number, next)) = path.last_mut() {
            let (number, at) = (*number, *next);
            *next += 1;
            if let (0, Some(state)) = (at, states.get_mut(number)) {
                *state = State::Open;
            }
            let Some(&(other, span)) = sets.get(number).and_then(|set| set.others.get(at)) else {
                if let Some(state) = states.get_mut(number) {
                    *state = State::Done;
                }
                order.push(number);
                path.pop();
                continue;
            };
            match states.get(other) {
                Some(State::New) => path.push((other, 0)),
                Some(State::Open) => {
                    circle = true;
                    let from = path.iter().position(|(on_path, _)| *on_path == other);
                    let on_path = path
                        .iter()
                        .skip(from.unwrap_or(0))
                        .map(|(number, _)| *number);
                    report(check, sets, &on_path.collect::<Vec<_>>(), span);
                }
                Some(State::Done) | None => {}
            }
        }
    }
    (!circle).then_some(order)
}

/// Reports a circle once, at the name that closes it.
fn report(check: &mut Check<'_>, sets: &[Set<'_>], circle: &[usize], span: Span) {
    let keys: Vec<_> = circle
        .iter()
        .filter_map(|n| sets.get(*n))
        .map(|set| set.key)
        .collect();
    let Some(first) = keys.first() else { return };
    let message = match keys.as_slice() {
        [one] => format!("the ref set `{}` contains itself", one.value),
        several => {
            let names: Vec<&str> = several.iter().map(|key| key.value.as_str()).collect();
            format!(
                "these ref sets contain each other: `{}` -> `{}`",
                names.join("` -> `"),
                first.value
            )
        }
    };
    let finding = Finding::new(Code::CyclicRefs, span, message)
        .related(first.span, "this set")
        .help("take this one out: what two sets share is a third set that both contain");
    check.report.push(finding);
}

/// What a set is written out to, given the sizes of the sets that it refers to.
fn size(set: &RefSet, of: impl Fn(&str) -> Option<Size>) -> Size {
    let one = Size {
        alternatives: 1,
        conditions: 1,
        depth: 0,
    };
    let sum = |field: Option<&Many<String>>| {
        let named = field.into_iter().flat_map(Many::iter);
        // Built-in sets are one condition each.
        named
            .map(|name| of(&name.value).unwrap_or(one))
            .fold(Size::default(), |sum, other| Size {
                alternatives: sum.alternatives.saturating_add(other.alternatives),
                conditions: sum.conditions.saturating_add(other.conditions),
                depth: sum.depth.max(other.depth + 1),
            })
    };
    let (included, left_out) = (sum(set.of.get()), sum(set.except.get()));
    let many = |count: Option<usize>| count.unwrap_or(0);
    let requests = set.merge_requests.get().map_or(0, |requests| {
        1 + many(requests.source.get().map(|list| list.0.len()))
            + many(requests.target.get().map(|list| list.0.len()))
    });
    let own = many(set.branches.get().map(|list| list.0.len()))
        + many(set.tags.get().map(|list| list.0.len()))
        + usize::from(requests > 0);
    let filters = many(set.sources.get().map(|list| list.0.len()))
        + usize::from(set.protected.copied_or(false))
        + usize::from(set.condition.at().is_some());
    let alternatives = included.alternatives.saturating_add(own);
    let beside = left_out.conditions.saturating_add(filters);
    Size {
        alternatives,
        conditions: included
            .conditions
            .saturating_add(own)
            .saturating_add(requests)
            .saturating_add(alternatives.saturating_mul(beside)),
        depth: included.depth.max(left_out.depth),
    }
}
