//! Events are for ever: every version ever written lies in `events/`, and today's code reads it, writes
//! the same bytes, and folds it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bihuan_core::case::Case;
use bihuan_core::case::fold::{FoldError, fold, fold_all};
use bihuan_core::event::{Actor, CaseEvent, Entry, Event};
use bihuan_core::id::CaseId;
use bihuan_core::org::OrgEvent;
use uuid::Uuid;

/// Returns the golden files of version 1: the name without its ending, and the text.
fn golden() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events/v1");
    let files = folder.read_dir().expect("the folder of golden files is there");
    let read = |path: &Path| {
        let name = path
            .file_stem()
            .expect("a file has a name")
            .to_string_lossy()
            .into_owned();
        (
            name,
            std::fs::read_to_string(path).expect("a golden file is text"),
        )
    };
    files
        .map(|file| read(&file.expect("the folder can be listed").path()))
        .collect()
}

fn entry(name: &str) -> Entry {
    let text = golden()
        .remove(name)
        .unwrap_or_else(|| panic!("no golden file {name}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the golden files' name for an event. A new variant does not compile until it has a name here,
/// and then has no file until it gets one.
fn name_of(event: &Event) -> String {
    match event {
        Event::Case(event) => format!("case.{}", case_name(event)),
        Event::Org(event) => format!("org.{}", org_name(event)),
        Event::Pack(_) => "pack.installed".to_owned(),
        Event::Calendar(_) => "calendar.installed".to_owned(),
    }
}

fn case_name(event: &CaseEvent) -> &'static str {
    match event {
        CaseEvent::Raised(_) => "raised",
        CaseEvent::Classified { .. } => "classified",
        CaseEvent::SeverityChanged { .. } => "severity_changed",
        CaseEvent::Downgraded { .. } => "downgraded",
        CaseEvent::Assigned { .. } => "assigned",
        CaseEvent::Transferred { .. } => "transferred",
        CaseEvent::Returned { .. } => "returned",
        CaseEvent::AssignmentDisputed { .. } => "assignment_disputed",
        CaseEvent::DisputeRuled { .. } => "dispute_ruled",
        CaseEvent::StepTaken { .. } => "step_taken",
        CaseEvent::ClockStarted(_) => "clock_started",
        CaseEvent::ClockPaused { .. } => "clock_paused",
        CaseEvent::ClockResumed(_) => "clock_resumed",
        CaseEvent::ClockExtended { .. } => "clock_extended",
        CaseEvent::ClockRecomputed(_) => "clock_recomputed",
        CaseEvent::ClockStopped { .. } => "clock_stopped",
        CaseEvent::ClockWarned { .. } => "clock_warned",
        CaseEvent::ClockBreached { .. } => "clock_breached",
        CaseEvent::EvidenceAdded { .. } => "evidence_added",
        CaseEvent::EvidenceWithdrawn { .. } => "evidence_withdrawn",
        CaseEvent::Commented { .. } => "commented",
        CaseEvent::Instructed { .. } => "instructed",
        CaseEvent::ReporterAsked { .. } => "reporter_asked",
        CaseEvent::ReporterReplied { .. } => "reporter_replied",
        CaseEvent::Answered { .. } => "answered",
        CaseEvent::SatisfactionGiven { .. } => "satisfaction_given",
        CaseEvent::CallMade { .. } => "call_made",
        CaseEvent::Verified { .. } => "verified",
        CaseEvent::VerificationFailed { .. } => "verification_failed",
        CaseEvent::Published { .. } => "published",
        CaseEvent::FinderConsented { .. } => "finder_consented",
        CaseEvent::Ended(_) => "ended",
        CaseEvent::Reopened { .. } => "reopened",
        CaseEvent::LookedBack { .. } => "looked_back",
        CaseEvent::Linked { .. } => "linked",
        CaseEvent::Split { .. } => "split",
        CaseEvent::Merged { .. } => "merged",
        CaseEvent::ResponsibilityAbsorbed { .. } => "responsibility_absorbed",
        CaseEvent::RegistrationCorrected { .. } => "registration_corrected",
        CaseEvent::IdentityRead { .. } => "identity_read",
        CaseEvent::CodeReissued { .. } => "code_reissued",
        CaseEvent::PicturesAllowed { .. } => "pictures_allowed",
        CaseEvent::PictureShown { .. } => "picture_shown",
        CaseEvent::PictureHidden { .. } => "picture_hidden",
        CaseEvent::BodyErased { .. } => "body_erased",
        CaseEvent::PackChanged { .. } => "pack_changed",
    }
}

fn org_name(event: &OrgEvent) -> &'static str {
    match event {
        OrgEvent::UnitFounded(_) => "unit_founded",
        OrgEvent::UnitChanged { .. } => "unit_changed",
        OrgEvent::UnitDissolved { .. } => "unit_dissolved",
        OrgEvent::PostFounded(_) => "post_founded",
        OrgEvent::PersonAdded(_) => "person_added",
        OrgEvent::TenureBegan { .. } => "tenure_began",
        OrgEvent::TenureEnded { .. } => "tenure_ended",
        OrgEvent::DutyGiven { .. } => "duty_given",
        OrgEvent::DutyTaken { .. } => "duty_taken",
        OrgEvent::RoleGranted { .. } => "role_granted",
        OrgEvent::RoleRevoked { .. } => "role_revoked",
        OrgEvent::SubstituteNamed(_) => "substitute_named",
        OrgEvent::SubstituteEnded { .. } => "substitute_ended",
    }
}

/// Returns the variants of a tagged type, as the reader of its JSON lists them.
fn variants<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let Err(error) = serde_json::from_str::<T>(r#"{"type":"?"}"#) else {
        panic!("no variant is called ?");
    };
    let message = error.to_string();
    let (_, list) = message
        .split_once("expected one of")
        .expect("the reader lists what it knows");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn todays_code_reads_every_golden_file_and_writes_the_same_bytes() {
    for (name, text) in golden() {
        let entry: Entry = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = serde_json::to_string(&entry).expect("an entry is JSON");
        assert_eq!(written, text.trim_end(), "{name}");
        let kind = name_of(&entry.event);
        assert!(
            name == kind || name.starts_with(&format!("{kind}.")),
            "{name} holds {kind}"
        );
    }
}

#[test]
fn no_variant_lacks_a_golden_file() {
    let golden = golden();
    let of_case = variants::<CaseEvent>()
        .into_iter()
        .map(|variant| format!("case.{variant}"));
    let of_org = variants::<OrgEvent>()
        .into_iter()
        .map(|variant| format!("org.{variant}"));
    let others = ["pack.installed", "calendar.installed"].map(str::to_owned);
    let names: BTreeSet<String> = of_case.chain(of_org).chain(others).collect();
    assert_eq!(names.len(), 46 + 13 + 2);
    let missing: Vec<&String> = names.iter().filter(|name| !golden.contains_key(*name)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn an_unknown_field_of_an_event_is_an_error() {
    let text = golden().remove("case.returned").expect("it is there");
    let more = text.replace(r#""type":"returned""#, r#""type":"returned","more":1"#);
    let error = serde_json::from_str::<Entry>(&more).expect_err("nothing is ignored");
    assert!(error.to_string().contains("more"), "{error}");
}

/// A life in an order in which the golden events may follow each other.
const LIFE: [&str; 50] = [
    "raised",
    "linked",
    "classified",
    "severity_changed",
    "downgraded",
    "registration_corrected",
    "step_taken.least",
    "clock_started",
    "clock_warned",
    "clock_paused",
    "clock_resumed",
    "clock_extended",
    "clock_recomputed",
    "clock_breached",
    "assigned",
    "transferred",
    "assignment_disputed",
    "dispute_ruled",
    "returned",
    "assigned.least",
    "step_taken",
    "commented",
    "instructed",
    "reporter_asked",
    "reporter_replied",
    "evidence_added",
    "evidence_withdrawn",
    "verification_failed",
    "verified",
    "answered",
    "call_made",
    "satisfaction_given",
    "pictures_allowed",
    "picture_shown",
    "picture_hidden",
    "published",
    "finder_consented",
    "identity_read",
    "code_reissued",
    "body_erased",
    "pack_changed",
    "responsibility_absorbed",
    "split",
    "clock_stopped",
    "ended",
    "looked_back",
    "ended.withdrawn",
    "reopened",
    "merged",
    "ended.merged",
];

fn lived(names: &[&str]) -> Result<Option<Case>, FoldError> {
    let entries: Vec<Entry> = names.iter().map(|name| entry(&format!("case.{name}"))).collect();
    fold_all(CaseId(Uuid::from_u128(1)), &entries)
}

#[test]
fn todays_code_folds_every_golden_event_of_a_case() {
    let folded: BTreeSet<String> = LIFE
        .iter()
        .map(|name| name.split('.').next().unwrap_or(name).to_string())
        .collect();
    assert_eq!(folded, variants::<CaseEvent>());
    let case = lived(&LIFE).expect("the life folds").expect("it has events");
    assert_eq!(case.version, 50);
    assert!(case.code.is_some());
    assert_eq!(
        (case.round, case.reopened, case.returns, case.breaches),
        (5, 2, 1, 1)
    );
    assert_eq!((case.severity, case.identity_reads), (2, 1));
    assert_eq!(case.instructors.len(), 1);
    assert_eq!(case.state, "handling");
    assert_eq!((case.verified, case.answered, case.satisfied), (None, None, None));
    assert_eq!(case.ever_responsible.len(), 3);
    assert_eq!(case.clocks["handle"].changes.len(), 2);
    assert_eq!(case.pack.version, 2);
    assert_eq!((case.links.len(), case.parts.len()), (1, 2));
    assert!(case.merged_into.is_some() && case.end.is_some());
}

#[test]
fn a_log_that_cannot_be_is_refused() {
    assert_eq!(lived(&["commented"]), Err(FoldError::NotRaised));
    assert_eq!(lived(&["raised", "raised"]), Err(FoldError::RaisedTwice));
    assert_eq!(
        lived(&["raised", "clock_stopped"]),
        Err(FoldError::Clock("handle".to_owned()))
    );
    assert_eq!(lived(&["raised", "ended", "ended"]), Err(FoldError::EndedTwice));
    assert!(matches!(
        lived(&["raised", "evidence_withdrawn"]),
        Err(FoldError::Evidence(_))
    ));
    assert!(matches!(
        lived(&["raised", "step_taken"]),
        Err(FoldError::State { .. })
    ));
    assert_eq!(lived(&[]), Ok(None));

    let id = CaseId(Uuid::from_u128(1));
    let skipped = fold(None, id, 2, &entry("case.raised"));
    assert_eq!(
        skipped,
        Err(FoldError::Version {
            expected: 1,
            found: 2
        })
    );
    assert_eq!(
        fold(None, id, 1, &entry("org.person_added")),
        Err(FoldError::NotACase)
    );
}

#[test]
fn the_clock_of_a_real_life_breaches_and_that_of_imported_history_does_not() {
    let clock = |actor| {
        let started = Entry {
            actor,
            recorded_at: "2026-04-01T00:00:00Z".parse().expect("an instant"),
            ..entry("case.clock_started")
        };
        let case = fold_all(CaseId(Uuid::from_u128(1)), &[entry("case.raised"), started]);
        case.expect("it folds").expect("it has events").clocks["handle"].history
    };
    assert!(clock(Actor::Import));
    assert!(!clock(Actor::System));
}
