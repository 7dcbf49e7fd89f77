//! What can be wrong with a filter's text. Each kind has its English words here; a face in another language
//! matches over the kinds and has its own.

use std::fmt;
use std::ops::Range;

use crate::filter::ast::LengthField;
use crate::filter::{MAX_AMOUNT, MAX_CHARS, MAX_DEPTH, MAX_LIST, MAX_TERMS};
use crate::problem::Problem;

/// Something wrong with a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: a half-open range of bytes of the text.
    pub span: Range<usize>,
    /// What.
    pub kind: FaultKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The text has so many characters, more than [`MAX_CHARS`].
    TooLong(usize),
    /// It is nested more than [`MAX_DEPTH`] deep.
    TooDeep,
    /// It has more than [`MAX_TERMS`] tests.
    TooManyTests,
    /// A list has more than [`MAX_LIST`] values.
    TooManyValues,
    /// A quote is not closed.
    OpenQuote,
    /// A parenthesis is not closed.
    OpenParenthesis,
    /// Nothing is open that this could close.
    NothingOpen,
    /// A test is missing here.
    NoTest,
    /// A test is missing before this word.
    NoTestBefore(String),
    /// This field stands alone.
    Uncompared(String),
    /// This word of the language cannot stand here.
    Misplaced(String),
    /// There is no such field.
    UnknownField(Unknown),
    /// There is no such phase.
    UnknownPhase(Unknown),
    /// Nothing has this name.
    UnknownName(Unknown),
    /// The field is not compared so, but in these ways.
    Unfit(Takes),
    /// An instant is compared as if it were a day.
    EqualsInstant,
    /// A list stands where one value belongs.
    ListHere,
    /// A list goes on without a comma.
    OpenList,
    /// A value is missing.
    Missing(Wanted),
    /// `me` or `my unit` stands at a field that holds no such thing; what it may take instead.
    NotWhoLooks(Instead),
    /// `me` where nobody looks.
    NoMe,
    /// `my unit` where nobody looks.
    NoMyUnit,
    /// This is not a count.
    NotCount(String),
    /// This is not a length of time.
    NotLength(String, LengthField),
    /// This is not a date.
    NotDate(String),
    /// This number is larger than [`MAX_AMOUNT`].
    TooLarge(String),
    /// This date lies beyond what can be reckoned.
    TooFar,
    /// This holds no word to search for.
    NoWord(String),
    /// This names a unit and a person.
    UnitAndPerson(String),
    /// This names several things.
    Ambiguous {
        /// What was written.
        said: String,
        /// How many things it names.
        count: usize,
        /// The ids of the first of them.
        ids: Vec<String>,
    },
}

/// A word that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The word.
    pub said: String,
    /// The word that may have been meant.
    pub near: Option<String>,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// As names are.
    Names,
    /// As names that lie under others are.
    Tree,
    /// As the number of a case is.
    Number,
    /// As what can be counted or dated is.
    Measure,
    /// As a length of time is.
    Length,
    /// As a text is.
    Text,
}

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A text.
    Text,
    /// A name.
    Name,
    /// A phase.
    Phase,
    /// A number.
    Number,
    /// A length of time.
    Length,
    /// A date.
    Date,
}

/// What a field takes instead of who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// `my unit`.
    MyUnit,
    /// `me`.
    Me,
    /// A name.
    Name,
}

