//! The short forms of names that GitLab makes: `CI_COMMIT_REF_SLUG`, `CI_ENVIRONMENT_SLUG`.

use sha2::{Digest, Sha256};

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
    if squeezed.len() <= 24 && squeezed == name {
        return squeezed.strip_suffix('-').unwrap_or(&squeezed).to_owned();
    }
    squeezed.truncate(17);
    if !squeezed.ends_with('-') {
        squeezed.push('-');
    }
    squeezed + &suffix(name)
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
