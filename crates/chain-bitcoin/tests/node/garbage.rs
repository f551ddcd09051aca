//! Something answers that is no node, or no longer one. A scripted server, because a real node never says such things.

use crate::harness::Watching;
use aio_chain::{ChainError, ChainRead, ChainSpend, Signed};
use aio_chain_bitcoin::{Bitcoin, FeeRules, Network, Settings};
use aio_domain::SecretText;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A server that reads a request and answers these bytes, then so many megabytes more, then waits or hangs up.
async fn server(answer: Vec<u8>, megabytes: usize, hang_up: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = vec![0; 64 * 1024];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(&answer).await;
                for _ in 0..megabytes {
                    if stream.write_all(&vec![b' '; 1 << 20]).await.is_err() {
                        return;
                    }
                }
                if !hang_up {
                    let _ = stream.read(&mut asked).await;
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    url
}

/// A server that answers each method with a result of its own.
async fn scripted(results: Vec<(&'static str, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 64 * 1024];
            let mut end = 0;
            let result = loop {
                end += stream.read(&mut asked[end..]).await.unwrap();
                let text = String::from_utf8_lossy(&asked[..end]);
                let found =
                    results.iter().find(|(method, _)| text.contains(&format!("{method}\"")));
                if let Some((_, result)) = found {
                    break result;
                }
            };
            let answer = http("200 OK", &json!({ "id": 0, "result": result }).to_string());
            stream.write_all(&answer).await.unwrap();
        }
    });
    url
}

