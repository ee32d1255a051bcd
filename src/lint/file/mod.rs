//! What the file itself says, whatever the pipeline.

pub(super) mod bad_allow;
pub(super) mod dotenv;
pub(super) mod duplicate_key;
pub(super) mod impossible;
pub(super) mod paths;
pub(super) mod read;
pub(super) mod unreachable;
