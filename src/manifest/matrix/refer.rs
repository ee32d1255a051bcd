//! Names that all rows of a matrix share: where one may mean several things it means all rows; where
//! it means one thing it is the row with the same variables.
//!
//! In: a manifest whose matrices are expanded. Out: the same, naming rows. Always holds: what could
//! mean another row than it does is a finding, never a guess.

use super::Rows;
use super::rows::Row;
use crate::finding::{Code, Finding, Report};
use crate::manifest::Manifest;
use crate::manifest::collection::{List, Many, Map};
use crate::manifest::common::{Need, Variable, Variables};
use crate::manifest::kinds::Text;
use crate::manifest::record::Field;
use crate::manifest::tests::{JobImage, Service, Test};
use crate::source::At;

/// Whoever refers: its own row, if it has one.
struct Referrer<'r> {
    rows: &'r Rows,
    row: Option<&'r Row>,
    report: &'r mut Report,
}

impl Rows {
    /// Lets every reference of a manifest name rows.
    pub(in crate::manifest) fn resolve(&self, manifest: &mut Manifest, report: &mut Report) {
        if self.of.is_empty() {
            return;
        }
        let mut whole = Referrer {
            rows: self,
            row: None,
            report,
        };
        whole.variables(&mut manifest.variables);
        for set in values(&mut manifest.refs) {
            whole.variables(&mut set.variables);
        }
        if let Field::Set(docker) = &mut manifest.docker {
            whole.job_image(&mut docker.value.image);
        }
        if let Field::Set(kubernetes) = &mut manifest.kubernetes {
            whole.job_image(&mut kubernetes.value.image);
        }
        if let Field::Set(compose) = &mut manifest.compose {
            whole.texts(&mut compose.value.services);
        }
        for environment in values(&mut manifest.environments) {
            whole.needs(&mut environment.needs);
            whole.variables(&mut environment.variables);
            whole.many(&mut environment.images);
            if let Field::Set(kubernetes) = &mut environment.kubernetes {
                whole.job_image(&mut kubernetes.value.image);
            }
            if let Field::Set(stop) = &mut environment.stop {
                whole.many(&mut stop.value.images);
            }
            let Field::Set(deploy) = &mut environment.deploy else {
                continue;
            };
            whole.job_image(&mut deploy.value.image);
            for driver in deploy.value.drivers_mut() {
                let images = driver.images_mut().into_iter();
                images.for_each(|image| whole.one(image));
            }
        }
        for promotion in values(&mut manifest.promotions) {
            whole.needs(&mut promotion.needs);
            whole.variables(&mut promotion.variables);
            whole.many(&mut promotion.image);
        }
        if let Field::Set(images) = &mut manifest.images {
            for (name, image) in images.value.iter_mut() {
                let mut referrer = self.referrer("images", name, report);
                referrer.needs(&mut image.value.needs);
                referrer.variables(&mut image.value.variables);
                if let Field::Set(arguments) = &mut image.value.build_args {
                    referrer.table(&mut arguments.value);
                }
            }
        }
        self.tests("tests", &mut manifest.tests, report);
        self.tests("tasks", &mut manifest.tasks, report);
    }

    fn tests(&self, section: &'static str, tests: &mut Field<Map<Test>>, report: &mut Report) {
        let Field::Set(tests) = tests else { return };
        for (name, test) in tests.value.iter_mut() {
            let mut referrer = self.referrer(section, name, report);
            referrer.needs(&mut test.value.needs);
            referrer.variables(&mut test.value.variables);
            referrer.job_image(&mut test.value.image);
            let Field::Set(services) = &mut test.value.services else {
                continue;
            };
            for Service {
                name, variables, ..
            } in services.value.0.iter_mut().map(|at| &mut at.value)
            {
                referrer.field(name);
                referrer.variables(variables);
            }
        }
    }

    fn referrer<'r>(
        &'r self,
        section: &'static str,
        name: &str,
        report: &'r mut Report,
    ) -> Referrer<'r> {
        Referrer {
            rows: self,
            row: self.of.get(&(section, name.to_owned())),
            report,
        }
    }
}

