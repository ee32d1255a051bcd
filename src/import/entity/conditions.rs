//! Conditions of jobs as ref sets.
//!
//! In: `rules`, or `only` and `except`, of a job. Out: names of sets, built-in ones or those that
//! [`Sets`] collects, in the ways that may mean the same. Always holds: conditions that are equal have
//! one set; each set has a name of its own.

use indexmap::IndexMap;

use super::View;
use crate::config::{Conditions, Job, Policy, Rule, When};
use crate::gitlab::expression::{Comparison, Expr};
use crate::pipeline::{Mapping, Value};

/// Sets that the language has.
const BUILT_IN: [&str; 5] = [
    "branches",
    "tags",
    "merge_requests",
    "schedules",
    "default_branch",
];

/// The ref sets of a manifest, by name.
#[derive(Debug, Default)]
pub(in crate::import) struct Sets {
    named: IndexMap<String, Mapping>,
    /// Whether conditions may become what their author probably meant.
    improve: bool,
}

/// Where a job runs, and how it starts there.
#[derive(Debug, Clone, Default)]
pub(super) struct Placed {
    /// Names of sets; nothing: wherever everything runs.
    pub(super) refs: Vec<String>,
    /// `when`, where the rules say it.
    pub(super) when: Option<When>,
    /// `allow_failure`, where the rules say it.
    pub(super) allow_failure: Option<bool>,
    /// Paths of which one must have changed.
    pub(super) changes: Vec<String>,
    /// Whether it is not quite the same.
    pub(super) improves: bool,
}

impl Placed {
    /// Sets the keys of an entity: where it runs, then its own, then those of GitLab.
    pub(super) fn set(&self, keys: &mut Mapping, own: &Mapping, raw: &Mapping) {
        let refs: Vec<Value> = self
            .refs
            .iter()
            .map(|name| Value::from(name.as_str()))
            .collect();
        if !refs.is_empty() {
            keys.set("refs", super::one_or_list(refs));
        }
        if !self.changes.is_empty() {
            keys.set(
                "changes",
                Value::list(self.changes.iter().map(String::as_str)),
            );
        }
        for (key, value) in own.iter() {
            keys.set(key, value.clone());
        }
        if let Some(when) = self.when {
            keys.set("when", when.as_str());
        }
        if let Some(allowed) = self.allow_failure {
            keys.set("allow_failure", Value::Bool(allowed));
        }
        if !raw.is_empty() {
            keys.set("job", raw.clone());
        }
    }
}

/// What a condition holds on.
#[derive(Debug, Clone, PartialEq)]
enum Member {
    /// A set of the language.
    Word(&'static str),
    /// Branches of a name or pattern.
    Branch(String),
    /// Tags of a name or pattern.
    Tag(String),
    /// Merge requests from and to branches of a name or pattern.
    Request {
        source: Vec<String>,
        target: Vec<String>,
    },
}

/// What must be true as well.
#[derive(Debug, Clone, Default, PartialEq)]
struct Filter {
    protected: bool,
    sources: Vec<String>,
    conditions: Vec<Expr>,
}

impl Sets {
    /// No sets yet. `improve`: conditions may become what their author probably meant.
    pub(in crate::import) fn new(improve: bool) -> Self {
        Self {
            improve,
            ..Self::default()
        }
    }

    /// The sets that some names need, in the order in which they were found.
    pub(in crate::import) fn used(&self, names: &[String]) -> Mapping {
        let mut used: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut at = 0;
        while let Some(name) = used.get(at).copied() {
            at += 1;
            let Some(set) = self.named.get(name) else {
                continue;
            };
            for key in ["of", "except"] {
                for other in texts(set.get(key)) {
                    if !used.contains(&other) {
                        used.push(other);
                    }
                }
            }
        }
        let sets = self.named.iter();
        let sets = sets.filter(|(name, _)| used.contains(&name.as_str()));
        sets.map(|(name, set)| (name.as_str(), shortest(set)))
            .collect()
    }

