//! One kind of credential for each surface.

use crate::{
    harness::House,
    matrix::{example, form_for, rows},
};
use aio_domain::policy::{Needs, Surface};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What the merchant API says to whoever shows no good key, without the number that differs each time.
fn refusal(answer: &crate::harness::Answer) -> String {
    answer.body.replace(answer.header("x-request-id"), "ID")
}

#[tokio::test]
async fn aut_18_a_session_is_nothing_to_the_merchant_api() {
    let house = House::new().await;
    let owner = house.owner().await;
    let nobody = house.get("/v1/whoami").send().await;
    for call in [
        house.get("/v1/whoami").by(&owner),
        house.get("/v1/whoami").key(&owner.cookie),
        house.get("/v1/whoami").header("authorization", &format!("Cookie {}", owner.cookie)),
    ] {
        let answer = call.send().await;
        assert_eq!((answer.status.as_u16(), refusal(&answer)), (401, refusal(&nobody)));
    }
}

#[tokio::test]
async fn aut_18_a_key_and_http_basic_are_nothing_to_the_dashboard() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let basic = STANDARD.encode(format!("{}:{}", owner.email, crate::harness::PASSWORD));
    for credential in [
        format!("Bearer {}", key.secret),
        format!("Basic {basic}"),
        format!("Bearer {}", owner.cookie),
    ] {
        for row in rows(Surface::Function).filter(|row| !matches!(row.needs, Needs::Nothing)) {
            let call =
                house.post(row.path, &form_for(row.path)).header("authorization", &credential);
            assert_eq!(call.send().await.status, 401, "{}", row.path);
        }
        for row in rows(Surface::Page).filter(|row| !matches!(row.needs, Needs::Nothing)) {
            let answer =
                house.get(&example(row.path)).header("authorization", &credential).send().await;
            assert!(answer.brief().starts_with("303 /sign-in"), "{} {}", row.path, answer.brief());
        }
    }
}

#[tokio::test]
async fn aut_18_http_basic_is_nothing_to_the_merchant_api() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    for pair in [
        format!("{}:", key.secret),
        format!(":{}", key.secret),
        format!("{}:{}", owner.email, crate::harness::PASSWORD),
    ] {
        let call = house
            .get("/v1/whoami")
            .header("authorization", &format!("Basic {}", STANDARD.encode(pair)));
        let answer = call.send().await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
}

#[tokio::test]
async fn a_made_up_cookie_is_nobody() {
    let house = House::new().await;
    house.owner().await;
    let long = "a".repeat(5000);
    for cookie in ["", "x", "\"", "a=b", &long, &"A".repeat(43)] {
        let answer = house.get("/api-keys").cookie(cookie).send().await;
        assert_eq!(answer.brief(), "303 /sign-in?next=/api-keys", "{cookie:.20}");
    }
}
