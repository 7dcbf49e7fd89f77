//! `bihuan import cases`: records of another system become cases, each one accounted for.
//!
//! A map (TOML) says what the columns mean; the code knows no system. Every row is accepted, already
//! there, or rejected with a reason into a file of its own, so the numbers add up to the rows read. A
//! row is known by system and key, so an import can be run again after any interruption.
//!
//! Start reading at [`run`], then [`row`] (a row becomes a case) and [`decode`] (bytes become a row).

pub mod decode;
pub mod fit;
pub mod map;
pub mod progress;
pub mod reject;
pub mod row;
pub mod run;
pub mod sheet;
pub mod summary;
pub mod template;