    /// Where a job runs, in the ways that may be the same.
    pub(super) fn of(&mut self, view: &View<'_>, job: &Job) -> Vec<Placed> {
        match &job.conditions {
            Conditions::Always => vec![
                placed(&["branches", "tags"]),
                placed(&["branches", "tags", "merge_requests"]),
            ],
            Conditions::Policies { only, except } => {
                self.of_policies(only.as_ref(), except.as_ref())
            }
            Conditions::Rules(rules) => self.of_rules(view, rules, job),
        }
    }

    fn of_rules(&mut self, view: &View<'_>, rules: &[Rule], job: &Job) -> Vec<Placed> {
        let mut rules = rules;
        // What matches no rule does not run, and no rule comes behind these.
        while let Some((last, others)) = rules.split_last()
            && last.when == Some(When::Never)
        {
            rules = others;
        }
        let plain = |rule: &Rule| {
            rule.exists.is_none()
                && rule.start_in.is_none()
                && rule.needs.is_none()
                && rule.interruptible.is_none()
                && rule.variables.is_empty()
        };
        let (never, rest) = rules.split_at(
            rules
                .iter()
                .position(|rule| rule.when != Some(When::Never))
                .unwrap_or(rules.len()),
        );
        let Some(first) = rest.first() else {
            return Vec::new();
        };
        let paths = |rule: &Rule| rule.changes.as_ref().map(|changes| changes.paths.clone());
        let same = |rule: &Rule| {
            (rule.when, rule.allow_failure) == (first.when, first.allow_failure)
                && paths(rule) == paths(first)
        };
        let changes = paths(first);
        if never.iter().any(|rule| rule.changes.is_some()) {
            return Vec::new();
        }
        if !rules.iter().all(plain) || !rest.iter().all(same) {
            return Vec::new();
        }
        let when = first.when.filter(|when| *when != job.when);
        // By a rule a manual job may not fail, if nobody says otherwise.
        let manual = first.when == Some(When::Manual) && first.allow_failure.is_none();
        let allow_failure = first.allow_failure.or(manual.then_some(false));
        let conditions = |rules: &[Rule]| -> Option<Vec<Expr>> {
            let all = rules
                .iter()
                .map(|rule| Some(rule.condition.as_ref()?.expr.clone()));
            all.collect()
        };
        let name = hidden_name(view, job);
        let Some(except) = conditions(never) else {
            return Vec::new();
        };
        let mut excepted = Vec::new();
        for condition in &except {
            let Some(names) = self.named(std::slice::from_ref(condition), &[], None) else {
                return Vec::new();
            };
            for name in names {
                if !excepted.contains(&name) {
                    excepted.push(name);
                }
            }
        }
        let mut ways = Vec::new();
        match conditions(rest) {
            Some(mut conditions) => {
                // windlass asks on the default branch for other changes than on the others.
                let of_branches = Expr::is_set("CI_COMMIT_BRANCH").ok();
                if changes.is_some()
                    && conditions
                        .iter()
                        .any(|one| Some(one) == of_branches.as_ref())
                {
                    conditions.retain(|one| {
                        !matches!(own_member(one), Some(Member::Word("default_branch")))
                    });
                }
                ways.extend(self.named(&conditions, &excepted, name.as_deref()));
            }
            None if rest.len() == 1 => {
                for kinds in [
                    &["branches", "tags"][..],
                    &["branches", "tags", "merge_requests"],
                ] {
                    let of: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
                    ways.push(self.except(of, &excepted, name.as_deref()));
                }
            }
            None => {}
        }
        let ways = ways.into_iter();
        ways.map(|refs| Placed {
            refs,
            when,
            allow_failure,
            changes: changes.clone().unwrap_or_default(),
            improves: false,
        })
        .collect()
    }

    /// Sets, or the one that leaves others out.
    fn except(&mut self, of: Vec<String>, except: &[String], name: Option<&str>) -> Vec<String> {
        if except.is_empty() {
            return of;
        }
        let mut set = Mapping::new();
        set.set("of", Value::list(of.iter().map(String::as_str)));
        set.set("except", Value::list(except.iter().map(String::as_str)));
        vec![self.name(set, name)]
    }

