//! Who stands in for whom 代理: a person on leave says it themselves, or whoever leads their unit, or the
//! administrator. It is an event of the organisation, with its days.

use bihuan_core::id::PersonId;
use bihuan_core::org::{OrgEvent, Substitution};
use bihuan_core::permission::{self, Permit};
use jiff::ToSpan;
use jiff::civil::Date;

use super::unit::term;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::limits;

/// The longest that somebody may stand in, in days; who is away for longer leaves the post.
const LONGEST_DAYS: i32 = 366;
/// The most people that are offered.
const OFFERED: usize = 200;

/// What the page of a person says of substitutes.
#[derive(Default)]
pub struct Substitutes {
    /// Who stands in for the person now or later: id, address, name, days, whether the visitor may end it.
    pub theirs: Vec<(String, String, String, String, bool)>,
    /// For whom the person stands in now or later: address, name, days.
    pub own: Vec<(String, String, String)>,
    /// Whether the visitor may name one.
    pub may_name: bool,
    /// Who may be named: id and name.
    pub people: Vec<(String, String)>,
    /// What was written: substitute, first and last day.
    pub written: (String, String, String),
    /// What is wrong with it: field and words.
    pub errors: Vec<(String, String)>,
}

/// Returns the person with this id.
///
/// # Errors
/// [`WebError::NotFound`] if there is none.
pub fn person_of(ctx: &Ctx, id: &str) -> Result<PersonId, WebError> {
    let id = id.parse().map(PersonId).map_err(|_| WebError::NotFound)?;
    ctx.scene
        .org
        .person(id)
        .map(|person| person.id)
        .ok_or(WebError::NotFound)
}

/// Returns the permit to say who stands in for somebody, or to hand over what lies with them.
///
/// # Errors
/// [`WebError::Forbidden`] for all but themselves, those above them and the administrator.
pub fn may_name(ctx: &Ctx, person: PersonId, substitute: Option<PersonId>) -> Result<Permit, WebError> {
    let who = ctx.who()?;
    let permit =
        ctx.with_rights(|rights| permission::authorize_substitute(&who.viewer, person, substitute, rights));
    permit.map_err(|_denied| WebError::Forbidden)
}

/// Reads who stands in for a person, and when.
///
/// # Errors
/// [`WebError::Input`] with everything that is wrong.
pub fn read(ctx: &Ctx, person: PersonId, form: &Form) -> Result<(Permit, OrgEvent), WebError> {
    may_name(ctx, person, None)?;
    let today = ctx.scene.calendar.date_of(ctx.now);
    let mut read = form.read();
    let substitute = read.needed("substitute", limits::LINE_CHARS);
    let substitute = person_of(ctx, &substitute).ok().filter(|other| *other != person);
    if substitute.is_none() && !form.value("substitute").is_empty() {
        read.complain(Complaint::new("substitute", "substitute-unknown"));
    }
    let mut day = |name: &'static str| {
        let text = read.needed(name, limits::LINE_CHARS);
        let day = text.parse::<Date>().ok();
        if day.is_none() && !text.is_empty() {
            read.complain(Complaint::new(name, "substitute-no-day"));
        }
        day
    };
    let (from, last) = (day("from"), day("last"));
    if from.is_some_and(|from| from < today) {
        read.complain(Complaint::new("from", "substitute-past"));
    }
    let until = from.zip(last).and_then(|(from, last)| {
        let until = last.tomorrow().ok()?;
        let latest = from.checked_add(LONGEST_DAYS.days()).ok()?;
        (from <= last && until <= latest).then_some(until)
    });
    if from.is_some() && last.is_some() && until.is_none() {
        read.complain(Complaint::new("last", "substitute-too-long").with("days", LONGEST_DAYS as usize));
    }
    if let Some((from, until)) = from.zip(until) {
        let meets = |one: &Substitution| one.from < until && from < one.until;
        if ctx.scene.org.substitutes_of(person).iter().any(meets) {
            read.complain(Complaint::new("from", "substitute-taken"));
        }
    }
    read.done()?;
    let whole = substitute.zip(from).zip(until);
    let ((substitute, from), until) = whole.ok_or_else(|| WebError::Input(Vec::new()))?;
    let permit = may_name(ctx, person, Some(substitute))?;
    let named = Substitution {
        person,
        substitute,
        from,
        until,
    };
    Ok((permit, OrgEvent::SubstituteNamed(named)))
}

