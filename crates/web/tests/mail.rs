//! Mail to the staff, through a mail server that listens on this machine and keeps what it gets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bihuan_core::case::command::Command;
use bihuan_core::id::CaseId;
use bihuan_core::permission::Permit;
use bihuan_store::bodies::Bodies;
use bihuan_store::sending::Health;
use bihuan_web::app::{MailOptions, Security};
use bihuan_web::mail::{Mailer, Post};
use common::cases::Matter;
use common::{Browser, Counter, Town, tls};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the mail server does with the next mail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Takes it.
    Takes,
    /// Takes it and is gone before it says so.
    Falls,
    /// Has no room for a while.
    Full,
    /// Knows nobody of that name.
    Refuses,
}

/// A mail server. What it got can be asked for.
struct Sink {
    port: u16,
    got: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<Mood>>,
}

impl Sink {
    async fn listen() -> Sink {
        Sink::listen_with(None).await
    }

    /// Listens, and offers STARTTLS where it can speak TLS.
    async fn listen_with(tls: Option<TlsAcceptor>) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Sink {
            port: listener.local_addr().unwrap().port(),
            got: Arc::default(),
            mood: Arc::new(Mutex::new(Mood::Takes)),
        };
        let (got, mood) = (Arc::clone(&sink.got), Arc::clone(&sink.mood));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (got, mood, tls) = (Arc::clone(&got), Arc::clone(&mood), tls.clone());
                tokio::spawn(async move {
                    // A client that leaves early has had enough.
                    let _ = talk(stream, tls, &got, &mood).await;
                });
            }
        });
        sink
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn post(&self) -> Arc<Post> {
        self.post_by(Security::Plain, None)
    }

    fn post_by(&self, security: Security, authorities: Option<PathBuf>) -> Arc<Post> {
        let options = MailOptions {
            host: "localhost".to_owned(),
            port: self.port,
            security,
            authorities,
            login: None,
            from: "闭环 <bihuan@qinghe.example>".to_owned(),
            links: None,
        };
        Arc::new(Post::new(&options).unwrap())
    }

    /// The mails so far, as head and readable text.
    fn mails(&self) -> Vec<(String, String)> {
        let got = self.got.lock().unwrap();
        let read = |raw: &String| {
            let (head, body) = raw.split_once("\r\n\r\n").unwrap();
            let plain = match head.contains("base64") {
                true => {
                    let packed: String = body.split_whitespace().collect();
                    String::from_utf8(BASE64.decode(packed).unwrap()).unwrap()
                }
                false => body.replace("=\r\n", "").replace("=3D", "="),
            };
            (head.to_owned(), plain)
        };
        got.iter().map(read).collect()
    }
}

/// Speaks as much SMTP as one mail after the other takes, secretly where the client asks for that.
async fn talk(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    got: &Mutex<Vec<String>>,
    mood: &Mutex<Mood>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink\r\n").await?;
    let asked = converse(&mut stream, tls.is_some(), got, mood).await?;
    if let (true, Some(tls)) = (asked, tls) {
        let secret = tls.accept(stream.into_inner()).await?;
        converse(&mut BufReader::new(secret), false, got, mood).await?;
    }
    Ok(())
}

/// Takes mails until the client leaves, or asks for TLS where that is offered; returns whether it did.
async fn converse(
    stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    offers: bool,
    got: &Mutex<Vec<String>>,
    mood: &Mutex<Mood>,
) -> std::io::Result<bool> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        let said = line.trim_end().to_ascii_uppercase();
        let now = *mood.lock().unwrap();
        let answer = match said.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if offers => "250-sink\r\n250-8BITMIME\r\n250 STARTTLS\r\n",
            "EHLO" => "250-sink\r\n250 8BITMIME\r\n",
            "STARTTLS" if offers => {
                stream.write_all(b"220 go on\r\n").await?;
                return Ok(true);
            }
            "RCPT" if now == Mood::Refuses => "550 no such mailbox\r\n",
            "RCPT" if now == Mood::Full => "452 no room\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).await?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(&line);
                }
                got.lock().unwrap().push(mail);
                if now == Mood::Falls {
                    return Ok(false);
                }
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _other => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Lets the followers catch up and sends what waits, as the serving process does each second.
async fn send(town: &Town, sink: &Sink) -> usize {
    send_by(town, sink.post()).await
}

async fn send_by(town: &Town, post: Arc<Post>) -> usize {
    town.tenant().follow().await.unwrap();
    let mut mailer = Mailer::new(town.app.clone(), town.tenant(), post);
    mailer.round().await.unwrap()
}

async fn health(town: &Town) -> Health {
    town.tenant().read(|reader| reader.mail_health()).await.unwrap()
}

