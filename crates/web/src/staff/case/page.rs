//! The case as its page tells it.

use askama::Template;
use bihuan_core::case::command::Command;
use bihuan_core::event::{End, RaisedBy, Stream};
use bihuan_store::read::case::CaseView;

use super::acts::table::{ACTS, SHOWINGS};
use super::acts::{NOTHING, Place};
use super::facts;
use super::forms::{self, Again, Sheet, Unsent};
use super::kept::{self, EVIDENCE, Kept};
use super::lines::{self, Entry, Remark};
use super::map::Map;
use super::moments::{self, Shown};
use super::next::{self, Next};
use super::relations::{self, Relation};
use super::responsible::{self, Named, Responsible};
use super::sieve::{Sieve, Tab};
use super::steps::{self, StepSheet};
use super::{address, fields, notices, obstacle};
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Area, Page};
use crate::show::{self, ClockFace};
use crate::staff::origin::{self, Origin, Way};
use crate::story::{Message, Stop, Story, Stretch};

/// The page of a case.
#[derive(Template)]
#[template(path = "case/case.html")]
pub struct CasePage {
    pub(super) page: Page,
    address: String,
    /// Back to the list it was opened from, and on to the next of it.
    way: Option<Way>,
    /// What the addresses of its forms carry of that.
    carried: String,
    /// Makes what is sent twice one thing.
    key: String,
    /// What was just done, and what comes next.
    done: Option<(String, Option<String>)>,
    /// Why what was just sent was not taken, and where its form stands.
    problem: Option<(String, String)>,
    number: String,
    kind: String,
    category: Option<String>,
    title: String,
    text: String,
    place: Option<String>,
    /// What is known beside the text: what it is called, and what it is, which may lead somewhere.
    facts: Vec<(String, Vec<Named>)>,
    /// Looks and words.
    chips: Vec<(&'static str, String)>,
    /// When it was struck off, if it was.
    struck_off: Option<String>,
    stops: Vec<Stop>,
    next: Next,
    ended: Option<String>,
    clocks: Vec<ClockFace>,
    /// The steps that go on with the case.
    steps: Vec<StepSheet>,
    /// Those that lead back or off the way.
    other_steps: Vec<StepSheet>,
    rulings: Vec<Sheet>,
    shown: Shown,
    /// The form for evidence: what was chosen and written, and what is in its way.
    evidence: Option<EvidenceSheet>,
    /// What was begun in forms that the page does not have any more, or not yet.
    left_over: Vec<LeftOver>,
    withdrawals: Vec<Sheet>,
    thread: Stretch<Message>,
    /// The answer that the reporter was given, and when.
    answer: Option<(String, String)>,
    has_reporter: bool,
    /// The notices that can be printed: address and title.
    notices: Vec<(String, String)>,
    to_reporter: Vec<Sheet>,
    remarks: Vec<Remark>,
    to_staff: Vec<Sheet>,
    /// The parts of what happened to choose from.
    tabs: Vec<Tab>,
    entries: Stretch<Entry>,
    responsible: Responsible,
    more: Vec<(String, Vec<Sheet>)>,
    more_open: bool,
    identity: Option<IdentitySheet>,
    relations: Vec<Relation>,
    map: Option<Map>,
    proof: Proof,
    /// Units to choose from: what to write, and more about it.
    units: Vec<(String, String)>,
}

/// The form for evidence.
pub struct EvidenceSheet {
    moment: String,
    caption: String,
    hint: String,
    errors: Vec<String>,
    keep: String,
    kept: Option<Unsent>,
    waiting: Vec<(String, String)>,
}

/// What was begun in a form that the page does not have.
pub struct LeftOver {
    title: String,
    texts: Vec<String>,
    kept: Unsent,
}

/// The form to look at the reporter's identity.
pub struct IdentitySheet {
    reason: String,
    errors: Vec<String>,
    said: String,
}

/// What is not in the case itself.
struct Beside {
    relations: Vec<Relation>,
    kept: Vec<Kept>,
    proof: Proof,
}

/// What proves that the case was not changed.
pub struct Proof {
    events: usize,
    /// The place of the last event in the order of the whole log, in words.
    place: String,
    hash: String,
}

impl CasePage {
    /// Reads the case; `done` names what was just done, `again` is a form that was not taken.
    ///
    /// # Errors
    /// [`WebError`] if the store fails.
    pub async fn read(
        ctx: &Ctx,
        view: &CaseView,
        done: Option<&str>,
        again: Option<&Again<'_>>,
    ) -> Result<CasePage, WebError> {
        let story = Story::of(ctx, view)?;
        let beside = Beside {
            relations: relations::relations(&story).await?,
            kept: kept::of_case(ctx, view.case.id).await?,
            proof: proof(&story).await?,
        };
        Ok(CasePage::tell(&story, beside, done, again))
    }

