//! Units and people come in from a table: looked at first, written as a whole, by administrators only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use axum::http::StatusCode;
use common::browser::Answer;
use common::{Browser, PASSWORD, Town};

const UNITS: &str = "代码,单位名称（中文）,单位名称（英文）,上级单位,职责\n\
    parks,园林局,Parks Bureau,city,construction.municipal.parks\n\
    ,东湖公园,East Lake Park,parks,\n";

const PEOPLE: &str = "Name (Chinese),Login,Unit,Roles,Post,Leads the unit\n\
    柳青,liu,园林局,承办员;单位负责人,局长,是\n";

async fn send(admin: &mut Browser, name: &str, bytes: &[u8]) -> Answer {
    let page = admin.get("/people").await;
    let csrf = page.hidden("csrf");
    admin
        .upload("/people/drafts", &[("csrf", &csrf)], &[("file", name, bytes)])
        .await
}

/// Returns the address of the table that a preview shows.
fn draft_of(preview: &Answer) -> String {
    let text = preview.text();
    let at = text.find("/people/drafts/").expect("a preview");
    text[at..at + "/people/drafts/".len() + 36].to_owned()
}

async fn bring_in(admin: &mut Browser, preview: &Answer) -> Answer {
    let draft = draft_of(preview);
    admin.submit(preview, &draft, &[]).await
}

/// Returns the codes that a page shows.
fn codes(done: &Answer) -> Vec<String> {
    let text = done.text();
    let parts = text.split("<code class=\"first-code\"").skip(1);
    parts
        .map(|rest| rest.split(['>', '<']).nth(1).unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_table_is_looked_at_then_brought_in_and_its_people_log_in_by_a_code_once() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let preview = send(&mut admin, "units.csv", UNITS.as_bytes()).await;
    preview.says("园林局").says("公园管理");
    assert!(town.tenant().scene().org.unit_by_name("parks").is_none());
    bring_in(&mut admin, &preview).await.says("已导入 3 处变化");
    let preview = send(&mut admin, "people.csv", PEOPLE.as_bytes()).await;
    preview.says("任局长").says("新账号");
    let done = bring_in(&mut admin, &preview).await;
    let code = codes(&done).remove(0);
    let scene = town.tenant().scene();
    let park = scene.org.unit_by_name("East Lake Park").unwrap();
    assert_eq!(
        (park.code.as_str(), park.parent),
        ("east-lake-park", scene.org.unit_by_name("parks").map(|it| it.id))
    );

    let mut liu = town.browser();
    let page = liu.get("/login").await;
    let fields = [("login", "liu"), ("password", code.as_str()), ("next", "")];
    let page = liu.submit(&page, "/login", &fields).await;
    page.says("设定口令");
    let short = [("login", "liu"), ("code", &code), ("password", "短")];
    let page = liu.submit(&page, "/welcome", &short).await;
    page.says("口令太短");
    let other = [
        ("again", "另一个够长的口令"),
        ("login", "liu"),
        ("code", &code),
        ("password", PASSWORD),
    ];
    let page = liu.submit(&page, "/welcome", &other).await;
    page.says("两次输入不一致");
    let new = [("login", "liu"), ("code", &code), ("password", PASSWORD)];
    liu.submit(&page, "/welcome", &new).await.says("柳青");

    let mut thief = town.browser();
    let page = thief.get("/login").await;
    thief
        .submit(&page, "/login", &fields)
        .await
        .says("首次登录码只能用一次");
    let again = thief.submit(&page, "/welcome", &new).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_template_can_be_filled_in_and_its_examples_are_left_out() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    for (as_what, kept) in [("", "people-and"), ("units", "热线"), ("people", "")] {
        let file = admin.get(&format!("/people/template?as={as_what}")).await;
        assert_eq!(file.status, StatusCode::OK, "{kept}");
        let refused = send(&mut admin, "template", &file.bytes).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.says("列名下面没有数据行");
    }
    let units = admin.get("/people/template?as=units").await.text();
    let heading = units.lines().next().unwrap();
    let filled = format!("{heading}\r\nparks,园林局,,,,,,\r\n");
    send(&mut admin, "units.csv", filled.as_bytes())
        .await
        .says("新单位，上级为青禾市");
}

#[tokio::test]
async fn nothing_comes_in_while_anything_is_wrong() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let wrong = format!("{UNITS}lost,流浪局,,nowhere,\n");
    let preview = send(&mut admin, "units.csv", wrong.as_bytes()).await;
    preview.says("第 4 行").says("没有单位“nowhere”").says("园林局");
    preview.keeps_silent_about("导入这");
    bring_in(&mut admin, &preview).await.says("没有单位“nowhere”");
    assert!(town.tenant().scene().org.unit_by_name("parks").is_none());
    admin
        .get("/people?lang=en")
        .await
        .says("Begun and not brought in");
    let english = admin.get(&draft_of(&preview)).await;
    english.says("There is no unit “nowhere”").says("row 4");
}

