//! Rules as a person writes them: the shortest that decide the same where pipelines are created.
//!
//! In: the workflow's rules, and those of each job as its ref sets spell them. Out: shorter ones. Always
//! holds: each job is in the pipelines that it was in; no pipeline with a job is created more or less often;
//! of those without a job, no more are admitted than before.
//!
//! The workflow is shortened first: it need not admit refs on which no job runs. The rules of a job then
//! need not say what the workflow says. Where a job's rules or the workflow's are written by hand or may
//! come from an include, each is shortened by itself.

use std::collections::HashMap;

use super::Lowering;
use super::refs::source_is;
use crate::gitlab::expression::{self, Comparison, Expr};
use crate::gitlab::gates;
use crate::pipeline::{Job, Mapping, Provenance, Rule, Union, Value};
use crate::plan::simplify::{Allowed, Line, Table, shortest, size};

/// Keys of GitLab that say where a job runs, or may bring along such.
const OWN_RULES: [&str; 4] = ["rules", "only", "except", "extends"];
/// More conditions than these are not looked at together.
const MOST: usize = 48;
/// So many rules more a workflow may have to admit fewer pipelines without a job.
const MORE_RULES: usize = 2;

/// What a rule brings about, without its condition.
type Lines = Vec<Line<Rule>>;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let pipeline = &lowering.out.pipeline;
    if lowering.target < gates::RULES {
        return;
    }
    let whole = pipeline.include.is_empty() && !pipeline.replaces_workflow_rules();
    let short = whole
        .then(|| short_workflow(&lines(&pipeline.workflow), &pipeline.jobs))
        .flatten();
    if let Some(short) = &short {
        lowering.out.pipeline.workflow = rules(short, Provenance::default());
    }
    shorten_jobs(short.as_deref(), &mut lowering.out.pipeline.jobs);
}

fn lines(rules: &[Rule]) -> Lines {
    rules.iter().map(Line::of).collect()
}

fn rules(lines: &[Line<Rule>], provenance: Provenance) -> Vec<Rule> {
    let rule = |line: &Line<Rule>| {
        let never = || Rule {
            when: Some("never"),
            provenance,
            ..Rule::default()
        };
        Rule {
            condition: line.condition.clone(),
            ..line.outcome.clone().unwrap_or_else(never)
        }
    };
    lines.iter().map(rule).collect()
}

fn conditions(lines: &[Line<Rule>]) -> impl Iterator<Item = &Expr> {
    lines.iter().filter_map(|line| line.condition.as_ref())
}

/// Where jobs may run: one list of rules for all that have the same. `None`: some job may run anywhere.
fn where_jobs_run(jobs: &[Job]) -> Option<Vec<Lines>> {
    let mut all: HashMap<String, Lines> = HashMap::new();
    let mut order = Vec::new();
    for job in jobs.iter().filter(|job| !job.is_hidden()) {
        let own = match OWN_RULES.iter().any(|key| job.raw.get(key).is_some()) {
            true => raw_rules(&job.raw)?,
            false if job.rules.list.is_empty() => return None,
            false => lines(&job.rules.list),
        };
        let key = key(&own);
        all.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            own
        });
        if order.len() > MOST {
            return None;
        }
    }
    let lists = order.iter().filter_map(|key| all.remove(key));
    Some(lists.collect())
}

/// The rules of a job in GitLab's own words, as far as they say where it may run.
fn raw_rules(raw: &Mapping) -> Option<Lines> {
    if OWN_RULES
        .iter()
        .any(|key| *key != "rules" && raw.get(key).is_some())
    {
        return None;
    }
    let Value::Seq(rules) = raw.get("rules")?.plain() else {
        return None;
    };
    let line = |rule: &Value| match rule.plain() {
        Value::Map(rule) => {
            let condition = expression::parse(rule.get("if")?.as_str()?).ok()?;
            let when = rule.get("when").map(Value::plain).and_then(Value::as_str);
            // What else it asks for may leave it out, and then the next rule decides.
            let asks_more = ["changes", "exists"]
                .iter()
                .any(|key| rule.get(key).is_some());
            match when {
                Some("never") if asks_more => Some(None),
                Some("never") => Some(Some(Line {
                    condition: Some(condition),
                    outcome: None,
                })),
                _ => Some(Some(Line {
                    condition: Some(condition),
                    outcome: Some(Rule::default()),
                })),
            }
        }
        _ => None,
    };
    let lines: Option<Vec<_>> = rules.iter().map(line).collect();
    Some(lines?.into_iter().flatten().collect())
}

