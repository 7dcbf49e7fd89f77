//! The fixed words that a pack may use, and their spelling in TOML.

use super::model::{
    AlarmAction, AnswerRule, Ask, Effect, EndKind, Need, NoticeKind, Phase, Raiser, Relation,
};
use super::notification::{Addressee, Occasion, Way};

/// The actions that grants may hold and steps may demand.
pub const ACTIONS: [&str; 15] = [
    "read",
    "register",
    "assign",
    "handle",
    "verify",
    "answer",
    "rule",
    "approve",
    "instruct",
    "strike",
    "export",
    "identity",
    "admin",
    "audit",
    "view.share",
];

/// A closed list of words of the pack language.
pub trait Word: Copy + 'static {
    /// What one of these is called in a message.
    const NAME: &'static str;
    /// All of them.
    const ALL: &'static [Self];

    /// Returns the word as a pack spells it.
    fn word(self) -> &'static str;

    /// Returns what `word` stands for.
    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.word() == word)
    }
}

impl Word for Phase {
    const NAME: &'static str = "phase";
    const ALL: &'static [Self] = &[
        Phase::Raise,
        Phase::Accept,
        Phase::Act,
        Phase::Verify,
        Phase::Answer,
        Phase::Closed,
        Phase::Watch,
    ];

    fn word(self) -> &'static str {
        match self {
            Phase::Raise => "raise",
            Phase::Accept => "accept",
            Phase::Act => "act",
            Phase::Verify => "verify",
            Phase::Answer => "answer",
            Phase::Closed => "closed",
            Phase::Watch => "watch",
        }
    }
}

impl Word for NoticeKind {
    const NAME: &'static str = "notice";
    const ALL: &'static [Self] = &[
        NoticeKind::Acceptance,
        NoticeKind::Extension,
        NoticeKind::Refusal,
        NoticeKind::Answer,
    ];

    fn word(self) -> &'static str {
        match self {
            NoticeKind::Acceptance => "acceptance",
            NoticeKind::Extension => "extension",
            NoticeKind::Refusal => "refusal",
            NoticeKind::Answer => "answer",
        }
    }
}

impl Word for Relation {
    const NAME: &'static str = "relation";
    const ALL: &'static [Self] = &[
        Relation::Any,
        Relation::Responsible,
        Relation::Independent,
        Relation::Reporter,
        Relation::Finder,
        Relation::Timer,
    ];

    fn word(self) -> &'static str {
        match self {
            Relation::Any => "any",
            Relation::Responsible => "responsible",
            Relation::Independent => "independent",
            Relation::Reporter => "reporter",
            Relation::Finder => "finder",
            Relation::Timer => "timer",
        }
    }
}

impl Word for Effect {
    const NAME: &'static str = "effect";
    const ALL: &'static [Self] = &[
        Effect::None,
        Effect::Assign,
        Effect::Return,
        Effect::Verify,
        Effect::FailVerification,
        Effect::Answer,
        Effect::Publish,
        Effect::Consent,
        Effect::StrikeOff,
        Effect::EndAnswered,
        Effect::Refuse,
        Effect::Withdraw,
        Effect::HandOver,
        Effect::LookBackHeld,
        Effect::LookBackFailed,
        Effect::Reopen,
    ];

    fn word(self) -> &'static str {
        match self {
            Effect::None => "none",
            Effect::Assign => "assign",
            Effect::Return => "return",
            Effect::Verify => "verify",
            Effect::FailVerification => "fail_verification",
            Effect::Answer => "answer",
            Effect::Publish => "publish",
            Effect::Consent => "consent",
            Effect::StrikeOff => "strike_off",
            Effect::EndAnswered => "end_answered",
            Effect::Refuse => "refuse",
            Effect::Withdraw => "withdraw",
            Effect::HandOver => "hand_over",
            Effect::LookBackHeld => "look_back_held",
            Effect::LookBackFailed => "look_back_failed",
            Effect::Reopen => "reopen",
        }
    }
}

impl Word for Ask {
    const NAME: &'static str = "ask";
    const ALL: &'static [Self] = &[
        Ask::Remark,
        Ask::Reason,
        Ask::Unit,
        Ask::Reply,
        Ask::Finding,
        Ask::Notice,
        Ask::ObjectionWay,
        Ask::Organ,
        Ask::OrganReceipt,
        Ask::Publication,
    ];

    fn word(self) -> &'static str {
        match self {
            Ask::Remark => "remark",
            Ask::Reason => "reason",
            Ask::Unit => "unit",
            Ask::Reply => "reply",
            Ask::Finding => "finding",
            Ask::Notice => "notice",
            Ask::ObjectionWay => "objection_way",
            Ask::Organ => "organ",
            Ask::OrganReceipt => "organ_receipt",
            Ask::Publication => "publication",
        }
    }
}

