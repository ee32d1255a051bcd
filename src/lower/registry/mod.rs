//! Work on the tags of a registry, by regctl: no daemon and no checkout.
//!
//! In: jobs that delete, move or look at tags. Out: the same jobs with regctl's image, its logins and
//! the shell functions that their commands call. Always holds: a password goes through standard
//! input; where regctl might leave something behind, the right to delete is asked for first.

mod functions;
mod login;
mod retention;

use super::{Lowering, quoted, word};
use crate::gitlab::shell;
use crate::gitlab::variables::names;
use crate::lower::tools::Tool;
use crate::manifest::images::Image;
use crate::manifest::registries::{Access, Credentials};
use crate::manifest::tools::DeleteBy;
use crate::pipeline::{Base, BaseId, Job, Login, Mapping, Uses, Value};

pub(in crate::lower) use functions::{Calls, Function, lower};
pub(in crate::lower) use login::note_login;

/// The hidden job of regctl.
pub(in crate::lower) const BASE: BaseId = BaseId::only("regctl");

/// What a job does with a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Right {
    /// It reads and writes.
    Push,
    /// It deletes.
    Delete,
}

impl<'m> Lowering<'m> {
    /// Gives a job regctl, logged in to the registries of images. `to` is a further registry.
    pub(in crate::lower) fn with_regctl(
        &mut self,
        job: &mut Job,
        images: &[&'m Image],
        right: Right,
        to: Option<Access<'m>>,
    ) {
        let image = self.tool(Tool::Regctl);
        let variables = Mapping::from_iter([("GIT_STRATEGY", "none")]);
        let mut accesses: Vec<Access<'m>> = Vec::new();
        let own = images.iter().map(|image| self.manifest.registry_of(image));
        for access in own.chain(to) {
            if !accesses.iter().any(|known| known.host == access.host) {
                accesses.push(access);
            }
        }
        let logins: Vec<Value> = accesses
            .iter()
            .filter_map(|access| login(access, right, &mut job.uses))
            .collect();
        let gitlab = self.manifest.registry(crate::manifest::registries::GITLAB);
        let shared = login(&gitlab, right, &mut Uses::default());
        let mut keys = Mapping::from_iter([
            ("image", image.to_value()),
            ("variables", variables.clone().into()),
        ]);
        if let Some(shared) = shared.filter(|shared| logins.contains(shared)) {
            keys.set("before_script", Value::Seq(vec![shared]));
        }
        let bases = &mut self.out.pipeline.bases;
        if !bases.iter().any(|base| base.id == BASE) {
            bases.push(Base {
                id: BASE,
                of: String::new(),
                comment: "Tags of the registry, by regctl: no daemon and no checkout.".to_owned(),
                keys,
            });
        }
        job.bases.push(BASE);
        job.image = Some(image);
        let own = std::mem::replace(&mut job.variables, variables);
        job.variables.merge(&own);
        job.before_script.splice(0..0, logins);
    }

    /// Commands that come before the first deletion in the registry of an image.
    pub(in crate::lower) fn before_deletion(&mut self, job: &mut Job, image: &Image) -> Vec<Value> {
        let access = self.manifest.registry_of(image);
        let mut commands = Vec::new();
        // GitLab's registry lets each job delete that may push. Where it knows tags by their name,
        // regctl changes nothing else.
        let by_name = access.delete_by == Some(DeleteBy::Tag);
        let of_job = access.is_gitlab() && access.delete == Some(Credentials::JOB);
        if !(by_name && (of_job || !access.is_gitlab())) {
            commands.push(self.call(job, Function::MayDelete, "").into());
        }
        commands
    }

    /// The command that deletes one tag; other tags of the same image stay.
    pub(in crate::lower) fn deletion_of(&self, reference: &str) -> Value {
        format!("regctl tag delete --ignore-missing {}", quoted(reference)).into()
    }

    /// The command that says which repository the functions are about, and a platform of its images:
    /// what is built for several may lack the runner's.
    pub(in crate::lower) fn in_repository(name: &str, image: &Image) -> Value {
        let first = image.platforms.get().and_then(|all| all.iter().next());
        let platform = first.map_or(String::new(), |first| {
            format!(" platform={}", word(&first.value))
        });
        format!(
            "export repository={}{platform}",
            quoted(&image.repository(name))
        )
        .into()
    }
}

/// The command that logs in; none where the registry wants no login.
fn login(access: &Access<'_>, right: Right, uses: &mut Uses) -> Option<Value> {
    let of = match right {
        Right::Push => access.push,
        Right::Delete => access.delete,
    }?;
    uses.logins.insert(Login {
        host: access.host.to_owned(),
        password: of.password.to_owned(),
    });
    Some(Value::from(shell::wrapped(&format!(
        "printf '%s' \"${}\" | regctl registry login --user \"${}\" --pass-stdin {}",
        of.password,
        of.username,
        word(access.host)
    ))))
}

/// A regular expression of RE2 or awk as a shell word; with a variable, which is expanded.
pub(super) fn expression(text: &str) -> String {
    match names(text).next().is_some() {
        true => quoted(text),
        false => shell::literal(text),
    }
}