/// Gives an address and confirms it by the code in the mail.
async fn confirmed(town: &Town, sink: &Sink, login: &str, language: &str) -> Browser {
    let mut browser = town.log_in(login).await;
    let page = browser.get("/inbox/settings").await;
    let address = format!("{login}@qinghe.example");
    let fields = [
        ("address", address.as_str()),
        ("language", language),
        ("hour", "9"),
    ];
    let page = browser.submit(&page, "/inbox/address", &fields).await;
    page.says("待确认");
    assert_eq!(send(town, sink).await, 1);
    let (head, text) = sink.mails().pop().unwrap();
    assert!(head.contains(&format!("To: {address}")), "{head}");
    let code = text
        .split(|c: char| !c.is_ascii_digit())
        .find(|digits| digits.len() == 8);
    let fields = [("code", code.unwrap())];
    let page = browser.submit(&page, "/inbox/address/confirm", &fields).await;
    page.says("已确认");
    browser
}

/// Chooses a way for an occasion.
async fn choose(browser: &mut Browser, occasion: &str, way: &str) {
    let page = browser.get("/inbox/settings").await;
    let saved = browser.submit(&page, "/inbox/settings", &[(occasion, way)]).await;
    assert_eq!(saved.status, StatusCode::OK);
}

async fn reply(town: &Town, case: CaseId) {
    let now = town.app.now();
    let mut bodies = Bodies::new(now, &mut Counter(town.stir()));
    let command = Command::Reply {
        text: bodies.write("还是不亮，我是王小明。"),
    };
    let replied = town
        .tenant()
        .execute(&Permit::reporter(), case, command, bodies, None, now)
        .await;
    replied.unwrap();
}

fn message_id(head: &str) -> &str {
    head.lines().find(|line| line.starts_with("Message-ID")).unwrap()
}

