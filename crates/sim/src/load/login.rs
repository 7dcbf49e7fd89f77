//! Logging in where accounts and their password stand on the page: in a demo.

use hyper::header::COOKIE;

use super::client::{Answer, Client, Request};
use super::error::LoadError;
use super::staff::{Credential, Member};

/// Logs in with every account that stands on the log-in page.
///
/// # Errors
/// [`LoadError::Server`] if the page shows none; [`LoadError::Login`] if one is not let in.
pub async fn with_shown_accounts(client: &Client) -> Result<Vec<Member>, LoadError> {
    let page = page(client, Request::get("/login"), "the log-in page").await?;
    let text = page.text();
    let passwords = values(&text, "password");
    let accounts: Vec<(String, String)> = values(&text, "login").into_iter().zip(passwords).collect();
    if accounts.is_empty() {
        let why = "the log-in page shows no accounts, as that of a demo does: name tokens with --token";
        return Err(LoadError::Server(why.to_owned()));
    }
    let mut members = Vec::new();
    for (login, password) in accounts {
        let credential = one(client, &login, &password).await?;
        members.push(Member::new(credential));
    }
    Ok(members)
}

async fn one(client: &Client, login: &str, password: &str) -> Result<Credential, LoadError> {
    let failed = |why: &str| LoadError::Login {
        login: login.to_owned(),
        why: why.to_owned(),
    };
    let door = page(client, Request::get("/login"), "the log-in page").await?;
    let visit = door
        .cookie("visit")
        .ok_or_else(|| failed("the page sets no cookie"))?;
    let text = door.text();
    let token = values(&text, "csrf").into_iter().next();
    let token = token.ok_or_else(|| failed("the page has no form"))?;
    let form = format!("csrf={token}&next=&login={login}&password={password}");
    let request = Request::post("/login", "application/x-www-form-urlencoded", form).with(COOKIE, visit);
    let entered = page(client, request, "the log-in").await?;
    let cookie = entered
        .cookie("session")
        .ok_or_else(|| failed("the password is not taken"))?;
    let desk = Request::get("/desk").with(COOKIE, cookie.clone());
    let desk = page(client, desk, "the desk").await?;
    let form_token = values(&desk.text(), "csrf").into_iter().next();
    Ok(Credential::Session {
        cookie,
        form_token: form_token.ok_or_else(|| failed("the desk has no form"))?,
    })
}

async fn page(client: &Client, request: Request, name: &str) -> Result<Answer, LoadError> {
    let answer = client.send(&request).await;
    let answer = answer.map_err(|error| LoadError::Server(format!("{name}: {}", error.word())))?;
    if answer.is_good() {
        return Ok(answer);
    }
    Err(LoadError::Server(format!(
        "{name} answers with {}",
        answer.status
    )))
}

/// Returns the values of a page's hidden fields of this name. Ours are letters, digits and dashes.
fn values(page: &str, name: &str) -> Vec<String> {
    let field = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let found = page.split(&field).skip(1);
    found
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_fields_are_read_and_others_are_not() {
        let page = r#"<input type="hidden" name="login" value="operator"><input id="login" name="login"
            type="text" value=""><input type="hidden" name="login" value="unit-head">"#;
        assert_eq!(values(page, "login"), ["operator", "unit-head"]);
        assert_eq!(values(page, "csrf"), Vec::<String>::new());
    }
}