impl Substitutes {
    /// Returns what the page of a person says of substitutes.
    pub fn of(ctx: &Ctx, person: PersonId) -> Substitutes {
        let org = &ctx.scene.org;
        let today = ctx.scene.calendar.date_of(ctx.now);
        let may_name = may_name(ctx, person, None).is_ok();
        let name = |id| {
            let found = org.person(id);
            found.map_or_else(String::new, |person| ctx.name(&person.name))
        };
        let href = |id: PersonId| format!("/persons/{id}");
        let mut theirs = org.substitutes_of(person);
        theirs.retain(|one| is_ahead(one, today));
        let theirs = theirs.iter().map(|one| {
            let id = one.substitute;
            let days = term(ctx, one.from, Some(one.until));
            (id.to_string(), href(id), name(id), days, may_name)
        });
        let mut own: Vec<Substitution> = org
            .stands_in_for(person, today, Date::MAX)
            .into_iter()
            .flat_map(|away| org.substitutes_of(away))
            .filter(|one| one.substitute == person && is_ahead(one, today))
            .collect();
        own.sort_by_key(|one| (one.from, one.person));
        let own = own.iter().map(|one| {
            (
                href(one.person),
                name(one.person),
                term(ctx, one.from, Some(one.until)),
            )
        });
        Substitutes {
            theirs: theirs.collect(),
            own: own.collect(),
            may_name,
            people: if may_name {
                nameable(ctx, person)
            } else {
                Vec::new()
            },
            written: (String::new(), today.to_string(), String::new()),
            errors: Vec::new(),
        }
    }
}

/// Whether somebody stands in on some day from today on: one that was cancelled before its first day has none.
pub fn is_ahead(one: &Substitution, today: Date) -> bool {
    one.until > today && one.from < one.until
}

/// Returns those of a person's colleagues whom the visitor may name.
fn nameable(ctx: &Ctx, person: PersonId) -> Vec<(String, String)> {
    let mut people = colleagues(ctx, person);
    people.retain(|(id, _)| person_of(ctx, id).is_ok_and(|other| may_name(ctx, person, Some(other)).is_ok()));
    people
}

/// Returns the people of a person's units and of those below them, and, for who may name anybody, of those next to
/// them: id and name.
pub fn colleagues(ctx: &Ctx, person: PersonId) -> Vec<(String, String)> {
    let org = &ctx.scene.org;
    let today = ctx.scene.calendar.date_of(ctx.now);
    let mut units = org.units_of(person, today);
    // Who has left a post is followed by somebody of the unit it was in.
    let past = org.tenures_of(person).into_iter();
    units.extend(past.filter_map(|held| org.post(held.post)).map(|post| post.unit));
    let near: Vec<_> = units
        .iter()
        .filter_map(|unit| org.ancestors_on(*unit, today).next())
        .collect();
    let own = ctx.who.as_ref().is_some_and(|who| who.viewer.person == person);
    let close = |of: &std::collections::BTreeSet<_>| {
        let shares = !units.is_disjoint(of);
        let beside = || {
            of.iter().any(|unit| {
                let mut tops = units.iter().chain(near.iter().filter(|_| !own));
                tops.any(|top| org.is_under_on(*unit, *top, today))
            })
        };
        (shares, shares || !own && beside())
    };
    let mut people: Vec<(bool, String, String)> = org
        .persons()
        .filter(|other| other.id != person)
        .filter_map(|other| {
            let (shares, offered) = close(&org.units_of(other.id, today));
            offered.then(|| (!shares, ctx.name(&other.name), other.id.to_string()))
        })
        .collect();
    people.sort();
    people
        .into_iter()
        .map(|(_, name, id)| (id, name))
        .take(OFFERED)
        .collect()
}
