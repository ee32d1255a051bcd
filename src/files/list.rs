//! The files in a folder.
//!
//! In: a folder. Out: the paths of all files in it, relative to it and with `/`. Always holds: links are not
//! followed; the number of entries is bounded, and beyond it nothing is known.

use std::fs;
use std::path::Path;

/// Entries that are looked at; a checkout has far fewer, a home folder more.
const ENTRIES: usize = 50_000;

/// The paths of the files in a folder, sorted; `None` if one of them cannot be known.
pub fn listed(root: &Path) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    let mut entries = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).ok()? {
            entries += 1;
            if entries > ENTRIES {
                return None;
            }
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let path = match folder.is_empty() {
                true => name,
                false => format!("{folder}/{name}"),
            };
            match entry.file_type().ok()?.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    Some(found)
}
