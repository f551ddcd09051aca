//! Requests that another site makes a browser send.

use crate::{
    harness::{House, ORIGIN},
    matrix::{example, form_for, rows},
};
use aio_domain::policy::{Surface, TABLE};
use axum::http::Method;

const SIGN_IN: &str = "/api/session/sign-in";

#[tokio::test]
async fn web_01_a_form_counts_only_when_it_comes_from_a_page_of_this_server() {
    let house = House::new().await;
    let form = form_for(SIGN_IN);
    // What the browser says in Sec-Fetch-Site and Origin (empty: nothing), and whether the form is taken.
    let cases = [
        ("same-origin", "", true),
        ("same-origin", ORIGIN, true),
        ("", ORIGIN, true),
        ("same-site", "", false),
        ("same-site", ORIGIN, false),
        ("cross-site", "", false),
        ("cross-site", ORIGIN, false),
        ("none", "", false),
        ("none", ORIGIN, false),
        ("Same-Origin", "", false),
        ("same-origin, same-origin", "", false),
        ("", "null", false),
        ("", "https://127.0.0.1:3000", false),
        ("", "http://127.0.0.1", false),
        ("", "http://127.0.0.1:3001", false),
        ("", "http://127.0.0.1:3000.evil.example", false),
        ("", "http://evil.example", false),
        ("", "", false),
    ];
    for (site, origin, taken) in cases {
        for accept in ["application/json", "text/html"] {
            let call = house.post(SIGN_IN, &form).header("sec-fetch-site", site);
            let answer = call.header("origin", origin).header("accept", accept).send().await;
            let status = if accept == "text/html" { 302 } else { 401 };
            let expected = if taken { status } else { 403 };
            assert_eq!(answer.status, expected, "{site:?} {origin:?} {accept}");
        }
    }
}

#[tokio::test]
async fn web_01_a_header_that_stands_twice_is_not_believed() {
    let house = House::new().await;
    let form = form_for(SIGN_IN);
    let twice = house.post(SIGN_IN, &form).add("sec-fetch-site", "cross-site");
    assert_eq!(twice.send().await.status, 403);
    let twice = house.post(SIGN_IN, &form).header("sec-fetch-site", "").add("origin", ORIGIN);
    assert_eq!(twice.add("origin", "http://evil.example").send().await.status, 403);
}

#[tokio::test]
async fn web_01_the_layer_covers_every_path() {
    let house = House::new().await;
    let paths = TABLE.iter().map(|row| example(row.path).replace("{*path}", "x"));
    for path in
        paths.chain(["/nowhere".to_owned(), "/api/nowhere".to_owned(), "/v1/nowhere".to_owned()])
    {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let call = house.call(method.clone(), &path).header("sec-fetch-site", "cross-site");
            assert_eq!(call.send().await.status, 403, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn web_01_a_program_without_cookies_may_call_the_merchant_api_but_no_function() {
    let house = House::new().await;
    assert_eq!(house.call(Method::POST, "/v1/whoami").send().await.status, 405);
    let with_cookie = house.call(Method::POST, "/v1/whoami").cookie("x");
    assert_eq!(with_cookie.send().await.status, 403);
    let function = house.post(SIGN_IN, &form_for(SIGN_IN)).header("sec-fetch-site", "");
    assert_eq!(function.send().await.status, 403);
}

#[tokio::test]
async fn web_02_no_function_runs_by_get_or_head() {
    let house = House::new().await;
    let owner = house.owner().await;
    for row in rows(Surface::Function) {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::TRACE] {
            let path = format!("{}?{}", row.path, form_for(row.path));
            let call = house.call(method.clone(), &path).header("sec-fetch-site", "same-origin");
            let answer = call.by(&owner).send().await;
            assert_eq!(answer.status, 405, "{method} {}", row.path);
            assert_eq!(answer.header("allow"), "POST", "{method} {}", row.path);
        }
    }
    assert!(house.services.session(&owner.cookie, &house.info()).await.unwrap().is_some());
}

#[tokio::test]
async fn web_03_a_foreign_referer_leads_nowhere() {
    let house = House::new().await;
    for row in rows(Surface::Function) {
        for referer in [
            "http://evil.example/a",
            "http://127.0.0.1:3000.evil.example/",
            "http://127.0.0.1:3001/",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
        ] {
            let call = house.form(row.path, &form_for(row.path), "/").header("referer", referer);
            let location = call.send().await.header("location").to_owned();
            assert!(
                location.starts_with('/') && !location.starts_with("//"),
                "{referer} {location}"
            );
            assert!(!location.contains("evil"), "{referer} {location}");
        }
    }
}

#[tokio::test]
async fn web_03_a_refused_form_goes_back_to_its_page_by_path() {
    let house = House::new().await;
    let page = "/sign-in?next=/api-keys&__path=old&__err=old";
    let answer = house.form(SIGN_IN, &form_for(SIGN_IN), page).send().await;
    insta::assert_snapshot!(
        answer.brief(),
        @"302 /sign-in?next=/api-keys&__path=%2Fapi%2Fsession%2Fsign-in&__err=eyJjb2RlIjoid3JvbmdfY3JlZGVudGlhbHMifQ%3D%3D"
    );
}

#[tokio::test]
async fn web_03_the_page_to_come_back_to_is_one_of_ours() {
    let house = House::new().await;
    house.owner().await;
    for (next, expected) in [
        ("/api-keys/new", "302 /challenge?next=/api-keys/new"),
        ("//evil.example", "302 /challenge"),
        ("http://evil.example", "302 /challenge"),
        ("/\\evil.example", "302 /challenge"),
        ("/a%0d%0aset-cookie:x", "302 /challenge"),
    ] {
        let password = crate::harness::PASSWORD.replace(' ', "+");
        let form = format!("email=owner%40shop.example&password={password}&next={next}");
        let answer = house.form(SIGN_IN, &form, "/sign-in").send().await;
        assert_eq!(answer.brief(), expected, "{next}");
    }
}
