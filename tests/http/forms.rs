//! What functions read: exactly what a form of ours sends.

use crate::{
    harness::House,
    matrix::{form_for, rows},
};
use aio_domain::policy::Surface;

#[tokio::test]
async fn api_03_a_function_reads_the_one_type_that_forms_have() {
    let house = House::new().await;
    let owner = house.owner().await;
    for row in rows(Surface::Function) {
        for kind in [
            "",
            "text/plain",
            "application/json",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded; charset=gbk",
            "application/x-www-form-urlencoded, text/plain",
            "application/cbor",
        ] {
            let call = house.post(row.path, &form_for(row.path)).header("content-type", kind);
            let answer = call.by(&owner).send().await;
            assert_eq!(
                (answer.status.as_u16(), answer.body.as_str()),
                (415, r#"{"code":"bad_request"}"#),
                "{} {kind}",
                row.path
            );
        }
    }
}

#[tokio::test]
async fn api_03_two_types_are_none() {
    let house = House::new().await;
    let twice = house.post("/api/frame", "").add("content-type", "text/plain");
    assert_eq!(twice.send().await.status, 415);
}

#[tokio::test]
async fn api_03_broken_repeated_and_unknown_fields_are_refused() {
    let house = House::new().await;
    let owner = house.owner().await;
    for form in [
        "name=Olga&name=Eve",
        "name=Olga&n%61me=Eve",
        "name=%ff",
        "name=%",
        "name=Olga&role=owner",
        "name=Olga&user_id=usr_01h455vb4pex5vsknk084sn02q",
        "name[a][b][c][d][e][f]=x",
        "",
    ] {
        let answer = house.post("/api/settings/name", form).by(&owner).send().await;
        assert_eq!(answer.status, 400, "{form}");
    }
    assert_eq!(house.session(&owner).await.user_name, "Olga");
    let good = house.post("/api/settings/name", "name=%E6%9D%8E").by(&owner).send().await;
    assert_eq!(good.status, 200);
    assert_eq!(house.session(&owner).await.user_name, "李");
}

#[tokio::test]
async fn api_02_a_large_body_is_refused_whole_and_before_anything_reads_it() {
    let house = House::new().await;
    let large = "a".repeat(64 * 1024 + 1);
    for row in rows(Surface::Function) {
        let answer = house.post(row.path, &large).send().await;
        assert_eq!(answer.status, 413, "{}", row.path);
    }
    let page = house.form("/api/session/sign-in", &large, "/sign-in").send().await;
    assert_eq!(page.status, 413);
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn api_02_a_body_of_unknown_length_has_the_same_limit() {
    let house = House::new().await;
    let chunk = Ok::<_, std::io::Error>("a".repeat(1024));
    let endless = futures::stream::iter(std::iter::repeat_with(move || {
        Ok::<_, std::io::Error>(chunk.as_ref().unwrap().clone())
    }));
    let call = house.post("/api/session/sign-in", "").body(axum::body::Body::from_stream(endless));
    assert_eq!(call.send().await.status, 413);
}

#[tokio::test]
async fn api_02_the_merchant_api_takes_up_to_a_mebibyte() {
    let house = House::new().await;
    let call = |size: usize| house.get("/v1/whoami").body("a".repeat(size));
    assert_eq!(call(1024 * 1024).send().await.status, 401);
    let large = call(1024 * 1024 + 1).send().await;
    assert_eq!(large.status, 413);
    assert!(large.body.contains(r#""code":"body_too_large""#));
}
