//! Several jobs as one job and rows of variables.
//!
//! In: jobs. Out: a job, and for each of them the variables with which it does the same. Always
//! holds: a value of a row is a plain word; it stands in the script where the shell expands it, in
//! double quotes.

use super::line::{Line, around, is_word, pieces};
use crate::pipeline::{Job, Mapping, Value};

/// The first job that cannot be a row, and the key in which it is another.
pub(super) struct Unlike {
    pub(super) job: usize,
    pub(super) key: String,
}

/// A job whose script says the reference of an image instead of the variable that holds it: no
/// variable can stand inside the name of another one.
pub(super) fn spelled_out(mut job: Job, variable: &str, reference: &str) -> Job {
    for list in [
        &mut job.before_script,
        &mut job.script,
        &mut job.after_script,
    ] {
        for line in list.iter_mut() {
            let Some(text) = line.as_str() else { continue };
            let new = replaced(text, variable, reference);
            if new != text {
                *line = new.into();
            }
        }
    }
    job
}

fn replaced(text: &str, variable: &str, reference: &str) -> String {
    let name = format!("${variable}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(&name) {
        let (before, after) = rest.split_at(at);
        let after = after.get(name.len()..).unwrap_or_default();
        let more = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        out.push_str(before);
        out.push_str(if more { &name } else { reference });
        rest = after;
    }
    out + rest
}

/// One of the lists of commands of a job.
type Lines = fn(&mut Job) -> &mut Vec<Value>;

/// Folds jobs into one.
pub(super) fn fold(
    jobs: &[Job],
    names: &[&str],
    globals: &Mapping,
) -> Result<(Job, Vec<Mapping>), Unlike> {
    let unlike = |job: usize, key: &str| Unlike {
        job,
        key: key.to_owned(),
    };
    let Some(first) = jobs.first() else {
        return Err(unlike(0, "script"));
    };
    for (number, job) in jobs.iter().enumerate() {
        if job.raw.get("parallel").is_some() {
            return Err(unlike(number, "parallel"));
        }
        if let Some(key) = other_key(first, job) {
            return Err(Unlike { job: number, key });
        }
    }
    let mut taken = globals.clone();
    taken.merge(&first.variables);
    let mut rows = Rows {
        taken: &taken,
        columns: Vec::new(),
        names,
    };
    let mut folded = first.clone();
    for (key, value) in first.variables.iter() {
        let mut values = Vec::with_capacity(jobs.len());
        for (number, job) in jobs.iter().enumerate() {
            let own = job.variables.get(key);
            values.push(own.ok_or_else(|| unlike(number, "variables"))?);
        }
        if values.iter().all(|own| own.same(value)) {
            continue;
        }
        let texts: Vec<&str> = values.iter().filter_map(|own| own.as_str()).collect();
        let plain = |text: &&str| !text.contains('$');
        if texts.len() < jobs.len() || !texts.iter().all(plain) {
            return Err(unlike(1, "variables"));
        }
        rows.columns.push((
            key.to_owned(),
            texts.iter().map(|t| (*t).to_owned()).collect(),
        ));
        folded.variables.remove(key);
    }
    let lists: [(&str, Lines); 3] = [
        ("before_script", |job| &mut job.before_script),
        ("script", |job| &mut job.script),
        ("after_script", |job| &mut job.after_script),
    ];
    let mut copies = jobs.to_vec();
    for (key, list) in lists {
        let all: Vec<Vec<Value>> = copies.iter_mut().map(|job| list(job).clone()).collect();
        let length = list(&mut folded).len();
        if let Some(number) = all.iter().position(|one| one.len() != length) {
            return Err(unlike(number, key));
        }
        for (at, line) in list(&mut folded).iter_mut().enumerate() {
            let same: Vec<&Value> = all.iter().filter_map(|one| one.get(at)).collect();
            if same.iter().all(|own| own.same(line)) {
                continue;
            }
            let texts: Vec<&str> = same.iter().filter_map(|own| own.as_str()).collect();
            *line = rows
                .line(&texts)
                .map_err(|number| unlike(number, key))?
                .into();
        }
    }
    let count = jobs.len();
    let row = |number: usize| {
        let cells = rows.columns.iter();
        cells
            .filter_map(|(name, values)| Some((name.clone(), values.get(number)?.clone())))
            .collect()
    };
    Ok((folded, (0..count).map(row).collect()))
}

