//! Cases for the town: raised and brought some way by the people who would.

use std::collections::BTreeSet;

use bihuan_core::case::command::{Command, Raise, TakeStep};
use bihuan_core::case::decide::action_needed;
use bihuan_core::event::{AccusedParty, Disclosure, EvidenceMoment, RaisedBy, ReplyWay};
use bihuan_core::id::{CaseId, EvidenceId, UnitId};
use bihuan_core::pack::model::Pack;
use bihuan_core::permission::{Permit, Rights, Viewer, authorize};
use bihuan_store::bodies::Bodies;
use bihuan_store::execute::Receipt;
use bihuan_store::seal::Identity;
use bihuan_store::tenant::Tenant;
use jiff::Timestamp;

use super::{Counter, PEOPLE, Town, unit};

/// A case to be raised; the default is a lamp that is out.
#[derive(Clone)]
pub struct Matter<'a> {
    pub kind: &'a str,
    pub title: &'a str,
    pub text: &'a str,
    pub category: Option<&'a str>,
    pub severity: u8,
    pub accused: Option<&'a str>,
    /// The reporter's telephone number, if they left one.
    pub phone: Option<&'a str>,
}

impl Default for Matter<'_> {
    fn default() -> Self {
        Matter {
            kind: "help",
            title: "东门小区外路灯不亮",
            text: "小区东门外的路灯三周不亮，晚上走路很危险。",
            category: Some("construction.municipal.infrastructure"),
            severity: 3,
            accused: None,
            phone: None,
        }
    }
}

impl Town {
    /// Raises a case through the telephone.
    pub async fn raise(&self, matter: &Matter<'_>) -> CaseId {
        raise(self.tenant(), self.app.now(), self.stir(), matter)
            .await
            .case()
    }

    /// Raises many cases at once and returns their numbers.
    pub async fn raise_many(&self, count: usize) -> BTreeSet<String> {
        let mut raising = tokio::task::JoinSet::new();
        for _ in 0..count {
            let (tenant, now, seed) = (self.tenant(), self.app.now(), self.stir());
            raising.spawn(async move {
                raise(tenant, now, seed, &Matter::default())
                    .await
                    .number()
                    .to_owned()
            });
        }
        raising.join_all().await.into_iter().collect()
    }

    /// Raises a case and gives it to a unit.
    pub async fn assigned(&self, matter: &Matter<'_>, code: &str) -> CaseId {
        let case = self.raise(matter).await;
        self.step("dispatcher", case, "accept", |_, _| {}).await;
        let to = unit(&self.tenant(), code);
        self.step("dispatcher", case, "assign", |step, _| step.unit = Some(to))
            .await;
        case
    }

    /// Raises a case and brings it to where it waits for verification.
    pub async fn verifying(&self, matter: &Matter<'_>, code: &str, handler: &str) -> CaseId {
        let case = self.assigned(matter, code).await;
        self.step(handler, case, "sign", |_, _| {}).await;
        let evidence = EvidenceId::new(self.app.now(), &mut Counter(self.stir()));
        let blob = bihuan_core::id::Digest::of(&[b"a photo"]);
        let media_type = "image/png".to_owned();
        let moment = EvidenceMoment::After;
        let command = Command::AddEvidence {
            evidence,
            blob,
            media_type,
            size_bytes: 7,
            moment,
            caption: None,
        };
        self.carry_out(handler, case, |_| command).await;
        self.step(handler, case, "submit", |_, _| {}).await;
        case
    }

    /// Raises a case and brings it to where its reporter was answered.
    pub async fn answered(&self, matter: &Matter<'_>, code: &str, handler: &str) -> CaseId {
        let case = self.verifying(matter, code, handler).await;
        self.step("supervisor", case, "verify", |step, bodies| {
            step.finding = Some(bodies.write("All six are lit."));
        })
        .await;
        self.step("operator", case, "answer", |step, bodies| {
            step.reply = Some(bodies.write("Replaced."));
            step.reply_way = Some(ReplyWay::Phone);
        })
        .await;
        case
    }

    /// Brings a case all the way to where it was struck off, after the reporter's silence.
    pub async fn struck_off(&self, matter: &Matter<'_>) -> CaseId {
        let case = self.answered(matter, "works", "handler").await;
        self.pass_hours(24 * 6);
        self.step("supervisor", case, "strike_off", |_, _| {}).await;
        case
    }

    /// Strikes a case off whose reporter allows its picture to be shown.
    pub async fn to_show(&self, matter: &Matter<'_>) -> CaseId {
        let case = self.struck_off(matter).await;
        self.allow_pictures(case).await;
        case
    }

