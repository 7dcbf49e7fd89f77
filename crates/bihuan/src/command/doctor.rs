//! `bihuan doctor`: what is well with an installation, what to mind, and what must not go on.

use std::path::PathBuf;

use bihuan_core::label::Lang;
use clap::Args;
use serde_json::json;

use crate::doctor::finding::{Finding, Grade, worst};
use crate::doctor::{self, Asked};
use crate::failure::Failure;
use crate::installation::Installation;

/// What to look over.
///
/// Looks at the database and its settings, the cluster, clocks, the disk, packs and calendar, and a sample
/// of the proof; changes nothing. Exit code 1 if anything is found that must not go on.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    installation: Installation,
    /// An address of Patroni, such as http://10.0.0.1:8008; by default port 8008 of the database's hosts.
    #[arg(long, value_name = "URL")]
    patroni: Vec<String>,
    /// Patroni's configuration file, which says by which interface it uses etcd; by default etcd is asked.
    #[arg(long, value_name = "FILE")]
    patroni_config: Option<PathBuf>,
    /// An address of etcd, such as http://10.0.0.1:2379; by default port 2379 of the database's hosts.
    #[arg(long, value_name = "URL")]
    etcd: Vec<String>,
    /// Check a large SQLite file page by page too, which takes minutes.
    #[arg(long)]
    thorough: bool,
    /// Print the findings as JSON, in both languages.
    #[arg(long)]
    json: bool,
    /// Print in English.
    #[arg(long)]
    english: bool,
}

/// Looks an installation over.
pub fn run(wanted: &Doctor) -> Result<(), Failure> {
    let findings = doctor::look(&Asked {
        installation: wanted.installation.clone(),
        patroni: wanted.patroni.clone(),
        patroni_config: wanted.patroni_config.clone(),
        etcd: wanted.etcd.clone(),
        thorough: wanted.thorough,
    });
    if wanted.json {
        println!("{:#}", as_json(&findings));
    } else {
        let lang = if wanted.english { Lang::En } else { Lang::Zh };
        findings.iter().for_each(|finding| print(finding, lang));
    }
    match worst(&findings) {
        Grade::Ok | Grade::Warn => Ok(()),
        Grade::Refuse => Err(Failure::Negative),
    }
}

fn print(finding: &Finding, lang: Lang) {
    let (grade, area) = (finding.grade.word(), finding.area.word());
    println!("{grade:<7} {area:<9} {}", finding.said.get(lang));
    if let Some(todo) = &finding.todo {
        println!("{:<17} → {}", "", todo.get(lang));
    }
}

fn as_json(findings: &[Finding]) -> serde_json::Value {
    let shape = |finding: &Finding| {
        json!({
            "area": finding.area.word(),
            "grade": finding.grade.word(),
            "zh": finding.said.zh,
            "en": finding.said.en,
            "todo_zh": finding.todo.as_ref().map(|todo| &todo.zh),
            "todo_en": finding.todo.as_ref().map(|todo| &todo.en),
        })
    };
    json!({
        "worst": worst(findings).word(),
        "findings": findings.iter().map(shape).collect::<Vec<_>>(),
    })
}
