//! What lies in the database: packs, calendars and the log with its proof.

use bihuan_core::calendar::Calendar;
use bihuan_core::event::Entry;
use bihuan_core::label::Label;
use bihuan_core::pack::model::Pack;
use bihuan_store::error::StoreError;
use bihuan_store::sending::Health;
use bihuan_store::tenant::Tenant;
use bihuan_store::verify::sample::Sampled;
use bihuan_web::app::SystemEntropy;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::clock;
use super::finding::Area::{Key, Mail as MailArea, Pack as PackArea, Proof, Webhook};
use super::finding::{Finding, both};
use crate::installation::Installation;

/// Events that a quick look at the proof looks at.
const SAMPLE: u64 = 500;

/// How many days ahead deadlines run that are counted today.
const DAYS_AHEAD: i64 = 60;

/// Opens the store and looks at every tenant.
pub fn look(installation: &Installation, now: Timestamp) -> Vec<Finding> {
    let store = match installation.open() {
        Ok(store) => store,
        Err(failure) => return vec![not_opened(&failure.said())],
    };
    let mut findings = vec![Key.ok(both("主密钥可用", "the master key fits"))];
    for tenant in store.tenants() {
        let looked = look_at(&tenant, now);
        findings.extend(looked.unwrap_or_else(|error| vec![unreadable(&error)]));
    }
    findings
}

fn not_opened(why: &str) -> Finding {
    Key.refuse(
        both(format!("打不开：{why}"), format!("it does not open: {why}")),
        both(
            "按所说的处理；若是主密钥，用 --master-key 指明建立时的文件",
            "do what it says; if it is the master key, name the one it was made with by --master-key",
        ),
    )
}

fn unreadable(error: &StoreError) -> Finding {
    Proof.refuse(
        both(
            format!("日志读不出来：{error}"),
            format!("the log cannot be read: {error}"),
        ),
        both(
            "停止写入，运行 `bihuan verify`",
            "stop writing and run `bihuan verify`",
        ),
    )
}

fn look_at(tenant: &Tenant, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let scene = tenant.scene();
    let installed: Vec<&Pack> = scene.newest().map(AsRef::as_ref).collect();
    let mut findings = judge_packs(tenant.name(), &installed);
    findings.push(judge_calendar(&scene.calendar, scene.calendar.date_of(now)));
    let sampled = tenant.sample(SAMPLE, &mut SystemEntropy)?;
    if let Some(last) = sampled.head.size.checked_sub(1)
        && let Some(event) = tenant.reader()?.events(last, 1)?.pop()
        && let Ok(entry) = serde_json::from_slice::<Entry>(&event.data)
    {
        findings.push(clock::judge_log(entry.recorded_at, now));
    }
    findings.extend(judge_proof(&sampled));
    let reader = tenant.reader()?;
    findings.push(judge_mail(tenant.name(), reader.mail_health()?));
    if !reader.webhooks()?.is_empty() {
        findings.push(judge_webhooks(tenant.name(), reader.webhook_health()?));
    }
    Ok(findings)
}

/// Judges the mail to the staff. What waits may be on its way; what was given up reaches nobody.
fn judge_mail(tenant: &Label, health: Health) -> Finding {
    let Health { waiting, dead } = health;
    if dead == 0 {
        return MailArea.ok(both(
            format!("{}：待发邮件 {waiting} 封", tenant.zh),
            format!("{}: {waiting} mails waiting", tenant.en),
        ));
    }
    MailArea.warn(
        both(
            format!("{}：{dead} 封邮件发不出去，已放弃", tenant.zh),
            format!("{}: {dead} mails could not be sent and were given up", tenant.en),
        ),
        both(
            "管理员可在“通知设置”页查看原因并重新发送",
            "administrators see why on the page of their inbox's settings, and can have them sent again",
        ),
    )
}

/// Judges the posts to other systems.
fn judge_webhooks(tenant: &Label, health: Health) -> Finding {
    let Health { waiting, dead } = health;
    if dead == 0 {
        return Webhook.ok(both(
            format!("{}：待推送 {waiting} 条", tenant.zh),
            format!("{}: {waiting} posts to other systems waiting", tenant.en),
        ));
    }
    Webhook.warn(
        both(
            format!("{}：{dead} 条对外推送未送达，已放弃", tenant.zh),
            format!(
                "{}: {dead} posts to other systems did not arrive and were given up",
                tenant.en
            ),
        ),
        both(
            "管理员可在“对外推送”页查看原因并重新推送",
            "administrators see why on the page of webhooks, and can have them sent again",
        ),
    )
}

