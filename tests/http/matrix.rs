//! Every row of the policy table with every kind of caller.

use crate::harness::{House, Person};
use aio_domain::{
    Role,
    policy::{Needs, Row, Surface, TABLE},
};
use std::fmt::Write as _;

/// Something for everything a function might ask.
const FIELDS: &[(&str, &str)] = &[
    ("id", "key_01h455vb4pex5vsknk084sn02q"),
    ("version", "1"),
    ("change", "chg_01h455vb4pex5vsknk084sn02q"),
    ("entry", "ale_01h455vb4pex5vsknk084sn02q"),
    ("handle", "ses_01h455vb4pex5vsknk084sn02q"),
    ("code", "000000"),
    ("email", "nobody%40shop.example"),
    ("password", "wrong"),
    ("new_password", "x"),
    ("token", "x"),
    ("merchant_name", "x"),
    ("name", "Vera"),
    ("transaction", "txn_01h455vb4pex5vsknk084sn02q"),
    ("subaddress", "sub_01h455vb4pex5vsknk084sn02q"),
    ("chain", "bitcoin"),
    ("customer", "c1"),
    ("address", "x"),
    ("collection", "col_01h455vb4pex5vsknk084sn02q"),
    ("on", "true"),
    ("enabled", "true"),
    ("language", "en"),
    ("theme", "dark"),
    ("form[label]", ""),
];

/// A form that the function at `path` can read.
pub fn form_for(path: &str) -> String {
    // The forms of collections have other fields than those of keys.
    let is_in_it = |name: &str| name != "form[label]" || !path.starts_with("/api/collection/");
    let taken =
        FIELDS.iter().filter(|(name, _)| aio::server::inputs::takes(path, name) && is_in_it(name));
    taken.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

pub fn rows(surface: Surface) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.surface == surface)
}

/// The path with an id that nothing has.
pub fn example(path: &str) -> String {
    path.replace("{id}", "key_01h455vb4pex5vsknk084sn02q")
        .replace("{entry}", "ale_01h455vb4pex5vsknk084sn02q")
        .replace("{transaction}", "txn_01h455vb4pex5vsknk084sn02q")
        .replace("{collection}", "col_01h455vb4pex5vsknk084sn02q")
        .replace("{chain}", "bitcoin")
        .replace("{subaddress}", "sub_01h455vb4pex5vsknk084sn02q")
}

/// Anonymous, half signed in, enrolling, a viewer of the same merchant, an owner of another one.
struct Callers {
    pending: Person,
    enrolling: Person,
    viewer: Person,
    stranger: Person,
}

impl Callers {
    async fn of(house: &House) -> Self {
        let owner = house.owner().await;
        let shop = house.merchant(&owner).await;
        let viewer = house.person("viewer@shop.example", Some(shop), Role::Viewer).await;
        let viewer = house.enrol(&viewer).await;
        let stranger = house.person("owner@other.example", None, Role::Owner).await;
        let stranger = house.enrol(&stranger).await;
        let enrolling = house.person("new@shop.example", Some(shop), Role::Admin).await;
        let pending = house.sign_in(&owner.email).await;
        Self { pending, enrolling, viewer, stranger }
    }
}