impl Word for Need {
    const NAME: &'static str = "need";
    const ALL: &'static [Self] = &[
        Need::Assigned,
        Need::Evidence,
        Need::Photo,
        Need::Verification,
        Need::Answer,
        Need::Satisfaction,
        Need::Publication,
        Need::Consent,
    ];

    fn word(self) -> &'static str {
        match self {
            Need::Assigned => "assigned",
            Need::Evidence => "evidence",
            Need::Photo => "photo",
            Need::Verification => "verification",
            Need::Answer => "answer",
            Need::Satisfaction => "satisfaction",
            Need::Publication => "publication",
            Need::Consent => "consent",
        }
    }
}

impl Word for EndKind {
    const NAME: &'static str = "end";
    const ALL: &'static [Self] = &[
        EndKind::StruckOff,
        EndKind::Answered,
        EndKind::Refused,
        EndKind::Withdrawn,
        EndKind::HandedOver,
    ];

    fn word(self) -> &'static str {
        match self {
            EndKind::StruckOff => "struck_off",
            EndKind::Answered => "answered",
            EndKind::Refused => "refused",
            EndKind::Withdrawn => "withdrawn",
            EndKind::HandedOver => "handed_over",
        }
    }
}

impl Word for Raiser {
    const NAME: &'static str = "raiser";
    const ALL: &'static [Self] = &[Raiser::Reporter, Raiser::Finder];

    fn word(self) -> &'static str {
        match self {
            Raiser::Reporter => "reporter",
            Raiser::Finder => "finder",
        }
    }
}

impl Word for AnswerRule {
    const NAME: &'static str = "answer rule";
    const ALL: &'static [Self] = &[
        AnswerRule::Reporter,
        AnswerRule::Publication,
        AnswerRule::FinderConsent,
    ];

    fn word(self) -> &'static str {
        match self {
            AnswerRule::Reporter => "reporter",
            AnswerRule::Publication => "publication",
            AnswerRule::FinderConsent => "finder_consent",
        }
    }
}

impl Word for AlarmAction {
    const NAME: &'static str = "alarm action";
    const ALL: &'static [Self] = &[AlarmAction::Warn, AlarmAction::Refuse];

    fn word(self) -> &'static str {
        match self {
            AlarmAction::Warn => "warn",
            AlarmAction::Refuse => "refuse",
        }
    }
}

impl Word for Occasion {
    const NAME: &'static str = "occasion";
    const ALL: &'static [Self] = &Occasion::ALL;

    fn word(self) -> &'static str {
        match self {
            Occasion::Assigned => "assigned",
            Occasion::Instructed => "instructed",
            Occasion::DueSoon => "due_soon",
            Occasion::Overdue => "overdue",
            Occasion::Returned => "returned",
            Occasion::CameBack => "came_back",
            Occasion::Disputed => "disputed",
            Occasion::Ruled => "ruled",
            Occasion::Extended => "extended",
            Occasion::Replied => "replied",
            Occasion::ToVerify => "to_verify",
            Occasion::Ended => "ended",
        }
    }
}

impl Word for Addressee {
    const NAME: &'static str = "addressee";
    const ALL: &'static [Self] = &[
        Addressee::Responsible,
        Addressee::Heads,
        Addressee::Instructors,
        Addressee::Finder,
        Addressee::Assigners,
        Addressee::Rulers,
        Addressee::Verifiers,
    ];

    fn word(self) -> &'static str {
        match self {
            Addressee::Responsible => "responsible",
            Addressee::Heads => "heads",
            Addressee::Instructors => "instructors",
            Addressee::Finder => "finder",
            Addressee::Assigners => "assigners",
            Addressee::Rulers => "rulers",
            Addressee::Verifiers => "verifiers",
        }
    }
}

impl Word for Way {
    const NAME: &'static str = "way";
    const ALL: &'static [Self] = &[Way::Page, Way::Mail, Way::Digest];

    fn word(self) -> &'static str {
        match self {
            Way::Page => "page",
            Way::Mail => "mail",
            Way::Digest => "digest",
        }
    }
}