/// The same for rules that do the same.
fn key(lines: &[Line<Rule>]) -> String {
    let mut key = String::new();
    for line in lines {
        if let Some(condition) = &line.condition {
            key += &condition.to_string();
        }
        key += match &line.outcome {
            None => "\0never",
            Some(outcome) => outcome.when.unwrap_or("\0"),
        };
        if let Some(changes) = line.outcome.as_ref().and_then(|rule| rule.changes.as_ref()) {
            key += &format!("{:?}{:?}", changes.paths, changes.compare_to);
        }
        key.push('\n');
    }
    key
}

/// The workflow that admits every pipeline with a job, and few others.
fn short_workflow(workflow: &[Line<Rule>], jobs: &[Job]) -> Option<Lines> {
    let lists = where_jobs_run(jobs).unwrap_or_else(|| vec![anywhere()]);
    let asked: Vec<&Expr> = lists
        .iter()
        .flat_map(|list| conditions(list))
        .chain(conditions(workflow))
        .collect();
    if asked.len() > MOST {
        return None;
    }
    let table = Table::of(asked.iter().copied())?;
    let mut runs = vec![false; table.situations().len()];
    for list in &lists {
        let decisions = table.decisions(list)?;
        for (runs, decision) in runs.iter_mut().zip(decisions) {
            *runs |= decision.is_some();
        }
    }
    let decisions = table.decisions(workflow)?;
    let allowed: Vec<Allowed<Rule>> = decisions
        .iter()
        .zip(&runs)
        .map(|(decision, runs)| match decision {
            Some(admitted) if !runs => Allowed::AtMost((*admitted).clone()),
            decision => Allowed::Exactly(decision.cloned()),
        })
        .collect();
    let empty = |lines: &[Line<Rule>]| {
        let decisions = table.decisions(lines).into_iter().flatten();
        let all = decisions.zip(&runs);
        all.filter(|(decision, runs)| decision.is_some() && !**runs)
            .count()
    };
    let mut best = shortest(&table, workflow, &allowed);
    let positive = admitting(&lists);
    for _ in 0..MOST {
        let left = empty(&best);
        if left == 0 {
            break;
        }
        let without_source = sources(&asked, &best).map(|lines| {
            let tight = as_narrow(&table, &lines, &allowed);
            shortest(&table, &lines, &tight)
        });
        let of_jobs = replaced(&best, &positive);
        let of_jobs = of_jobs.map(|lines| shortest(&table, &lines, &allowed));
        let narrower = without_source
            .chain(of_jobs)
            .filter(|lines| table.keeps(lines, &allowed) && lines.len() <= best.len() + MORE_RULES)
            .map(|lines| ((empty(&lines), size(&lines)), lines));
        let next = narrower.min_by_key(|(cost, _)| *cost);
        match next.filter(|((empty, _), _)| *empty < left) {
            Some((_, lines)) => best = lines,
            None => break,
        }
    }
    let admits = best.iter().any(|line| line.outcome.is_some());
    (admits && proven(workflow, &best, &lists)).then_some(best)
}

/// What is allowed, where rules that admit less than they may stay so.
fn as_narrow(table: &Table, lines: &[Line<Rule>], allowed: &[Allowed<Rule>]) -> Vec<Allowed<Rule>> {
    let decisions = table.decisions(lines).unwrap_or_default();
    let tight = decisions.iter().zip(allowed);
    tight
        .map(|(decision, allowed)| match (decision, allowed) {
            (None, Allowed::AtMost(_)) => Allowed::Exactly(None),
            (_, allowed) => allowed.clone(),
        })
        .collect()
}

fn anywhere() -> Lines {
    vec![Line {
        condition: None,
        outcome: Some(Rule::default()),
    }]
}

