//! A finding: what was seen, how grave it is, what to do.

use bihuan_core::label::Label;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Ok,
    /// To be minded; nothing is lost by it today.
    Warn,
    /// Must not go on: what is acknowledged can be lost, or is wrong already.
    Refuse,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The database.
    Database,
    /// The cluster around it.
    Cluster,
    /// Clocks.
    Clock,
    /// Room on the disk.
    Disk,
    /// The master key.
    Key,
    /// Packs and calendars.
    Pack,
    /// The log's proof.
    Proof,
    /// Mail to the staff.
    Mail,
    /// Posts to other systems.
    Webhook,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub area: Area,
    /// How grave it is.
    pub grade: Grade,
    /// What was seen.
    pub said: Label,
    /// What to do; nothing where all is well.
    pub todo: Option<Label>,
}

impl Grade {
    /// Returns the word for machines, and for the column of a table.
    pub fn word(self) -> &'static str {
        match self {
            Grade::Ok => "ok",
            Grade::Warn => "warn",
            Grade::Refuse => "refuse",
        }
    }
}

impl Area {
    /// Returns the word for machines, and for the column of a table.
    pub fn word(self) -> &'static str {
        match self {
            Area::Database => "database",
            Area::Cluster => "cluster",
            Area::Clock => "clock",
            Area::Disk => "disk",
            Area::Key => "key",
            Area::Pack => "pack",
            Area::Proof => "proof",
            Area::Mail => "mail",
            Area::Webhook => "webhook",
        }
    }

    /// Says that something is as it should be.
    pub fn ok(self, said: Label) -> Finding {
        Finding {
            area: self,
            grade: Grade::Ok,
            said,
            todo: None,
        }
    }

    /// Says what to mind, and what to do about it.
    pub fn warn(self, said: Label, todo: Label) -> Finding {
        Finding {
            area: self,
            grade: Grade::Warn,
            said,
            todo: Some(todo),
        }
    }

    /// Says what must not go on, and the way out.
    pub fn refuse(self, said: Label, todo: Label) -> Finding {
        Finding {
            area: self,
            grade: Grade::Refuse,
            said,
            todo: Some(todo),
        }
    }
}

/// Makes a text in both languages.
pub fn both(zh: impl Into<String>, en: impl Into<String>) -> Label {
    Label::new(zh, en)
}

/// Returns the worst grade among findings.
pub fn worst(findings: &[Finding]) -> Grade {
    let grades = findings.iter().map(|finding| finding.grade);
    grades.max().unwrap_or(Grade::Ok)
}