/// The values of a mapping.
fn values<T>(field: &mut Field<Map<T>>) -> impl Iterator<Item = &mut T> {
    let map = match field {
        Field::Set(map) => Some(&mut map.value),
        Field::Absent | Field::Null | Field::Invalid => None,
    };
    let values = map.into_iter().flat_map(Map::values_mut);
    values.map(|at| &mut at.value)
}

impl Referrer<'_> {
    /// The rows that a name means here, if it is one that rows share.
    fn meant<'a>(&self, all: &'a [(String, Row)]) -> Vec<&'a str> {
        let agrees = |row: &Row| self.row.is_none_or(|own| own.agrees(row));
        let meant = all.iter().filter(|(_, row)| agrees(row));
        meant.map(|(name, _)| name.as_str()).collect()
    }

    fn field(&mut self, field: &mut Field<Text>) {
        if let Field::Set(name) = field {
            self.one(name);
        }
    }

    /// A name that must mean one image. What means none or several is reported.
    fn one(&mut self, name: &mut At<Text>) {
        let Some(all) = self.rows.images.get(&name.value) else {
            return;
        };
        let meant = self.meant(all);
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        if let ([] | [_, _, ..], [first, ..]) = (meant.as_slice(), names.as_slice()) {
            let (what, help) = match meant.is_empty() {
                true => (
                    "none of them has the variables of this row",
                    "add the row to its matrix",
                ),
                false => ("and one is wanted here", "name one of them"),
            };
            let shown: Vec<&str> = names.iter().take(10).copied().collect();
            let message = format!("`{}` is {} images, {what}", name.value, names.len());
            let finding = Finding::new(Code::MatrixRow, name.span, message);
            let list = format!("{help}: its rows are `{}`", shown.join("`, `"));
            self.report.push(finding.help(list));
            // Nothing more is to be said of this name.
            name.value = (*first).to_owned();
        } else if let [one] = meant.as_slice() {
            name.value = (*one).to_owned();
        }
    }

    /// Names of which each may mean several images.
    fn many(&mut self, field: &mut Field<Many<Text>>) {
        let Field::Set(names) = field else { return };
        let mut out = Vec::new();
        for name in std::mem::take(&mut names.value.0) {
            match self.rows.images.get(&name.value) {
                Some(all) => {
                    let meant = self.meant(all).into_iter();
                    out.extend(meant.map(|row| At::new(row.to_owned(), name.span)));
                }
                None => out.push(name),
            }
        }
        names.value.0 = out;
    }

    /// Jobs to wait for: of a matrix all rows, or those that agree with one's own.
    fn needs(&mut self, field: &mut Field<List<Need>>) {
        let Field::Set(needs) = field else { return };
        let mut out = Vec::new();
        for need in std::mem::take(&mut needs.value.0) {
            let job = need.value.job.at().cloned();
            match job.and_then(|job| Some((self.rows.jobs.get(&job.value)?, job.span))) {
                Some((all, span)) => out.extend(self.meant(all).into_iter().map(|row| {
                    let mut need = need.clone();
                    need.value.job = Field::Set(At::new(row.to_owned(), span));
                    need
                })),
                None => out.push(need),
            }
        }
        needs.value.0 = out;
    }

    fn job_image(&mut self, field: &mut Field<JobImage>) {
        if let Field::Set(image) = field {
            self.field(&mut image.value.name);
        }
    }

    fn texts(&mut self, field: &mut Field<Map<Text>>) {
        let Field::Set(map) = field else { return };
        for name in map.value.values_mut() {
            self.one(name);
        }
    }

    fn variables(&mut self, field: &mut Field<Variables>) {
        if let Field::Set(variables) = field {
            self.table(&mut variables.value);
        }
    }

    fn table(&mut self, variables: &mut Variables) {
        for variable in variables.0.values_mut() {
            self.variable(&mut variable.value);
        }
    }

    fn variable(&mut self, variable: &mut Variable) {
        variable.images_mut().for_each(|image| self.one(image));
    }
}
