//! How much GitLab takes, where that depends on its version.

use super::Version;

/// The most memory that a file may take when GitLab has parsed it, in bytes: the default of
/// `max_yaml_size_bytes`. `None` where nothing limits it.
///
/// Facts: `Gitlab::Config::Loader::Yaml` with `DeepSize`, since 12.0; 2 MB since 17.3
/// ("Maximum size and depth of CI/CD configuration YAML files", 18.11).
pub fn parsed_size(target: Version) -> Option<usize> {
    match target {
        target if target < Version::new(12, 0) => None,
        target if target < Version::new(17, 3) => Some(1 << 20),
        _ => Some(2 << 20),
    }
}

/// The longest name of a job, a stage, an environment, a variable, in characters (columns of 255; jobs
/// since 15.0). Of a job in a matrix the whole name counts, with the values of its row; GitLab says
/// nothing of that one: its database refuses the whole pipeline.
pub const NAME: usize = 255;

/// The longest name of a job that another one may need, before [`LONG_NEEDS`].
pub const NEEDED_NAME: usize = 128;

/// `needs` takes any name of a job. Facts: `Ci::BuildNeed` has 128 characters in 16.4 and 255 in 17.4;
/// what lies between is taken for the older.
pub const LONG_NEEDS: Version = Version::new(17, 4);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_of_a_version_is_that_of_its_release() {
        let limits = |major, minor| parsed_size(Version::new(major, minor));
        assert_eq!(limits(11, 11), None);
        assert_eq!(
            (limits(12, 0), limits(17, 2)),
            (Some(1_048_576), Some(1_048_576))
        );
        assert_eq!(
            (limits(17, 3), limits(19, 0)),
            (Some(2_097_152), Some(2_097_152))
        );
    }
}
