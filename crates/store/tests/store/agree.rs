//! Random cases, random filters about them, and the rows they are asked of.

pub mod city;
pub mod filters;
pub mod random;
pub mod rows;