/// The keys in which jobs of one group may differ.
const FOLDED: [&str; 4] = ["variables", "before_script", "script", "after_script"];

/// A key that is another in two jobs and must not be.
fn other_key(first: &Job, job: &Job) -> Option<String> {
    let (own, other) = (first.to_mapping(), job.to_mapping());
    let keys = own.iter().chain(other.iter()).map(|(key, _)| key);
    let same = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let mut others = keys.filter(|key| match FOLDED.contains(key) {
        // Raw keys replace what was folded.
        true => !same(first.raw.get(key), job.raw.get(key)),
        false => !same(own.get(key), other.get(key)),
    });
    let found = others.next().map(str::to_owned);
    let more = first.variables.len() != job.variables.len();
    found.or_else(|| more.then(|| "variables".to_owned()))
}

/// The variables of the rows so far, and their values.
struct Rows<'n> {
    /// Names that mean something already.
    taken: &'n Mapping,
    columns: Vec<(String, Vec<String>)>,
    /// The images.
    names: &'n [&'n str],
}

impl Rows<'_> {
    /// One text for several, with variables where they differ. `Err`: the number of the text that
    /// differs in more than words.
    fn line(&mut self, texts: &[&str]) -> Result<String, usize> {
        // What the shell does not expand, or only looks like a quote.
        let unread = |text: &str| {
            text.contains("<<")
                || text.starts_with('#')
                || text.contains([' ', '\n']) && {
                    [" #", "\n#"].iter().any(|comment| text.contains(comment))
                }
        };
        if let Some(number) = texts.iter().position(|text| unread(text)) {
            return Err(number);
        }
        let all: Vec<Vec<&str>> = texts.iter().map(|text| pieces(text)).collect();
        let Some(first) = all.first() else {
            return Err(0);
        };
        if let Some(number) = all.iter().position(|own| own.len() != first.len()) {
            return Err(number);
        }
        let mut line = Line::default();
        for (at, piece) in first.iter().enumerate() {
            let same: Vec<&str> = all.iter().filter_map(|own| own.get(at).copied()).collect();
            let other = same.iter().position(|own| own != piece);
            let Some(other) = other else {
                line.push(piece);
                continue;
            };
            let word = same.iter().all(|own| own.starts_with(is_word));
            let (start, end) = around(&same);
            let before = piece.get(..start).unwrap_or_default();
            // Whether the variable would stand inside the name of another one.
            let within = line.text.ends_with("${")
                || line.text.ends_with('$') && !before.contains(['/', '-', '.']);
            let escaped = line.text.ends_with('\\');
            if !word || within || escaped || start == 0 && line.is_command() {
                return Err(other);
            }

            let middles = same
                .iter()
                .filter_map(|own| own.get(start..own.len() - end));
            let middles: Vec<String> = middles.map(str::to_owned).collect();
            let name = self.variable(middles, &line.text);
            line.push(before);
            line.expand(&name);
            line.push(piece.get(piece.len() - end..).unwrap_or_default());
        }
        Ok(line.done())
    }

    /// The variable that has these values; a new one is named after what it is.
    fn variable(&mut self, values: Vec<String>, before: &str) -> String {
        if let Some((name, _)) = self.columns.iter().find(|(_, known)| *known == values) {
            return name.clone();
        }
        let option = before
            .rsplit([' ', '\n'])
            .find(|word| word.starts_with("--"));
        let argument = before.rsplit(['"', ' ', '\n']).next().unwrap_or_default();
        let argument = argument.strip_suffix('=').filter(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        let is = |make: fn(&str) -> String| {
            let names = self.names.iter().map(|name| make(name));
            names
                .zip(&values)
                .all(|(name, value)| name.ends_with(value.as_str()))
        };
        let what: &str = match (option, argument) {
            (_, Some(argument)) => &format!("ARG_{argument}"),
            _ if is(str::to_owned) => "NAME",
            _ if is(crate::manifest::resolved::image_variable) => "NAME_UPPER",
            (Some("--file"), _) => "DOCKERFILE",
            (Some("--target"), _) => "TARGET",
            _ => "VALUE",
        };
        let name = format!("BUILD_{what}");
        let taken = |name: &str| {
            self.taken.get(name).is_some() || self.columns.iter().any(|(known, _)| known == name)
        };
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let name = names.find(|name| !taken(name)).unwrap_or_default();
        self.columns.push((name.clone(), values));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::{Mapping, Rows, replaced};

    fn line(texts: [&str; 2]) -> Option<String> {
        let taken = Mapping::from_iter([("BUILD_VALUE", "")]);
        let mut rows = Rows {
            taken: &taken,
            columns: Vec::new(),
            names: &["web", "worker"],
        };
        rows.line(&texts).ok()
    }

    #[test]
    fn words_become_variables_where_the_shell_expands_them() {
        for (texts, expected) in [
            (
                ["a \"$R/web:1\"", "a \"$R/worker:1\""],
                "a \"$R/${BUILD_NAME}:1\"",
            ),
            (
                ["a --file x", "a --file y/z"],
                "a --file \"${BUILD_DOCKERFILE}\"",
            ),
            (["make web", "make worker"], "make \"${BUILD_NAME}\""),
            (
                ["cp web/*.js .", "cp worker/*.js ."],
                "cp ${BUILD_NAME}/*.js .",
            ),
            (
                ["echo 'a web b'", "echo 'a worker b'"],
                "echo 'a '\"${BUILD_NAME}\"' b'",
            ),
            (["a \"b web\"", "a \"b worker\""], "a \"b ${BUILD_NAME}\""),
            (
                ["a \\\n  web x", "a \\\n  worker x"],
                "a \\\n  \"${BUILD_NAME}\" x",
            ),
            (
                ["echo it\\'s web", "echo it\\'s worker"],
                "echo it\\'s \"${BUILD_NAME}\"",
            ),
            (["b -x 1", "b -x 2"], "b -x \"${BUILD_VALUE_2}\""),
            (
                ["b --a \"P=1\"", "b --a \"P=2\""],
                "b --a \"P=${BUILD_ARG_P}\"",
            ),
            (
                ["a ci/x.web.yml", "a ci/x.worker.yml"],
                "a \"ci/x.${BUILD_NAME}.yml\"",
            ),
        ] {
            assert_eq!(line(texts).as_deref(), Some(expected), "{texts:?}");
        }
    }

    #[test]
    fn what_no_variable_can_say_is_refused() {
        for texts in [
            ["make web", "make"],
            ["A=1", "B=1"],
            ["x; if a", "x; while a"],
            ["echo $A", "echo $B"],
            ["echo $A_X", "echo $A_Y"],
            ["echo ${A:?}", "echo ${B:?}"],
            ["cat <<'E'\nweb\nE", "cat <<'E'\nworker\nE"],
            ["a # don't web", "a # don't worker"],
            ["a web", "a b worker"],
            ["a | b", "a ; b"],
            ["a \\n", "a \\t"],
        ] {
            assert_eq!(line(texts), None, "{texts:?}");
        }
    }

    #[test]
    fn a_reference_replaces_its_variable_alone() {
        let text = "$IMAGE_A $IMAGE_AB \"$IMAGE_A\"";
        assert_eq!(
            replaced(text, "IMAGE_A", "r/a:1"),
            "r/a:1 $IMAGE_AB \"r/a:1\""
        );
    }
}
