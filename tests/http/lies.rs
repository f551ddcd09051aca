//! Requests that say one thing and do another: about their length, and about their key.

use crate::{
    harness::House,
    limits::{Running, talk},
};

const HEAD: &str =
    "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n";

/// The status lines of all answers on one connection.
fn statuses(answers: &str) -> Vec<&str> {
    answers.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)).collect()
}

#[tokio::test]
async fn api_02_a_body_that_is_not_as_long_as_it_says_is_never_half_read() {
    let house = House::with("[limits]\nrequest_s = 1").await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let head = format!("{HEAD}Authorization: Bearer {}\r\n", key.secret);
    let send = async |rest: &str| talk(server.address, &format!("{head}{rest}")).await;
    let right = send("Content-Length: 2\r\n\r\n{}").await;
    assert_eq!(statuses(&right), ["200"], "{right}");
    // Shorter than it says: what is missing never comes.
    let short = send("Content-Length: 3\r\n\r\n{}").await;
    assert_eq!(statuses(&short), ["408"], "{short}");
    // Longer than it says: the rest is not read, or read as a request of its own, which it is not.
    let long = send("Content-Length: 2\r\n\r\n{}{}").await;
    assert_eq!(statuses(&long), ["200"], "{long}");
    let cut = send("Content-Length: 1\r\n\r\n{}").await;
    assert_eq!(statuses(&cut), ["400"], "{cut}");
    // Beside pieces a length means nothing: the pieces are read to their end, and nothing behind them is.
    for lengths in [
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
        "Content-Length: 40\r\nTransfer-Encoding: chunked",
    ] {
        let answer =
            send(&format!("{lengths}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\nGET /v1/whoami HTTP/1.1\r\n"))
                .await;
        assert_eq!(statuses(&answer), ["200"], "{lengths}: {answer}");
    }
    // Of two lengths each reader would take another.
    for lengths in [
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: 2, 3\r\n\r\n{}",
        "Content-Length: -2\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: 99999999999999999999\r\n\r\n{}",
        "Transfer-Encoding: identity, chunked, x\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n",
    ] {
        let answer = send(lengths).await;
        assert_eq!(statuses(&answer), ["400"], "{lengths}: {answer}");
    }
    let far_too_long = send("Content-Length: 10000000\r\n\r\n{}").await;
    assert_eq!(statuses(&far_too_long), ["413"], "{far_too_long}");
    server.stop().await;
}

#[tokio::test]
async fn key_01_a_key_is_taken_as_it_was_given_or_not_at_all() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await.secret;
    let flip = |at: usize| {
        let mut bytes = key.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    };
    let last = key.len() - 1;
    let wrong = [
        format!("Bearer {}", key.to_ascii_uppercase()),
        format!("Bearer {}", key.to_ascii_lowercase()),
        format!("Bearer {}", key.replacen("aio_test_", "AIO_TEST_", 1)),
        format!("Bearer {}", key.replacen("aio_test_", "aio_live_", 1)),
        format!("Bearer {}", flip(last)),
        format!("Bearer {}", flip(last - 6)),
        format!("Bearer {}", flip(10)),
        format!("Bearer  {key}"),
        format!("Bearer {key} "),
        format!("Bearer {key},{key}"),
        format!("Bearer \"{key}\""),
        format!("Token {key}"),
        key.clone(),
    ];
    for value in &wrong {
        let answer = house.get("/v1/whoami").header("authorization", value).send().await;
        assert_eq!(answer.status, 401, "{value}");
    }
    let bearer = format!("Bearer {key}");
    let twice = house.get("/v1/whoami").header("authorization", &bearer);
    assert_eq!(twice.add("authorization", &bearer).send().await.status, 401);
    // The name of the scheme is a word in which capitals do not count.
    for scheme in ["bearer", "BEARER"] {
        let call = house.get("/v1/whoami").header("authorization", &format!("{scheme} {key}"));
        assert_eq!(call.send().await.status, 200);
    }
}
