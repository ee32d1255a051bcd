//! The short forms of names that GitLab makes: `CI_COMMIT_REF_SLUG`, `CI_ENVIRONMENT_SLUG`.

use sha2::{Digest, Sha256};

/// How much of a name stays in an environment's slug before the suffix.
const KEPT: usize = 17;

/// `CI_COMMIT_REF_SLUG` of a branch or tag: lower case, 63 characters, everything but letters
/// and digits of ASCII is a `-`, none at the ends (`Gitlab::Utils.slugify`, 18.11). Two names can
/// have one slug: `a/b` and `a-b`.
pub fn ref_slug(name: &str) -> String {
    let slug: String = dashed(name).take(63).collect();
    slug.trim_matches('-').to_owned()
}

/// `CI_ENVIRONMENT_SLUG` of an environment whose name holds no variable (`Gitlab::Slug::
/// Environment`, unchanged since 11): 24 characters, starting with a letter; a name that has to
/// be changed gets a suffix from its digest.
pub fn environment_slug(name: &str) -> String {
    let mut squeezed = squeezed(name);
    if squeezed.len() <= 24 && squeezed == name {
        return squeezed.strip_suffix('-').unwrap_or(&squeezed).to_owned();
    }
    squeezed.truncate(KEPT);
    if !squeezed.ends_with('-') {
        squeezed.push('-');
    }
    squeezed + &suffix(name)
}

/// A POSIX extended regular expression for `CI_ENVIRONMENT_SLUG` of all environments whose names
/// begin so.
pub fn environment_slugs(beginning: &str) -> String {
    if beginning.is_empty() {
        return "[a-z0-9-]{1,24}".to_owned();
    }
    let mut kept = squeezed(beginning);
    kept.truncate(KEPT);
    format!("{kept}[a-z0-9-]{{0,24}}")
}

/// What an environment's slug is made from.
fn squeezed(name: &str) -> String {
    let mut slug: String = dashed(name).collect();
    if !slug.starts_with(|c: char| c.is_ascii_lowercase()) {
        slug.insert_str(0, "env-");
    }
    let mut squeezed = String::with_capacity(slug.len());
    for c in slug.chars() {
        if c != '-' || !squeezed.ends_with('-') {
            squeezed.push(c);
        }
    }
    squeezed
}

fn dashed(name: &str) -> impl Iterator<Item = char> {
    let lower = name.to_lowercase();
    let kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let characters: Vec<char> = lower
        .chars()
        .map(|c| if kept(c) { c } else { '-' })
        .collect();
    characters.into_iter()
}

/// The last six digits, in base 36, of the SHA-256 of a name taken as one number.
fn suffix(name: &str) -> String {
    const MODULUS: u64 = 36_u64.pow(6);
    let digest = Sha256::digest(name.as_bytes());
    let mut number = digest
        .iter()
        .fold(0, |n, byte| (n * 256 + u64::from(*byte)) % MODULUS);
    let mut digits = Vec::new();
    for _ in 0..6 {
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::{environment_slug, environment_slugs};

    #[test]
    fn slugs_of_a_beginning_are_those_of_whole_names() {
        for (beginning, rest, kept) in [
            ("review/", "a", "review-"),
            ("Review/", "a", "review-"),
            ("review--/", "a", "review-"),
            ("2024/", "a", "env-2024-"),
            ("customers/of-the-north/", "a", "customers-of-the-"),
            ("b", "", "b"),
        ] {
            let slug = environment_slug(&format!("{beginning}{rest}"));
            assert_eq!(
                environment_slugs(beginning),
                format!("{kept}[a-z0-9-]{{0,24}}")
            );
            assert!(slug.starts_with(kept), "{slug}");
        }
        assert_eq!(environment_slugs(""), "[a-z0-9-]{1,24}");
    }
}
