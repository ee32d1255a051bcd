//! `only` and `except` as ref sets.

use super::member::{Filter, Member, members, set};
use super::{BUILT_IN, Placed, Sets};
use crate::config::Policy;
use crate::gitlab::expression::Expr;
use crate::import::entity::Improvement;

impl Sets {
    pub(super) fn of_policies(
        &mut self,
        only: Option<&Policy>,
        except: Option<&Policy>,
    ) -> Vec<Placed> {
        let read = |policy: Option<&Policy>| -> Option<(Vec<String>, Vec<Expr>)> {
            let Some(policy) = policy else {
                return Some((Vec::new(), Vec::new()));
            };
            if policy.changes.is_some() || policy.kubernetes {
                return None;
            }
            let refs = policy.refs.iter().flatten();
            let refs = refs.map(|text| text.value.clone()).collect();
            let conditions = policy.variables.iter().flatten();
            Some((refs, conditions.map(|one| one.expr.clone()).collect()))
        };
        let (Some((mut refs, conditions)), Some((mut excepted, never))) =
            (read(only), read(except))
        else {
            return Vec::new();
        };
        if !never.is_empty() {
            return Vec::new();
        }
        if refs.is_empty() {
            refs = vec!["branches".to_owned(), "tags".to_owned()];
        }
        let filter = Filter {
            conditions: Expr::any(conditions).into_iter().collect(),
            ..Filter::default()
        };
        let mut ways = Vec::new();
        // A name in `only` is one of a branch and of a tag; who wrote it meant the branch.
        let no_tags =
            excepted.iter().any(|word| word == "tags") && !refs.iter().any(|word| word == "tags");
        let names = |words: &[String]| words.iter().any(|word| !BUILT_IN.contains(&&**word));
        let plain = !names(&refs) && !names(&excepted);
        if no_tags && !plain {
            excepted.retain(|word| word != "tags");
        }
        for as_tag in [false, true] {
            let exact = match plain {
                true => as_tag,
                false => as_tag != no_tags,
            };
            if !exact && (plain || as_tag || !self.improve) {
                continue;
            }
            let Some(mut except) = Some(Vec::new())
                .filter(|_| excepted.is_empty())
                .or_else(|| {
                    let members = members(&excepted, as_tag)?;
                    self.sets_of(&members, &Filter::default(), &[])
                })
            else {
                return Vec::new();
            };
            except.dedup();
            let Some(members) = members(&refs, as_tag) else {
                return Vec::new();
            };
            if let Some(refs) = self.sets_of(&members, &filter, &except) {
                ways.push(Placed {
                    refs,
                    improves: (!exact).then_some(Improvement::Refs),
                    ..Placed::default()
                });
            }
        }
        ways
    }

    fn sets_of(
        &mut self,
        members: &[Member],
        filter: &Filter,
        except: &[String],
    ) -> Option<Vec<String>> {
        let word = |member: &Member| match member {
            Member::Word(word) => Some((*word).to_owned()),
            _ => None,
        };
        let words: Option<Vec<String>> = members.iter().map(word).collect();
        match words {
            Some(words) if *filter == Filter::default() && except.is_empty() => Some(words),
            _ if *filter == Filter::default() && except.is_empty() => {
                // Words of the language are told beside a set.
                let (words, own): (Vec<_>, Vec<_>) = members
                    .iter()
                    .cloned()
                    .partition(|member| word(member).is_some());
                let mut refs = vec![self.name(set(&own, filter, except)?, None)];
                refs.extend(words.iter().filter_map(word));
                Some(refs)
            }
            _ => Some(vec![self.name(set(members, filter, except)?, None)]),
        }
    }
}
