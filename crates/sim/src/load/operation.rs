//! What is asked of a server, and in which mixture.

use crate::seeded::Seeded;

/// One request that counts by itself in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// The portal's first page.
    Home,
    /// The portal's form.
    Form,
    /// A reporter looks at their case.
    Track,
    /// A staff member's desk.
    Desk,
    /// A page of the ledger.
    Ledger,
    /// A case's page.
    Page,
    /// A list of cases, for a program.
    List,
    /// A case, for a program.
    Case,
    /// A message from outside.
    Message,
    /// A step taken by staff.
    Step,
    /// A photo added by staff.
    Photo,
    /// A reporter answers a question.
    Reply,
    /// A reporter says whether it is solved.
    Satisfaction,
}

/// What somebody does next; some of it takes several requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Read something.
    Read(Operation),
    /// Send a message.
    Report,
    /// Turn to a case as staff and do what is to be done there.
    Work,
    /// Talk back as a reporter.
    Talk,
}

/// Reads for one write and the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mixture {
    /// Parts that read.
    pub reads: u32,
    /// Parts that write.
    pub writes: u32,
}

/// What reads are made of, in parts: staff look at lists and cases most of the day, reporters at theirs.
const READS: [(Operation, u32); 7] = [
    (Operation::Home, 1),
    (Operation::Form, 1),
    (Operation::Track, 4),
    (Operation::Desk, 3),
    (Operation::Ledger, 4),
    (Operation::Page, 5),
    (Operation::List, 2),
];

/// What writes are made of, in parts: a case takes more steps than it has messages.
const WRITES: [(Act, u32); 3] = [(Act::Report, 4), (Act::Work, 5), (Act::Talk, 1)];

impl Operation {
    /// Returns the word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Operation::Home => "home",
            Operation::Form => "form",
            Operation::Track => "track",
            Operation::Desk => "desk",
            Operation::Ledger => "ledger",
            Operation::Page => "case_page",
            Operation::List => "list",
            Operation::Case => "case",
            Operation::Message => "message",
            Operation::Step => "step",
            Operation::Photo => "photo",
            Operation::Reply => "reply",
            Operation::Satisfaction => "satisfaction",
        }
    }

    /// Whether it changes something.
    pub fn writes(self) -> bool {
        match self {
            Operation::Message
            | Operation::Step
            | Operation::Photo
            | Operation::Reply
            | Operation::Satisfaction => true,
            Operation::Home
            | Operation::Form
            | Operation::Track
            | Operation::Desk
            | Operation::Ledger
            | Operation::Page
            | Operation::List
            | Operation::Case => false,
        }
    }

    /// Whether only staff can ask for it.
    pub fn is_for_staff(self) -> bool {
        match self {
            Operation::Desk
            | Operation::Ledger
            | Operation::Page
            | Operation::List
            | Operation::Case
            | Operation::Step
            | Operation::Photo => true,
            Operation::Home
            | Operation::Form
            | Operation::Track
            | Operation::Message
            | Operation::Reply
            | Operation::Satisfaction => false,
        }
    }
}

impl Act {
    /// Whether it is meant to change something.
    pub fn writes(self) -> bool {
        !matches!(self, Act::Read(_))
    }

    /// Chooses what is done next.
    pub fn next(mixture: Mixture, with_staff: bool, chance: &mut Seeded) -> Act {
        let all = f64::from(mixture.reads + mixture.writes);
        if chance.happens(f64::from(mixture.reads) / all) {
            let open = |(operation, _): &(Operation, u32)| with_staff || !operation.is_for_staff();
            Act::Read(weighed(READS.into_iter().filter(open), chance))
        } else {
            let open = |(act, _): &(Act, u32)| with_staff || *act != Act::Work;
            weighed(WRITES.into_iter().filter(open), chance)
        }
    }
}

/// Chooses by weight; there is always something to choose, as the portal is open to everybody.
fn weighed<T: Copy>(choices: impl Iterator<Item = (T, u32)> + Clone, chance: &mut Seeded) -> T {
    let all: u32 = choices.clone().map(|(_, weight)| weight).sum();
    let mut left = chance.between(1, i64::from(all));
    let mut chosen = None;
    for (choice, weight) in choices {
        chosen = Some(choice);
        left -= i64::from(weight);
        if left <= 0 {
            break;
        }
    }
    chosen.expect("both tables hold what needs no staff")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts(reads: u32, writes: u32, with_staff: bool) -> Vec<Act> {
        let mut chance = Seeded::new(1);
        let mixture = Mixture { reads, writes };
        (0..21_000)
            .map(|_| Act::next(mixture, with_staff, &mut chance))
            .collect()
    }

    #[test]
    fn twenty_reads_come_to_one_write() {
        let writes = acts(20, 1, true).iter().filter(|act| act.writes()).count();
        assert!((900..1_100).contains(&writes), "{writes}");
        assert!(acts(1, 0, true).iter().all(|act| !act.writes()));
        assert!(acts(0, 1, true).iter().all(|act| act.writes()));
    }

    #[test]
    fn without_staff_nobody_does_what_staff_does() {
        for act in acts(20, 1, false) {
            match act {
                Act::Read(operation) => assert!(!operation.is_for_staff(), "{operation:?}"),
                Act::Work => panic!("work without staff"),
                Act::Report | Act::Talk => {}
            }
        }
    }

    #[test]
    fn all_that_stands_in_the_tables_happens() {
        let acts = acts(1, 1, true);
        for (operation, _) in READS {
            assert!(acts.contains(&Act::Read(operation)), "{operation:?}");
        }
        for (act, _) in WRITES {
            assert!(acts.contains(&act), "{act:?}");
        }
    }
}