#[tokio::test]
async fn strange_files_are_refused_with_what_to_do() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let photo = common::photo::telephone();
    let huge = vec![b'a'; 5 << 20];
    let wide = "a,".repeat(60);
    for (bytes, said) in [
        (photo.as_slice(), "这不是 XLSX 工作簿或 CSV"),
        (b"PK\x03\x04PK\x05\x06", "这不是 XLSX 工作簿或 CSV"),
        (&[0xd0, 0xcf, 0x11, 0xe0], "旧版或加密的工作簿"),
        (&huge, "文件过大"),
        (wide.as_bytes(), "文件过大"),
        ("a,b\n1,2\n".as_bytes(), "没有找到单位表或人员表"),
        (
            "name_zh,parent,<script>alert(1)</script>\n甲,,x".as_bytes(),
            "&#60;script&#62;",
        ),
    ] {
        let refused = send(&mut admin, "strange", bytes).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        refused.says(said).keeps_silent_about("<script>alert");
    }
}

#[tokio::test]
async fn a_few_are_written_by_hand_and_who_is_missing_is_told() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let page = admin.get("/people").await;
    page.says("事项已经可以办到销号")
        .says("须由单位以外的人")
        .says("周督");
    let fields = [
        ("unit_name_zh", "园林局"),
        ("unit_duties", "construction.municipal.parks"),
        ("unit_name_zh", ""),
        ("person_name_zh", "柳青"),
        ("person_login", "liu"),
        ("person_unit", "园林局"),
        ("person_roles", "承办员"),
    ];
    let preview = admin.submit(&page, "/people/drafts", &fields).await;
    preview.says("新单位，上级为青禾市");
    assert_eq!(codes(&bring_in(&mut admin, &preview).await).len(), 1);
    let page = admin.get("/people").await;
    let gone = [("login", "supervisor")];
    admin
        .submit(&page, "/people/disabled", &gone)
        .await
        .says("目前还没有事项能办到销号");
    let own = admin
        .submit(&page, "/people/disabled", &[("login", "admin")])
        .await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_new_code_ends_the_password_and_the_sessions() {
    let town = Town::found().await;
    let mut handler = town.log_in("handler").await;
    let mut admin = town.log_in("admin").await;
    let page = admin.get("/people").await;
    let done = admin
        .submit(&page, "/people/codes", &[("login", "handler")])
        .await;
    assert_eq!(codes(&done).len(), 1);
    assert_eq!(handler.get("/desk").await.status, StatusCode::SEE_OTHER);
    let mut browser = town.browser();
    let page = browser.get("/login").await;
    let old = [("login", "handler"), ("password", PASSWORD), ("next", "")];
    browser.submit(&page, "/login", &old).await.says("账号或口令不对");
    town.pass_hours(24 * 15);
    let late = [("login", "handler"), ("password", &codes(&done)[0]), ("next", "")];
    browser
        .submit(&page, "/login", &late)
        .await
        .says("首次登录码只能用一次");
    // Nothing is told of a login: a code for nobody is answered alike.
    let nobody = [("login", "nobody"), ("password", &codes(&done)[0]), ("next", "")];
    browser
        .submit(&page, "/login", &nobody)
        .await
        .says("首次登录码只能用一次");
}