    fn tell(story: &Story<'_>, beside: Beside, done: Option<&str>, again: Option<&Again<'_>>) -> CasePage {
        let (ctx, case) = (story.ctx, story.case());
        let offered = |place| offered(story, place, again);
        let (steps, other_steps) = steps::sheets(story, again)
            .into_iter()
            .partition(|step| step.goes_on);
        let next = next::next(story);
        let sieve = Sieve::of(ctx);
        let mut page = CasePage {
            page: page(story),
            address: address(&case.number),
            way: Origin::of(ctx).map(|origin| origin.way(&case.number)),
            carried: origin::kept(ctx, String::new()),
            key: ctx.form_key(),
            done: done
                .and_then(|done| done_words(story, done))
                .map(|said| (said, next.sentence(story))),
            problem: again.map(|again| (again.said.0.clone(), again.anchor())),
            number: case.number.clone(),
            kind: ctx.name(&story.kind.title),
            category: case.category.as_deref().map(|code| story.words().category(code)),
            title: story.text(case.title),
            text: story.text(case.text),
            place: case.place.map(|place| story.text(place)),
            facts: facts::facts(story),
            chips: facts::chips(story),
            struck_off: case
                .ended_at
                .filter(|_| case.end == Some(End::StruckOff))
                .map(|at| story.date(at)),
            stops: story.rail(),
            next,
            ended: ended(story),
            clocks: show::clock_faces(
                case.clocks.values(),
                story.pack,
                &ctx.scene.calendar,
                ctx.tongue,
                ctx.now,
            ),
            steps,
            other_steps,
            rulings: offered(Place::Now),
            shown: moments::shown(story),
            evidence: evidence(story, again),
            left_over: Vec::new(),
            withdrawals: of_evidence(story, again),
            thread: story.thread(&address(&case.number)),
            answer: answer(story),
            has_reporter: matches!(case.raised_by, RaisedBy::Reporter { .. }),
            notices: notices::printable(story),
            to_reporter: offered(Place::Thread),
            remarks: lines::remarks(story),
            to_staff: offered(Place::Remarks),
            tabs: sieve.tabs(story),
            entries: lines::entries(story, sieve),
            responsible: responsible::responsible(story),
            more: more(story, again),
            more_open: false,
            identity: identity(story, again),
            map: Map::of(story, &beside.relations),
            relations: beside.relations,
            proof: beside.proof,
            units: units(ctx),
        };
        page.fill(story, beside.kept);
        page
    }

    /// Puts what was begun and not sent into its forms; what has no form here is shown by itself.
    fn fill(&mut self, story: &Story<'_>, kept: Vec<Kept>) {
        for kept in kept {
            let unsent = kept.unsent(story);
            if let Some(evidence) = self.evidence.as_mut().filter(|_| kept.sheet == EVIDENCE) {
                evidence.fill(story, &kept, unsent);
            } else if let Some(sheet) = self.sheet(&kept.sheet) {
                sheet.fill(&kept.form, unsent);
            } else {
                self.left_over.push(LeftOver {
                    title: kept.title(story),
                    texts: kept.texts(story),
                    kept: unsent,
                });
            }
        }
        for step in self.steps.iter_mut().chain(&mut self.other_steps) {
            step.open |= step.sheet.kept.is_some();
        }
        let mut more = self.more.iter().flat_map(|(_, sheets)| sheets);
        self.more_open = more.any(|sheet| sheet.refused.is_some() || sheet.kept.is_some());
    }