    /// The sets on which one of some conditions is true.
    fn named(
        &mut self,
        conditions: &[Expr],
        except: &[String],
        name: Option<&str>,
    ) -> Option<Vec<String>> {
        let mut groups: Vec<(Filter, Vec<Member>)> = Vec::new();
        for condition in conditions.iter().flat_map(Expr::alternatives) {
            let (members, filter) = member(&condition)?;
            match groups.iter_mut().find(|(other, _)| *other == filter) {
                Some((_, all)) => all.extend(members),
                None => groups.push((filter, members)),
            }
        }
        let alone = groups.len() == 1;
        let mut refs: Vec<String> = Vec::new();
        for (mut filter, members) in groups {
            let others = not_default();
            let topics = Some(&filter.conditions) == others.map(|one| vec![one]).as_ref();
            let of_topics = ["default_branch".to_owned()];
            let except = match topics && except.is_empty() && alone {
                true => {
                    filter.conditions.clear();
                    &of_topics
                }
                false => except,
            };
            let words = members
                .iter()
                .all(|member| matches!(member, Member::Word(_)));
            if words && filter == Filter::default() && except.is_empty() {
                refs.extend(members.iter().filter_map(|member| match member {
                    Member::Word(word) => Some((*word).to_owned()),
                    _ => None,
                }));
                continue;
            }
            let set = set(&members, &filter, except)?;
            refs.push(self.name(set, name.filter(|_| alone)));
        }
        refs.dedup();
        Some(refs)
    }