impl Fault {
    pub(super) fn new(span: Range<usize>, kind: FaultKind) -> Fault {
        Fault { span, kind }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind.hint() {
            Some(hint) => write!(f, "{} ({hint})", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        Problem {
            message: fault.kind.to_string(),
            hint: fault.kind.hint(),
            span: fault.span,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::TooLong(length) => {
                write!(f, "the filter has {length} characters, {MAX_CHARS} are allowed")
            }
            FaultKind::TooDeep => write!(f, "the filter is nested more than {MAX_DEPTH} deep"),
            FaultKind::TooManyTests => write!(f, "the filter has more than {MAX_TERMS} tests"),
            FaultKind::TooManyValues => write!(f, "the list has more than {MAX_LIST} values"),
            FaultKind::OpenQuote => f.write_str("the quote is not closed"),
            FaultKind::OpenParenthesis => f.write_str("the parenthesis is not closed"),
            FaultKind::NothingOpen => f.write_str("nothing is open that this could close"),
            FaultKind::NoTest => f.write_str("a test is missing here"),
            FaultKind::NoTestBefore(word) => write!(f, "a test is missing before {word:?}"),
            FaultKind::Uncompared(word) => write!(f, "{word:?} must be compared with something"),
            FaultKind::Misplaced(word) => write!(f, "{word:?} cannot stand here"),
            FaultKind::UnknownField(word) => write!(f, "there is no field {:?}", word.said),
            FaultKind::UnknownPhase(word) => write!(f, "there is no phase {:?}", word.said),
            FaultKind::UnknownName(word) => write!(f, "nothing is called {:?} here", word.said),
            FaultKind::Unfit(_) => f.write_str("this field is not compared so"),
            FaultKind::EqualsInstant => f.write_str("an instant is only compared with <, <=, > or >="),
            FaultKind::ListHere => f.write_str("a list stands only behind in or under"),
            FaultKind::OpenList => f.write_str("a comma or a closing parenthesis is missing here"),
            FaultKind::Missing(wanted) => write!(f, "{wanted} is missing here"),
            FaultKind::NotWhoLooks(_) => f.write_str("this field does not hold who looks"),
            FaultKind::NoMe => f.write_str("nobody looks here, so me means nobody"),
            FaultKind::NoMyUnit => f.write_str("nobody looks here, so my unit means none"),
            FaultKind::NotCount(said) => write!(f, "{said:?} is not a count"),
            FaultKind::NotLength(said, _) => write!(f, "{said:?} is not a length of time"),
            FaultKind::NotDate(said) => write!(f, "{said:?} is not a date"),
            FaultKind::TooLarge(amount) => write!(f, "{amount} is too large"),
            FaultKind::TooFar => f.write_str("this date lies too far away"),
            FaultKind::NoWord(said) => write!(f, "{said:?} holds no word to search for"),
            FaultKind::UnitAndPerson(said) => write!(f, "{said:?} is a unit and a person"),
            FaultKind::Ambiguous { said, count, .. } => {
                write!(f, "{said:?} means {count} different things")
            }
        }
    }
}

impl FaultKind {
    fn hint(&self) -> Option<String> {
        Some(match self {
            FaultKind::OpenQuote => "end it with another quote".to_owned(),
            FaultKind::OpenParenthesis => "add a closing parenthesis".to_owned(),
            FaultKind::NoTest => "for example: open, unit = \"…\", overdue > 3d".to_owned(),
            FaultKind::Uncompared(word) => {
                format!("for example with =; to search for the word, write it in quotes: \"{word}\"")
            }
            FaultKind::Misplaced(word) => {
                format!("to search for the word, write it in quotes: \"{word}\"")
            }
            FaultKind::UnknownField(word) | FaultKind::UnknownPhase(word) | FaultKind::UnknownName(word) => {
                format!("did you mean \"{}\"?", word.near.as_ref()?)
            }
            FaultKind::Unfit(takes) => format!("it takes {takes}"),
            FaultKind::EqualsInstant => "name a day or a period instead, such as today or -7d".to_owned(),
            FaultKind::ListHere => "write in (…)".to_owned(),
            FaultKind::NotWhoLooks(Instead::MyUnit) => "did you mean my unit?".to_owned(),
            FaultKind::NotWhoLooks(Instead::Me) => "did you mean me?".to_owned(),
            FaultKind::NotWhoLooks(Instead::Name) => "write a name in quotes".to_owned(),
            FaultKind::NotCount(_) => "write a whole number such as 3".to_owned(),
            FaultKind::NotLength(_, LengthField::Overdue) => {
                "for example overdue > 3wd (working days), 5d (days) or 4h (hours)".to_owned()
            }
            FaultKind::NotLength(_, LengthField::Remaining) => {
                "for example remaining < 2wd (working days), 5d (days) or 4h (hours)".to_owned()
            }
            FaultKind::NotDate(_) => "for example 2026-03-01, today, -7d, -3wd, this month".to_owned(),
            FaultKind::TooLarge(_) => format!("at most {MAX_AMOUNT} is allowed"),
            FaultKind::NoWord(_) => "write a word of two characters or more".to_owned(),
            FaultKind::UnitAndPerson(_) => "write the unit's code or the person's id".to_owned(),
            FaultKind::Ambiguous { count, ids, .. } => {
                let more = if *count > ids.len() { ", …" } else { "" };
                format!("write one of {}{more}", ids.join(", "))
            }
            FaultKind::TooLong(_)
            | FaultKind::TooDeep
            | FaultKind::TooManyTests
            | FaultKind::TooManyValues
            | FaultKind::NothingOpen
            | FaultKind::NoTestBefore(_)
            | FaultKind::OpenList
            | FaultKind::Missing(_)
            | FaultKind::NoMe
            | FaultKind::NoMyUnit
            | FaultKind::TooFar => return None,
        })
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Takes::Names => "=, !=, in or not in",
            Takes::Tree => "=, !=, in, not in, under or not under",
            Takes::Number => "=, !=, in, not in or starts",
            Takes::Measure => "=, !=, <, <=, >, >=, in or not in",
            Takes::Length => "<, <=, > or >=",
            Takes::Text => "has",
        })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wanted::Text => "a text",
            Wanted::Name => "a name",
            Wanted::Phase => "a phase",
            Wanted::Number => "a number",
            Wanted::Length => "a length of time",
            Wanted::Date => "a date",
        })
    }
}
