//! The form of a report: its leaves, what stands on each, and what is wrong with it.

use bihuan_core::event::Disclosure;
use bihuan_store::seal::Identity;

use crate::ctx::Ctx;
use crate::error::Complaint;
use crate::form::{Form, Reader};
use crate::limits;
use crate::portal::intake::{self, Message};

/// A leaf of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// What it is about.
    What,
    /// Where it is, and photos of it.
    Where,
    /// Who sends it, if they say so.
    Contact,
    /// All of it, before it goes.
    Check,
}

impl Leaf {
    /// All, in their order.
    pub const ALL: [Leaf; 4] = [Leaf::What, Leaf::Where, Leaf::Contact, Leaf::Check];

    /// Returns where it is read.
    pub fn href(self) -> &'static str {
        match self {
            Leaf::What => "/report",
            Leaf::Where => "/report/where",
            Leaf::Contact => "/report/contact",
            Leaf::Check => "/report/check",
        }
    }

    /// Returns where it is sent; the last sends the report.
    pub fn action(self) -> &'static str {
        match self {
            Leaf::What => "/report/what",
            Leaf::Where | Leaf::Contact => self.href(),
            Leaf::Check => "/report",
        }
    }

    /// Returns the key of its title.
    pub fn title(self) -> &'static str {
        match self {
            Leaf::What => "report-leaf-what",
            Leaf::Where => "report-leaf-where",
            Leaf::Contact => "report-leaf-contact",
            Leaf::Check => "report-leaf-check",
        }
    }

    /// Returns the one after it.
    pub fn next(self) -> Leaf {
        match self {
            Leaf::What => Leaf::Where,
            Leaf::Where => Leaf::Contact,
            Leaf::Contact | Leaf::Check => Leaf::Check,
        }
    }

    /// Returns the one before it.
    pub fn previous(self) -> Leaf {
        match self {
            Leaf::What | Leaf::Where => Leaf::What,
            Leaf::Contact => Leaf::Where,
            Leaf::Check => Leaf::Contact,
        }
    }

    /// Returns the fields that stand on it.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Leaf::What => &["text", "kind", "title"],
            Leaf::Where => &["place"],
            Leaf::Contact => &["disclosure", "name", "phone"],
            Leaf::Check => &[],
        }
    }

    /// Whether a complaint is about something that stands on it.
    pub fn has(self, complaint: &Complaint) -> bool {
        let field = complaint.field.as_str();
        self.fields().contains(&field)
            || matches!(
                (self, field),
                (Leaf::Where, "photos") | (Leaf::Contact, "contact")
            )
    }
}

/// What was written in the form, to show it again.
#[derive(Default)]
pub struct Values {
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// Where it is.
    pub place: String,
    /// The kind's id.
    pub kind: String,
    /// What may be known of the sender.
    pub disclosure: String,
    /// Their name.
    pub name: String,
    /// Their telephone.
    pub phone: String,
}

impl Values {
    /// Returns what stands in a form; whoever says nothing of themselves is anonymous.
    pub fn of(form: &Form) -> Values {
        let value = |name: &str| form.value(name).to_owned();
        let disclosure = match form.value("disclosure") {
            "" => "anonymous".to_owned(),
            said => said.to_owned(),
        };
        Values {
            title: value("title"),
            text: value("text"),
            place: value("place"),
            kind: value("kind"),
            disclosure,
            name: value("name"),
            phone: value("phone"),
        }
    }
}

/// Reads the message of a form, and complains of what is wrong with it.
pub fn message(ctx: &Ctx, form: &Form, read: &mut Reader<'_>) -> Message {
    let kinds = intake::kinds(ctx);
    let message = Message {
        text: read.needed("text", limits::TEXT_CHARS),
        title: read.text("title", limits::TITLE_CHARS),
        place: read.text("place", limits::LINE_CHARS),
        kind: read.choice("kind", |id| {
            kinds.iter().any(|(_, kind)| kind.id == id).then(|| id.to_owned())
        }),
        category: None,
        disclosure: read.choice("disclosure", intake::disclosure_named),
        identity: Identity {
            name: read.text("name", limits::NAME_CHARS),
            phone: read.text("phone", limits::PHONE_CHARS),
            address: None,
        },
    };
    let disclosure = message.disclosure.unwrap_or(Disclosure::Anonymous);
    if let Some(complaint) = intake::unfit_contact(disclosure, &message.identity) {
        read.complain(complaint);
    }
    if !form.value("phone").trim().is_empty() && !intake::is_phone(form.value("phone")) {
        read.complain(Complaint::new("phone", "field-phone"));
    }
    message
}
