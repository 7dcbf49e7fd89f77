//! What commands do to a case: lives written as text, checked line by line.
//!
//! `town` is a small org tree, `packs` a few small packs, `timeline` the language of the fixtures.

mod calls;
mod clocks;
mod commands;
mod ends;
mod handling;
mod imports;
mod independence;
mod offered;
mod packs;
mod pictures;
mod random;
mod record;
mod timeline;
mod town;