#[tokio::test]
async fn who_wants_it_by_mail_gets_number_and_link_once_and_nothing_of_the_text() {
    let (town, sink) = (Town::found().await, Sink::listen().await);
    let mut handler = confirmed(&town, &sink, "handler", "en").await;
    choose(&mut handler, "assigned", "mail").await;
    let case = town.assigned(&Matter::default(), "works").await;
    reply(&town, case).await;
    let before = sink.mails().len();
    assert_eq!(send(&town, &sink).await, 1, "only what was wanted so");
    assert_eq!(send(&town, &sink).await, 0, "and only once");
    let mails = sink.mails();
    assert_eq!(mails.len(), before + 1);
    let (head, text) = mails.last().unwrap();
    let number = town.number(case);
    assert!(
        text.contains(&format!("{number} is with Works Bureau.")),
        "{text}"
    );
    assert!(text.contains(&format!("https://{}/cases/{number}", common::HOST)));
    assert!(head.contains("Assigned") && head.contains("text/plain"), "{head}");
    for secret in ["路灯", "王小明", "小区"] {
        assert!(!text.contains(secret) && !head.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn a_mail_whose_fate_is_unknown_goes_out_again_under_the_same_message_id() {
    let (town, sink) = (Town::found().await, Sink::listen().await);
    let mut handler = confirmed(&town, &sink, "handler", "zh").await;
    choose(&mut handler, "assigned", "mail").await;
    town.assigned(&Matter::default(), "works").await;
    sink.is(Mood::Falls);
    assert_eq!(send(&town, &sink).await, 0);
    sink.is(Mood::Takes);
    assert_eq!(send(&town, &sink).await, 0, "it is not tried again at once");
    town.pass_hours(1);
    assert_eq!(send(&town, &sink).await, 1);
    let mails = sink.mails();
    let [.., (first, _), (second, text)] = mails.as_slice() else {
        panic!("{} mails", mails.len())
    };
    assert_eq!(message_id(first), message_id(second));
    assert!(text.contains("由住建局办理"), "{text}");
    town.pass_hours(24);
    assert_eq!((send(&town, &sink).await, health(&town).await.waiting), (0, 0));
}

#[tokio::test]
async fn a_claimed_mail_is_nobody_elses_until_the_claim_lapses() {
    let (town, sink) = (Town::found().await, Sink::listen().await);
    let mut handler = confirmed(&town, &sink, "handler", "zh").await;
    choose(&mut handler, "assigned", "mail").await;
    town.assigned(&Matter::default(), "works").await;
    town.tenant().follow().await.unwrap();
    // A process that is killed between the claim and the sending.
    let claimed = town.tenant().claim_mails(9, town.app.now()).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(send(&town, &sink).await, 0);
    town.pass_hours(1);
    assert_eq!(send(&town, &sink).await, 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_given_up_in_the_end_and_an_administrator_sees_it() {
    let (town, sink) = (Town::found().await, Sink::listen().await);
    let mut handler = confirmed(&town, &sink, "handler", "zh").await;
    choose(&mut handler, "assigned", "mail").await;
    choose(&mut handler, "replied", "mail").await;
    let case = town.assigned(&Matter::default(), "works").await;
    sink.is(Mood::Full);
    for _ in 0..10 {
        assert_eq!(send(&town, &sink).await, 0);
        assert_eq!(sink.mails().len(), 1);
        town.pass_hours(7);
    }
    assert_eq!(health(&town).await, Health { waiting: 0, dead: 1 });
    sink.is(Mood::Refuses);
    reply(&town, case).await;
    assert_eq!(send(&town, &sink).await, 0);
    assert_eq!(health(&town).await.dead, 2, "refused for good at once");
    let page = town.log_in("handler").await.get("/inbox/settings").await;
    page.keeps_silent_about("已放弃");
    let mut admin = town.log_in("admin").await;
    let page = admin.get("/inbox/settings").await;
    page.says("已放弃").says("赵工").says("no such mailbox");
    sink.is(Mood::Takes);
    let page = admin.submit(&page, "/inbox/mails/retry", &[]).await;
    page.keeps_silent_about("no such mailbox");
    assert_eq!(send(&town, &sink).await, 2);
}

#[tokio::test]
async fn a_digest_comes_once_a_day_at_its_hour_with_what_is_unread() {
    let (town, sink) = (Town::found().await, Sink::listen().await);
    // It is nine in the morning, and today's digest was due when the address was confirmed.
    let mut handler = confirmed(&town, &sink, "handler", "zh").await;
    choose(&mut handler, "assigned", "digest").await;
    assert_eq!(send(&town, &sink).await, 0);
    let first = town.assigned(&Matter::default(), "works").await;
    let second = town.assigned(&Matter::default(), "works").await;
    assert_eq!(send(&town, &sink).await, 0, "not before the next day");
    town.pass_hours(23);
    assert_eq!(send(&town, &sink).await, 0, "nor before its hour");
    town.pass_hours(1);
    assert_eq!(send(&town, &sink).await, 1);
    let (_, text) = sink.mails().pop().unwrap();
    for case in [first, second] {
        assert!(text.contains(&town.number(case)), "{text}");
    }
    assert!(text.contains("2 条未读通知") && !text.contains("路灯"), "{text}");
    town.pass_hours(1);
    assert_eq!(send(&town, &sink).await, 0);
    // What is told once is not told again the day after.
    town.pass_hours(24);
    assert_eq!(send(&town, &sink).await, 0);
}

#[tokio::test]
async fn nobody_is_written_to_of_what_they_may_not_read_or_before_they_confirmed() {
    let (town, sink) = (Town::found().await, Sink::listen().await);
    let mut handler = confirmed(&town, &sink, "handler", "zh").await;
    choose(&mut handler, "assigned", "mail").await;
    let about_works = Matter {
        accused: Some("works"),
        ..Matter::default()
    };
    town.assigned(&about_works, "water").await;
    let mut water = town.log_in("water").await;
    let page = water.get("/inbox/settings").await;
    let fields = [("address", "water@qinghe.example"), ("hour", "9")];
    let page = water.submit(&page, "/inbox/address", &fields).await;
    choose(&mut water, "assigned", "mail").await;
    town.assigned(&Matter::default(), "water").await;
    assert_eq!(send(&town, &sink).await, 1, "the code alone");
    for code in ["", "00000000", "abc"] {
        let wrong = water
            .submit(&page, "/inbox/address/confirm", &[("code", code)])
            .await;
        assert!(wrong.status.is_client_error(), "{code}");
    }
    let none = water
        .submit(&page, "/inbox/address", &[("address", "a b@c\r\nBcc: d")])
        .await;
    assert!(none.status.is_client_error());
    // Who takes the address away is written to no more, not even of what waits.
    town.assigned(&Matter::default(), "works").await;
    town.tenant().follow().await.unwrap();
    let page = handler.get("/inbox/settings").await;
    handler.submit(&page, "/inbox/address", &[("address", "")]).await;
    assert_eq!(send(&town, &sink).await, 0);
    assert_eq!(health(&town).await, Health::default());
}

#[tokio::test]
async fn by_starttls_mail_goes_only_to_a_server_that_somebody_vouches_for() {
    let (town, plain) = (Town::found().await, Sink::listen().await);
    let sink = Sink::listen_with(Some(tls::acceptor())).await;
    let mut handler = confirmed(&town, &plain, "handler", "zh").await;
    choose(&mut handler, "assigned", "mail").await;
    town.assigned(&Matter::default(), "works").await;
    let vouched = || Some(tls::certificate());
    // One that offers no TLS, one that nobody vouches for, and the right one.
    let (starttls, before) = (Security::StartTls, plain.mails().len());
    for (post, sent) in [
        (plain.post_by(starttls, vouched()), 0),
        (sink.post_by(starttls, None), 0),
        (sink.post_by(starttls, vouched()), 1),
    ] {
        town.pass_hours(7);
        assert_eq!(send_by(&town, post).await, sent);
    }
    assert_eq!((plain.mails().len(), sink.mails().len()), (before, 1));
    let (head, text) = sink.mails().pop().unwrap();
    assert!(head.contains("To: handler@qinghe.example"), "{head}");
    assert!(text.contains("由住建局办理"), "{text}");
}
