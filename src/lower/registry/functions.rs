//! The shell functions of jobs that work on tags: short ones, each in a file of its own.
//!
//! In: the calls that jobs were given. Out: at the beginning of each of these jobs the functions that
//! any of them calls. Always holds: what is written is called; what a function calls is written too.

use std::collections::{BTreeSet, HashSet};

use super::super::Lowering;
use crate::mutant;
use crate::pipeline::{Job, Shared, Value};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $file:literal ($($needs:ident)*))+) => {
        /// A function, in the order in which they are written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(in crate::lower) enum Function {
            $($(#[$doc])* $name,)+
        }

        impl Function {
            /// Its name in the shell.
            fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $file,)+
                }
            }

            /// Its text.
            fn text(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../../templates/registry/", $file, ".sh")),)+
                }
            }

            /// The functions that it calls.
            fn needs(self) -> &'static [Self] {
                match self {
                    $(Self::$name => &[$(Self::$needs),*],)+
                }
            }
        }
    };
}

functions! {
    /// Runs a command of regctl; what the registry does not have is no failure.
    Found "found" ()
    /// Fails without the right to delete.
    MayDelete "may_delete" (Found)
    /// Prints what regctl knows of an image.
    About "about" ()
    /// Moves a tag, unless it names a newer image.
    Mark "mark" (Found About)
    /// Prints the digest of an image that need not be built again.
    Current "current" (Found About)
    /// Prints checksums of files.
    Checksums "checksums" ()
    /// Moves the tag that only the default branch moves.
    MoveTag "move_tag" ()
    /// Lists the images of tags, and says when and for which branch they were built.
    Images "images" (Found)
    /// Tags what runs without a tag.
    TagRunning "tag_running" (Found)
    /// Says the branch of a build cache.
    BranchOf "branch_of" ()
    /// Passes tags of branches that are gone.
    Gone "gone" ()
    /// Passes tags of all but the newest images.
    AllButNewest "all_but_newest" ()
    /// Passes tags of older images.
    OlderThan "older_than" ()
    /// Passes tags of this branch.
    OfBranch "of_branch" ()
    /// Passes tags of other branches.
    OfOthers "of_others" ()
    /// Says whether a list names the image at all.
    NamesOne "names_one" ()
    /// Passes tags of images that no list names.
    NotKept "not_kept" ()
    /// Deletes tags.
    Delete "delete" ()
    /// Says which tags would go.
    WouldDelete "would_delete" ()
}

/// The platform that regctl looks at, where an image is built for several; see [`Lowering::in_repository`].
const PLATFORM: &str = r#" ${platform:+--platform "$platform"}"#;

/// Which functions jobs call.
#[derive(Debug, Default)]
pub(in crate::lower) struct Calls {
    functions: BTreeSet<Function>,
    jobs: HashSet<String>,
}

impl Lowering<'_> {
    /// A call of a function by a job, with its arguments as shell words.
    pub(in crate::lower) fn call(
        &mut self,
        job: &Job,
        function: Function,
        arguments: &str,
    ) -> String {
        self.calls.jobs.insert(job.name.clone());
        let mut new = vec![function];
        while let Some(function) = new.pop() {
            if self.calls.functions.insert(function) {
                new.extend(function.needs());
            }
        }
        match arguments {
            "" => function.name().to_owned(),
            arguments => format!("{} {arguments}", function.name()),
        }
    }
}

/// Writes the functions into the jobs that call any.
pub(in crate::lower) fn lower(lowering: &mut Lowering<'_>) {
    let functions: Vec<&str> = lowering
        .calls
        .functions
        .iter()
        .map(|one| mutant::shell_function(one.name()).unwrap_or(one.text()))
        .collect();
    if functions.is_empty() {
        return;
    }
    let mut images = lowering.manifest.images();
    let mut text = functions.concat();
    if images.all(|(_, image)| image.platforms.get().is_none()) {
        text = text.replace(&format!("\\\n       {PLATFORM} "), "");
        text = text.replace(PLATFORM, "");
    }
    let shared = Shared::own("registry-functions", "script", text);
    for job in &mut lowering.out.pipeline.jobs {
        if lowering.calls.jobs.contains(&job.name) {
            job.script.insert(0, Value::from(shared.clone()));
        }
    }
}