#[tokio::test]
async fn aut_10_every_page_sends_each_caller_where_they_belong() {
    let house = House::new().await;
    let callers = Callers::of(&house).await;
    let mut table = String::new();
    for row in rows(Surface::Page) {
        let path = example(row.path);
        write!(table, "{}", row.path).unwrap();
        let Callers { pending, enrolling, viewer, stranger } = &callers;
        for person in [None, Some(pending), Some(enrolling), Some(viewer), Some(stranger)] {
            let call = house.get(&path);
            let call = match person {
                Some(person) => call.by(person),
                None => call,
            };
            write!(table, " | {}", call.send().await.brief()).unwrap();
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn web_09_every_function_refuses_an_anonymous_caller() {
    let house = House::new().await;
    house.owner().await;
    for row in rows(Surface::Function).filter(|row| !matches!(row.needs, Needs::Nothing)) {
        let answer = house.post(row.path, &form_for(row.path)).send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (401, r#"{"code":"signed_out"}"#),
            "{}",
            row.path
        );
        let answer = house.form(row.path, &form_for(row.path), "/api-keys").send().await;
        assert_eq!(answer.status, 302, "{}", row.path);
        assert!(answer.header("location").starts_with("/api-keys?__path="), "{}", answer.brief());
    }
}

#[tokio::test]
async fn aut_10_a_half_done_sign_in_reaches_the_code_form_and_sign_out_only() {
    let house = House::new().await;
    let callers = Callers::of(&house).await;
    for row in rows(Surface::Function) {
        let open = matches!(row.needs, Needs::Nothing | Needs::CodePending | Needs::AnySession);
        if !open {
            let answer =
                house.post(row.path, &form_for(row.path)).by(&callers.pending).send().await;
            assert_eq!(
                (answer.status.as_u16(), answer.body.as_str()),
                (403, r#"{"code":"code_awaited"}"#),
                "{}",
                row.path
            );
        }
    }
}

#[tokio::test]
async fn aut_09_without_an_authenticator_only_enrolment_is_open() {
    let house = House::new().await;
    let callers = Callers::of(&house).await;
    for row in rows(Surface::Function) {
        let open = matches!(row.needs, Needs::Nothing | Needs::Enrolment | Needs::AnySession);
        if !open {
            let answer =
                house.post(row.path, &form_for(row.path)).by(&callers.enrolling).send().await;
            assert_eq!(
                (answer.status.as_u16(), answer.body.as_str()),
                (403, r#"{"code":"enrolment_required"}"#),
                "{}",
                row.path
            );
        }
    }
}

#[tokio::test]
async fn web_09_a_role_that_a_row_does_not_name_is_refused() {
    let house = House::new().await;
    let callers = Callers::of(&house).await;
    for row in rows(Surface::Function) {
        if matches!(row.needs, Needs::Roles(roles) if !roles.contains(&Role::Viewer)) {
            let answer = house.post(row.path, &form_for(row.path)).by(&callers.viewer).send().await;
            assert_eq!(
                (answer.status.as_u16(), answer.body.as_str()),
                (403, r#"{"code":"forbidden"}"#),
                "{}",
                row.path
            );
        }
    }
}

#[tokio::test]
async fn web_09_another_tenant_finds_nothing_of_the_first() {
    let house = House::new().await;
    strangers_find_nothing(&house).await;
    house.close().await;
}

#[tokio::test]
async fn web_09_another_tenant_finds_nothing_of_the_first_on_postgres() {
    if let Some(house) = House::postgres().await {
        strangers_find_nothing(&house).await;
        house.close().await;
    }
}

/// Every function that takes a key's id, with a right code, by an owner of another merchant.
async fn strangers_find_nothing(house: &House) {
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let stranger = house.person("owner@other.example", None, Role::Owner).await;
    let stranger = house.enrol(&stranger).await;
    let id = key.id.to_string();
    for row in rows(Surface::Function).filter(|row| aio::server::inputs::takes(row.path, "id")) {
        let code = house.next_code(&stranger);
        let form = form_for(row.path)
            .replace("key_01h455vb4pex5vsknk084sn02q", &id)
            .replace("code=000000", &format!("code={code}"));
        let answer = house.post(row.path, &form).by(&stranger).send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (404, r#"{"code":"not_found"}"#),
            "{}",
            row.path
        );
    }
    for row in rows(Surface::Page)
        .filter(|row| row.path.contains("{id}") && row.path != "/api-keys/{id}/secret")
    {
        let answer = house.get(&row.path.replace("{id}", &id)).by(&stranger).send().await;
        assert_eq!(answer.status, 404, "{}", row.path);
        assert!(!answer.body.contains("Till"), "{}", row.path);
    }
    assert_eq!(house.get("/v1/whoami").key(&key.secret).send().await.status, 200);
}
