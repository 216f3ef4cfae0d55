//! The component's allocator: fast for the short life of one call.
//!
//! A call lives in a fresh instance for some microseconds, and nearly all it allocates is small. Blocks of up to
//! [`LARGEST`] bytes are cut off a chunk and, once freed, kept in a list per power of two; larger ones go to the
//! system's allocator, which can give memory back and enlarge in place. Chunks come from there too, so that it and
//! this one never dispute the same memory.
#![allow(unsafe_code, reason = "GlobalAlloc is an unsafe trait; all of the SDK's own unsafe code is in this file")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

/// The size of the largest block that a list keeps, and of the smallest.
const LARGEST: usize = 4096;
const SMALLEST_BITS: u32 = 4;
const CLASSES: usize = 9;
/// How much is taken from the system at once, in bytes.
const CHUNK: usize = 64 * 1024;
/// Every class is at least this strictly aligned; stricter demands go to the system.
const ALIGN: usize = 1 << SMALLEST_BITS;

#[global_allocator]
static ALLOCATOR: Pool = Pool(UnsafeCell::new(Lists { next: 0, end: 0, free: [null_mut(); CLASSES] }));

struct Pool(UnsafeCell<Lists>);

struct Lists {
    /// The unused rest of the present chunk.
    next: usize,
    end: usize,
    /// Heads of the lists of freed blocks; each block's first word points to the next one.
    free: [*mut u8; CLASSES],
}

/// The class of a block: 0 for 16 bytes, 1 for 32, … 8 for 4096. None if the system has to serve it.
fn class(layout: Layout) -> Option<usize> {
    if layout.size() > LARGEST || layout.align() > ALIGN {
        return None;
    }
    Some((layout.size().max(ALIGN).next_power_of_two().trailing_zeros() - SMALLEST_BITS) as usize)
}

impl Lists {
    /// SAFETY: the caller holds the only reference to the lists.
    unsafe fn take(&mut self, class: usize) -> *mut u8 {
        let Some(head) = self.free.get_mut(class) else { return null_mut() };
        if !head.is_null() {
            let block = *head;
            // SAFETY: a block in a list is unused, at least 16 bytes long and begins with a pointer that `give` wrote.
            *head = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        let size = ALIGN << class;
        if self.end - self.next < size {
            // SAFETY: the layout has a size above 0 and a power of two as alignment.
            let chunk = unsafe { System.alloc(Layout::from_size_align_unchecked(CHUNK, ALIGN)) };
            if chunk.is_null() {
                return null_mut();
            }
            self.next = chunk as usize;
            self.end = self.next + CHUNK;
        }
        let block = self.next as *mut u8;
        self.next += size;
        block
    }

    /// SAFETY: `block` came from `take(class)` and nobody uses it any more.
    unsafe fn give(&mut self, block: *mut u8, class: usize) {
        if let Some(head) = self.free.get_mut(class) {
            // SAFETY: as above; a block has room for a pointer and is aligned to 16.
            unsafe { block.cast::<*mut u8>().write(*head) };
            *head = block;
        }
    }
}

// SAFETY: a component of WASI 0.2 has one thread.
unsafe impl Sync for Pool {}

// SAFETY: blocks of a class are disjoint pieces of chunks that are never given back, at least as large and as strictly
// aligned as asked; the class follows from the layout alone, so `dealloc` and `realloc` find the same one again.
unsafe impl GlobalAlloc for Pool {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class(layout) {
            // SAFETY: one thread, and no call re-enters between here and the end of `take`.
            Some(class) => unsafe { (*self.0.get()).take(class) },
            // SAFETY: the caller's promise is passed on.
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match class(layout) {
            // SAFETY: as in `alloc`; the block is the caller's and came from this class.
            Some(class) => unsafe { (*self.0.get()).give(block, class) },
            // SAFETY: the caller's promise is passed on.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises a size that, rounded up to the alignment, does not overflow.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class(layout), class(wanted)) {
            (Some(from), Some(to)) if from == to => block,
            // SAFETY: both layouts are the system's; the caller's promise is passed on.
            (None, None) => unsafe { System.realloc(block, layout, size) },
            // SAFETY: the new block is disjoint from the old one, and both hold the bytes that are copied.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    std::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}
