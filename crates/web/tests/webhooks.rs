//! Posts to other systems, to a receiver that listens on this machine and keeps what it gets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bihuan_core::case::command::Command;
use bihuan_core::event::{AccusedParty, Correction};
use bihuan_store::bodies::Bodies;
use bihuan_store::sending::Health;
use bihuan_web::webhook::Sender;
use bihuan_web::webhook::client::Client;
use bihuan_web::webhook::rules::Rules;
use common::browser::Answer;
use common::cases::Matter;
use common::{Browser, Town, tls};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the receiver does with the next post.
#[derive(Clone, PartialEq, Eq)]
enum Mood {
    /// Answers so.
    Answers(String),
    /// Takes it and is gone before it says so.
    Falls,
}

/// A post as it came.
#[derive(Clone)]
struct Got {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Whether one of the signatures is that of a secret.
    fn is_signed_with(&self, secret: &str) -> bool {
        let secret = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        let (id, at) = (self.id(), &self.headers["webhook-timestamp"]);
        mac.update(format!("{id}.{at}.{}", self.body).as_bytes());
        let right = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
        self.headers["webhook-signature"]
            .split(' ')
            .any(|one| one == right)
    }
}

/// A receiver. What it got can be asked for.
struct Sink {
    address: String,
    got: Arc<Mutex<Vec<Got>>>,
    mood: Arc<Mutex<Mood>>,
}

impl Sink {
    async fn listen() -> Sink {
        Sink::listen_with(None).await
    }

    async fn listen_with(tls: Option<TlsAcceptor>) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sink = Sink {
            address: match tls {
                Some(_) => format!("https://localhost:{port}/in"),
                None => format!("http://127.0.0.1:{port}/in"),
            },
            got: Arc::default(),
            mood: Arc::new(Mutex::new(Mood::Answers(String::new()))),
        };
        sink.is("204 No Content");
        let (got, mood) = (Arc::clone(&sink.got), Arc::clone(&sink.mood));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (got, mood, tls) = (Arc::clone(&got), Arc::clone(&mood), tls.clone());
                tokio::spawn(async move {
                    // A client that leaves early has had enough.
                    let _ = match tls {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => take(stream, &got, &mood).await,
                            Err(error) => Err(error),
                        },
                        None => take(stream, &got, &mood).await,
                    };
                });
            }
        });
        sink
    }

    /// Answers every post with this status from now on.
    fn is(&self, status: &str) {
        self.answers(&format!("{status}\r\ncontent-length: 0"), "");
    }

    fn answers(&self, head: &str, body: &str) {
        *self.mood.lock().unwrap() = Mood::Answers(format!("HTTP/1.1 {head}\r\n\r\n{body}"));
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

/// Takes one post and answers.
async fn take(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    got: &Mutex<Vec<Got>>,
    mood: &Mutex<Mood>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).await?;
    let now = mood.lock().unwrap().clone();
    got.lock().unwrap().push(Got {
        path: lines[0].clone(),
        headers,
        body: String::from_utf8(body).unwrap(),
    });
    match now {
        Mood::Answers(answer) => stream.write_all(answer.as_bytes()).await?,
        Mood::Falls => return Ok(()),
    }
    stream.shutdown().await
}

/// Rules under which this machine may be posted to.
fn here() -> Rules {
    Rules {
        networks: vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()],
        ..Rules::default()
    }
}

async fn town() -> Town {
    Town::found_with(|options| options.webhooks = here()).await
}

fn sender(town: &Town, rules: Rules) -> Sender {
    let client = Client::new(rules).unwrap();
    Sender::new(town.app.clone(), town.tenant(), Arc::new(client))
}

/// Lets the followers catch up and posts what waits, as the serving process does each second.
async fn send(town: &Town) -> usize {
    send_by(town, &mut sender(town, here())).await
}

