//! Something answers that is no node, or no longer one. A scripted server, because a real node never says such things.

use crate::{
    harness::{Watching, collect, gas, source, treasury},
    scripted::{chain, garbage, hash, http, server},
};
use aio_chain::{ChainError, ChainRead, ChainSpend, Signed};
use aio_chain_evm::{Evm, FeeRules, Settings};
use aio_domain::{SecretText, money::Amount};
use std::time::Duration;

/// Every question once; each must fail, and in a way that says nothing of the password.
async fn ask_all(chain: &Evm, case: &str) -> Vec<ChainError> {
    let watch = Watching::default();
    let bytes = vec![2, 1];
    let tx = format!("{:#x}", alloy_primitives::keccak256(&bytes));
    let intent = collect(vec![source(0, Amount::from(5_u64))], "PLAIN", &treasury());
    let errors = [
        chain.identity().await.map(|_| ()).err(),
        chain.check_abilities().await.err(),
        chain.tip().await.map(|_| ()).err(),
        chain.header_at(1).await.map(|_| ()).err(),
        chain.scan(&hash(1), &watch).await.map(|_| ()).err(),
        chain.pending(&watch).await.map(|_| ()).err(),
        chain.status(&hash(1), None).await.map(|_| ()).err(),
        chain.balance(&treasury(), "ETH").await.map(|_| ()).err(),
        chain.balance(&treasury(), "PLAIN").await.map(|_| ()).err(),
        chain.next_number(&treasury()).await.map(|_| ()).err(),
        chain.needs_preparation(&treasury()).await.map(|_| ()).err(),
        chain.plan(&intent, Some(&gas())).await.map(|_| ()).err(),
        chain.broadcast(&Signed { tx, bytes }).await.map(|_| ()).err(),
    ];
    let errors: Vec<_> = errors
        .into_iter()
        .enumerate()
        .map(|(n, error)| error.unwrap_or_else(|| panic!("{case}: question {n} was answered")))
        .collect();
    for error in &errors {
        let usable = matches!(error, ChainError::Garbage(_)) || error.is_of_the_node();
        assert!(usable, "{case}: {error:?}");
        let told = error.to_string();
        assert!(!told.contains("a secret") && told.len() < 1000, "{case}: {told}");
    }
    errors
}

fn are_garbage(errors: &[ChainError]) -> bool {
    errors.iter().all(|error| matches!(error, ChainError::Garbage(_)))
}

#[tokio::test]
async fn nonsense_is_garbage_and_never_a_panic() {
    let deep = format!(r#"{{"id":0,"result":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let long = format!(r#"{{"id":0,"result":"{}"}}"#, "z".repeat(100_000));
    let cases = [
        ("a page", http("200 OK", "<html><body>Welcome to nginx!</body></html>")),
        ("a redirect", http("302 Found", "<html>")),
        ("nothing", http("200 OK", "")),
        ("a number", http("200 OK", "42")),
        ("an empty object", http("200 OK", "{}")),
        ("an empty list", http("200 OK", "[]")),
        ("no result", http("200 OK", r#"{"id":0,"error":null}"#)),
        ("a wrong type", http("200 OK", r#"{"id":0,"result":{"hash":1,"number":-1}}"#)),
        ("a word", http("200 OK", r#"{"id":0,"result":"zz"}"#)),
        ("a long word", http("200 OK", &long)),
        ("a float", http("200 OK", r#"{"id":0,"result":1e400}"#)),
        ("half of it", http("200 OK", r#"{"id":0,"result":"00"#)),
        ("no text", http("200 OK", "\u{fffd}\u{0}")),
        ("too deep", http("200 OK", &deep)),
    ];
    for (case, answer) in cases {
        let chain = chain(server(answer, 0, true).await, Duration::from_secs(10));
        let errors = ask_all(&chain, case).await;
        assert!(are_garbage(&errors), "{case}: {errors:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_at_all_is_unavailable() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"id\":0,".to_vec();
    let cases = [
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        ("hangs up", Vec::new()),
        ("cut off", cut),
        ("busy", http("503 Service Unavailable", "busy")),
        ("a proxy's page", http("502 Bad Gateway", "<html>bad gateway</html>")),
        ("too often", http("429 Too Many Requests", "slow down")),
        ("wrong password", http("401 Unauthorized", "")),
        ("syncing", http("200 OK", r#"{"id":0,"error":{"code":-32000,"message":"syncing"}}"#)),
    ];
    for (case, answer) in cases {
        let chain = chain(server(answer, 0, true).await, Duration::from_secs(10));
        let errors = ask_all(&chain, case).await;
        assert!(errors.iter().all(ChainError::may_pass), "{case}: {errors:?}");
        let refused = errors.iter().all(|error| matches!(error, ChainError::Refused));
        assert_eq!(refused, case == "wrong password", "{case}: {errors:?}");
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off_by_size_and_one_that_never_comes_by_time() {
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let big = chain(server(endless.clone(), 70, true).await, Duration::from_mins(1));
    garbage("endless", "more than", big.tip().await);
    let promised = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec();
    let big = chain(server(promised, 70, true).await, Duration::from_mins(1));
    garbage("promised", "more than", big.tip().await);
    for answer in [Vec::new(), endless] {
        let slow = chain(server(answer, 0, false).await, Duration::from_millis(300));
        let tip = tokio::time::timeout(Duration::from_secs(10), slow.tip()).await.unwrap();
        assert!(matches!(tip, Err(ChainError::Unavailable(_))), "{tip:?}");
    }
}

#[test]
fn an_address_of_a_node_that_is_not_plain_http_is_refused() {
    for url in ["", "127.0.0.1:8545", "https://node.example", "file:///etc/passwd"] {
        let settings = Settings {
            url: url.to_owned(),
            user: String::new(),
            password: SecretText::new(String::new()),
            chain_id: 1,
            tokens: Vec::new(),
            traces: false,
            timeout: Duration::from_secs(1),
            fees: FeeRules::default(),
        };
        let refused = Evm::new(&settings);
        assert!(matches!(refused, Err(ChainError::Unsupported(_))), "{url}");
    }
}
