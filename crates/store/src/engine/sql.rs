//! Statements as constants: each module lists its own, and a test prepares them all.

/// Declares statements and the list of them that the test prepares.
macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        $(const $name: &str = $text;)*
        /// Every statement of this module.
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[&str] = &[$($name),*];
    };
}

pub(crate) use statements;
