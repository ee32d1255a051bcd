//! What is dangerous: secrets that are told, text of outsiders that runs, code from elsewhere that may change.

pub(super) mod connection;
pub(super) mod debug;
pub(super) mod download;
pub(super) mod handed_on;
pub(super) mod image;
pub(super) mod include;
pub(super) mod injection;
pub(super) mod needless_daemon;
pub(super) mod secret;
pub(super) mod secret_argument;
pub(super) mod unprotected_cache;
