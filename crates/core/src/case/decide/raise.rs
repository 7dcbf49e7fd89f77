//! A problem comes in.

use jiff::Timestamp;

use super::Decided;
use super::record::SEVERITIES;
use crate::case::command::{Context, ImportedLife, Raise};
use crate::case::refusal::Refusal;
use crate::clock::Due;
use crate::event::{AccusedParty, Actor, CaseEvent, ClockSpan, End, Fields, PackRef, RaisedBy, ReplyWay};
use crate::id::{CaseId, UnitId};
use crate::pack::model::{Kind, Raiser};

/// Decides what comes of a problem that comes in as the case `id`.
///
/// An import adds what it knows of the case's later life, each event at its time in the world; a case
/// that was closed elsewhere ends as [`End::ImportedClosed`], which proves nothing.
///
/// # Errors
/// [`Refusal`] with what the pack, the org tree or the calendar does not allow.
pub fn raise(raise: &Raise, id: CaseId, ctx: &Context) -> Result<Vec<Decided>, Refusal> {
    let unknown = || Refusal::UnknownKind(raise.kind.clone());
    let kind = ctx.pack.kind(&raise.kind).ok_or_else(unknown)?;
    ctx.refuse_unfit(raise, kind)?;
    if raise.links.iter().any(|(_, other)| *other == id) {
        return Err(Refusal::Itself);
    }
    let mut events = vec![CaseEvent::Raised(ctx.fields(raise, kind))];
    let linked = |link: &(_, CaseId)| CaseEvent::Linked {
        linkage: link.0,
        other: link.1,
    };
    events.extend(raise.links.iter().map(linked));
    let life = raise.imported.clone().unwrap_or_default();
    if let Some(unit) = life.unit {
        ctx.refuse_unfit_owner(raise, unit)?;
        events.push(CaseEvent::Assigned {
            unit,
            co_units: Vec::new(),
            person: None,
        });
    }
    events.extend(ctx.first_clocks(kind, &life)?);
    let mut decided = ctx.all_now(events);
    decided.extend(later_life(&life, ctx.occurred_at));
    Ok(decided)
}

fn later_life(life: &ImportedLife, raised_at: Timestamp) -> Vec<Decided> {
    let answered = life.answer.map(|text| Decided {
        occurred_at: life.answered_at.or(life.closed_at).unwrap_or(raised_at),
        event: CaseEvent::Answered {
            text,
            way: ReplyWay::ReceiptPage,
        },
    });
    let ended = life.closed_at.map(|occurred_at| Decided {
        occurred_at,
        event: CaseEvent::Ended(End::ImportedClosed),
    });
    answered.into_iter().chain(ended).collect()
}

