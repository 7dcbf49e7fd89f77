//! What a pack says, after it was read and checked.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::notification::{NotificationRule, Occasion};
use crate::label::Label;

// Apart, so that the filter language, which steps and grants hold, can lean on it without a circle.
pub use super::phase::Phase;

/// A policy pack 政策包: kinds, taxonomies, clocks, grants and words, each rule with its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its id, such as `hotline`.
    pub id: String,
    /// Its version; a higher one replaces the lower for new cases.
    pub version: u32,
    /// Its name.
    pub title: Label,
    /// The first day on which it is in force.
    pub valid_from: Date,
    /// The first day on which it no longer is.
    pub valid_until: Option<Date>,
    /// Where its rules come from, by the short id that rules cite.
    pub sources: BTreeMap<String, Source>,
    /// The channels 渠道 a case may come by.
    pub channels: Vec<Named>,
    /// The supervision sources 来源 that may raise one.
    pub supervision_sources: Vec<Named>,
    /// Its taxonomies, by id.
    pub taxonomies: BTreeMap<String, Taxonomy>,
    /// Its clocks, by id.
    pub clocks: BTreeMap<String, ClockRule>,
    /// Its kinds, in the order of the file.
    pub kinds: Vec<Kind>,
    /// Its grants.
    pub grants: Vec<Grant>,
    /// What people are told, by id; `{number}`, `{due}`, `{unit}`, `{text}` are filled in.
    pub messages: BTreeMap<String, Label>,
    /// Whom on the staff an occasion concerns and what they are told; nobody is told of what is not named.
    pub notifications: BTreeMap<Occasion, NotificationRule>,
    /// What is printed for the reporter 告知书.
    pub notices: BTreeMap<NoticeKind, Notice>,
    /// How reporters are called after the answer 回访, where they are.
    pub callback: Option<Callback>,
    /// Texts to begin with when a call is taken down 登记模板.
    pub templates: Vec<Template>,
    /// Words that make the portal or the register stop and say something first.
    pub alarms: Vec<Alarm>,
    /// The kind that a message through the portal becomes where the sender names none.
    pub portal_kind: Option<String>,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The instrument's name.
    pub instrument: Label,
    /// The article, such as `34`; empty where the whole instrument is meant.
    pub article: String,
    /// How well the text is known.
    pub grade: SourceGrade,
}

/// How well the text of a source is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceGrade {
    /// The full official text was read.
    A,
    /// Part of the official text, or an official page, was read.
    B,
    /// An example 样例: practice or a design choice, to be edited; never shown as official.
    Example,
}

/// An id with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The id that cases carry.
    pub id: String,
    /// What people read.
    pub title: Label,
}

/// A tree of categories 分类.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxonomy {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: Label,
    /// All categories, parents before children.
    pub categories: Vec<Category>,
    /// Where the categories come from.
    pub source: String,
}

/// A category of a taxonomy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its code, unique in the pack, such as `housing.heating`; a child's code begins with its parent's and a dot.
    pub code: String,
    /// Its name.
    pub title: Label,
}

/// A clock 时限.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: Label,
    /// How long it runs.
    pub limit: crate::clock::Limit,
    /// How long before the end it warns, in the unit of `limit`.
    pub warn_before: Option<crate::clock::Limit>,
    /// The longest extension that may be approved in all, in its own unit; `None` where none may be.
    pub extension: Option<crate::clock::Limit>,
    /// Whether it may be paused.
    pub pausable: bool,
    /// The source of the limit.
    pub source: String,
}

/// A kind 类型 of case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Its id, such as `complaint`, unique over all packs of an installation.
    pub id: String,
    /// Its name.
    pub title: Label,
    /// What its numbers begin with, such as `TS`.
    pub number_prefix: String,
    /// The taxonomy of its categories.
    pub taxonomy: Option<String>,
    /// Who raises it.
    pub raised_by: Raiser,
    /// What stands for the answer before strike-off.
    pub answer: AnswerRule,
    /// The ends it allows.
    pub ends: Vec<EndKind>,
    /// Whether it asks for an answer and nothing else: only such a kind may end as answered.
    pub consultation: bool,
    /// Whether citizens may send it through the portal.
    pub portal: bool,
    /// Whether everybody may see that a case of it was struck off: its category, its unit and how long it took.
    pub listed: bool,
    /// After how many calendar days without a word from the reporter an answer counts as accepted.
    pub silence_days: u32,
    /// How often the reporter is called after the answer; `None` where the kind calls nobody back.
    pub calls: Option<CallRule>,
    /// For how many working days at least a result is published 公示, where publication stands for the answer.
    pub publication_days: Option<u32>,
    /// The state a new case is in.
    pub initial: String,
    /// Clocks that start when it is raised.
    pub start: Vec<String>,
    /// Its states, in the order people see.
    pub states: Vec<State>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The source of the procedure.
    pub source: String,
}

/// Who raises the cases of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Raiser {
    /// Somebody outside.
    Reporter,
    /// A person of the org tree.
    Finder,
}

/// What must have happened before strike-off so that whoever raised the problem knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerRule {
    /// The reporter was answered and did not say "not solved".
    Reporter,
    /// The result was published 公示 and the period for objections is over.
    Publication,
    /// The finder agreed.
    FinderConsent,
}

/// An end that a kind allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EndKind {
    /// Struck off 销号.
    StruckOff,
    /// Answered: consultations only.
    Answered,
    /// Refused 不予受理.
    Refused,
    /// Withdrawn by the reporter.
    Withdrawn,
    /// Handed over 移送.
    HandedOver,
}

