//! Limits: how large, how long, how often; and the headers that every answer carries.

pub mod admission;
pub mod body;
pub mod connections;
pub mod held;
pub mod life;
pub mod throttle;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::SignedDuration;

/// The largest body of a request without files, in bytes.
pub const BODY_BYTES: usize = 1 << 20;
/// The largest body of a request with files, in bytes.
pub const UPLOAD_BYTES: usize = 20 << 20;
/// The largest single file, in bytes.
pub const FILE_BYTES: usize = 8 << 20;
/// The most files of one form.
pub const FILES: usize = 6;
/// The most units that one command names.
pub const UNITS: usize = 50;
/// The most other cases that one command names.
pub const CASES: usize = 50;
/// The most fields of one form.
pub const FIELDS: usize = 200;
/// The longest address with its query, in bytes.
pub const ADDRESS_BYTES: usize = 8 << 10;
/// The longest text of a report, in characters.
pub const TEXT_CHARS: usize = 5000;
/// The longest other free text, in characters.
pub const NOTE_CHARS: usize = 2000;
/// The longest title of a report, in characters.
pub const TITLE_CHARS: usize = 120;
/// The longest name of a reporter, in characters.
pub const NAME_CHARS: usize = 60;
/// The longest telephone number of a reporter, in characters.
pub const PHONE_CHARS: usize = 30;
/// How long a report waits that was begun and not sent, after it was saved last.
pub const UNSENT_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// The most that photos of one tenant's reports take which are not sent yet, in bytes.
pub const WAITING_BYTES: u64 = 2 << 30;
/// The longest single line, in characters.
pub const LINE_CHARS: usize = 200;
/// The most that a reporter adds before staff do anything: nobody who waits for an answer has more to say,
/// and whoever answers reads all of it.
pub const REPORTERS_ADDITIONS: usize = 50;
/// The most that a reporter adds to one report in all: it is read as a whole each time it is opened.
pub const REPORTERS_ADDITIONS_IN_ALL: usize = 500;
/// The most messages that a page shows at once; earlier ones are on pages of their own.
pub const MESSAGES_SHOWN: usize = 20;
/// The most entries of a timeline that a page shows at once.
pub const ENTRIES_SHOWN: usize = 50;
/// How long somebody waits who found no room.
pub const BUSY_SECONDS: u32 = 2;
/// The most that is read of a form for which there is no room, in bytes; and the most of them at once.
pub const SALVAGE_BYTES: usize = 64 << 10;
/// See [`SALVAGE_BYTES`].
pub const SALVAGES: usize = 64;
/// How long that may take.
pub const SALVAGE_TIME: Duration = Duration::from_secs(2);
/// The longest name of a saved view, in characters.
pub const VIEW_NAME_CHARS: usize = 40;
/// What a request with files weighs among those under way; all others weigh one. It may hold that many
/// times the memory.
pub const UPLOAD_WEIGHT: usize = 16;
/// The longest pause in the body of a request; whoever pauses longer holds room that others wait for.
pub const BODY_PAUSE: Duration = Duration::from_secs(5);
/// How long a body may take, however little of it comes.
pub const BODY_GRACE: Duration = Duration::from_secs(10);
/// The least that must come of it in each second after that, in bytes: less than the worst telephone line.
pub const BODY_BYTES_PER_SECOND: u64 = 512;
/// The longest that the head of a request may take.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection stands of which no byte has come.
pub const SILENT_TIME: Duration = Duration::from_secs(10);
/// How long a connection stands that has not asked for anything: TLS and the first head are in it.
pub const GREETING_TIME: Duration = Duration::from_secs(20);
/// How long a connection stands between two requests.
pub const IDLE_TIME: Duration = Duration::from_secs(60);
/// How long an answer waits for somebody who takes none of it.
pub const STALL_TIME: Duration = Duration::from_secs(30);
/// The pieces in which answers are handed to a connection, in bytes: small enough that a line of a kilobyte
/// a second takes one before [`STALL_TIME`] is over.
pub const CHUNK_BYTES: usize = 16 << 10;
/// The most that one connection holds of what is to be written, of each answer under HTTP/2, in bytes.
pub const SEND_BYTES: usize = 64 << 10;
/// The most requests that one connection asks at once, under HTTP/2: less than a sender's part of the room
/// where nothing else is said.
pub const STREAMS: u32 = 32;
/// The longest that a request may take.
pub const REQUEST_TIME: Duration = Duration::from_secs(60);

/// Scripts, styles, pictures and frames of our own only; nothing inline; nobody frames a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Sets the headers that every answer carries. A page is kept by no cache unless it says so itself.
pub fn set_security_headers(headers: &mut HeaderMap, secure: bool) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A document of the evidence brings stricter ones of its own.
    let usual = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in usual {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.insert(&OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        &PERMISSIONS_POLICY,
        HeaderValue::from_static("geolocation=(), microphone=(), camera=()"),
    );
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
