//! What callers are told when something goes wrong, and what they are not told.

use crate::harness::House;
use axum::{Router, http::Method, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};

/// A link to the sign-in page that carries an error of the attacker's choice.
fn crafted(error: &str) -> String {
    let error = URL_SAFE.encode(error).replace('=', "%3D");
    format!("/sign-in?__path=%2Fapi%2Fsession%2Fsign-in&__err={error}")
}

#[tokio::test]
async fn web_04_an_error_in_the_address_is_never_shown_as_text() {
    let house = House::new().await;
    for error in ["call 555-0100 now", "<b>call now</b>", r#"{"code":"call now"}"#, r#""call now""#]
    {
        let body = house.get(&crafted(error)).send().await.body;
        assert!(!body.contains("call now") && !body.contains("555"), "{error}");
    }
}

#[tokio::test]
async fn web_04_a_known_code_in_the_address_is_shown_in_fixed_words() {
    let house = House::new().await;
    let body = house.get(&crafted(r#"{"code":"wrong_credentials"}"#)).send().await.body;
    assert!(body.contains("E-mail and password do not match."), "{body}");
}

#[tokio::test]
async fn web_04_a_database_that_is_gone_is_an_answer_without_details() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    house.store.close().await;
    let page = house.get("/api-keys").by(&owner).send().await;
    let function = house.post("/api/keys/list", "").by(&owner).send().await;
    let api = house.get("/v1/whoami").key(&key.secret).send().await;
    for answer in [&page, &function, &api] {
        assert_eq!(answer.status, 503);
        for detail in ["SQLITE", "pool", "Pool", "select", "SELECT", "aio.db"] {
            assert!(!answer.body.contains(detail), "{}", answer.body);
        }
    }
    assert_eq!(function.body, r#"{"code":"unavailable"}"#);
    assert!(page.body.contains("The database cannot be reached."), "{}", page.body);
    let health = house.get("/healthz").peer("127.0.0.1").send().await;
    assert_eq!(health.status, 503);
}

#[tokio::test]
async fn unknown_addresses_are_told_in_the_form_their_caller_reads() {
    let house = House::new().await;
    let page = house.get("/nowhere").send().await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("Page not found") && page.body.contains("<html"), "{}", page.body);
    let function = house.post("/api/nowhere", "").send().await;
    assert_eq!(
        (function.status.as_u16(), function.body.as_str()),
        (404, r#"{"code":"not_found"}"#)
    );
    let api = house.get("/v1/nowhere").send().await;
    assert_eq!(api.status, 404);
    assert_eq!(api.header("content-type"), "application/problem+json");
    for file in
        ["/pkg/nothing.js", "/assets/v1/../../aio.db", "/assets/v1/%2e%2e/%2e%2e/%2e%2e/aio.db"]
    {
        assert_eq!(house.get(file).send().await.status, 404, "{file}");
    }
    for id in ["nothing", "usr_01h455vb4pex5vsknk084sn02q", "%2e%2e"] {
        let owner = house.get(&format!("/api-keys/{id}/edit")).send().await;
        assert_ne!(owner.status, 200, "{id}");
    }
}

#[tokio::test]
async fn api_07_other_methods_are_refused_with_the_allowed_ones() {
    let house = House::new().await;
    for (path, allow) in
        [("/v1/whoami", "GET,HEAD"), ("/sign-in", "GET,HEAD"), ("/healthz", "GET,HEAD")]
    {
        for method in [Method::PUT, Method::TRACE, Method::OPTIONS] {
            let call = house.call(method.clone(), path).header("sec-fetch-site", "same-origin");
            let answer = call.send().await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("allow")),
                (405, allow),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn ops_06_a_panic_is_a_500_with_an_id_and_the_server_goes_on() {
    let house = House::with("[limits]\nin_flight = 4").await;
    let boom = Router::new()
        .route("/boom", get(async || -> &'static str { panic!("canary-4711") }))
        .route("/v1/boom", get(async || -> &'static str { panic!("canary-4711") }));
    let broken = house.serving(boom);
    // More often than there are permits: each one must come back.
    for _ in 0..10 {
        let answer = broken.get("/boom").send().await;
        assert_eq!(answer.status, 500);
        assert!(answer.body.contains(answer.header("x-request-id")), "{}", answer.body);
        assert!(!answer.body.contains("canary"), "{}", answer.body);
    }
    let api = broken.get("/v1/boom").send().await;
    assert_eq!(api.status, 500);
    assert!(api.body.contains(r#""code":"internal""#) && !api.body.contains("canary"));
    assert_eq!(broken.site.in_flight.available_permits(), 4);
}

#[tokio::test]
async fn ops_07_health_is_told_to_this_machine_only() {
    let house = House::new().await;
    assert_eq!(house.get("/healthz").peer("127.0.0.1").send().await.body, "ok");
    assert_eq!(house.get("/healthz").send().await.status, 404);
    let proxied = house.get("/healthz").peer("127.0.0.1").header("x-forwarded-for", "203.0.113.7");
    assert_eq!(proxied.send().await.status, 404);
    house.site.drain();
    assert_eq!(house.get("/healthz").peer("127.0.0.1").send().await.status, 503);
}
