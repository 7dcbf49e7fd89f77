//! The org tree with dates: units, posts, persons, tenures, duties and roles.
//!
//! The tree is a fold of [`OrgEvent`]s. It answers "who held this post on that day", "which unit is
//! under which, today or on a day", and "whose duty is this category".
//!
//! Start at [`Org::apply`] for what may happen to it, at [`Org::unit`] for what it answers. A dissolved
//! unit keeps its last place in the tree: cases it was responsible for still have somebody above them,
//! and nobody under it becomes independent of it.

mod ask;
mod fold;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{PersonId, PostId, UnitId};
use crate::label::Label;

pub use fold::OrgProblem;

/// Something that changed the org tree. Stored as JSON with the tag `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrgEvent {
    /// A unit was founded.
    UnitFounded(Unit),
    /// A unit was renamed, moved under another or reclassed; absent fields stay.
    UnitChanged {
        /// The unit.
        unit: UnitId,
        /// From which day.
        on: Date,
        /// Its parent from then on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<UnitId>,
        /// Its name from then on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Label>,
    },
    /// A unit was dissolved; its open cases go to the successor.
    UnitDissolved {
        /// The unit.
        unit: UnitId,
        /// The first day on which it is gone.
        on: Date,
        /// Who takes its duties.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<UnitId>,
    },
    /// A post was set up.
    PostFounded(Post),
    /// A person came into the tree.
    PersonAdded(Person),
    /// A person began to hold a post.
    TenureBegan {
        /// The post.
        post: PostId,
        /// Who holds it.
        person: PersonId,
        /// From this day.
        on: Date,
    },
    /// A person ceased to hold a post.
    TenureEnded {
        /// The post.
        post: PostId,
        /// Who held it.
        person: PersonId,
        /// The first day on which they no longer hold it.
        on: Date,
    },
    /// A unit got the duty for a category and all below it.
    DutyGiven {
        /// The unit.
        unit: UnitId,
        /// The category's code.
        category: String,
        /// From this day.
        on: Date,
    },
    /// A unit lost a duty.
    DutyTaken {
        /// The unit.
        unit: UnitId,
        /// The category's code.
        category: String,
        /// The first day on which it no longer has it.
        on: Date,
    },
    /// A person got a role (a pack's word) in a unit.
    RoleGranted {
        /// Who.
        person: PersonId,
        /// The role's id, as grants in packs name it.
        role: String,
        /// The unit that "my unit" means for this role.
        unit: UnitId,
        /// From this day.
        on: Date,
    },
    /// Somebody stands in for a person who is away 代理.
    SubstituteNamed(Substitution),
    /// Somebody stands in for a person no longer, sooner than was said.
    SubstituteEnded {
        /// Who is away.
        person: PersonId,
        /// Who stood in.
        substitute: PersonId,
        /// The first day on which they no longer do.
        on: Date,
    },
    /// A person lost a role.
    RoleRevoked {
        /// Who.
        person: PersonId,
        /// The role's id.
        role: String,
        /// The unit it was held in.
        unit: UnitId,
        /// The first day on which they no longer have it.
        on: Date,
    },
}

/// A unit 单位.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its code, unique in the tenant, such as `health`.
    pub code: String,
    /// Its name.
    pub name: Label,
    /// Other names it is called by, such as `卫健委`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Its class 类别, by which units are compared: a pack's word such as `county`.
    pub class: String,
    /// The unit above it; `None` for a top unit or a body outside the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
    /// Whether it stands outside the tree and may verify the topmost unit's cases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// Its first day.
    pub founded_on: Date,
}

/// A post 岗位.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// Its title.
    pub title: Label,
    /// Whether its holder leads the unit 一把手.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub head: bool,
    /// Its first day.
    pub founded_on: Date,
}

/// A person 人员 who works in a unit. Never a citizen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their name, as on the public organisation chart.
    pub name: Label,
}

/// Who holds a post, from a day and perhaps to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenure {
    /// The post.
    pub post: PostId,
    /// The person.
    pub person: PersonId,
    /// The first day.
    pub from: Date,
    /// The first day on which it is over.
    pub until: Option<Date>,
}

/// Who stands in for whom, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substitution {
    /// Who is away.
    pub person: PersonId,
    /// Who stands in.
    pub substitute: PersonId,
    /// The first day.
    pub from: Date,
    /// The first day on which it is over.
    pub until: Date,
}

/// A role that a person has in a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHeld {
    /// The person.
    pub person: PersonId,
    /// The role's id.
    pub role: String,
    /// What "my unit" means for it.
    pub unit: UnitId,
    /// The first day.
    pub from: Date,
    /// The first day on which it is over.
    pub until: Option<Date>,
}

/// A category that a unit is responsible for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// The unit.
    pub unit: UnitId,
    /// The category's code.
    pub category: String,
    /// The first day.
    pub from: Date,
    /// The first day on which it is over.
    pub until: Option<Date>,
}

/// The org tree, folded from its events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Org {
    pub(crate) units: BTreeMap<UnitId, UnitRecord>,
    pub(crate) posts: BTreeMap<PostId, Post>,
    pub(crate) persons: BTreeMap<PersonId, Person>,
    pub(crate) tenures: Vec<Tenure>,
    pub(crate) duties: Vec<Duty>,
    pub(crate) roles: Vec<RoleHeld>,
    pub(crate) substitutions: Vec<Substitution>,
}

/// A unit with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRecord {
    /// The unit as it is now.
    pub unit: Unit,
    /// Its parents: each from the day given until the next, in order of day.
    pub parents: Vec<(Date, Option<UnitId>)>,
    /// The first day on which it is gone.
    pub dissolved_on: Option<Date>,
    /// Who took its duties.
    pub successor: Option<UnitId>,
}

#[cfg(test)]
mod tests;
