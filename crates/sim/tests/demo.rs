//! The demo city, founded for real in a temporary directory.

use std::collections::BTreeSet;

use bihuan_core::pack::model::Phase;
use bihuan_sim::demo::{self, Demo, Plan};

fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        cases: 120,
        until: "2026-11-20T16:00:00Z".parse().expect("an instant"),
        database_url: None,
    }
}

fn found(seed: u64) -> (tempfile::TempDir, Demo) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let demo = demo::found(&directory.path().join("city"), &plan(seed), &mut |_| {}).expect("a demo");
    (directory, demo)
}

/// Returns the checkpoint's body: origin, size and root, without the signature.
fn log_of(demo: &Demo) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let tenant = demo.store.tenant(None).expect("the tenant");
        tenant.follow().await.expect("followers run");
        tenant.checkpoint(plan(0).until).await.expect("a checkpoint")
    })
}

#[test]
fn a_year_leaves_cases_in_every_phase_and_most_struck_off_or_answered() {
    let (_directory, demo) = found(1);
    assert_eq!(demo.lived.cases, 120);
    let reader = demo
        .store
        .tenant(None)
        .and_then(|tenant| tenant.reader())
        .expect("a reader");
    let phases = reader
        .count_by_phase(&bihuan_core::filter::Checked::everything())
        .expect("counts");
    let closed: usize = phases
        .iter()
        .filter(|(phase, _)| *phase >= Phase::Closed)
        .map(|(_, n)| n)
        .sum();
    let all: usize = phases.iter().map(|(_, n)| n).sum();
    assert_eq!(all, 120);
    assert!(closed > 80, "only {closed} closed: {phases:?}");
}

#[test]
fn the_same_seed_writes_the_same_log() {
    let ((_a, first), (_b, second), (_c, other)) = (found(5), found(5), found(6));
    assert_eq!(log_of(&first), log_of(&second));
    assert_ne!(log_of(&first), log_of(&other));
}

#[test]
fn the_login_page_has_an_account_for_every_role_that_the_packs_know() {
    let (_directory, demo) = found(1);
    let scene = demo.store.tenant(None).expect("the tenant").scene();
    let known: BTreeSet<&str> = scene.grants.iter().map(|grant| grant.role.as_str()).collect();
    let shown: Vec<&str> = demo
        .accounts
        .iter()
        .map(|account| account.role.as_str())
        .collect();
    assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(shown.len(), known.len());
}
