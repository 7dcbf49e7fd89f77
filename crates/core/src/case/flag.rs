//! The flags that a case can carry.

use crate::event::Linkage;

/// The bit of a case row's flags, above those of [`Flag::ALL`], that says whether the case complains about
/// anybody: hardly any does, and of the others nothing need be looked up.
pub const ACCUSING_BIT: u32 = 20;

/// A flag that a case can carry in lists and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// Not ended.
    Open,
    /// A clock ran out.
    Breached,
    /// Its assignment is disputed.
    Disputed,
    /// A question waits for the reporter.
    QuestionOpen,
    /// It is linked as a duplicate of another.
    Duplicate,
    /// It is linked as a recurrence.
    Recurrence,
    /// It was taken up again at least once.
    Reopened,
    /// The reporter said "not solved" last.
    Unsatisfied,
    /// A due instant rests on an unpublished calendar 暂定.
    Provisional,
    /// It came by an import.
    Imported,
    /// Its reporter is anonymous.
    Anonymous,
    /// Somebody above the work gave an instruction about it 批示件.
    Instructed,
    /// The reporter was answered and is to be called 待回访.
    ToCall,
    /// The reporter said "solved" of the last answer.
    Satisfied,
    /// Pictures of it are shown to everybody.
    Pictured,
    /// Its reporter allows pictures of it to be shown, and nobody has looked at one yet 照片待看.
    ToShow,
}

impl Flag {
    /// All flags, in the order of their bits in the case row.
    pub const ALL: [Flag; 16] = [
        Flag::Open,
        Flag::Breached,
        Flag::Disputed,
        Flag::QuestionOpen,
        Flag::Duplicate,
        Flag::Recurrence,
        Flag::Reopened,
        Flag::Unsatisfied,
        Flag::Provisional,
        Flag::Imported,
        Flag::Anonymous,
        Flag::Instructed,
        Flag::ToCall,
        Flag::Satisfied,
        Flag::Pictured,
        Flag::ToShow,
    ];

    /// Returns the flag's word in the filter language.
    pub fn word(self) -> &'static str {
        match self {
            Flag::Open => "open",
            Flag::Breached => "breached",
            Flag::Disputed => "disputed",
            Flag::QuestionOpen => "asked",
            Flag::Duplicate => "duplicate",
            Flag::Recurrence => "recurrence",
            Flag::Reopened => "reopened",
            Flag::Unsatisfied => "unsatisfied",
            Flag::Provisional => "provisional",
            Flag::Imported => "imported",
            Flag::Anonymous => "anonymous",
            Flag::Instructed => "instructed",
            Flag::ToCall => "to_call",
            Flag::Satisfied => "satisfied",
            Flag::Pictured => "pictured",
            Flag::ToShow => "to_show",
        }
    }

    /// Returns the flag that stands for `linkage`, if one does.
    pub fn of_linkage(linkage: Linkage) -> Option<Flag> {
        match linkage {
            Linkage::DuplicateOf => Some(Flag::Duplicate),
            Linkage::RecurrenceOf => Some(Flag::Recurrence),
            Linkage::PartOf => None,
        }
    }
}