    fn of_policies(&mut self, only: Option<&Policy>, except: Option<&Policy>) -> Vec<Placed> {
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
                    improves: !exact,
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

    /// The name of a set: that of an equal one, the one that is wished for, or one that tells what it holds.
    fn name(&mut self, set: Mapping, wished: Option<&str>) -> String {
        if let Some((name, _)) = self.named.iter().find(|(_, known)| **known == set) {
            return name.clone();
        }
        let own = wished.map(str::to_owned).unwrap_or_else(|| described(&set));
        let free = |name: &str| {
            !name.is_empty() && !BUILT_IN.contains(&name) && !self.named.contains_key(name)
        };
        let mut name = own.clone();
        let mut number = 2;
        while !free(&name) {
            name = match own.as_str() {
                "" => format!("refs-{number}"),
                own => format!("{own}-{number}"),
            };
            number += 1;
        }
        self.named.insert(name.clone(), set);
        name
    }
}

fn placed(refs: &[&str]) -> Placed {
    Placed {
        refs: refs.iter().map(|name| (*name).to_owned()).collect(),
        ..Placed::default()
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Str(text)) => vec![text],
        Some(Value::Seq(items)) => items
            .iter()
            .filter_map(|item| match item {
                Value::Str(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A set of branches alone is a list.
fn shortest(set: &Mapping) -> Value {
    match set.get("branches") {
        Some(branches) if set.len() == 1 => branches.clone(),
        _ => Value::Map(set.clone()),
    }
}

/// The name of the hidden job that has the rules of a job, as a name of a set.
fn hidden_name(view: &View<'_>, job: &Job) -> Option<String> {
    let own = job.keys.get("rules")?;
    let mut hidden = view.hidden("rules").filter(|(_, rules)| rules.same(own));
    let (name, _) = hidden.next()?;
    let name = slug(name);
    let mut words: Vec<&str> = name.split('-').collect();
    let says_nothing = |word: &str| ["refs", "rules", "rule", "only", "on", "if"].contains(&word);
    while words.len() > 1 && words.first().copied().is_some_and(says_nothing) {
        words.remove(0);
    }
    while words.len() > 1 && words.last().copied().is_some_and(says_nothing) {
        words.pop();
    }
    Some(words.join("-"))
}

/// Letters, digits and single dashes.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            _ if out.is_empty() || out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    out.trim_end_matches('-').chars().take(40).collect()
}

/// What a set holds, as a name.
fn described(set: &Mapping) -> String {
    if texts(set.get("of")) == ["branches"]
        && texts(set.get("except")) == ["default_branch"]
        && set.len() == 2
    {
        return "topics".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let pattern = |text: &str| match text.strip_prefix('/') {
        // The letters of a pattern that say something.
        Some(pattern) => {
            let plain = pattern
                .replace("\\d", "")
                .replace("\\w", "")
                .replace("\\.", "");
            slug(&plain)
        }
        None => slug(text),
    };
    for key in ["branches", "tags", "of"] {
        let names = texts(set.get(key));
        let kind = if key == "tags" { "tag-" } else { "" };
        parts.extend(
            names
                .into_iter()
                .map(|text| format!("{kind}{}", pattern(text))),
        );
    }
    let mut unique: Vec<String> = Vec::new();
    for part in parts {
        let plain = part.strip_prefix("tag-").map(str::to_owned);
        if !unique.contains(&part) && !plain.is_some_and(|plain| unique.contains(&plain)) {
            unique.push(part);
        }
    }
    if set.get("merge_requests").is_some() {
        unique.push("requests".to_owned());
    }
    for (key, word) in [("sources", "from"), ("protected", "protected")] {
        if set.get(key).is_some() {
            let sources = texts(set.get(key));
            unique.push(slug(&format!("{word}-{}", sources.join("-"))));
        }
    }
    let except = texts(set.get("except"));
    if !except.is_empty() {
        unique.push(slug(&format!("without-{}", except.join("-"))));
    }
    if set.get("if").is_some() {
        unique.push("if".to_owned());
    }
    let unique: Vec<&str> = unique.iter().map(|part| part.trim_matches('-')).collect();
    unique
        .join("-")
        .chars()
        .take(40)
        .collect::<String>()
        .trim_matches('-')
        .to_owned()
}

/// The set of some members.
fn set(members: &[Member], filter: &Filter, except: &[String]) -> Option<Mapping> {
    let (mut branches, mut tags, mut of, mut requests) = (Vec::new(), Vec::new(), Vec::new(), None);
    for member in members {
        match member {
            Member::Word(word) => of.push((*word).to_owned()),
            Member::Branch(name) => branches.push(name.clone()),
            Member::Tag(name) => tags.push(name.clone()),
            Member::Request { source, target } => {
                // A set has one kind of merge requests.
                if requests.replace((source, target)).is_some() {
                    return None;
                }
            }
        }
    }
    let mut set = Mapping::new();
    let mut put = |key: &str, names: &[String]| {
        if !names.is_empty() {
            set.set(key, Value::list(names.iter().map(String::as_str)));
        }
    };
    put("branches", &branches);
    put("tags", &tags);
    put("of", &of);
    put("except", except);
    put("sources", &filter.sources);
    if let Some((source, target)) = requests {
        let mut sides = Mapping::new();
        for (key, names) in [("source", source), ("target", target)] {
            if !names.is_empty() {
                sides.set(key, Value::list(names.iter().map(String::as_str)));
            }
        }
        set.set("merge_requests", sides);
    }
    if filter.protected {
        set.set("protected", Value::Bool(true));
    }
    if let Some(condition) = Expr::all(filter.conditions.iter().cloned()) {
        set.set("if", condition.to_string());
    }
    Some(set)
}

/// Words and names of `only`.
fn members(words: &[String], as_tag: bool) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    for word in words {
        if let Some(kind) = BUILT_IN
            .iter()
            .find(|kind| **kind == word && **kind != "default_branch")
        {
            members.push(Member::Word(kind));
            continue;
        }
        let is_word = [
            "pushes",
            "web",
            "api",
            "triggers",
            "pipelines",
            "external",
            "chat",
        ];
        if is_word.contains(&&**word) || word.contains('@') {
            return None;
        }
        members.push(Member::Branch(word.clone()));
        if as_tag {
            members.push(Member::Tag(word.clone()));
        }
    }
    Some(members)
}

/// What one condition without `||` holds on.
fn member(condition: &Expr) -> Option<(Vec<Member>, Filter)> {
    let terms: Vec<&Expr> = match condition {
        Expr::All(terms) => terms.iter().collect(),
        one => vec![one],
    };
    let mut found: Option<Member> = None;
    let mut filter = Filter::default();
    for term in terms {
        match (own_member(term), &mut found) {
            (
                Some(Member::Request { source, target }),
                Some(Member::Request {
                    source: sources,
                    target: targets,
                }),
            ) => {
                sources.extend(source);
                targets.extend(target);
            }
            (Some(Member::Request { source, target }), Some(Member::Word("merge_requests"))) => {
                found = Some(Member::Request { source, target });
            }
            (Some(Member::Word("merge_requests")), Some(Member::Request { .. })) => {}
            (Some(member), None) => found = Some(member),
            _ if is_protected(term) => filter.protected = true,
            _ => match source(term) {
                Some(source) if filter.sources.is_empty() => filter.sources.push(source),
                _ => filter.conditions.push(term.clone()),
            },
        }
    }
    match found {
        Some(member) => Some((vec![member], filter)),
        // Of whatever kind its pipelines are.
        None => Some((vec![Member::Word("branches"), Member::Word("tags")], filter)),
    }
}

/// The sides of a comparison of a variable.
fn comparison(term: &Expr) -> Option<(Comparison, &str, &Expr)> {
    let Expr::Compare { op, left, right } = term else {
        return None;
    };
    match (&**left, &**right) {
        (Expr::Variable(name), value) | (value, Expr::Variable(name))
            if !matches!(value, Expr::Variable(_)) =>
        {
            Some((*op, name.as_str(), value))
        }
        (Expr::Variable(name), value) => Some((*op, name.as_str(), value)),
        _ => None,
    }
}

fn own_member(term: &Expr) -> Option<Member> {
    if let Expr::Variable(name) = term {
        return match name.as_str() {
            "CI_COMMIT_BRANCH" => Some(Member::Word("branches")),
            "CI_COMMIT_TAG" => Some(Member::Word("tags")),
            "CI_MERGE_REQUEST_ID" | "CI_MERGE_REQUEST_IID" => Some(Member::Word("merge_requests")),
            _ => None,
        };
    }
    let (op, name, value) = comparison(term)?;
    let text = match (op, value) {
        (Comparison::Equal, Expr::Text(text)) => text.as_str().to_owned(),
        (Comparison::Match, Expr::Pattern(literal)) => {
            let pattern = literal.pattern();
            format!("/{}/{}", pattern.source(), pattern.flags())
        }
        (Comparison::Equal, Expr::Variable(other))
            if name == "CI_COMMIT_BRANCH" && other.as_str() == "CI_DEFAULT_BRANCH" =>
        {
            return Some(Member::Word("default_branch"));
        }
        (Comparison::NotEqual, Expr::Null) => {
            return own_member(&Expr::is_set(name).ok()?);
        }
        _ => return None,
    };
    match (name, text.as_str()) {
        ("CI_COMMIT_BRANCH", _) => Some(Member::Branch(text)),
        ("CI_COMMIT_TAG", _) => Some(Member::Tag(text)),
        ("CI_PIPELINE_SOURCE", "merge_request_event") => Some(Member::Word("merge_requests")),
        ("CI_PIPELINE_SOURCE", "schedule") => Some(Member::Word("schedules")),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", _) => Some(Member::Request {
            source: vec![text],
            target: Vec::new(),
        }),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", _) => Some(Member::Request {
            source: Vec::new(),
            target: vec![text],
        }),
        _ => None,
    }
}

/// `$CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH`
fn not_default() -> Option<Expr> {
    let (branch, default) = (
        Expr::variable("CI_COMMIT_BRANCH").ok()?,
        Expr::variable("CI_DEFAULT_BRANCH").ok()?,
    );
    Some(Expr::compare(Comparison::NotEqual, branch, default))
}

fn is_protected(term: &Expr) -> bool {
    let Some((Comparison::Equal, "CI_COMMIT_REF_PROTECTED", Expr::Text(text))) = comparison(term)
    else {
        return false;
    };
    text.as_str() == "true"
}

/// The source of pipelines that a term asks for.
fn source(term: &Expr) -> Option<String> {
    match comparison(term)? {
        (Comparison::Equal, "CI_PIPELINE_SOURCE", Expr::Text(text)) => {
            Some(text.as_str().to_owned())
        }
        _ => None,
    }
}