#[tokio::test]
async fn nobody_but_an_administrator_comes_here_and_a_table_is_its_sender_s_alone() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let preview = send(&mut admin, "units.csv", UNITS.as_bytes()).await;
    let draft = draft_of(&preview);
    for login in ["leader", "supervisor", "dispatcher", "handler"] {
        let mut other = town.log_in(login).await;
        for path in ["/people", "/people/template", &draft] {
            assert_eq!(
                other.get(path).await.status,
                StatusCode::FORBIDDEN,
                "{login} {path}"
            );
        }
        let desk = other.get("/desk").await;
        for path in [&*draft, "/people/codes", "/people/disabled"] {
            let refused = other.submit(&desk, path, &[("login", "admin")]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{login} {path}");
        }
    }
    let page = admin.get("/people").await;
    let fields = [
        ("person_name_zh", "另管"),
        ("person_login", "second"),
        ("person_unit", "hotline"),
        ("person_roles", "admin"),
    ];
    let second = admin.submit(&page, "/people/drafts", &fields).await;
    let code = codes(&bring_in(&mut admin, &second).await).remove(0);
    let mut second = town.browser();
    let page = second.get("/login").await;
    let new = [("login", "second"), ("code", &code), ("password", PASSWORD)];
    second.submit(&page, "/welcome", &new).await;
    assert_eq!(second.get("/people").await.status, StatusCode::OK);
    assert_eq!(second.get(&draft).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_login_is_found_by_what_it_its_person_or_their_unit_is_called() {
    let town = Town::found().await;
    let mut admin = town.log_in("admin").await;
    let units = send(&mut admin, "units.csv", UNITS.as_bytes()).await;
    bring_in(&mut admin, &units).await;
    let gardeners = (10..70).map(|n| format!("花匠{n},gardener{n},园林局,承办员,,\n"));
    let table = PEOPLE.to_owned() + &gardeners.collect::<String>();
    let people = send(&mut admin, "people.csv", table.as_bytes()).await;
    bring_in(&mut admin, &people).await;

    for find in ["liu", "LIU", "柳青", "lq"] {
        let found = admin.get(&format!("/people?find={find}")).await;
        assert_eq!(logins(found.says("找到 1 个")), ["liu"], "{find}");
    }
    // By the unit: sixty, and in the end their head; the second page is still of what was found.
    for find in ["园林局", "ylj", "parks"] {
        let first = admin.get(&format!("/people?find={find}")).await;
        assert_eq!(logins(first.says("找到 61 个")).len(), 50, "{find}");
        let text = first.text();
        let next = text.split("rel=\"next\" href=\"").nth(1).unwrap();
        let next = next.split('"').next().unwrap().replace("&#38;", "&");
        let next = next.strip_suffix("#logins").unwrap();
        let second = admin.get(next).await;
        let rest = logins(second.says("找到 61 个").says("全部账号"));
        assert_eq!((rest.len(), rest.last().unwrap().as_str()), (11, "liu"), "{next}");
    }
    // Whoever asks for what lies beyond the last is led back to the first.
    let beyond = admin.get("/people?find=liu&after=z").await;
    beyond
        .says("找到 1 个")
        .says("href=\"/people?find=liu#logins\"")
        .keeps_silent_about("没有找到账号");
    let none = admin.get("/people?find=%22%3E%3Cu%3E").await;
    none.says("没有找到账号").keeps_silent_about("<u>");
}

/// Returns the logins that a page lists.
fn logins(page: &Answer) -> Vec<String> {
    let text = page.text();
    let parts = text.split("<td data-label=\"账号\">").skip(1);
    parts
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}