    /// Lets the reporter of a case allow its pictures to be shown.
    pub async fn allow_pictures(&self, case: CaseId) {
        let (tenant, now) = (self.tenant(), self.app.now());
        let bodies = Bodies::new(now, &mut Counter(self.stir()));
        let allowed = Command::AllowPictures { allowed: true };
        tenant
            .execute(&Permit::reporter(), case, allowed, bodies, None, now)
            .await
            .unwrap();
    }

    /// Strikes a case off and shows everybody its picture.
    pub async fn pictured(&self, matter: &Matter<'_>) -> CaseId {
        let case = self.to_show(matter).await;
        self.decide_on_picture(case, true).await;
        case
    }

    /// Lets the hotline show the first picture of a case, or hold it back.
    pub async fn decide_on_picture(&self, case: CaseId, shown: bool) {
        let view = self.tenant().reader().unwrap().case(case).unwrap().unwrap();
        let evidence = view.case.evidence[0].id;
        let decided = Command::ShowPicture { evidence, shown };
        self.carry_out("operator", case, |_| decided).await;
    }

    /// Lets somebody take a step.
    pub async fn step(
        &self,
        login: &str,
        case: CaseId,
        step: &str,
        fill: impl FnOnce(&mut TakeStep, &mut Bodies),
    ) {
        let mut take = TakeStep {
            step: step.to_owned(),
            ..TakeStep::default()
        };
        self.carry_out(login, case, |bodies| {
            fill(&mut take, bodies);
            Command::TakeStep(take)
        })
        .await;
    }

    /// Lets somebody carry out a command.
    pub async fn carry_out(&self, login: &str, case: CaseId, make: impl FnOnce(&mut Bodies) -> Command) {
        let (tenant, now) = (self.tenant(), self.app.now());
        let mut bodies = Bodies::new(now, &mut Counter(self.stir()));
        let command = make(&mut bodies);
        let permit = permit(&tenant, login, case, &command, now);
        tenant
            .execute(&permit, case, command, bodies, None, now)
            .await
            .unwrap();
    }

    /// Returns a case's number.
    pub fn number(&self, case: CaseId) -> String {
        self.tenant()
            .reader()
            .unwrap()
            .case(case)
            .unwrap()
            .unwrap()
            .case
            .number
    }
}

fn permit(tenant: &Tenant, login: &str, case: CaseId, command: &Command, now: Timestamp) -> Permit {
    let scene = tenant.scene();
    let view = tenant.reader().unwrap().case(case).unwrap().unwrap();
    let (name, _, code, _) = PEOPLE
        .into_iter()
        .find(|(_, other, _, _)| *other == login)
        .unwrap();
    let person = scene.org.person_by_name(name).unwrap().id;
    let acting: UnitId = unit(tenant, code);
    let viewer = Viewer::of(&scene.org, person, acting, scene.calendar.date_of(now)).unwrap();
    let packs: Vec<&Pack> = scene.newest().map(|pack| &**pack).collect();
    let rights = Rights {
        grants: &scene.grants,
        packs: &packs,
        org: &scene.org,
        calendar: &scene.calendar,
        now,
    };
    let kind = scene.kind(&view.case.pack, &view.case.kind).unwrap();
    let action = action_needed(command, kind).unwrap();
    authorize(&viewer, action, &view.facts, &rights)
        .unwrap_or_else(|denied| panic!("{login} {action}: {denied}"))
}

async fn raise(tenant: Tenant, now: Timestamp, seed: u64, matter: &Matter<'_>) -> Receipt {
    let mut bodies = Bodies::new(now, &mut Counter(seed));
    let raise = Raise {
        number: String::new(),
        kind: matter.kind.to_owned(),
        channel: "phone".to_owned(),
        source: None,
        category: matter.category.map(str::to_owned),
        campaigns: Vec::new(),
        severity: matter.severity,
        title: bodies.write(matter.title),
        text: bodies.write(matter.text),
        place: None,
        raised_by: RaisedBy::Reporter {
            identity: None,
            disclosure: match matter.phone {
                Some(_) => Disclosure::RealName,
                None => Disclosure::Anonymous,
            },
        },
        accused: matter
            .accused
            .map(|code| AccusedParty::Unit(unit(&tenant, code)))
            .into_iter()
            .collect(),
        links: Vec::new(),
        external: None,
        imported: None,
    };
    let identity = matter.phone.map(|phone| Identity {
        name: Some("Liu".to_owned()),
        phone: Some(phone.to_owned()),
        address: None,
    });
    tenant
        .raise(&Permit::reporter(), raise, identity, bodies, None, now)
        .await
        .unwrap()
}
