//! The driver `helm`: `helm upgrade --install`, which waits for the release and takes it back if it
//! fails. Helm 3 and 4.

pub(crate) mod options;

use super::{Driver, Keys, Reach, Release, Within, missing};
use crate::check::entities::variable_values;
use crate::finding::{Code, Finding, Report};
use crate::gitlab::variables::names;
use crate::lower::deploy::cluster::Client;
use crate::lower::deploy::{Change, Undo, rollout};
use crate::lower::tools::Tool;
use crate::lower::{Lowering, digest_variable, own_folder, quoted, word};
use crate::manifest::collection::{List, Map};
use crate::manifest::common::Variable;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName};
use crate::manifest::record::record;
use crate::manifest::words::{Row, Text as Reads};
use crate::mutant::{self, Mutant};
use crate::pipeline::{Handed, Uses, Value};
use crate::source::{At, Span};

record! {
    /// A chart for `helm upgrade --install`.
    Helm {
        /// The chart: a folder of the project or a reference.
        chart: Text,
        /// Name of the release, cut to the 53 characters that Helm allows.
        release: Text,
        /// Value files.
        values: List<ProjectPath>,
        /// Single values, always strings. `{tag_of: IMAGE}` and similar take them from an image.
        set: Map<Variable>,
        /// Further arguments of the command.
        options: List<Text>,
    }
}

/// How long the name of a release may be: Helm's own limit, which leaves room for what charts
/// append (Helm 2 to 4).
const LONGEST_RELEASE: usize = 53;

/// Helm reads `\`, `,` and, at its beginning, `{` in the values of `--set-string` (strvals of Helm
/// 3.8 and 4.1).
const ESCAPED: [char; 3] = ['\\', ',', '{'];

/// What undoes a failed release, where the image does not tell the version of Helm.
const ASK_VERSION: &str = "# Helm 4 renamed --atomic.\n\
    case $(helm version --short) in v3.*) undo=--atomic ;; *) undo=--rollback-on-failure ;; esac\n";

/// The major version of Helm in the job's image, if its name tells: `alpine/k8s`, from whatever registry,
/// has Helm 3 up to 1.34 and Helm 4 from 1.35 on (its tags hold the version of kubectl).
fn version(lowering: &Lowering<'_>, environment: &Environment) -> Option<u8> {
    let access = environment.access(lowering.manifest);
    let own = access.image.get().and_then(|image| image.name.get());
    let image = match own {
        Some(own) => own.to_string(),
        None => lowering.tool(Tool::Helm).name,
    };
    version_in(&image)
}

fn version_in(image: &str) -> Option<u8> {
    let (before, tag) = image.split_once("alpine/k8s:1.")?;
    let minor = tag.split(['.', '@', '-']).next()?;
    let minor: u32 = minor.parse().ok()?;
    let whole = before.is_empty() || before.ends_with('/');
    whole.then_some(if minor <= 34 { 3 } else { 4 })
}

/// The name of a release as a word of the shell, and the command that makes it where it depends on
/// variables. Whatever deletes the release must call it by the same name.
fn named(helm: &Helm) -> (Option<Value>, String) {
    let name = helm.release.get().map_or("", String::as_str);
    if name.contains('$') {
        // Nor may it end in a dash or dot, as it might where it is cut.
        let cut = format!(
            "release=$(printf '%.{LONGEST_RELEASE}s' {} | sed 's/[-.]*$//')",
            quoted(name)
        );
        (Some(cut.into()), "\"$release\"".to_owned())
    } else {
        let cut: String = name.chars().take(LONGEST_RELEASE).collect();
        (None, word(cut.trim_end_matches(['-', '.'])))
    }
}

impl Keys for Helm {
    const READERS: &'static [Row] = &[
        (
            &["Helm"],
            &["chart", "release", "values"],
            &[Reads::Operand],
        ),
        (&["Helm"], &["set"], &[Reads::Name, Reads::Word]),
        (&["Helm"], &["options"], &[Reads::Word]),
    ];
}

