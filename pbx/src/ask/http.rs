//! One HTTP request of a flow: a connection of its own, GET or POST of JSON, JSON back.
//!
//! Plain HTTP only: services of the same machine or network. Redirects are not followed, for the flow says where it asks.

use super::{ANSWER_MAX, Place, told};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, Uri, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::pin;
use switchroom_flow::Payload;
use tokio::net::TcpStream;

/// Bytes of the head of an answer.
const HEAD_MAX: usize = 16 * 1024;
/// Addresses of a name that are tried.
const ADDRESSES_MAX: usize = 4;

/// Asks a service. Ends when it is dropped, too.
pub(super) async fn ask(url: &str, body: Option<Payload>, place: &Place) -> Result<Value, String> {
    let uri = checked(url)?;
    let request = request(&uri, body)?;
    let stream = connect(&uri, place).await?;
    let _ = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_MAX).max_headers(64);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let mut exchange = pin!(async move {
        let response = sender.send_request(request).await.map_err(failed)?;
        read(response).await
    });
    // The connection is a task that we carry along ourselves: what was asked ends with it, and it with us.
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        _ = connection => exchange.await,
    }
}

/// An address that may be asked.
fn checked(url: &str) -> Result<Uri, String> {
    let shown = told(url.split(['?', '#']).next().unwrap_or_default());
    let uri: Uri = url.parse().map_err(|e| format!("\"{shown}\" is not a URL: {e}"))?;
    if uri.scheme_str() != Some("http") {
        return Err(format!("\"{shown}\" is not http://…, which is all that flows can ask"));
    }
    match uri.authority() {
        Some(authority) if !authority.as_str().contains('@') && !authority.host().is_empty() => Ok(uri),
        _ => Err(format!("\"{shown}\" needs a host, and no user or password")),
    }
}

fn request(uri: &Uri, body: Option<Payload>) -> Result<Request<Full<Bytes>>, String> {
    let authority = uri.authority().map(|a| a.as_str()).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::builder()
        .method(if body.is_some() { Method::POST } else { Method::GET })
        .uri(path)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, concat!("switchroom/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "application/json")
        .header(header::CONNECTION, "close");
    let request = match &body {
        Some(_) => request.header(header::CONTENT_TYPE, "application/json"),
        None => request,
    };
    let body = body.map(|payload| Bytes::from(payload.text)).unwrap_or_default();
    request.body(Full::new(body)).map_err(|e| format!("it cannot be asked like that: {e}"))
}

async fn connect(uri: &Uri, place: &Place) -> Result<TcpStream, String> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(80);
    let mut why = format!("{} has no address", told(&host));
    for address in addresses(host, port, place).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => why = format!("{address} cannot be reached: {error}"),
        }
    }
    Err(why)
}

/// The addresses of a name. The system's resolver cannot be interrupted; a question keeps its place until it is back, so
/// that no more than so many wait for it.
async fn addresses(host: String, port: u16, place: &Place) -> Result<Vec<SocketAddr>, String> {
    if let Ok(ip) = host.parse() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let name = told(&host);
    let place = place.clone();
    let look = move || {
        let found = (host.as_str(), port).to_socket_addrs();
        drop(place);
        found.map(|all| all.take(ADDRESSES_MAX).collect::<Vec<_>>())
    };
    match tokio::task::spawn_blocking(look).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(format!("{name} is not found: {error}")),
        Err(_) => Err("the exchange is stopping".to_owned()),
    }
}

async fn read(response: Response<Incoming>) -> Result<Value, String> {
    let status = response.status();
    if !status.is_success() {
        let hint = if status.is_redirection() { ", and redirects are not followed" } else { "" };
        return Err(format!("it answered {status}{hint}"));
    }
    match Limited::new(response.into_body(), ANSWER_MAX).collect().await {
        Ok(body) => super::json(&body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(format!("it answered more than {} kB", ANSWER_MAX / 1024))
        }
        Err(error) => Err(format!("its answer broke off: {}", causes(error.as_ref()))),
    }
}

fn failed(error: hyper::Error) -> String {
    format!("it did not answer with HTTP: {}", causes(&error))
}

/// An error and what led to it.
fn causes(error: &(dyn Error + 'static)) -> String {
    let (mut text, mut at) = (error.to_string(), error.source());
    while let Some(cause) = at {
        text = format!("{text}: {cause}");
        at = cause.source();
    }
    told(&text)
}
