//! How mappings whose keys are names find them.
//!
//! Always holds: the hash is seeded by each process, so that nobody who writes a manifest knows which names collide.

/// A hasher of short texts; the one of the standard library takes several times as long for them.
pub(crate) type Hasher = foldhash::fast::RandomState;