    /// Whether the step at a place is the one that waits for evidence: the form for it stands there, and once.
    fn waits_for_evidence(&self, place: &usize) -> bool {
        self.waiting_step() == Some(*place)
    }

    fn waiting_step(&self) -> Option<usize> {
        let waits = |step: &StepSheet| step.open && step.lacks_evidence;
        self.steps.iter().position(waits)
    }

    /// Whether pictures wait for the visitor to look at them.
    fn has_to_show(&self) -> bool {
        self.withdrawals.iter().any(|sheet| sheet.waits)
    }

    /// Whether somebody other than the visitor comes next.
    fn others_turn(&self) -> bool {
        !self.next.moves.is_empty() && !self.steps.iter().any(|step| step.primary || step.lacks_evidence)
    }

    /// Whether one of the exceptions is to be seen: it was sent and not taken, or begun.
    fn other_open(&self) -> bool {
        self.other_steps.iter().any(|step| step.open)
    }

    /// Returns the form with an id, where the page shows it.
    fn sheet(&mut self, id: &str) -> Option<&mut Sheet> {
        let shown = |step: &&mut StepSheet| step.obstacle.is_none() || step.sheet.refused.is_some();
        let steps = self.steps.iter_mut().chain(&mut self.other_steps);
        let steps = steps.filter(shown).map(|step| &mut step.sheet);
        let more = self.more.iter_mut().flat_map(|(_, sheets)| sheets);
        steps
            .chain(&mut self.rulings)
            .chain(&mut self.withdrawals)
            .chain(&mut self.to_reporter)
            .chain(&mut self.to_staff)
            .chain(more)
            .find(|sheet| sheet.id == id)
    }
}

impl EvidenceSheet {
    fn fill(&mut self, story: &Story<'_>, kept: &Kept, unsent: Unsent) {
        if self.errors.is_empty() {
            kept.form.value("moment").clone_into(&mut self.moment);
            kept.form.value("caption").clone_into(&mut self.caption);
        }
        if kept.has_lost_photos {
            self.errors.push(story.ctx.tongue.t("case-photos-gone"));
        }
        self.waiting = kept.photo_lines(story.ctx);
        self.kept = Some(unsent);
    }
}

/// Returns what the layout shows; its address is the case's own also where a form was sent elsewhere.
fn page(story: &Story<'_>) -> Page {
    let area = Origin::of(story.ctx).map_or(Area::Ledger, |origin| origin.area());
    Page {
        here: Sieve::of(story.ctx).page(story.ctx, &story.case().number),
        ..story.ctx.page(Some(area))
    }
}

/// Returns how the case ended, in words.
fn ended(story: &Story<'_>) -> Option<String> {
    let end = story.case().end.as_ref()?;
    Some(story.ctx.tongue.t(crate::sentence::end_key(end)))
}

/// Returns the answer that the reporter was given, and when.
fn answer(story: &Story<'_>) -> Option<(String, String)> {
    let answer = story.case().answered?;
    Some((story.text(answer.text), story.moment(answer.at)))
}

/// Returns the acts of a place that are possible now, and the one that was just sent in any case.
fn offered(story: &Story<'_>, place: Place, again: Option<&Again<'_>>) -> Vec<Sheet> {
    let sheet = |act: &&'static super::acts::Act| {
        let targets = act.targets(story);
        let sent = again.is_some_and(|again| again.id == act.id);
        (sent || !targets.is_empty()).then(|| Sheet::of_act(story, act, &targets, again))
    };
    ACTS.iter()
        .filter(|act| act.place == place)
        .filter_map(sheet)
        .collect()
}

/// Returns what can be done with the evidence; pictures that nobody has looked at yet wait for it.
fn of_evidence(story: &Story<'_>, again: Option<&Again<'_>>) -> Vec<Sheet> {
    let mut sheets = offered(story, Place::Evidence, again);
    let waits = story.case().has_to_show(story.kind);
    let showings = sheets.iter_mut().filter(|sheet| sheet.id == SHOWINGS.id);
    showings.for_each(|sheet| sheet.waits = waits);
    sheets
}

