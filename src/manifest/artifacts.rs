//! `artifacts` and `cache`, with GitLab's own keys.

use super::collection::{List, Many};
use super::kinds::{Expiry, Text};
use super::record::{record, words};

words! {
    /// For which outcome artifacts or a cache are stored.
    OnOutcome {
        /// When the job succeeded.
        OnSuccess "on_success",
        /// When it failed.
        OnFailure "on_failure",
        /// Always.
        Always "always",
    }
}

words! {
    /// Who may download artifacts.
    Access {
        /// Whoever may see the pipeline.
        All "all",
        /// Members from Developer up.
        Developer "developer",
        /// Members from Maintainer up (18.4).
        Maintainer "maintainer",
        /// Nobody.
        Nobody "none",
    }
}

words! {
    /// What a job does with a cache.
    CachePolicy {
        /// Fetch and store it.
        PullPush "pull-push",
        /// Only fetch it.
        Pull "pull",
        /// Only store it.
        Push "push",
    }
}

record! {
    /// Files that GitLab keeps and hands to later jobs.
    Artifacts {
        /// Name of the archive.
        name: Text,
        /// Paths and globs inside the project.
        paths: List<Text>,
        /// Paths and globs that are left out.
        exclude: List<Text>,
        /// How long they are kept: `1 week`, `never`.
        expire_in: Expiry,
        /// The title under which the merge request shows them.
        expose_as: Text,
        /// Also take all files that git does not track.
        untracked: bool,
        /// Whether everybody may download them, in public projects.
        public: bool,
        /// Who may download them.
        access: Access,
        /// When the artifacts are kept.
        when: OnOutcome,
        /// Reports that GitLab reads.
        reports: Reports,
    }
}

words! {
    /// The format of a coverage report.
    CoverageFormat {
        /// Cobertura's XML.
        Cobertura "cobertura",
        /// JaCoCo's XML (18.4).
        Jacoco "jacoco",
    }
}

record! {
    /// A coverage report.
    CoverageReport {
        /// The format.
        coverage_format: CoverageFormat,
        /// The path of the report.
        path: Text,
    }
}

record! {
    /// Reports that GitLab reads.
    Reports {
        /// Line coverage in merge requests.
        coverage_report: CoverageReport,
        /// Test results.
        junit: Many<Text>,
        /// Variables for later jobs.
        dotenv: Many<Text>,
        /// Code Quality.
        codequality: Many<Text>,
        /// A software bill of materials.
        cyclonedx: Many<Text>,
        /// Static analysis.
        sast: Many<Text>,
        /// Dynamic analysis.
        dast: Many<Text>,
        /// Secret detection.
        secret_detection: Many<Text>,
        /// Dependency scanning.
        dependency_scanning: Many<Text>,
        /// Container scanning.
        container_scanning: Many<Text>,
        /// API fuzzing.
        api_fuzzing: Many<Text>,
        /// Coverage-guided fuzzing.
        coverage_fuzzing: Many<Text>,
        /// Browser performance.
        browser_performance: Many<Text>,
        /// Load performance.
        load_performance: Many<Text>,
        /// Accessibility.
        accessibility: Many<Text>,
        /// Links on the job page.
        annotations: Many<Text>,
        /// Metrics.
        metrics: Many<Text>,
        /// Requirements.
        requirements: Many<Text>,
        /// Terraform plans.
        terraform: Many<Text>,
    }
}

record! {
    /// A key that follows the content of files.
    KeyFiles {
        /// Up to two files whose content determines the key.
        files: List<Text>,
        /// The prefix of the key.
        prefix: Text,
    }
}

/// The key of a cache: a string, or the files that it follows.
#[derive(Debug, Clone, PartialEq)]
pub enum CacheKey {
    /// A name, with variables.
    Name(Text),
    /// Files.
    Files(KeyFiles),
}

impl super::record::Read for CacheKey {
    fn read(node: &crate::source::Node, reader: &mut super::record::Reader<'_>) -> Option<Self> {
        match node.kind {
            crate::source::Kind::Mapping(_) => KeyFiles::read(node, reader).map(Self::Files),
            _ => Text::read(node, reader).map(Self::Name),
        }
    }

    fn visit<'m>(&'m self, _: &mut super::record::See<'_, 'm>) {}
}

impl schemars::JsonSchema for CacheKey {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> super::record::SchemaName {
        "CacheKey".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let files = generator.subschema_for::<KeyFiles>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, files] })
    }
}

record! {
    /// A cache between pipelines.
    Cache {
        /// The key of the cache. Jobs with the same key share it.
        key: CacheKey,
        /// Paths and globs inside the project.
        paths: List<Text>,
        /// What the job does with it.
        policy: CachePolicy,
        /// When the cache is stored.
        when: OnOutcome,
        /// Also take all files that git does not track.
        untracked: bool,
        /// Keys to try when there is no cache under `key`.
        fallback_keys: List<Text>,
        /// Whether protected and unprotected refs share the cache.
        unprotect: bool,
    }
}