impl Context<'_> {
    fn fields(&self, raise: &Raise, kind: &Kind) -> Fields {
        Fields {
            number: raise.number.clone(),
            kind: raise.kind.clone(),
            pack: PackRef {
                id: self.pack.id.clone(),
                version: self.pack.version,
            },
            state: kind.initial.clone(),
            channel: raise.channel.clone(),
            source: raise.source.clone(),
            category: raise.category.clone(),
            campaigns: raise.campaigns.clone(),
            severity: raise.severity,
            title: raise.title,
            text: raise.text,
            place: raise.place,
            raised_by: raise.raised_by,
            accused: raise.accused.clone(),
            external: raise.external.clone(),
        }
    }

    fn refuse_unfit(&self, raise: &Raise, kind: &Kind) -> Result<(), Refusal> {
        let by_whom = match raise.raised_by {
            RaisedBy::Reporter { .. } => Raiser::Reporter,
            RaisedBy::Finder { .. } => Raiser::Finder,
        };
        let by_portal = self.actor == Actor::Reporter;
        if by_whom != kind.raised_by || (by_portal && !kind.portal) {
            return Err(Refusal::UnknownKind(raise.kind.clone()));
        }
        if raise.imported.is_some() && self.actor != Actor::Import {
            return Err(Refusal::ImportOnly);
        }
        if raise.number.is_empty() {
            return Err(Refusal::OutOfRange("number"));
        }
        if !SEVERITIES.contains(&raise.severity) {
            return Err(Refusal::OutOfRange("severity"));
        }
        self.refuse_unknown_channel(&raise.channel)?;
        if let Some(source) = &raise.source {
            self.refuse_unknown_source(source)?;
        }
        if let Some(category) = &raise.category {
            self.refuse_unknown_category(kind, category)?;
        }
        if let RaisedBy::Finder { person, unit } = raise.raised_by {
            self.refuse_unknown_party(AccusedParty::Person(person))?;
            self.refuse_unknown_party(AccusedParty::Unit(unit))?;
        }
        raise
            .accused
            .iter()
            .try_for_each(|party| self.refuse_unknown_party(*party))
    }

    /// The unit may be dissolved by now, but not one that the case complains about.
    fn refuse_unfit_owner(&self, raise: &Raise, unit: UnitId) -> Result<(), Refusal> {
        self.refuse_unknown_party(AccusedParty::Unit(unit))?;
        let accused = raise.accused.iter().any(|party| match party {
            AccusedParty::Unit(accused) => self.org.is_under(unit, *accused),
            AccusedParty::Person(_) => false,
        });
        if accused {
            Err(Refusal::Accused(unit))
        } else {
            Ok(())
        }
    }

    /// Starts the kind's clocks; the due instant of the first may be known from elsewhere.
    ///
    /// A case that was closed elsewhere never ran by a clock of ours: it gets the one that was known there,
    /// or none.
    fn first_clocks(&self, kind: &Kind, life: &ImportedLife) -> Result<Vec<CaseEvent>, Refusal> {
        if life.due_at.is_some() && kind.start.is_empty() {
            return Err(Refusal::NoClock(kind.id.clone()));
        }
        let known = usize::from(life.due_at.is_some());
        let most = life.closed_at.map_or(kind.start.len(), |_| known);
        let mut events = Vec::with_capacity(most);
        for (place, id) in kind.start.iter().take(most).enumerate() {
            let span = match life.due_at.filter(|_| place == 0) {
                Some(at) => {
                    let due = Due {
                        at,
                        provisional: false,
                    };
                    ClockSpan {
                        given: true,
                        ..self.span_until(id, self.occurred_at, due)?
                    }
                }
                None => self.span(id, self.occurred_at)?,
            };
            events.push(CaseEvent::ClockStarted(span));
        }
        Ok(events)
    }

    pub(super) fn refuse_unknown_channel(&self, id: &str) -> Result<(), Refusal> {
        let known = self.pack.channel(id).map(|_| ());
        known.ok_or_else(|| Refusal::UnknownChannel(id.to_owned()))
    }

    pub(super) fn refuse_unknown_source(&self, id: &str) -> Result<(), Refusal> {
        let known = self.pack.supervision_source(id).map(|_| ());
        known.ok_or_else(|| Refusal::UnknownSource(id.to_owned()))
    }

    pub(super) fn refuse_unknown_category(&self, kind: &Kind, code: &str) -> Result<(), Refusal> {
        let taxonomy = self.pack.taxonomy_of(kind);
        let known = taxonomy.and_then(|taxonomy| taxonomy.category(code)).map(|_| ());
        known.ok_or_else(|| Refusal::UnknownCategory(code.to_owned()))
    }

    pub(super) fn refuse_unknown_party(&self, party: AccusedParty) -> Result<(), Refusal> {
        match party {
            AccusedParty::Unit(unit) if self.org.unit(unit).is_none() => Err(Refusal::UnknownUnit(unit)),
            AccusedParty::Person(person) if self.org.person(person).is_none() => {
                Err(Refusal::UnknownPerson(person))
            }
            AccusedParty::Unit(_) | AccusedParty::Person(_) => Ok(()),
        }
    }
}
