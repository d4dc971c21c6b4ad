//! The allocator of every decoder: the system's, but in a child a refusal is reported as what it is, not as an abort.
#![allow(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]

use crate::last_words;
use std::alloc::{GlobalAlloc, Layout, System};

struct Reporting;

/// Installed here, so that no decoder can forget it.
#[global_allocator]
static ALLOCATOR: Reporting = Reporting;

// SAFETY: every call goes to the system's allocator unchanged; a null is returned, or never returned from.
unsafe impl GlobalAlloc for Reporting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps GlobalAlloc's promises.
        checked(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { System.realloc(old, layout, size) })
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(old, layout) }
    }
}

fn checked(memory: *mut u8) -> *mut u8 {
    if memory.is_null() && last_words::is_child() {
        last_words::out_of_memory()
    }
    memory
}
