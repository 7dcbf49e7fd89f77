//! Chinese text for search: what is indexed, what is asked for, what is marked, what raises an alarm.
//!
//! A text is indexed by the two-character pieces of its Chinese runs and by its other words
//! ([`tokens`]); a search text is cut into words by a dictionary and each word is asked for by its
//! two-character pieces ([`query_tokens`]). So what stands in a text is always found, however the
//! dictionary would have cut it there, the words of a question need not stand next to each other, and
//! taking in a text needs no dictionary at all. Nothing here keeps state but the dictionary, which is
//! loaded once, when first needed.
//!
//! Start reading at [`tokens`]. Similarity and classification do not live here yet.

#![warn(missing_docs)]

mod alarm;
mod document;
mod fold;
mod fts;
mod highlight;
mod pinyin;
mod segment;
mod token;
mod tsvector;

pub use alarm::{Ear, TooManyWords};
pub use document::{document, tokens};
pub use fts::{FTS5_TOKENIZER, fts_query};
pub use highlight::{highlight, snippet};
pub use pinyin::{Spelled, folded, spelled};
pub use segment::load;
pub use token::{MAX_QUERY_TOKENS, MAX_TOKENS, holds, query_tokens};
pub use tsvector::{lexemes, tsquery, tsvector};