/// The workflow that leaves out each source that conditions ask for.
fn sources<'l>(asked: &[&Expr], best: &'l [Line<Rule>]) -> impl Iterator<Item = Lines> + use<'l> {
    let mut sources: Vec<Expr> = Vec::new();
    asked
        .iter()
        .for_each(|condition| sources_in(condition, &mut sources));
    sources.into_iter().map(|source| {
        let never = Line {
            condition: Some(source),
            outcome: None,
        };
        [never].into_iter().chain(best.iter().cloned()).collect()
    })
}

fn sources_in(condition: &Expr, found: &mut Vec<Expr>) {
    match condition {
        Expr::Any(terms) | Expr::All(terms) => {
            terms.iter().for_each(|term| sources_in(term, found));
        }
        Expr::Compare {
            op: Comparison::Equal | Comparison::NotEqual,
            left,
            right,
        } => {
            if let (Expr::Variable(name), Expr::Text(source)) = (&**left, &**right)
                && name.as_str() == "CI_PIPELINE_SOURCE"
                && let Some(source) = source_is(source.as_str())
                && !found.contains(&source)
            {
                found.push(source);
            }
        }
        _ => {}
    }
}

/// The workflow with the rules of the jobs in the place of each rule of its own.
fn replaced<'l>(
    best: &'l [Line<Rule>],
    positive: &'l [Line<Rule>],
) -> impl Iterator<Item = Lines> + use<'l> {
    let own = best.iter().enumerate();
    let plain = own.filter(|(_, line)| {
        line.outcome
            .as_ref()
            .is_some_and(|rule| rule.variables.is_empty())
    });
    plain.map(move |(at, _)| {
        let before = best.iter().take(at);
        let behind = best.iter().skip(at + 1);
        before.chain(positive).chain(behind).cloned().collect()
    })
}

/// Conditions of which one is true where a job runs.
fn admitting(lists: &[Lines]) -> Lines {
    let mut all = Lines::new();
    for list in lists {
        let mut except: Vec<Expr> = Vec::new();
        for line in list {
            let Some(condition) = &line.condition else {
                continue;
            };
            if line.outcome.is_none() {
                if matches!(condition, Expr::Compare { .. }) {
                    except.push(condition.clone().negated());
                }
                continue;
            }
            let condition = Expr::all([condition.clone()].into_iter().chain(except.clone()));
            let line = Line {
                condition,
                outcome: Some(Rule::default()),
            };
            if !all.contains(&line) {
                all.push(line);
            }
        }
    }
    all
}

/// Whether a shorter workflow admits the same pipelines with jobs, on the classes of both.
fn proven(workflow: &[Line<Rule>], short: &[Line<Rule>], lists: &[Lines]) -> bool {
    let asked = lists.iter().flat_map(|list| conditions(list));
    let asked = asked.chain(conditions(workflow)).chain(conditions(short));
    let same = || -> Option<bool> {
        let table = Table::of(asked)?;
        let (long, short) = (table.decisions(workflow)?, table.decisions(short)?);
        let mut same = long
            .iter()
            .zip(&short)
            .map(|(long, short)| long == short || short.is_none());
        let mut runs = vec![false; long.len()];
        for list in lists {
            for (runs, decision) in runs.iter_mut().zip(table.decisions(list)?) {
                *runs |= decision.is_some();
            }
        }
        let kept = long.iter().zip(&short).zip(runs);
        Some(
            same.all(|same| same)
                && kept
                    .into_iter()
                    .all(|((long, short), runs)| !runs || long == short),
        )
    };
    same() == Some(true)
}

/// What becomes of rules.
#[derive(Clone)]
enum Short {
    /// The workflow says it all.
    Everywhere,
    Rules(Lines),
}