async fn send_by(town: &Town, sender: &mut Sender) -> usize {
    town.tenant().follow().await.unwrap();
    if !sender.has_work().await.unwrap() {
        return 0;
    }
    sender.round().await.unwrap();
    sender.settle().await.unwrap()
}

async fn health(town: &Town) -> Health {
    town.tenant()
        .read(|reader| reader.webhook_health())
        .await
        .unwrap()
}

/// A subscription that an administrator made, and its secret.
struct Made {
    admin: Browser,
    href: String,
    secret: String,
}

impl Made {
    async fn act(&mut self, act: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.admin.get(&self.href).await;
        let path = format!("{}{act}", self.href);
        self.admin.submit(&page, &path, fields).await
    }

    /// Logs in again: who was away for long is logged out.
    async fn come_back(&mut self, town: &Town) {
        self.admin = town.log_in("admin").await;
    }

    async fn page(&mut self) -> Answer {
        self.admin.get(&self.href).await
    }
}

/// Makes a subscription to what is assigned and replied.
async fn subscribed(town: &Town, address: &str, unit: &str) -> Made {
    let mut admin = town.log_in("admin").await;
    let page = admin.get("/webhooks").await;
    let fields = [
        ("name", "运管服平台"),
        ("address", address),
        ("unit", unit),
        ("occasion", "assigned"),
        ("occasion", "ended"),
    ];
    let made = admin.submit(&page, "/webhooks", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let list = admin.get("/webhooks").await.text();
    let href = list.split("href=\"/webhooks/").nth(1).unwrap();
    let id = href.split('"').next().unwrap();
    Made {
        href: format!("/webhooks/{id}"),
        secret: secret(&made),
        admin,
    }
}

/// Returns the secret that a page shows.
fn secret(page: &Answer) -> String {
    let text = page.text();
    let begin = text.find("whsec_").unwrap();
    let end = text[begin..].find('<').unwrap();
    text[begin..begin + end].to_owned()
}

#[tokio::test]
async fn a_system_hears_by_a_signed_post_once_and_reads_no_words_in_it() {
    let (town, sink) = (town().await, Sink::listen().await);
    town.assigned(&Matter::default(), "works").await;
    town.pass_hours(1);
    let mut made = subscribed(&town, &sink.address, "").await;
    let matter = Matter {
        phone: Some("13800000000"),
        ..Matter::default()
    };
    let case = town.assigned(&matter, "works").await;
    assert_eq!(send(&town).await, 1, "what happened before is not told");
    assert_eq!(send(&town).await, 0, "and only once");
    let [got] = &sink.got()[..] else {
        panic!("{} posts", sink.got().len())
    };
    assert_eq!(got.path, "POST /in HTTP/1.1");
    assert_eq!(got.headers["content-type"], "application/json");
    assert!(got.is_signed_with(&made.secret));
    assert!(!got.is_signed_with(&format!("whsec_{}", BASE64.encode([7; 32]))));
    let said = got.json();
    assert_eq!(said["type"], "case.assigned");
    assert_eq!(said["data"]["tenant"], common::HOST);
    let told = &said["data"]["case"];
    assert_eq!(told["number"], town.number(case).as_str());
    assert_eq!((&told["kind"], &told["unit"]), (&"help".into(), &"works".into()));
    assert_eq!(told["occasion"], "assigned");
    let fields: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["kind", "number", "occasion", "state", "unit", "version"]);
    for secret in ["路灯", "小区", "13800000000", &case.to_string()] {
        assert!(!got.body.contains(secret), "{}", got.body);
    }
    made.page().await.says("已收到").says(&town.number(case));
}

