//! Servers that answer what a real node never says, and answers to begin from.

use crate::{harness::treasury, proxy};
use aio_chain::ChainError;
use aio_chain_evm::{Evm, FeeRules, Settings, Token};
use aio_domain::SecretText;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A server that reads a request and answers these bytes, then so many megabytes more, then waits or hangs up.
pub async fn server(answer: Vec<u8>, megabytes: usize, hang_up: bool) -> String {
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

/// A server that answers each method with a result of its own, and others with null; or endlessly.
pub async fn scripted(results: Vec<(&'static str, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let results = results.clone();
            tokio::spawn(async move {
                while let Some(question) = proxy::read(&mut stream).await {
                    let found = results.iter().find(|(method, _)| question["method"] == *method);
                    let result = found.map_or(Value::Null, |(_, result)| result.clone());
                    if result == json!("endless") {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                        let spaces = vec![b' '; 1 << 20];
                        for _ in 0..70 {
                            let _ = stream.write_all(&spaces).await;
                        }
                        return;
                    }
                    let body = match result.get("refusal") {
                        Some(error) => json!({ "id": 0, "error": error }),
                        None => json!({ "id": 0, "result": result }),
                    };
                    stream.write_all(&http("200 OK", &body.to_string())).await.unwrap();
                }
            });
        }
    });
    url
}

pub fn chain(url: String, timeout: Duration) -> Evm {
    let token =
        |ticker: &str, contract| Token { ticker: ticker.to_owned(), contract, decimals: 18 };
    let settings = Settings {
        url,
        user: "somebody".to_owned(),
        password: SecretText::new("a secret".to_owned()),
        chain_id: 31_337,
        tokens: vec![token("ETH", None), token("PLAIN", Some(format!("0x{}", "22".repeat(20))))],
        traces: true,
        timeout,
        fees: FeeRules::default(),
    };
    Evm::new(&settings).unwrap()
}

pub async fn asking(results: Vec<(&'static str, Value)>) -> Evm {
    chain(scripted(results).await, Duration::from_secs(10))
}

pub fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

pub fn hash(byte: u8) -> String {
    format!("0x{}", format!("{byte:02x}").repeat(32))
}

pub fn garbage<T: std::fmt::Debug>(case: &str, why: &str, found: Result<T, ChainError>) {
    let Err(ChainError::Garbage(told)) = &found else { panic!("{case}: {found:?}") };
    assert!(told.contains(why), "{case}: {told}");
}

pub fn block(transactions: Value) -> Value {
    json!({
        "hash": hash(1), "number": "0x5", "parentHash": hash(2), "timestamp": "0x60000000",
        "transactions": transactions,
    })
}

pub fn transaction() -> Value {
    let (from, to) = (format!("0x{}", "33".repeat(20)), treasury());
    json!({ "hash": hash(3), "from": from, "to": to, "nonce": "0x0", "value": "0x5" })
}

pub fn receipt() -> Value {
    json!({
        "transactionHash": hash(3), "blockHash": hash(1), "blockNumber": "0x5", "to": treasury(),
        "status": "0x1", "gasUsed": "0x5208", "effectiveGasPrice": "0x1", "logs": [],
    })
}

pub fn trace() -> Value {
    let frame = json!({ "type": "CALL", "from": treasury(), "to": treasury(), "value": "0x5" });
    json!([{ "txHash": hash(3), "result": frame }])
}

pub fn changed(value: &Value, name: &str, to: Value) -> Value {
    let mut value = value.clone();
    value[name] = to;
    value
}
