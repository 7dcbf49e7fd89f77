//! Photos in the simulated life: of how it was, of how it is, and those that everybody is shown.

use bihuan_core::case::Case;
use bihuan_core::case::command::Command;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::id::EvidenceId;
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use super::error::LifeError;
use super::turn::LOOK_BACK_HOURS;
use super::{Life, Picture};
use crate::pictures::{SHADES, Scene};

/// Of those who sent a photo and say "solved", how many allow pictures to be shown.
const ALLOW: f64 = 0.75;
/// Of the pictures that are looked at, how many are shown: somebody can be recognised on the others.
const FIT: f64 = 0.9;

impl Life<'_> {
    /// Lets the reporter send a photo with the report, where there is something to be seen.
    pub(super) fn add_sight(&mut self, at: Timestamp, affair: usize) -> Result<(), LifeError> {
        let Some(scene) = self.affairs[affair].story.scene else {
            return Ok(());
        };
        let shade = *self.chance.one_of(&SHADES);
        self.affairs[affair].shade = Some(shade);
        let picture = self.picture(scene, false, shade);
        let reporter = self.reporter.clone();
        self.add_evidence(at, affair, &reporter, EvidenceMoment::Before, picture, None)
    }

    /// Lets the unit prove what it did with a picture, the first of which is taken where the reporter stood.
    pub(super) fn add_proof(
        &mut self,
        at: Timestamp,
        affair: usize,
        permit: &Permit,
        number: u8,
    ) -> Result<(), LifeError> {
        let scene = self.affairs[affair].story.scene.unwrap_or(Scene::Paper);
        let drawn = *self.chance.one_of(&SHADES);
        let first = self.affairs[affair].shade.unwrap_or(drawn);
        let shade = SHADES[usize::from(first + number) % SHADES.len()];
        let caption = self.chance.one_of(&self.stories.work.captions).clone();
        let picture = self.picture(scene, true, shade);
        self.add_evidence(at, affair, permit, EvidenceMoment::After, picture, Some(caption))
    }

    fn picture(&self, scene: Scene, fixed: bool, shade: u8) -> Picture {
        let found = self.album.get(&(scene, fixed, shade));
        *found.expect("every scene is drawn in every shade")
    }

    fn add_evidence(
        &mut self,
        at: Timestamp,
        affair: usize,
        permit: &Permit,
        moment: EvidenceMoment,
        picture: Picture,
        caption: Option<String>,
    ) -> Result<(), LifeError> {
        let mut bodies = self.bulk.bodies(at);
        let command = Command::AddEvidence {
            evidence: EvidenceId::new(at, self.bulk.entropy()),
            blob: picture.blob,
            media_type: "image/png".into(),
            size_bytes: picture.size_bytes,
            moment,
            caption: caption.map(|caption| bodies.write(caption)),
        };
        self.give_with(at, affair, permit, command, bodies)
    }

    /// Lets a reporter who sent a photo say whether pictures may be shown to everybody, and returns what holds then:
    /// what they allowed before a case came back still does.
    pub(super) fn allow_pictures(&mut self, at: Timestamp, affair: usize) -> Result<bool, LifeError> {
        let held = self.bulk.case(self.affairs[affair].case)?.pictures.allowed;
        let sent = self.affairs[affair].shade.is_some();
        let allowed = held || sent && self.chance.happens(ALLOW);
        if allowed && !held {
            let reporter = self.reporter.clone();
            self.give(at, affair, &reporter, Command::AllowPictures { allowed })?;
        }
        self.affairs[affair].to_show = allowed;
        Ok(allowed)
    }

    /// Lets the hotline look at the pictures and show those on which nobody can be recognised; the others are held back.
    pub(super) fn show_pictures(
        &mut self,
        at: Timestamp,
        affair: usize,
        case: &Case,
    ) -> Result<(), LifeError> {
        self.affairs[affair].to_show = false;
        let permit = self.staff.desk("operator", "answer").clone();
        let pieces: Vec<EvidenceId> = case.showable().map(|piece| piece.id).collect();
        for evidence in pieces {
            let shown = self.chance.happens(FIT);
            self.give(at, affair, &permit, Command::ShowPicture { evidence, shown })?;
        }
        self.turn_after(at, LOOK_BACK_HOURS, affair);
        Ok(())
    }
}