#[tokio::test]
async fn what_is_not_taken_comes_again_under_the_same_id() {
    let (town, sink) = (town().await, Sink::listen().await);
    let mut made = subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "works").await;
    sink.is("500 Internal Server Error");
    assert_eq!(send(&town).await, 0);
    made.page().await.says("answered 500");
    *sink.mood.lock().unwrap() = Mood::Falls;
    assert_eq!(send(&town).await, 0, "it is not tried again at once");
    assert_eq!(sink.got().len(), 1);
    town.pass_hours(1);
    assert_eq!(send(&town).await, 0);
    sink.is("200 OK");
    town.pass_hours(1);
    assert_eq!(send(&town).await, 1);
    let got = sink.got();
    let ids: Vec<&str> = got.iter().map(Got::id).collect();
    assert_eq!(ids, [ids[0]; 3]);
    assert!(got.iter().all(|one| one.body == got[0].body));
    assert_ne!(
        got[0].headers["webhook-timestamp"],
        got[2].headers["webhook-timestamp"]
    );
    assert!(got.iter().all(|one| one.is_signed_with(&made.secret)));
}

#[tokio::test]
async fn what_a_process_that_was_killed_had_claimed_is_sent_by_another_later() {
    let (town, sink) = (town().await, Sink::listen().await);
    subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "works").await;
    town.tenant().follow().await.unwrap();
    let claimed = town.tenant().claim_deliveries(|_| 9, town.app.now()).await;
    assert_eq!(claimed.unwrap().len(), 1);
    assert_eq!(send(&town).await, 0, "it is another's");
    town.pass_hours(1);
    assert_eq!(send(&town).await, 1);
}

#[tokio::test]
async fn what_never_arrives_is_given_up_and_can_be_sent_again() {
    let (town, sink) = (town().await, Sink::listen().await);
    let mut made = subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "works").await;
    sink.is("503 Service Unavailable");
    for _ in 0..10 {
        assert_eq!(send(&town).await, 0);
        town.pass_hours(7);
    }
    assert_eq!(health(&town).await, Health { waiting: 0, dead: 1 });
    assert_eq!(send(&town).await, 0);
    assert_eq!(sink.got().len(), 10);
    made.come_back(&town).await;
    sink.is("410 Gone");
    town.assigned(&Matter::default(), "works").await;
    assert_eq!(send(&town).await, 0);
    assert_eq!(health(&town).await.dead, 2, "gone for good at once");
    made.page().await.says("已放弃").says("answered 410");
    made.admin.get("/webhooks").await.says("已放弃");
    sink.is("202 Accepted");
    made.act("/deliveries", &[]).await;
    assert_eq!(send(&town).await, 2);
    assert_eq!(health(&town).await, Health::default());
    // What arrived can be sent once more, under its id.
    let got = sink.got();
    let id = got.last().unwrap().id().strip_prefix("msg_").unwrap();
    let id: uuid::Uuid = id.parse().unwrap();
    made.act(&format!("/deliveries/{id}"), &[]).await;
    assert_eq!(send(&town).await, 1);
    assert_eq!(sink.got().last().unwrap().id(), got.last().unwrap().id());
}

