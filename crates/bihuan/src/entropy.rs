//! Random bytes of the operating system.

use bihuan_core::id::Entropy;

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives every process random bytes");
    }
}