impl Driver for Helm {
    fn check(&self, span: Span, within: Within<'_>, report: &mut Report) {
        for (is_missing, key, help) in [
            (
                self.chart.is_missing(),
                "chart",
                "name the chart's folder, or a reference such as `oci://registry.example.com/charts/app`",
            ),
            (self.release.is_missing(), "release", "name the release"),
        ] {
            if is_missing {
                missing(report, span, "helm", key, help);
            }
        }
        if let Some(release) = self.release.at()
            && !release.value.contains('$')
            && !is_release(&release.value)
        {
            let message = format!("`{}` is not a release name", release.value);
            let help =
                "lower-case letters, digits, `-` and `.`, with a letter or digit at both ends";
            report.push(Finding::new(Code::BadName, release.span, message).help(help));
        }
        if let Some(set) = self.set.get() {
            variable_values(set, false, report);
        }
        for option in self.options.get().into_iter().flat_map(List::iter) {
            if let Some(finding) = options::refused(&option.value, option.span) {
                report.push(finding);
            }
        }
        let of_manifest = (&within.manifest.variables, true);
        for (variables, everywhere) in [(&within.environment.variables, false), of_manifest] {
            for (name, _) in variables.get().into_iter().flat_map(|all| all.0.iter()) {
                let refused = options::refused_variable(&name.value, name.span, everywhere);
                if let Some(finding) = refused {
                    report.push(finding);
                }
            }
        }
    }

    fn images(&self) -> Vec<&At<Text>> {
        let values = self.set.get().into_iter().flat_map(Map::iter);
        values.flat_map(|(_, value)| value.value.images()).collect()
    }

    fn images_mut(&mut self) -> Vec<&mut At<Text>> {
        let values = self.set.get_mut().into_iter().flat_map(Map::values_mut);
        values.flat_map(|value| value.value.images_mut()).collect()
    }

    fn by_digest(&self) -> Vec<&str> {
        let values = self.set.get().into_iter().flat_map(Map::iter);
        let images = values.filter_map(|(_, value)| value.value.image.get());
        images.map(String::as_str).collect()
    }

    fn substituted(&self) -> Vec<&At<VariableName>> {
        Vec::new()
    }

    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)> {
        let values = self.values.get().into_iter().flat_map(List::iter);
        values.map(|path| ("the values", path)).collect()
    }

    fn arguments(&self) -> Vec<(&At<Text>, &'static str)> {
        let options = self.options.get().into_iter().flat_map(List::iter);
        let help = "use `set`, whose values go by a file";
        options.map(|option| (option, help)).collect()
    }

    fn reach(&self) -> Reach {
        Reach::Cluster(Client::Tools)
    }

    fn waits_for(&self) -> usize {
        // Helm waits for the release as a whole.
        1
    }

    fn stays_in_namespace(&self) -> bool {
        false
    }

    fn release(&self) -> Option<Release<'_>> {
        let name = self.release.at()?;
        let mut delete = Vec::new();
        let required: Vec<String> = names(&name.value)
            .map(|name| format!("\"${{{name}:?}}\""))
            .collect();
        if !required.is_empty() {
            delete.push(Value::from(format!(": {}", required.join(" "))));
        }
        let (cut, release) = named(self);
        delete.extend(cut);
        delete.push(Value::from(format!(
            "helm uninstall {release} --ignore-not-found --wait"
        )));
        Some(Release { name, delete })
    }

    fn list_planned(&self, _: &str) -> Vec<Value> {
        Vec::new()
    }

    fn lower(&self, lowering: &Lowering<'_>, environment: &Environment) -> Change {
        let (cut, release) = named(self);
        let mut change = Change {
            prepare: cut.into_iter().collect(),
            // The first release has nothing to go back to.
            undo: Undo::Command(format!(
                "if helm status {release} | grep -x 'REVISION: 1'; then\n    \
                   helm uninstall {release}\n  \
                 else\n    \
                   helm rollback {release}\n  \
                 fi"
            )),
            ..Change::default()
        };
        let chart = self.chart.get().map(|chart| word(chart));
        // Nobody else deploys meanwhile: only then is a pending release one that nobody works on.
        if lowering.deploys_alone(environment) && !mutant::on(Mutant::HelmStaysPending) {
            change.prepare.push(Value::from(unlock(&release)));
        }
        let mut lines = vec![format!(
            "helm upgrade --install {release} {}",
            chart.unwrap_or_default()
        )];
        for file in self.values.get().into_iter().flat_map(List::iter) {
            lines.push(format!("--values {}", word(&file.value)));
        }
        let set = self.set.get().into_iter().flat_map(Map::iter);
        for (number, (key, variable)) in set.enumerate() {
            let key = word(&key.value);
            match value(lowering, &variable.value, &mut change.uses) {
                Set::Word(word) => lines.push(format!("--set-string {key}={word}")),
                Set::File(text) => {
                    let file = own_folder::file(&format!("value-{}", number + 1));
                    let write = format!("printf '%s' {} > {file}", quoted(&text));
                    change.prepare.push(Value::from(write));
                    change.own_folder = true;
                    lines.push(format!("--set-file {key}={file}"));
                }
            }
        }
        if let Some(options) = self.options.get().filter(|options| !options.0.is_empty()) {
            let options: Vec<String> = options.iter().map(|option| word(&option.value)).collect();
            lines.push(options.join(" "));
        }
        let timeout = rollout::timeout(environment);
        if rollout::undo(environment) {
            let undo = match version(lowering, environment) {
                Some(3) => "--atomic",
                Some(_) => "--rollback-on-failure",
                None => {
                    change.prepare.push(Value::from(ASK_VERSION));
                    "\"$undo\""
                }
            };
            if !mutant::on(Mutant::HelmDoesNotWait) {
                lines.push(format!("{undo} --timeout {timeout}"));
            }
        } else {
            lines.push(format!("--wait --timeout {timeout}"));
        }
        change.commands = vec![match lines.as_slice() {
            [first, second] => format!("{first} {second}"),
            several => several.join(" \\\n  ") + "\n",
        }];
        change
    }
}

