//! What leaves the program as a whole: tables as CSV and XLSX, written row by row, and charts as SVG.
//!
//! A [`Table`] says what the columns are; the rows come from an iterator and are never held all at once.
//! The writers know nothing of cases, permissions or metrics: the caller chooses the rows and what may be
//! shown. What people typed never becomes a formula, in either format.
//!
//! Start reading at [`table`].

#![warn(missing_docs)]

pub mod chart;
pub mod csv;
pub mod table;
pub mod xlsx;
