//! Cookies the server sets and takes back.

use crate::harness::{House, OWNER, PASSWORD};

fn attributes(cookie: &str) -> Vec<String> {
    let mut parts: Vec<String> = cookie.split("; ").skip(1).map(str::to_owned).collect();
    parts.sort();
    parts
}

fn value<'a>(cookies: &[&'a str], name: &str) -> Option<&'a str> {
    let pair = cookies.iter().find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))?;
    pair.split(';').next()
}

const SESSION: &str = "__Host-aio_session";

fn sign_in_form() -> String {
    format!("email={}&password={}", OWNER.replace('@', "%40"), PASSWORD.replace(' ', "+"))
}

#[tokio::test]
async fn ses_05_every_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts() {
    let house = House::new().await;
    let owner = house.owner().await;
    let signed_in = house.form("/api/session/sign-in", &sign_in_form(), "/sign-in").send().await;
    let language =
        house.form("/api/preferences/language", "language=zh&back=%2Fsign-in", "/sign-in");
    let theme = house.form("/api/preferences/theme", "theme=dark&back=%2F", "/").by(&owner);
    let signed_out = house.form("/api/session/sign-out", "", "/api-keys").by(&owner);
    let answers = [signed_in, language.send().await, theme.send().await, signed_out.send().await];
    for answer in &answers {
        assert!(!answer.all("set-cookie").is_empty());
        for cookie in answer.all("set-cookie") {
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            let attributes = attributes(cookie);
            for wanted in ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"] {
                assert!(attributes.iter().any(|found| found == wanted), "{cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }
    let taken_back = answers[3].all("set-cookie");
    assert_eq!(value(&taken_back, SESSION), Some(""));
    assert!(taken_back[0].contains("Max-Age=0"), "{taken_back:?}");
}

#[tokio::test]
async fn ses_08_signing_out_clears_what_the_browser_kept() {
    let house = House::new().await;
    let owner = house.owner().await;
    let answer = house.form("/api/session/sign-out", "", "/api-keys").by(&owner).send().await;
    assert_eq!(answer.brief(), "302 /sign-in");
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(
        house.get("/api-keys").by(&owner).send().await.brief(),
        "303 /sign-in?next=/api-keys"
    );
}

#[tokio::test]
async fn ses_03_each_step_of_signing_in_has_a_new_id_and_the_old_one_is_dead() {
    let house = House::new().await;
    let owner = house.owner().await;
    let first =
        house.form("/api/session/sign-in", &sign_in_form(), "/sign-in").cookie("x").send().await;
    assert_eq!(first.brief(), "302 /challenge");
    let pending = value(&first.all("set-cookie"), SESSION).unwrap().to_owned();
    let code = house.next_code(&owner);
    let second = house.form("/api/session/code", &format!("code={code}"), "/challenge");
    let second = second.cookie(&pending).send().await;
    assert_eq!(second.brief(), "302 /");
    let full = value(&second.all("set-cookie"), SESSION).unwrap().to_owned();
    assert_ne!(pending, full);
    assert_eq!(house.get("/api-keys").cookie(&full).send().await.status, 200);
    let old = house.get("/api-keys").cookie(&pending).send().await;
    assert_eq!(old.brief(), "303 /sign-in?next=/api-keys");
}

#[tokio::test]
async fn ses_01_the_database_file_does_not_hold_the_cookie() {
    let house = House::new().await;
    let owner = house.owner().await;
    house.store.close().await;
    let mut bytes = Vec::new();
    for name in ["aio.db", "aio.db-wal"] {
        bytes.extend(std::fs::read(house.folder.path().join(name)).unwrap_or_default());
    }
    assert!(bytes.len() > 4096);
    let needle = owner.cookie.as_bytes();
    assert!(!bytes.windows(needle.len()).any(|window| window == needle));
}

#[tokio::test]
async fn the_language_of_a_browser_is_kept_and_read() {
    let house = House::new().await;
    let english = house.get("/sign-in").send().await;
    assert!(english.body.contains("<html lang=\"en\""), "{}", english.body);
    let asked = house.get("/sign-in").header("accept-language", "zh-CN,zh;q=0.9").send().await;
    assert!(asked.body.contains("<html lang=\"zh-CN\""));
    let chosen =
        house.get("/sign-in").header("cookie", "__Host-aio_language=zh; __Host-aio_theme=dark");
    let chosen = chosen.send().await;
    assert!(chosen.body.contains("lang=\"zh-CN\"") && chosen.body.contains("data-theme=\"dark\""));
}

#[tokio::test]
async fn what_was_typed_into_the_set_up_form_survives_a_refusal_but_never_a_password() {
    let house = House::new().await;
    let form = "token=x&merchant_name=%E5%95%86%E5%BA%97&name=Olga%26Co&email=a%40b.c&password=hidden-words";
    let answer = house.form("/api/setup/owner", form, "/setup?token=x").send().await;
    let kept = value(&answer.all("set-cookie"), "__Host-aio_typed").unwrap();
    assert!(!kept.contains("hidden"), "{kept}");
    let cookie = format!("__Host-aio_typed={kept}");
    let page = house.get("/setup?token=x").header("cookie", &cookie).send().await;
    for typed in ["value=\"商店\"", "value=\"Olga&amp;Co\"", "value=\"a@b.c\""] {
        assert!(page.body.contains(typed), "{typed}");
    }
    // Another page's form does not get it.
    let page = house.get("/sign-in").header("cookie", &cookie).send().await;
    assert!(!page.body.contains("Olga") && !page.body.contains("a@b.c"));
}

#[tokio::test]
async fn a_typed_e_mail_survives_a_wrong_password() {
    let house = House::new().await;
    let form = "email=me%2Bx%40shop.example&password=wrong";
    let answer = house.form("/api/session/sign-in", form, "/sign-in").send().await;
    let cookies = answer.all("set-cookie");
    let kept = value(&cookies, "__Host-aio_typed").unwrap();
    let page =
        house.get("/sign-in").header("cookie", &format!("__Host-aio_typed={kept}")).send().await;
    assert!(page.body.contains("value=\"me+x@shop.example\""), "{}", page.body);
}
