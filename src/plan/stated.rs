//! What a user states about a pipeline by the names of GitLab's own variables.
//!
//! In: a [`Situation`], a name and a value. Out: the situation in which that holds, or why it cannot.
//! Always holds: no statement contradicts what the ref, its source or another statement already says.

use super::predefined;
use super::situation::Situation;
use crate::gitlab::expression::Lookup;

impl Situation {
    /// The same situation with a variable of the project or the pipeline.
    ///
    /// # Errors
    ///
    /// If GitLab sets the variable itself, to another value or not at all.
    pub fn state(&mut self, name: &str, value: &str) -> Result<(), String> {
        let bool = match value {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        match (name, bool) {
            ("CI_COMMIT_REF_PROTECTED", Some(protected)) if self.protected.is_none() => {
                self.protected = Some(protected);
                return Ok(());
            }
            ("CI_KUBERNETES_ACTIVE", Some(true)) if self.kubernetes.is_none() => {
                self.kubernetes = Some(true);
                return Ok(());
            }
            _ if predefined::is_of_the_job(name) => {
                return Err(format!("`{name}` comes from each job"));
            }
            _ => {}
        }
        match predefined::look_up(self, name) {
            Some(Lookup::Set(own)) if own != value => {
                return Err(format!("on {self}, `{name}` is `{own}`, not `{value}`"));
            }
            Some(Lookup::Unset) => {
                return Err(format!(
                    "on {self}, GitLab does not set `{name}` before jobs run"
                ));
            }
            Some(Lookup::Filled) if value.trim().is_empty() => {
                return Err(format!("`{name}` is never blank"));
            }
            _ => {}
        }
        if let Some(domain) = predefined::domain(name).filter(|domain| !domain.contains(&value)) {
            return Err(format!("`{name}` is one of: {}", domain.join(", ")));
        }
        self.variables.insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_contradicts_the_ref_is_refused() {
        for (name, value) in [
            ("CI_COMMIT_BRANCH", "other"),
            ("CI_COMMIT_TAG", "v1"),
            ("CI_PIPELINE_SOURCE", "web"),
            ("CI_JOB_NAME", "a"),
            ("CI_JOB_ID", "1"),
            ("CI_PROJECT_PATH", ""),
            ("CI_PROJECT_VISIBILITY", "secret"),
            ("CI_MERGE_REQUEST_IID", "1"),
        ] {
            let mut one = Situation::branch("main");
            assert!(one.state(name, value).is_err(), "{name}");
            assert_eq!(one, Situation::branch("main"), "{name}");
        }
    }

    #[test]
    fn what_fits_is_taken() {
        let mut one = Situation::branch("topic").with_default_branch("main");
        for (name, value) in [
            ("CI_COMMIT_BRANCH", "topic"),
            ("CI_PROJECT_PATH", "group/app"),
            ("CI_COMMIT_REF_PROTECTED", "true"),
            ("CI_KUBERNETES_ACTIVE", "true"),
            ("ANYTHING", ""),
        ] {
            assert_eq!(one.state(name, value), Ok(()), "{name}");
        }
        assert_eq!((one.protected, one.kubernetes), (Some(true), Some(true)));
        assert!(one.state("CI_COMMIT_REF_PROTECTED", "false").is_err());
    }
}
