//! crate
mod import;

fn main() {}
