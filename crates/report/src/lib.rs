//! Tables on their way out and in: CSV and XLSX, written row by row, and charts as SVG; small ones are read, too.
//!
//! A [`Table`] says what the columns are; the rows come from an iterator and are never held all at once.
//! The writers know nothing of cases, permissions or metrics: the caller chooses the rows and what may be
//! shown. What people typed never becomes a formula, in either format.
//!
//! Start reading at [`table`] for what goes out, at [`upload`] for what comes in.

#![warn(missing_docs)]

pub mod chart;
pub mod csv;
pub mod decode;
pub mod table;
pub mod upload;
pub mod xlsx;
