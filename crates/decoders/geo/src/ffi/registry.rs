//! The registry of coordinate systems (proj.db) in memory: a child opens no file, and PROJ drops its handle in every fork.
//!
//! PROJ reads the registry by SQLite, and forgets its connection when the process forks, because two processes would share one
//! place in the file. A confined child could not open it again. SQLite's own `memdb` file system shares a database by its name
//! as long as one connection is open (<https://sqlite.org/src/doc/trunk/src/memdb.c>): one that is never closed holds it for
//! all children, and a new connection costs a millisecond.

use super::text;
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

/// <sqlite3.h>
const OPEN_READONLY: c_int = 1;
const OPEN_READWRITE: c_int = 2;
const OPEN_CREATE: c_int = 4;
const DONE: c_int = 101;

#[link(name = "sqlite3")]
unsafe extern "C" {
    fn sqlite3_open_v2(name: *const c_char, connection: *mut *mut c_void, flags: c_int, file_system: *const c_char) -> c_int;
    fn sqlite3_close(connection: *mut c_void) -> c_int;
    fn sqlite3_backup_init(to: *mut c_void, to_name: *const c_char, from: *mut c_void, from_name: *const c_char) -> *mut c_void;
    fn sqlite3_backup_step(backup: *mut c_void, pages: c_int) -> c_int;
    fn sqlite3_backup_finish(backup: *mut c_void) -> c_int;
}

#[link(name = "proj")]
unsafe extern "C" {
    fn proj_context_get_database_path(context: *mut c_void) -> *const c_char;
    fn proj_context_set_database_path(
        context: *mut c_void,
        path: *const c_char,
        auxiliary: *const *const c_char,
        options: *const *const c_char,
    ) -> c_int;
    fn proj_context_set_sqlite3_vfs_name(context: *mut c_void, name: *const c_char);
}

/// Copies the registry into memory and has PROJ read it there. Where that fails PROJ goes on reading the file, and a child will
/// find no coordinate system: a test reads one in a confined child.
pub(super) fn move_into_memory() {
    // SAFETY: null stands for PROJ's default context, of which GDAL's are copies.
    let Some(path) = text(unsafe { proj_context_get_database_path(ptr::null_mut()) }) else { return };
    let Ok(path) = CString::new(path) else { return };
    if copy(&path) {
        // SAFETY: as above; PROJ copies the strings.
        unsafe {
            proj_context_set_sqlite3_vfs_name(ptr::null_mut(), c"memdb".as_ptr());
            proj_context_set_database_path(ptr::null_mut(), path.as_ptr(), ptr::null(), ptr::null());
        }
    }
}

/// Whether `path` could be copied into the memory database of the same name. Its connection stays open for the process' life.
fn copy(path: &CString) -> bool {
    let (mut file, mut memory) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: each handle comes from the call before it and is checked; the one of the file is closed here whatever happens
    // (sqlite3_close takes null and failed connections), the one in memory never.
    unsafe {
        let opened = sqlite3_open_v2(path.as_ptr(), &raw mut file, OPEN_READONLY, ptr::null()) == 0
            && sqlite3_open_v2(path.as_ptr(), &raw mut memory, OPEN_READWRITE | OPEN_CREATE, c"memdb".as_ptr()) == 0;
        let mut copied = false;
        if opened {
            let backup = sqlite3_backup_init(memory, c"main".as_ptr(), file, c"main".as_ptr());
            if !backup.is_null() {
                copied = sqlite3_backup_step(backup, -1) == DONE;
                copied &= sqlite3_backup_finish(backup) == 0;
            }
        }
        sqlite3_close(file);
        copied
    }
}
