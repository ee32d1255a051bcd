//! How large GitLab takes a file to be that it has parsed.
//!
//! In: a file as libyaml reads it, aliases followed. Out: bytes. Always holds: no less than what
//! `Gitlab::Utils::DeepSize` counts, the memory of each of Ruby's objects (2.7 to 3.4, 64 bits),
//! what an alias stands for as often as it is used. `tests/psych` asks Ruby itself.

use super::{Merged, Mismatch, Read, merged};

/// An object of Ruby, and what small ones hold inside of it.
const OBJECT: usize = 40;

/// The larger objects that Ruby has from 3.2 on.
const SLOTS: [usize; 4] = [80, 160, 320, 640];

/// What an object of Ruby 3.2 says of a text before the text itself, and the byte after that.
const TEXT_HEAD: usize = 25;

/// The longest text inside of a small object: of Ruby 3.2, and of older ones.
const SMALL_TEXT: (usize, usize) = (OBJECT - TEXT_HEAD, 23);

/// The numbers that are no objects.
const SMALL_NUMBERS: std::ops::Range<i64> = -(1 << 62)..1 << 62;

/// Entries of a small mapping.
const SMALL_MAPPING: usize = 8;

/// The memory of a parsed value, with all that it holds.
pub(super) fn memory(read: &Read) -> Result<usize, Mismatch> {
    Ok(match read {
        Read::Null | Read::Bool(_) => 0,
        Read::Int(number) if SMALL_NUMBERS.contains(number) => 0,
        Read::Int(_) | Read::Number(_) => OBJECT,
        Read::Text(value) => text(value.len()),
        Read::List(items) => {
            let mut sum = list(items.len());
            for item in items {
                sum += memory(item)?;
            }
            sum
        }
        Read::Mapping(entries) => of_entries(&merged("", entries)?)?,
        // A `!reference` is one object; what it names is put in later.
        Read::Tagged(tagged) => OBJECT + memory(&tagged.1)?,
    })
}

/// The memory of a mapping, its keys and its values.
pub(super) fn of_entries(entries: &Merged<'_>) -> Result<usize, Mismatch> {
    let mut sum = mapping(entries.len());
    for (key, value) in entries {
        sum += text(key.len()) + memory(value)?;
    }
    Ok(sum)
}

fn text(bytes: usize) -> usize {
    let (small, small_before) = SMALL_TEXT;
    let apart = match bytes <= small_before {
        true => OBJECT,
        false => OBJECT + bytes + 1,
    };
    let mut slots = SLOTS.into_iter();
    match bytes <= small {
        true => apart,
        false => apart.max(slots.find(|slot| bytes + TEXT_HEAD <= *slot).unwrap_or(0)),
    }
}

/// A list that grew item by item: by half of what it holds, and by sixteen at least.
fn list(items: usize) -> usize {
    let mut room: usize = 3;
    if items <= room {
        return OBJECT;
    }
    while room < items {
        room += 1 + (room / 2).max(16);
    }
    OBJECT + 8 * room
}

fn mapping(entries: usize) -> usize {
    if entries <= SMALL_MAPPING {
        return OBJECT + 16 * SMALL_MAPPING;
    }
    let room = entries.next_power_of_two().max(32);
    // Bytes of a number in the table that finds an entry.
    let index = match room {
        small if small <= 128 => 1,
        middle if middle <= 32_768 => 2,
        _ => 4,
    };
    4 * OBJECT + 24 * room + index * 2 * room
}
