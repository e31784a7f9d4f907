//! An allocator for an instance that lives for one call.
//!
//! Not for: a program that goes on. A login arrives as a hundred short texts and the instance is thrown away after the
//! answer: to allocate is to move a pointer, and only the newest block can be given back, grown or shrunk in place. The
//! memory that the module starts with is used first, so that most calls never ask the host for more.

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::{memory_grow, memory_size, unreachable};
use std::cell::Cell;
use std::ptr;

const PAGE_BYTES: usize = 64 * 1024;
/// How much is asked for at once: every request is a call into the host's limiter.
const STEP_PAGES: usize = 4;

unsafe extern "C" {
    /// Set by the linker: the first address behind the stack and the static data. Only the address has a meaning.
    static __heap_base: u8;
}

/// The free memory: from `next` to `end`.
pub struct Arena {
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: the module has no shared memory and no threads; nothing can run between two lines of a method.
unsafe impl Sync for Arena {}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl Arena {
    /// An arena that takes hold of the module's memory when it is first asked.
    pub const fn new() -> Self {
        Self { next: Cell::new(0), end: Cell::new(0) }
    }

    /// Claims `size` bytes from the first multiple of `align` on; null when the host refuses memory.
    #[inline]
    fn claim(&self, size: usize, align: usize) -> *mut u8 {
        let start = aligned(self.next.get(), align);
        match start.checked_add(size) {
            Some(next) if next <= self.end.get() => {
                self.next.set(next);
                start as *mut u8
            }
            _ => self.claim_more(size, align),
        }
    }

    #[cold]
    fn claim_more(&self, size: usize, align: usize) -> *mut u8 {
        if self.end.get() == 0 {
            self.next.set(&raw const __heap_base as usize);
            self.end.set(memory_size(0) * PAGE_BYTES);
            return self.claim(size, align);
        }
        let Some(wanted) = size.checked_add(align) else { return ptr::null_mut() };
        let pages = wanted.div_ceil(PAGE_BYTES);
        // A host that refuses the whole step may still grant what is needed.
        let granted = [pages.max(STEP_PAGES), pages].into_iter().find_map(|pages| match memory_grow(0, pages) {
            usize::MAX => None,
            before => Some((before * PAGE_BYTES, (before + pages) * PAGE_BYTES)),
        });
        let Some((start, end)) = granted else { return ptr::null_mut() };
        // Somebody else may have grown the memory in between; what is left of the old piece is then given up.
        if start != self.end.get() {
            self.next.set(start);
        }
        self.end.set(end);
        self.claim(size, align)
    }

    /// The canonical ABI's `realloc`.
    ///
    /// # Safety
    /// `align` is a power of two, and `old` a block of this arena with `old_size` bytes unless that is 0.
    #[inline]
    pub unsafe fn cabi_realloc(&self, old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
        let block = if old_size == 0 {
            self.claim(size, align)
        } else {
            // SAFETY: the caller's promise.
            unsafe { self.realloc(old, Layout::from_size_align_unchecked(old_size, align), size) }
        };
        if block.is_null() {
            // The host would take null for an address. Without memory there is no answer.
            unreachable();
        }
        block
    }

    fn is_newest(&self, block: *mut u8, size: usize) -> bool {
        block as usize + size == self.next.get()
    }
}

fn aligned(address: usize, align: usize) -> usize {
    (address + align - 1) & !(align - 1)
}

// SAFETY: a claimed block is aligned, lies inside the memory, and is handed out once: `next` only moves back over a block
// that its owner gives up. No method panics or unwinds.
unsafe impl GlobalAlloc for Arena {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.claim(layout.size(), layout.align())
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_newest(block, layout.size()) {
            self.next.set(block as usize);
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if self.is_newest(block, layout.size()) {
            if let Some(next) = (block as usize).checked_add(new_size).filter(|next| *next <= self.end.get()) {
                self.next.set(next);
                return block;
            }
        } else if new_size <= layout.size() {
            return block;
        }
        let grown = self.claim(new_size, layout.align());
        if !grown.is_null() {
            // SAFETY: both blocks are valid for that many bytes, and a block just claimed overlaps no other.
            unsafe { ptr::copy_nonoverlapping(block, grown, layout.size().min(new_size)) };
        }
        grown
    }
}
