//! A proxy in front of the real node that refuses what some nodes refuse.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Passes everything on but questions for these methods with more than two parameters or none that it takes.
pub async fn refusing(node: String, methods: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let http = reqwest::Client::new();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (http, node) = (http.clone(), node.clone());
            tokio::spawn(async move {
                while let Some(question) = read(&mut stream).await {
                    let is_refused = methods.iter().any(|method| question["method"] == *method);
                    let answer = if is_refused {
                        let error = json!({ "code": -32000, "message": "no overrides here" });
                        json!({ "id": 0, "error": error }).to_string()
                    } else {
                        let asked = http.post(&node).header("content-type", "application/json");
                        let asked = asked.body(question.to_string()).send().await.unwrap();
                        asked.text().await.unwrap()
                    };
                    let length = answer.len();
                    let answer =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{answer}");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    url
}

/// The next question of a connection; none when it ends.
pub async fn read(stream: &mut tokio::net::TcpStream) -> Option<Value> {
    let mut all = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let end = stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
        all.extend_from_slice(&piece[..end]);
        let Some(head) = all.windows(4).position(|some| some == b"\r\n\r\n") else { continue };
        if let Ok(question) = serde_json::from_slice(&all[head + 4..]) {
            return Some(question);
        }
    }
}