fn chain(url: String, timeout: Duration) -> Bitcoin {
    let settings = Settings {
        url,
        user: "somebody".to_owned(),
        password: SecretText::new("a secret".to_owned()),
        network: Network::Regtest,
        timeout,
        fees: FeeRules::default(),
    };
    Bitcoin::new(&settings).unwrap()
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Every question once; each must fail, and in a way that says nothing of the password.
async fn ask_all(chain: &Bitcoin, case: &str) -> Vec<ChainError> {
    let watch = Watching::default();
    let hash = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
    let bytes = bitcoin::consensus::encode::serialize(
        &bitcoin::constants::genesis_block(bitcoin::Network::Regtest).txdata[0],
    );
    let id = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b".to_owned();
    let errors = [
        chain.identity().await.map(|_| ()).err(),
        chain.tip().await.map(|_| ()).err(),
        chain.header_at(1).await.map(|_| ()).err(),
        chain.scan(hash, &watch).await.map(|_| ()).err(),
        chain.pending(&watch).await.map(|_| ()).err(),
        chain.status(&id, None).await.map(|_| ()).err(),
        chain
            .balance("bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk", "BTC")
            .await
            .map(|_| ())
            .err(),
        chain.broadcast(&Signed { tx: id.clone(), bytes }).await.map(|_| ()).err(),
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
    let cases = [
        ("a page", http("200 OK", "<html><body>Welcome to nginx!</body></html>")),
        ("a redirect", http("302 Found", "<html>")),
        ("nothing", http("200 OK", "")),
        ("a number", http("200 OK", "42")),
        ("an empty object", http("200 OK", "{}")),
        ("an empty list", http("200 OK", "[]")),
        ("no result", http("200 OK", r#"{"id":0,"result":null,"error":null}"#)),
        ("a wrong type", http("200 OK", r#"{"id":0,"result":{"hash":1,"blocks":-1}}"#)),
        ("a word", http("200 OK", r#"{"id":0,"result":"zz"}"#)),
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
        ("busy", http("503 Service Unavailable", "Work queue depth exceeded")),
        ("a proxy's page", http("502 Bad Gateway", "<html>bad gateway</html>")),
        ("wrong password", http("401 Unauthorized", "")),
        ("starting", http("500 Error", r#"{"id":0,"error":{"code":-28,"message":"Loading"}}"#)),
        ("no memory", http("200 OK", r#"{"id":0,"error":{"code":-7,"message":"Out of memory"}}"#)),
    ];
    for (case, answer) in cases {
        // A batch is answered by a list, so that one error for all of it cannot be read.
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
    let tip = big.tip().await;
    let Err(ChainError::Garbage(why)) = &tip else { panic!("{tip:?}") };
    assert!(why.contains("more than"), "{why}");

    let promised = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec();
    let big = chain(server(promised, 70, true).await, Duration::from_mins(1));
    let tip = big.tip().await;
    assert!(matches!(tip, Err(ChainError::Garbage(_))), "{tip:?}");

    for answer in [Vec::new(), endless] {
        let slow = chain(server(answer, 0, false).await, Duration::from_millis(300));
        let tip = tokio::time::timeout(Duration::from_secs(10), slow.tip()).await.unwrap();
        assert!(matches!(tip, Err(ChainError::Unavailable(_))), "{tip:?}");
    }
}

#[tokio::test]
async fn a_node_that_answers_another_block_or_transaction_is_not_believed() {
    // The main network's first block, whatever was asked for.
    let block = bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin);
    let hex = bitcoin::consensus::encode::serialize_hex(&block);
    let other = http("200 OK", &format!(r#"{{"id":0,"result":"{hex}"}}"#));
    let chain = self::chain(self::server(other, 0, true).await, Duration::from_secs(10));
    let errors = ask_all(&chain, "another block").await;
    assert!(are_garbage(&errors), "{errors:?}");

    // This network's first block, asked for by its hash.
    let head = &hex[..160];
    let first = bitcoin::constants::genesis_block(bitcoin::Network::Regtest).block_hash();
    let server = scripted(vec![("getblockhash", json!(first)), ("getblockheader", json!(head))]);
    let asked = self::chain(server.await, Duration::from_secs(10)).header_at(0).await;
    let Err(ChainError::Garbage(why)) = &asked else { panic!("{asked:?}") };
    assert!(why.contains("got another"), "{why}");
    let about = json!({ "hash": first, "height": 0, "confirmations": 1 });
    let server = scripted(vec![("getblockheader", about), ("getblock", json!(hex))]);
    let chain = self::chain(server.await, Duration::from_secs(10));
    let asked = chain.scan(&first.to_string(), &Watching::default()).await;
    let Err(ChainError::Garbage(why)) = &asked else { panic!("{asked:?}") };
    assert!(why.contains("got another"), "{why}");

    // A transaction of that chain for one of this: well formed, with inputs and a block.
    let hex = bitcoin::consensus::encode::serialize_hex(&block.txdata[0]);
    let hash = block.block_hash();
    let other =
        format!(r#"{{"id":0,"result":{{"hex":"{hex}","blockhash":"{hash}","vin":[{{}}]}}}}"#);
    let chain =
        self::chain(self::server(http("200 OK", &other), 0, true).await, Duration::from_secs(10));
    let status = chain.status(&"11".repeat(32), None).await;
    let Err(ChainError::Garbage(why)) = &status else { panic!("{status:?}") };
    assert!(why.contains("got another"), "{why}");
}

#[test]
fn an_address_of_a_node_that_is_not_plain_http_is_refused() {
    for url in ["", "127.0.0.1:8332", "https://node.example", "file:///etc/passwd"] {
        let settings = Settings {
            url: url.to_owned(),
            user: String::new(),
            password: SecretText::new(String::new()),
            network: Network::Main,
            timeout: Duration::from_secs(1),
            fees: FeeRules::default(),
        };
        let refused = Bitcoin::new(&settings);
        assert!(matches!(refused, Err(ChainError::Unsupported(_))), "{url}");
    }
}

#[tokio::test]
async fn a_node_without_an_index_of_transactions_is_told_to_be_of_no_use() {
    let answers = vec![("getindexinfo", json!({}))];
    let chain = chain(scripted(answers).await, Duration::from_secs(5));
    let found = chain.check_abilities().await;
    let Err(ChainError::Unsupported(why)) = &found else { panic!("{found:?}") };
    assert!(why.contains("txindex=1"), "{why}");
}
