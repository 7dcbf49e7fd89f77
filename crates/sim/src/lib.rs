//! The city simulator: a fictional city, a seeded year of its life, and the load it can put on a server.
//!
//! Everything random comes from one seeded source and every instant is an argument, so the same seed and
//! end date give the same log. Start at [`city`] (who is there), then [`life`] (what happens);
//! [`load`] alone lives in real time.

#![warn(missing_docs)]

pub mod city;
pub mod demo;
pub mod life;
pub mod load;
pub mod pictures;
pub mod seeded;
pub mod story;
