//! What a pack says of notifications 通知: whom an occasion concerns, in which words, and how it comes.

use crate::label::Label;

/// What somebody on the staff is told of. Which events bring one about is in [`crate::notification`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// The case was given to a unit or a person.
    Assigned,
    /// A leader took it up 批示.
    Instructed,
    /// A clock comes near its end 临期.
    DueSoon,
    /// A clock ran out 超期.
    Overdue,
    /// The responsible unit gave it back 退回.
    Returned,
    /// The fix did not hold, the reporter is not satisfied, or the case was taken up again.
    CameBack,
    /// The responsible unit disputes the assignment 派单异议.
    Disputed,
    /// The dispute was ruled 裁定.
    Ruled,
    /// A clock got more time 延期.
    Extended,
    /// The reporter wrote.
    Replied,
    /// Somebody independent is to verify it.
    ToVerify,
    /// It ended.
    Ended,
}

impl Occasion {
    /// All occasions, in the order that people see.
    pub const ALL: [Occasion; 12] = [
        Occasion::Assigned,
        Occasion::Instructed,
        Occasion::DueSoon,
        Occasion::Overdue,
        Occasion::Returned,
        Occasion::CameBack,
        Occasion::Disputed,
        Occasion::Ruled,
        Occasion::Extended,
        Occasion::Replied,
        Occasion::ToVerify,
        Occasion::Ended,
    ];
}

/// Whom an occasion concerns. Only who may read the case is told, and never who brought it about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Addressee {
    /// The person in charge or, where none is named, those who handle for the responsible unit and the co-units.
    Responsible,
    /// Who heads the responsible unit: by a post that is marked so.
    Heads,
    /// Who gave instructions about the case.
    Instructors,
    /// Who found it.
    Finder,
    /// Who may give it to a unit.
    Assigners,
    /// Who may rule a dispute about it.
    Rulers,
    /// Who may verify it, from outside every unit that was ever responsible.
    Verifiers,
}

/// How a notification comes, beside standing on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// On the page only.
    Page,
    /// By mail, at once.
    Mail,
    /// In one mail a day.
    Digest,
}

/// What a pack says of one occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRule {
    /// Whom it concerns.
    pub to: Vec<Addressee>,
    /// What they read on the page; [`PLACEHOLDERS`] are filled in.
    pub text: Label,
    /// What they read in a mail, which other machines carry: it names the case as far as the pack wants it to.
    pub mail: Label,
    /// How it comes where a person has not chosen.
    pub way: Way,
    /// The source.
    pub source: String,
}

/// What a notification may have filled in: the case's number and title, the responsible unit, when it is due, and
/// the state it was in.
pub const PLACEHOLDERS: [&str; 5] = ["number", "title", "unit", "due", "state"];

/// What fills the placeholders of one notification.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// The case's number.
    pub number: &'a str,
    /// Its title.
    pub title: &'a str,
    /// The unit's name.
    pub unit: &'a str,
    /// When it is due.
    pub due: &'a str,
    /// The state's name.
    pub state: &'a str,
}

impl Filling<'_> {
    /// Fills a text's placeholders; what is filled in is not looked through again.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, opened)) = rest.split_once('{') {
            filled.push_str(before);
            let (name, after) = opened.split_once('}').unwrap_or((opened, ""));
            filled.push_str(self.of(name));
            rest = after;
        }
        filled + rest
    }

    /// Returns what stands for a placeholder; a pack that was read has no others.
    fn of(&self, name: &str) -> &str {
        match name {
            "number" => self.number,
            "title" => self.title,
            "unit" => self.unit,
            "due" => self.due,
            "state" => self.state,
            _unknown => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_looked_through_again() {
        let filling = Filling {
            number: "TS-1",
            title: "{unit} {",
            unit: "住建局",
            due: "",
            state: "办理中",
        };
        let said = filling.fill("{number}《{title}》：{unit}{due}，{state}");
        assert_eq!(said, "TS-1《{unit} {》：住建局，办理中");
    }
}
