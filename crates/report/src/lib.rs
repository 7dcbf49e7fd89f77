//! Tables as files: CSV and XLSX, written row by row.
//!
//! A [`Table`] says what the columns are; the rows come from an iterator and are never held all at once.
//! The writers know nothing of cases, permissions or metrics: the caller chooses the rows and what may be
//! shown. What people typed never becomes a formula, in either format.
//!
//! Start reading at [`table`].

#![warn(missing_docs)]

pub mod csv;
pub mod table;
pub mod xlsx;
