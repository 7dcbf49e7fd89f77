//! The phases that the states of every kind fall into.

/// Where in its life a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// It was raised; nobody has accepted it.
    Raise,
    /// It was accepted; nobody is responsible yet.
    Accept,
    /// A unit acts.
    Act,
    /// Somebody independent verifies.
    Verify,
    /// The reporter is answered, or the result is public.
    Answer,
    /// It is closed.
    Closed,
    /// It is closed and watched for coming back.
    Watch,
}