/// Helm's rule for the names of releases (Helm 3 and 4); longer ones are cut.
fn is_release(name: &str) -> bool {
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(end)
        && name.ends_with(end)
        && name.chars().all(|c| end(c) || c == '-' || c == '.')
}

/// The command that ends what a canceled job left behind. Helm marks a release as pending while it works
/// on it, and refuses the next upgrade as long as it is (`Upgrade.prepareUpgrade` of Helm 3 and 4). The
/// first revision has nothing to go back to. Others go back to the revision that is deployed: the one
/// before, which is Helm's default (0), may be what failed.
fn unlock(release: &str) -> String {
    let deployed = match mutant::on(Mutant::HelmGoesBackByOne) {
        true => "",
        false => "$3 ~ /^deployed/ { number = $1 }",
    };
    format!(
        "# A deployment that was canceled leaves its release pending, and Helm refuses the next one.\n\
         case $(helm status {release} 2>/dev/null | grep -m 1 '^STATUS: ') in\n  \
           *pending-install) helm uninstall {release} ;;\n  \
           *pending-*)\n    \
             helm rollback {release} \\\n      \
               \"$(helm history {release} |\n        \
               awk -F '\\t' '{deployed} END {{ print number + 0 }}')\" ;;\n\
         esac\n"
    )
}

/// How Helm gets a value.
enum Set {
    /// By a word of the shell, which Helm reads as this string.
    Word(String),
    /// By a file: a variable may be secret, and everybody on the runner can read a command line. Helm
    /// takes the content as it is.
    File(String),
}

fn value(lowering: &Lowering<'_>, variable: &Variable, uses: &mut Uses) -> Set {
    // References of images hold nothing secret, and nothing that Helm reads otherwise.
    if let Some(image) = variable.image.get() {
        return Set::Word(quoted(&lowering.by_digest_or_fail(image, uses)));
    }
    if let Some(image) = variable.digest_of.get() {
        uses.image(image);
        uses.demands.insert(Handed::Digest(image.clone()));
        return Set::Word(quoted(&format!("${{{}:?}}", digest_variable(image))));
    }
    let text = lowering.variable_text(variable).unwrap_or_default();
    if let Some(own) = variable.value.get() {
        lowering.read_text(own, uses);
    }
    if variable.value.get().is_none() || is_plain(&text) {
        return Set::Word(word(&text));
    }
    match text.contains('$') {
        false => Set::Word(word(&escaped(&text))),
        true => Set::File(text),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if ESCAPED.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether a text holds nothing to escape: no such character, and no variables but those of GitLab
/// that never hold one.
fn is_plain(text: &str) -> bool {
    let mut pieces = text.split('$');
    let plain = |text: &str| !text.contains(ESCAPED);
    let first = pieces.next().is_none_or(plain);
    first
        && pieces.all(|piece| {
            let end = piece
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(piece.len());
            let (name, rest) = piece.split_at(end);
            let known = ["_SLUG", "_SHA", "_ID", "_IID"];
            let known = known.iter().any(|end| name.ends_with(end));
            name.starts_with("CI_") && known && plain(rest)
        })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_image_tells_the_version_of_helm() {
        for (image, version) in [
            ("alpine/k8s:1.34.1", Some(3)),
            ("mirror.example.com/alpine/k8s:1.35.0@sha256:aa", Some(4)),
            ("alpine/k8s:latest", None),
            ("my-alpine/k8s:1.34.1", None),
            ("alpine/k8s:1.$MINOR", None),
            ("tools:1", None),
        ] {
            assert_eq!(super::version_in(image), version, "{image}");
        }
    }
}