/// A state 状态 of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: Label,
    /// Its phase.
    pub phase: Phase,
}

/// A step 环节: a way from one state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id, unique in the kind.
    pub id: String,
    /// Its name, an imperative.
    pub title: Label,
    /// The states it may be taken in.
    pub from: Vec<String>,
    /// The state it leads to.
    pub to: String,
    /// The action a grant must hold to take it, such as `handle`; `None` for the reporter's and the timer's steps.
    pub action: Option<String>,
    /// How the actor must stand to the case.
    pub relation: Relation,
    /// What it does beyond changing the state.
    pub effect: Effect,
    /// What the actor must give.
    pub asks: Vec<Ask>,
    /// What must be there already.
    pub needs: Vec<Need>,
    /// A filter that must be true of the case.
    pub guard: Option<crate::filter::ast::Ast>,
    /// Clocks it starts.
    pub start: Vec<String>,
    /// Clocks it stops: they were met.
    pub stop: Vec<String>,
    /// The message the reporter is told, if any.
    pub tell: Option<String>,
    /// The source of the step.
    pub source: String,
}

/// How the actor of a step must stand to the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// No demand beyond the grant.
    Any,
    /// Acts for the responsible unit or a unit under it.
    Responsible,
    /// Acts for a unit outside the subtree of every unit that was ever responsible.
    Independent,
    /// The reporter, by the receipt code.
    Reporter,
    /// The person who found it.
    Finder,
    /// The timer: taken by the system when the step's needs hold.
    Timer,
}

/// What a step does beyond changing the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing.
    None,
    /// A unit becomes responsible.
    Assign,
    /// The responsible unit gives the case back.
    Return,
    /// Somebody independent finds the fix in place.
    Verify,
    /// Somebody independent finds it missing: a new round begins.
    FailVerification,
    /// Whoever raised it is answered.
    Answer,
    /// The result is published.
    Publish,
    /// The finder agrees.
    Consent,
    /// The case is struck off.
    StrikeOff,
    /// The consultation ends as answered.
    EndAnswered,
    /// The case is refused.
    Refuse,
    /// The reporter withdraws.
    Withdraw,
    /// The case goes to another organ.
    HandOver,
    /// The fix held.
    LookBackHeld,
    /// The fix did not hold: a new round begins.
    LookBackFailed,
    /// The case is taken up again: a new round begins.
    Reopen,
}

/// Something the actor must give with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ask {
    /// A remark for staff.
    Remark,
    /// A reason.
    Reason,
    /// The responsible unit; co-units and a person may come with it.
    Unit,
    /// The answer to the reporter.
    Reply,
    /// What the verifier or the looker-back found.
    Finding,
    /// The notice of a refusal.
    Notice,
    /// How the reporter can object to a refusal.
    ObjectionWay,
    /// The other organ.
    Organ,
    /// The other organ's receipt.
    OrganReceipt,
    /// The text and the period of a publication.
    Publication,
}

/// Something that must be there before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// A responsible unit.
    Assigned,
    /// At least one piece of evidence of this round.
    Evidence,
    /// At least one picture of this round.
    Photo,
    /// A standing verification of this round.
    Verification,
    /// An answer to the reporter in this round.
    Answer,
    /// The reporter said "solved", or was silent for the kind's days after the answer.
    Satisfaction,
    /// A publication of this round whose period is over.
    Publication,
    /// The finder's consent in this round.
    Consent,
}

/// Who may do what, to which cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role's id.
    pub role: String,
    /// The role's name.
    pub title: Label,
    /// What it may do.
    pub actions: Vec<String>,
    /// Which cases: a filter in which `me` and `my unit` are the actor's.
    pub scope: crate::filter::ast::Ast,
    /// The source.
    pub source: String,
}

/// A text to begin with when a call is taken down 登记模板.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: Label,
    /// The kind it is for.
    pub kind: String,
    /// The category it is for, if it is for one.
    pub category: Option<String>,
    /// The text; what is to be asked stands in 【】.
    pub text: Label,
    /// Where it comes from.
    pub source: String,
}

/// A notice that is printed for the reporter 告知书.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its title.
    pub title: Label,
    /// Its paragraphs, in which what is known of the case is filled in.
    pub body: Vec<Label>,
    /// The legal basis that it names, if it names one: a source whose text is known.
    pub basis: Option<String>,
    /// Where its words come from.
    pub source: String,
}

/// What a printed notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeKind {
    /// The case is taken in 受理.
    Acceptance,
    /// The time was extended 延期.
    Extension,
    /// It is not taken in 不予受理.
    Refusal,
    /// The answer 答复.
    Answer,
}

/// How reporters are called after the answer 回访.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// How often.
    pub rule: CallRule,
    /// What the caller says, one thing after the other; `{number}`, `{title}`, `{unit}` are filled in.
    pub script: Vec<Label>,
    /// The source.
    pub source: String,
}

/// How often a reporter is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallRule {
    /// After how many calls that nobody answered the case is let go on.
    pub attempts: u32,
    /// Whether the reporter's silence counts only after those calls.
    pub silence_waits: bool,
}

/// Words that stop the portal and the register to say something first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its id.
    pub id: String,
    /// Words, any of which raises it.
    pub words: Vec<String>,
    /// What is said.
    pub message: Label,
    /// What happens then.
    pub action: AlarmAction,
    /// The source.
    pub source: String,
}

/// What an alarm does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmAction {
    /// Says it first, and takes the message in if the sender goes on: an emergency.
    Warn,
    /// Refuses the message at the door with the lawful route, and keeps nothing of it.
    Refuse,
}
