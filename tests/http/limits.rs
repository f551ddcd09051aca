//! Time, number and stopping, over real connections.

use crate::harness::House;
use aio::server::serve::{Ended, serve};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// A listening server and the way to stop it.
pub struct Running {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

impl Running {
    pub async fn on(house: &House, listen: &str) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (router, site) = (house.router.clone(), house.site.clone());
        let ended = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            serve(listener, router, &site, stop, std::future::pending()).await
        });
        Self { address, stop, ended }
    }

    pub async fn stop(self) -> Ended {
        drop(self.stop);
        self.ended.await.unwrap()
    }
}

/// Sends the bytes and reads until the server closes the connection, in whichever way.
pub async fn talk(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    if stream.write_all(bytes.as_bytes()).await.is_ok() {
        // Whatever came before a reset counts.
        drop(stream.read_to_end(&mut answer).await);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn api_02_a_half_sent_header_ends_the_connection() {
    let house = House::with("[limits]\nheader_s = 1").await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    // Returns only because the server gives up; the test's own limit would end it otherwise.
    let answer = talk(server.address, "GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Half").await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert_eq!(server.stop().await, Ended::Drained);
}

#[tokio::test]
async fn api_02_a_body_that_does_not_arrive_is_a_408() {
    let house = House::with("[limits]\nrequest_s = 1").await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let head = "POST /api/session/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: application/json\r\n\
                Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Content-Length: 10\r\n\r\nhalf";
    let answer = talk(server.address, head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn api_02_more_requests_at_once_than_allowed_are_shed() {
    let house = House::with("[limits]\nin_flight = 4").await;
    let taken = house.site.in_flight.try_acquire_many(4).unwrap();
    for (path, form) in [("/sign-in", "text/html"), ("/v1/whoami", "application/problem+json")] {
        let answer = house.get(path).send().await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.header("content-type").starts_with(form), "{path}");
    }
    drop(taken);
    assert_eq!(house.get("/sign-in").send().await.status, 200);
}

/// Connections that have sent a head and the first half of a body, all of it received by the server.
async fn half_bodies(house: &House, server: &Running, count: usize, half: &str) -> Vec<TcpStream> {
    let before = house.site.body_bytes.available_permits();
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{half}",
            half.len() * 2
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    let arrived = async {
        while before - house.site.body_bytes.available_permits() < count * half.len() {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(10);
    tokio::time::timeout(patience, arrived).await.expect("all halves are being read");
    streams
}

#[tokio::test]
async fn api_02_whoever_sends_slowly_takes_nobodys_place() {
    let house = House::with("[limits]\nin_flight = 4").await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let slow = half_bodies(&house, &server, 20, "\"half").await;
    let fast = "GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = talk(server.address, fast).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(slow);
    server.stop().await;
}

#[tokio::test]
async fn api_02_bodies_take_no_more_memory_than_there_is_for_them() {
    let house = House::with("[limits]\nbodies_mib = 1").await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let slow = half_bodies(&house, &server, 2, &"x".repeat(500_000)).await;
    let body = "x".repeat(100_000);
    let one_more = format!(
        "POST /v1/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = talk(server.address, &one_more).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    // It is given back when the senders are gone.
    drop(slow);
    while house.site.body_bytes.available_permits() < 1 << 20 {
        tokio::task::yield_now().await;
    }
    let answer = talk(server.address, &one_more).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn api_02_a_huge_head_is_refused() {
    let house = House::new().await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let head =
        format!("GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "a".repeat(400_000));
    let answer = talk(server.address, &head).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn api_07_http_2_is_not_spoken() {
    let house = House::new().await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let answer = talk(server.address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!answer.contains("200"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn dat_10_a_server_that_stops_finishes_what_it_began() {
    let house = House::new().await;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    // The connection is kept alive by the client; the server closes it when it stops.
    assert_eq!(server.stop().await, Ended::Drained);
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    assert!(rest.contains("</html>"));
}
