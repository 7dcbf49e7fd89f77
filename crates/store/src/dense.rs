//! Dense forms: how events and texts lie on disk in fewer bytes than they are hashed in.
//!
//! A form is exact: what comes out is byte for byte what went in, so hashes, links, the tree and the digests of
//! texts know nothing of it. The first byte names the form, and every form that was ever written stays readable.

pub mod event;
pub(crate) mod text;