/// Judges the installed packs. All were proved when the store was opened: one that is not does not open.
fn judge_packs(tenant: &Label, installed: &[&Pack]) -> Vec<Finding> {
    let named: Vec<String> = installed
        .iter()
        .map(|pack| format!("{} {}", pack.id, pack.version))
        .collect();
    let named = named.join(", ");
    let mut findings = vec![PackArea.ok(both(
        format!("{}：{named}，全部经过证明", tenant.zh),
        format!("{}: {named}, all proved", tenant.en),
    ))];
    // Shipped packs are proved by the program's own tests.
    let shipped = bihuan_packs::shipped().unwrap_or_default();
    for newer in shipped {
        let older = installed.iter().find(|pack| pack.id == newer.id);
        if older.is_some_and(|older| older.version < newer.version) {
            findings.push(PackArea.warn(
                both(
                    format!("程序附带 {} 的第 {} 版，比已安装的新", newer.id, newer.version),
                    format!(
                        "the program ships version {} of {}, newer than the installed one",
                        newer.version, newer.id
                    ),
                ),
                both(
                    "看过变化后用 `bihuan pack install` 安装",
                    "install it with `bihuan pack install` when you have read what changed",
                ),
            ));
        }
    }
    findings
}

fn judge_calendar(calendar: &Calendar, today: Date) -> Finding {
    let ahead = today.saturating_add(DAYS_AHEAD.days());
    if calendar.is_published(ahead) {
        let year = ahead.year();
        return PackArea.ok(both(
            format!("{year} 年的工作日历已公布"),
            format!("the calendar of {year} is published"),
        ));
    }
    PackArea.warn(
        both(
            format!("{} 年的放假安排还没有导入，跨年的期限是暂定的", ahead.year()),
            format!(
                "the holidays of {} are not in yet: deadlines into it are provisional",
                ahead.year()
            ),
        ),
        both(
            "公布后用更新的程序或日历",
            "when they are published, use a newer program or calendar",
        ),
    )
}

fn judge_proof(sampled: &Sampled) -> Vec<Finding> {
    let (size, looked) = (sampled.head.size, sampled.looked_at);
    if let Some(first) = sampled.differences.first() {
        let more = sampled.differences.len() - 1;
        return vec![Proof.refuse(
            both(
                format!("抽查 {size} 条中的 {looked} 条，发现问题：{first}（另有 {more} 处）"),
                format!("of {size} events {looked} were looked at: {first} ({more} more)"),
            ),
            both(
                "停止写入，保留现场，运行 `bihuan verify --against` 对照留存的检查点",
                "stop writing, keep everything, and run `bihuan verify --against` a checkpoint kept outside",
            ),
        )];
    }
    let mut findings = vec![Proof.ok(both(
        format!("抽查 {size} 条中的 {looked} 条，链接与证明树相符"),
        format!("of {size} events {looked} were looked at: links and tree agree"),
    ))];
    findings.push(match sampled.signed {
        Some(signed) => Proof.ok(both(
            format!("最近的检查点覆盖 {} 条", signed.size),
            format!("the last checkpoint covers {} events", signed.size),
        )),
        None => Proof.warn(
            both("还没有签过检查点", "no checkpoint was ever signed"),
            both(
                "定期运行 `bihuan checkpoint`，存到别处：没有它，整体改写无法发现",
                "run `bihuan checkpoint` regularly and keep it elsewhere: without one a rewrite goes unnoticed",
            ),
        ),
    });
    findings
}

#[cfg(test)]
mod tests {
    use bihuan_core::id::Digest;
    use bihuan_store::proof::Head;
    use bihuan_store::verify::findings::{Check, Difference};

    use super::super::finding::{Grade, worst};
    use super::*;

    fn sampled() -> Sampled {
        let head = Head {
            size: 9,
            root: Digest::of(&[b"root"]),
        };
        Sampled {
            head,
            signed: Some(head),
            looked_at: 9,
            differences: Vec::new(),
        }
    }

    #[test]
    fn a_difference_is_refused_and_a_missing_checkpoint_is_not() {
        assert_eq!(worst(&judge_proof(&sampled())), Grade::Ok);
        let unsigned = Sampled {
            signed: None,
            ..sampled()
        };
        assert_eq!(worst(&judge_proof(&unsigned)), Grade::Warn);
        let difference = Difference {
            check: Check::Link,
            subject: "event 3".to_owned(),
            problem: "its bytes do not give its hash".to_owned(),
        };
        let broken = Sampled {
            differences: vec![difference],
            ..sampled()
        };
        assert_eq!(worst(&judge_proof(&broken)), Grade::Refuse);
    }

    #[test]
    fn an_older_pack_is_mentioned() {
        let shipped = bihuan_packs::shipped().expect("sound packs");
        let current: Vec<&Pack> = shipped.iter().collect();
        let tenant = Label::new("城", "City");
        assert_eq!(worst(&judge_packs(&tenant, &current)), Grade::Ok);
        let mut old = shipped[0].clone();
        old.version -= 1;
        assert_eq!(worst(&judge_packs(&tenant, &[&old])), Grade::Warn);
    }

    #[test]
    fn a_year_whose_holidays_are_unknown_is_mentioned_before_it_begins() {
        let calendar = Calendar::parse(bihuan_packs::CALENDAR_CN).expect("sound");
        let grade = |date: &str| judge_calendar(&calendar, date.parse().expect("a date")).grade;
        assert_eq!(grade("2026-03-02"), Grade::Ok);
        assert_eq!(grade("2040-12-01"), Grade::Warn);
    }
}