/// Returns the acts true of every kind that stand behind the disclosure, in groups.
fn more(story: &Story<'_>, again: Option<&Again<'_>>) -> Vec<(String, Vec<Sheet>)> {
    let groups = [
        (Place::Responsible, "case-more-responsible"),
        (Place::Clocks, "case-more-clocks"),
        (Place::Register, "case-more-register"),
        (Place::Relations, "case-more-relations"),
    ];
    let group = |(place, key): (Place, &str)| (story.ctx.tongue.t(key), offered(story, place, again));
    groups
        .into_iter()
        .map(group)
        .filter(|(_, sheets)| !sheets.is_empty())
        .collect()
}

fn done_words(story: &Story<'_>, done: &str) -> Option<String> {
    let t = story.ctx.tongue;
    let act = ACTS.iter().find(|act| act.id == done).map(|act| t.t(act.title));
    let step = || done.strip_prefix("step-").and_then(|step| story.kind.step(step));
    let what = act.or_else(|| step().map(|step| story.ctx.name(&step.title)));
    let what = what.or_else(|| (done == "evidence").then(|| t.t("act-evidence")))?;
    Some(t.t1("case-done", "what", what))
}

fn evidence(story: &Story<'_>, again: Option<&Again<'_>>) -> Option<EvidenceSheet> {
    let t = story.ctx.tongue;
    let again = again.filter(|again| again.id == "evidence");
    if again.is_none() && !moments::may_add(story) {
        return None;
    }
    let value = |name: &str| {
        again
            .map(|again| again.form.value(name).to_owned())
            .unwrap_or_default()
    };
    let moment = Some(value("moment")).filter(|word| !word.is_empty());
    Some(EvidenceSheet {
        moment: moment.unwrap_or_else(|| {
            if story.case().unit.is_some() {
                "after"
            } else {
                "before"
            }
            .to_owned()
        }),
        caption: value("caption"),
        hint: moments::hint(t),
        keep: forms::keep(story, EVIDENCE),
        kept: None,
        waiting: Vec::new(),
        errors: again.map(|again| errors(story, again)).unwrap_or_default(),
    })
}

fn identity(story: &Story<'_>, again: Option<&Again<'_>>) -> Option<IdentitySheet> {
    let again = again.filter(|again| again.id == "identity-reads");
    if again.is_none() && obstacle(story, &Command::ReadIdentity { reason: NOTHING }) != Some(Ok(())) {
        return None;
    }
    Some(IdentitySheet {
        reason: again
            .map(|again| again.form.value("reason").to_owned())
            .unwrap_or_default(),
        errors: again.map(|again| errors(story, again)).unwrap_or_default(),
        said: story
            .ctx
            .tongue
            .t1("case-identity-reads", "count", story.case().identity_reads),
    })
}

/// Returns all that is wrong with a form: its fields, or why it was not taken.
fn errors(story: &Story<'_>, again: &Again<'_>) -> Vec<String> {
    if again.complaints.is_empty() {
        return vec![again.said.1.clone()];
    }
    again
        .complaints
        .iter()
        .map(|complaint| complaint.said(story.ctx.tongue))
        .collect()
}

async fn proof(story: &Story<'_>) -> Result<Proof, WebError> {
    let (t, case, view) = (story.ctx.tongue, story.case(), story.view);
    let (stream, version) = (Stream::Case(case.id), case.version);
    let place = story
        .ctx
        .tenant
        .read(move |reader| reader.place(stream, version))
        .await?;
    let place = place.map_or_else(
        || t.t("case-proof-waits"),
        |place| t.t1("case-proof-place", "place", place + 1),
    );
    let hash = view
        .log
        .last()
        .map(|logged| logged.hash.to_string())
        .unwrap_or_default();
    Ok(Proof {
        events: view.log.len(),
        place,
        hash,
    })
}

/// Returns the units of today to choose from.
pub fn units(ctx: &Ctx) -> Vec<(String, String)> {
    let (org, today) = (&ctx.scene.org, ctx.scene.calendar.date_of(ctx.now));
    let there = org.units().filter(|unit| org.is_there(unit.id, today));
    let shown = |unit: &bihuan_core::org::Unit| {
        let written = fields::named(ctx, unit);
        let name = ctx.name(&unit.name);
        let more = if written == name { unit.code.clone() } else { name };
        (written, more)
    };
    there.map(shown).collect()
}
