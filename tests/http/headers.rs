//! Headers that stand on every answer.

use crate::harness::{Answer, House};
use std::collections::BTreeSet;

/// The header lines of an answer, with what differs each time taken out.
fn lines(answer: &Answer) -> String {
    let id = answer.header("x-request-id");
    let nonce = nonce(answer);
    let skip = [
        "serverfnerror",
        "content-length",
        "content-type",
        "set-cookie",
        "last-modified",
        "accept-ranges",
        "vary",
    ];
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !skip.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .map(|line| line.replace(id, "ID").replace(&nonce, "NONCE"))
        .collect();
    lines.sort();
    lines.join("\n")
}

fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").expect("a nonce");
    rest.split_once('\'').unwrap().0.to_owned()
}

#[tokio::test]
async fn web_06_the_same_headers_stand_on_pages_errors_and_files() {
    let house = House::new().await;
    let owner = house.owner().await;
    let large = "x".repeat(65 * 1024);
    let proxied = House::with("trusted_proxies = [\"127.0.0.1\"]").await;
    let answers = [
        ("page", house.get("/sign-in").send().await, 200),
        ("signed in", house.get("/api-keys").by(&owner).send().await, 200),
        ("not found", house.get("/nowhere").send().await, 404),
        ("function", house.post("/api/frame", "").by(&owner).send().await, 200),
        ("refused function", house.post("/api/frame", "").send().await, 401),
        ("too large", house.post("/api/frame", &large).send().await, 413),
        (
            "from elsewhere",
            house.post("/api/frame", "").header("sec-fetch-site", "none").send().await,
            403,
        ),
        ("no address", proxied.get("/sign-in").send().await, 403),
        ("health", house.get("/healthz").peer("127.0.0.1").send().await, 200),
    ];
    let mut seen = BTreeSet::new();
    for (name, answer, status) in &answers {
        assert_eq!(answer.status, *status, "{name}");
        seen.insert(lines(answer));
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
    insta::assert_snapshot!(seen.first().unwrap());
}

#[tokio::test]
async fn web_06_the_merchant_api_has_the_same_headers_and_lets_a_browser_do_nothing_with_its_answers()
 {
    let house = House::new().await;
    let page = house.get("/sign-in").send().await;
    for path in ["/v1/whoami", "/v1/nowhere"] {
        let answer = house.get(path).send().await;
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        );
        for name in page.headers.keys().filter(|name| *name != "content-security-policy") {
            let differs = ["x-request-id", "content-type", "content-length", "vary"];
            assert!(
                differs.contains(&name.as_str())
                    || answer.header(name.as_str()) == page.header(name.as_str()),
                "{path}: {name}"
            );
        }
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn web_06_only_built_files_may_be_kept() {
    let house = House::new().await;
    for (path, caching) in [
        ("/pkg/dash.0123abcd.js", "public, max-age=31536000, immutable"),
        ("/pkg/dash.css", "no-cache"),
        ("/assets/v1/enhance.js", "public, max-age=86400"),
        ("/pkg/gone.0123abcd.js", "no-store"),
        ("/v1/whoami", "no-store"),
        ("/", "no-store"),
    ] {
        let answer = house.get(path).send().await;
        assert_eq!(answer.header("cache-control"), caching, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn web_05_every_script_and_style_of_a_page_carries_the_nonce_of_its_policy() {
    let house = House::new().await;
    let owner = house.owner().await;
    let mut nonces = BTreeSet::new();
    for (path, person) in [
        ("/sign-in", None),
        ("/api-keys", Some(&owner)),
        ("/settings/security", Some(&owner)),
        ("/nowhere", None),
    ] {
        let call = house.get(path);
        let answer = match person {
            Some(person) => call.by(person),
            None => call,
        };
        let answer = answer.send().await;
        let nonce = nonce(&answer);
        for tag in ["<script", "<style"] {
            for rest in answer.body.split(tag).skip(1) {
                let attributes = rest.split('>').next().unwrap();
                assert!(
                    attributes.contains(&format!("nonce=\"{nonce}\"")),
                    "{path}: {tag}{attributes}>"
                );
            }
        }
        assert!(!answer.body.contains(" style=\""), "{path}");
        assert!(!answer.body.contains(" onclick="), "{path}");
        assert!(nonces.insert(nonce), "{path}: a nonce came twice");
    }
}

#[tokio::test]
async fn web_10_no_answer_opens_itself_to_other_origins() {
    let house = House::new().await;
    for path in ["/sign-in", "/v1/whoami", "/pkg/dash.css", "/api/frame"] {
        for origin in ["http://evil.example", "null", crate::harness::ORIGIN] {
            let answer = house.get(path).header("origin", origin).send().await;
            let opened =
                answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(opened, None, "{path}");
        }
    }
}

#[tokio::test]
async fn pages_with_secrets_are_not_compressed() {
    let house = House::new().await;
    let owner = house.owner().await;
    let encoding = async |path: &str| {
        let call = house.get(path).by(&owner).header("accept-encoding", "br, gzip");
        call.send().await.header("content-encoding").to_owned()
    };
    assert_eq!(encoding("/api-keys").await, "br");
    assert_eq!(encoding("/setup/recovery-codes").await, "");
    assert_eq!(encoding("/api-keys/key_01h455vb4pex5vsknk084sn02q/secret").await, "");
}

#[tokio::test]
async fn ops_07_no_answer_names_the_program_or_its_version() {
    let house = House::new().await;
    for path in ["/sign-in", "/v1/whoami", "/nowhere"] {
        let answer = house.get(path).send().await;
        assert_eq!(answer.header("server"), "", "{path}");
        assert_eq!(answer.header("x-powered-by"), "", "{path}");
        assert!(!answer.body.contains(env!("CARGO_PKG_VERSION")), "{path}");
    }
}