#[tokio::test]
async fn after_a_change_of_secret_both_are_good_for_a_day() {
    let (town, sink) = (town().await, Sink::listen().await);
    let mut made = subscribed(&town, &sink.address, "works").await;
    town.pass_hours(1);
    let of = made.page().await.hidden("of");
    let new = secret(&made.act("/secret", &[("of", &of)]).await);
    assert_ne!(new, made.secret);
    // The form sent once more takes nothing out of use; that of a page which is older than both does nothing.
    assert_eq!(secret(&made.act("/secret", &[("of", &of)]).await), new);
    made.act("/secret", &[("of", "1")])
        .await
        .keeps_silent_about("whsec_");
    made.page().await.keeps_silent_about("whsec_");
    town.assigned(&Matter::default(), "works").await;
    assert_eq!(send(&town).await, 1);
    town.pass_hours(25);
    made.come_back(&town).await;
    made.act("/test", &[]).await;
    assert_eq!(send(&town).await, 1);
    let got = sink.got();
    let good: Vec<(bool, bool)> = got
        .iter()
        .map(|one| (one.is_signed_with(&made.secret), one.is_signed_with(&new)))
        .collect();
    assert_eq!(good, [(true, true), (false, true)]);
    assert_eq!(got[1].json()["type"], "webhook.test");
    assert_eq!(got[1].json()["data"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn paused_nothing_is_posted_and_deleted_nothing_is_left() {
    let (town, sink) = (town().await, Sink::listen().await);
    let mut made = subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "works").await;
    town.tenant().follow().await.unwrap();
    made.act("/pause", &[("paused", "yes")]).await.says("已暂停");
    let refused = made.act("/test", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    town.assigned(&Matter::default(), "works").await;
    assert_eq!(send(&town).await, 0);
    made.act("/pause", &[("paused", "no")]).await;
    assert_eq!(
        send(&town).await,
        1,
        "what waited goes out, what happened meanwhile does not"
    );
    town.assigned(&Matter::default(), "works").await;
    town.tenant().follow().await.unwrap();
    let unsure = made.act("/delete", &[]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    made.act("/delete", &[("sure", "yes")]).await;
    assert_eq!(made.page().await.status, StatusCode::NOT_FOUND);
    assert_eq!((send(&town).await, health(&town).await), (0, Health::default()));
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_long_answer_is_kept() {
    let (town, sink, elsewhere) = (town().await, Sink::listen().await, Sink::listen().await);
    let mut made = subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "works").await;
    let head = format!(
        "307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0",
        elsewhere.address
    );
    sink.answers(&head, "");
    assert_eq!(send(&town).await, 0);
    assert!(elsewhere.got().is_empty());
    made.page().await.says("redirects are not followed");
    // A body that has no end is not waited for.
    let endless = "x".repeat(100_000);
    sink.answers(
        "200 OK\r\ntransfer-encoding: chunked",
        &format!("186a0\r\n{endless}\r\n"),
    );
    town.pass_hours(1);
    assert_eq!(send(&town).await, 1);
    let head = format!("200 OK\r\nx-long: {endless}\r\ncontent-length: 0");
    sink.answers(&head, "");
    made.act("/test", &[]).await;
    assert_eq!(send(&town).await, 0);
    made.page().await.keeps_silent_about("xxxx");
}

#[tokio::test]
async fn what_lies_behind_walls_is_not_posted_to_unless_it_is_allowed() {
    let (town, sink) = (town().await, Sink::listen().await);
    let mut made = subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "works").await;
    let port = sink.address.rsplit_once(':').unwrap().1;
    let named = format!("http://localhost:{port}");
    // Whoever runs the program takes the permission back; and a name that leads there is no way around it.
    let mut strict = sender(&town, Rules::default());
    assert_eq!(send_by(&town, &mut strict).await, 0);
    assert!(sink.got().is_empty());
    assert_eq!(health(&town).await.dead, 1);
    let fields = [
        ("name", "运管服平台"),
        ("address", named.as_str()),
        ("unit", "works"),
        ("occasion", "assigned"),
    ];
    made.act("", &fields).await;
    made.act("/deliveries", &[]).await;
    assert_eq!(send_by(&town, &mut strict).await, 0);
    assert!(sink.got().is_empty());
    made.page().await.says("in a network that is not posted to");
    made.act("/deliveries", &[]).await;
    assert_eq!(send(&town).await, 1);
}

#[tokio::test]
async fn an_address_that_nothing_is_posted_to_is_refused_when_it_is_entered() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let page = admin.get("/webhooks").await;
    let long = format!("https://board.example.org/{}", "x".repeat(500));
    for (address, unit, said) in [
        ("board", "", "这不是接收地址"),
        ("http://board.example.org/", "", "加密"),
        ("https://10.0.0.1/", "", "内网"),
        ("https://[::ffff:127.0.0.1]/", "", "内网"),
        ("https://user:word@board.example.org/", "", "这不是接收地址"),
        (&long, "", "500"),
        ("https://board.example.org/", "nowhere", "单位"),
    ] {
        let fields = [
            ("name", "运管服平台"),
            ("address", address),
            ("unit", unit),
            ("occasion", "ended"),
        ];
        let refused = admin.submit(&page, "/webhooks", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        refused.says(said);
    }
    let fields = [("name", "运管服平台"), ("address", "https://board.example.org/")];
    admin.submit(&page, "/webhooks", &fields).await.says("至少选一项");
    admin.get("/webhooks").await.keeps_silent_about("运管服平台");
    for login in ["handler", "leader", "supervisor"] {
        let mut other = town.log_in(login).await;
        assert_eq!(
            other.get("/webhooks").await.status,
            StatusCode::FORBIDDEN,
            "{login}"
        );
    }
}

#[tokio::test]
async fn there_are_not_more_than_a_tenant_may_have() {
    let town = town().await;
    for _ in 0..bihuan_store::webhook::MOST {
        subscribed(&town, "https://board.example.org/", "").await;
    }
    let mut admin = town.log_in("admin").await;
    let page = admin.get("/webhooks").await;
    page.says("推送数量已满");
    let address = "https://board.example.org/";
    let fields = [
        ("name", "运管服平台"),
        ("address", address),
        ("occasion", "ended"),
    ];
    let with_token = admin.get("/inbox/settings").await;
    let refused = admin.submit(&with_token, "/webhooks", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_subscription_hears_of_its_units_cases_and_never_of_complaints_about_somebody() {
    let (town, sink) = (town().await, Sink::listen().await);
    subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "water").await;
    let about_water = Matter {
        accused: Some("water"),
        ..Matter::default()
    };
    town.assigned(&about_water, "works").await;
    assert_eq!(send(&town).await, 0);
    // What was taken down and complains about somebody by the time it is sent is not told either.
    let case = town.assigned(&Matter::default(), "works").await;
    town.tenant().follow().await.unwrap();
    let water = common::unit(&town.tenant(), "water");
    let correction = Correction {
        accused: Some(vec![AccusedParty::Unit(water)]),
        ..Correction::default()
    };
    let corrected = |bodies: &mut Bodies| Command::CorrectRegistration {
        correction,
        reason: bodies.write("补充被反映单位"),
    };
    town.carry_out("operator", case, corrected).await;
    assert_eq!(send(&town).await, 0);
    assert!(sink.got().is_empty());
    assert_eq!(health(&town).await, Health::default());
}

#[tokio::test]
async fn another_towns_administrators_see_nothing_of_it() {
    let (town, sink) = (town().await, Sink::listen().await);
    let mut made = subscribed(&town, &sink.address, "").await;
    town.found_neighbour().await;
    let mut other = town.log_in_at(common::NEIGHBOUR, "admin").await;
    assert_eq!(other.get(&made.href).await.status, StatusCode::NOT_FOUND);
    other.get("/webhooks").await.keeps_silent_about("运管服平台");
    assert_eq!(send(&town).await, 0);
    made.page().await.says("还没有推送过");
}

#[tokio::test]
async fn by_tls_only_a_receiver_that_somebody_vouches_for_is_posted_to() {
    let sink = Sink::listen_with(Some(tls::acceptor())).await;
    let town = town().await;
    let mut made = subscribed(&town, &sink.address, "works").await;
    town.assigned(&Matter::default(), "works").await;
    assert_eq!(send(&town).await, 0);
    assert!(sink.got().is_empty());
    made.page().await.says("TLS");
    let vouched = Rules {
        authorities: Some(tls::certificate()),
        ..here()
    };
    town.pass_hours(1);
    assert_eq!(send_by(&town, &mut sender(&town, vouched)).await, 1);
    let nothing = Rules {
        authorities: Some(PathBuf::from("/dev/null")),
        ..here()
    };
    assert!(Client::new(nothing).is_err());
}
