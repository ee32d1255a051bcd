//! Who may read, write and run a generated file; the one place that knows operating systems.
//!
//! In: a file. Out: whether it can be executed, and permissions that differ from those it had
//! only by that. Always holds: a new file has what the umask allows, never more.

#[cfg(unix)]
pub(super) use unix::*;

#[cfg(not(unix))]
pub(super) use other::*;

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, Metadata, Permissions};
    use std::io;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use tempfile::Builder;

    /// Whether its owner may execute a file.
    pub(in super::super) fn is_executable(file: &Metadata) -> bool {
        file.permissions().mode() & 0o100 != 0
    }

    /// Executable for all who may read, where that is wanted.
    fn with(mode: u32, executable: bool) -> Permissions {
        let run = if executable { (mode & 0o444) >> 2 } else { 0 };
        Permissions::from_mode(mode | run)
    }

    /// Permissions of a new file; the umask is taken off by the operating system.
    pub(in super::super) fn create(builder: &mut Builder<'_, '_>, executable: bool) {
        builder.permissions(with(0o666, executable));
    }

    /// Gives a new file the permissions of the one it replaces.
    pub(in super::super) fn keep(new: &File, old: &Metadata, executable: bool) -> io::Result<()> {
        new.set_permissions(with(old.permissions().mode() & 0o777, executable))
    }

    /// Makes a file executable that is right otherwise.
    pub(in super::super) fn make_executable(path: &Path) -> io::Result<()> {
        let mode = path.metadata()?.permissions().mode();
        fs::set_permissions(path, with(mode, true))
    }

    /// A rename is on disk once its folder is. Some file systems refuse this; there the rename
    /// is still atomic, only later.
    pub(in super::super) fn sync_folder(folder: &Path) {
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
    }
}

#[cfg(not(unix))]
mod other {
    use std::fs::{File, Metadata};
    use std::io;
    use std::path::Path;

    use tempfile::Builder;

    /// There is no such bit, so it is never missing.
    pub(in super::super) fn is_executable(_: &Metadata) -> bool {
        true
    }

    pub(in super::super) fn create(_: &mut Builder<'_, '_>, _: bool) {}

    pub(in super::super) fn keep(new: &File, old: &Metadata, _: bool) -> io::Result<()> {
        new.set_permissions(old.permissions())
    }

    pub(in super::super) fn make_executable(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn sync_folder(_: &Path) {}
}
