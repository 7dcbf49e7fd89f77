//! What people on the staff are told, in words: the pack's text with its placeholders filled in.

use bihuan_core::label::Label;
use bihuan_core::pack::notification::{Filling, NotificationRule, Occasion};
use bihuan_store::notification::Told;
use bihuan_store::tenant::scene::Scene;

use crate::lang::Tongue;
use crate::show;

/// Where somebody says how they want to be told.
pub const SETTINGS: &str = "/inbox/settings";

/// Which of the pack's texts is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// A page, behind a door.
    Page,
    /// A mail, which other machines carry.
    Mail,
}

/// Returns the key of the message that names an occasion.
pub fn title(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Assigned => "occasion-assigned",
        Occasion::Instructed => "occasion-instructed",
        Occasion::DueSoon => "occasion-due-soon",
        Occasion::Overdue => "occasion-overdue",
        Occasion::Returned => "occasion-returned",
        Occasion::CameBack => "occasion-came-back",
        Occasion::Disputed => "occasion-disputed",
        Occasion::Ruled => "occasion-ruled",
        Occasion::Extended => "occasion-extended",
        Occasion::Replied => "occasion-replied",
        Occasion::ToVerify => "occasion-to-verify",
        Occasion::Ended => "occasion-ended",
    }
}

/// Returns what the newest version of a case's pack says of an occasion.
pub fn rule<'a>(scene: &'a Scene, told: &Told) -> Option<&'a NotificationRule> {
    let pack = scene.newest().find(|pack| pack.id == told.case.pack.id)?;
    pack.notifications.get(&told.mark.occasion)
}

/// Returns what somebody is told; where the pack says nothing of it any more, the occasion's name.
pub fn say(scene: &Scene, tongue: Tongue, told: &Told, carrier: Carrier) -> String {
    let Some(rule) = rule(scene, told) else {
        return tongue.t(title(told.mark.occasion));
    };
    let text = match carrier {
        Carrier::Page => &rule.text,
        Carrier::Mail => &rule.mail,
    };
    let name = |label: &Label| label.get(tongue.0).to_owned();
    let unit = told.unit.and_then(|unit| scene.org.unit(unit));
    let kind = scene.kind(&told.case.pack, &told.case.kind);
    let state = kind.and_then(|kind| kind.state(&told.state));
    let due = told
        .due_at
        .map(|due_at| show::moment(&scene.calendar, tongue, due_at));
    let erased = || tongue.t("notification-no-title");
    let filling = Filling {
        number: &told.case.number,
        title: &told.case.title.clone().unwrap_or_else(erased),
        unit: &unit.map_or_else(|| tongue.t("notification-no-unit"), |unit| name(&unit.name)),
        due: &due.unwrap_or_else(|| tongue.t("notification-no-due")),
        state: &state.map_or_else(|| told.state.clone(), |state| name(&state.title)),
    };
    filling.fill(text.get(tongue.0))
}
