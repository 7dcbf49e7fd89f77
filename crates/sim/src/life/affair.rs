//! One case in the simulated life, and what is decided about its fate.

use bihuan_core::id::CaseId;
use jiff::Timestamp;

use crate::story::Story;

/// A case and what the simulation knows of it beyond the log.
pub(super) struct Affair {
    /// The case.
    pub case: CaseId,
    /// What it is about.
    pub story: Story,
    /// Where: the index of the township.
    pub township: usize,
    /// Whether it is for the handler who stands on the log-in page.
    pub shown: bool,
    /// Who handles it: the index among all handlers.
    pub handler: Option<usize>,
    /// Whether the dispatcher sent it to the wrong unit.
    pub misdirected: bool,
    /// Whether the unit has done its work in this round and has pictures.
    pub worked: bool,
    /// The shade of the photo that its reporter sent, if they sent one: what is photographed after has the same.
    pub shade: Option<u8>,
    /// Whether somebody is to look at the pictures that its reporter allows to be shown.
    pub to_show: bool,
    /// Whether the reporter has spoken since the answer, or decided to keep silent.
    pub heard: bool,
    /// The version and instant of the timer last waited for.
    pub timer: Option<(u32, Timestamp)>,
}

impl Affair {
    pub fn new(case: CaseId, story: Story, township: usize) -> Affair {
        let (shown, misdirected, worked, to_show, heard) = Default::default();
        let (handler, shade, timer) = Default::default();
        Affair {
            case,
            story,
            township,
            shown,
            handler,
            misdirected,
            worked,
            shade,
            to_show,
            heard,
            timer,
        }
    }
}