fn shorten_jobs(workflow: Option<&[Line<Rule>]>, jobs: &mut [Job]) {
    let mut known: HashMap<String, Short> = HashMap::new();
    let mut names: HashMap<String, Union> = HashMap::new();
    for job in jobs.iter_mut().filter(|job| !job.rules.list.is_empty()) {
        let long = lines(&job.rules.list);
        let short = known
            .entry(key(&long))
            .or_insert_with(|| short_rules(workflow, &long));
        let own = OWN_RULES.iter().any(|key| job.raw.get(key).is_some());
        let provenance = job.rules.list.first().map(|rule| rule.provenance);
        match short {
            Short::Everywhere if own => {}
            Short::Everywhere => job.rules = Default::default(),
            Short::Rules(lines) => job.rules.list = rules(lines, provenance.unwrap_or_default()),
        }
        // The same rules have the same name.
        if let Some(union) = &mut job.rules.union {
            let first = names.entry(key(&lines(&job.rules.list)));
            *union = first.or_insert_with(|| union.clone()).clone();
        }
    }
}

/// The shortest rules of a job within the pipelines that the workflow admits, if that is known.
fn short_rules(workflow: Option<&[Line<Rule>]>, long: &Lines) -> Short {
    short_within(workflow, long).unwrap_or_else(|| Short::Rules(long.clone()))
}

fn short_within(workflow: Option<&[Line<Rule>]>, long: &Lines) -> Option<Short> {
    if workflow.is_none() && is_plain(long) {
        return None;
    }
    let workflow = workflow.unwrap_or_default();
    let table = Table::of(conditions(workflow).chain(conditions(long)))?;
    let allowed = allowed_within(&table, workflow, long)?;
    let narrowed = long.iter().any(|line| {
        line.outcome
            .as_ref()
            .is_some_and(|rule| rule.changes.is_some())
    });
    if narrowed {
        return Some(Short::Rules(without_dead(&table, long, &allowed)?));
    }
    let everywhere = allowed.iter().all(|allowed| match allowed {
        Allowed::Exactly(decision) => decision.as_ref() == Some(&Rule::default()),
        Allowed::AtMost(_) | Allowed::Anything => true,
    });
    if everywhere && !workflow.is_empty() {
        return Some(Short::Everywhere);
    }
    let short = shortest(&table, long, &allowed);
    let both = conditions(workflow).chain(conditions(long));
    let table = Table::of(both.chain(conditions(&short)))?;
    let allowed = allowed_within(&table, workflow, long)?;
    let some = short.iter().any(|line| line.outcome.is_some());
    (some && table.keeps(&short, &allowed)).then_some(Short::Rules(short))
}

/// What rules may decide in each class: the same, where the workflow admits a pipeline.
fn allowed_within(
    table: &Table,
    workflow: &[Line<Rule>],
    long: &Lines,
) -> Option<Vec<Allowed<Rule>>> {
    let admitted = table.decisions(workflow)?;
    let decisions = table.decisions(long)?.into_iter().zip(admitted);
    let allowed = decisions.map(|(decision, admitted)| match admitted {
        None if !workflow.is_empty() => Allowed::Anything,
        _ => Allowed::Exactly(decision.cloned()),
    });
    Some(allowed.collect())
}

/// Rules without those that match in no pipeline.
fn without_dead(table: &Table, long: &Lines, allowed: &[Allowed<Rule>]) -> Option<Lines> {
    let mut kept = Lines::new();
    for line in long {
        let matches = match &line.condition {
            Some(condition) => table
                .truths(condition)?
                .iter()
                .zip(allowed)
                .any(|(holds, allowed)| *holds && *allowed != Allowed::Anything),
            None => true,
        };
        if matches {
            kept.push(line.clone());
        }
    }
    // A job that is nowhere keeps its rules: without any it would be everywhere.
    kept.iter()
        .any(|line| line.outcome.is_some())
        .then_some(kept)
}

/// Whether each rule compares one variable with a text of its own: nothing of that can be shorter.
fn is_plain(lines: &Lines) -> bool {
    let subject = |line: &Line<Rule>| match line.condition.as_ref()? {
        Expr::Compare {
            op: Comparison::Equal,
            left,
            right,
        } => match (&**left, &**right) {
            (Expr::Variable(name), Expr::Text(_)) => Some(name.as_str().to_owned()),
            _ => None,
        },
        _ => None,
    };
    let mut subjects = lines.iter().map(subject);
    let first = subjects.next().flatten();
    first.is_some() && subjects.all(|subject| subject == first)
}
