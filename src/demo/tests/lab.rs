//! A demo and the clients that talk to it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

use super::super::{Demo, DemoOptions, DemoUrls, Fault, start};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// A demo with an HTTP client.
pub struct Lab {
    pub demo: Demo,
    pub client: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn code(&self) -> &str {
        self.json["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Lab {
    pub async fn new() -> Self {
        Self::with(DemoOptions::default()).await
    }

    pub async fn with(options: DemoOptions) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        Self { demo: start(options).await.unwrap(), client: client.build().unwrap() }
    }

    pub async fn broken(fault: Fault) -> Self {
        Self::with(DemoOptions { fault: Some(fault), ..DemoOptions::default() }).await
    }

    pub fn urls(&self) -> &DemoUrls {
        self.demo.urls()
    }

    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.urls().api))
    }

    pub fn auth(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.urls().auth))
    }

    pub fn app(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.urls().app))
    }

    pub fn control(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.urls().control))
    }

    /// The value of a name of the environment.
    pub fn env(&self, name: &str) -> String {
        self.demo.values().into_iter().find(|(own, _, _)| *own == name).unwrap().1
    }

    pub async fn login(&self, user: &str, password: &str) -> Got {
        go(self.auth(Method::POST, "/login").json(&json!({ "user": user, "password": password }))).await
    }

    /// A new user, logged in.
    pub async fn user(&self) -> User<'_> {
        self.user_of(&format!("team-{}", Uuid::new_v4())).await
    }

    pub async fn user_of(&self, team: &str) -> User<'_> {
        let name = format!("user-{}", Uuid::new_v4());
        let body = json!({ "user": name, "password": "long-enough", "team": team });
        go(self.auth(Method::POST, "/register").json(&body)).await;
        let login = self.login(&name, "long-enough").await.json;
        let text = |field: &str| login[field].as_str().unwrap_or_default().to_owned();
        User { lab: self, name, token: text("access_token"), refresh_token: text("refresh_token") }
    }
}

/// Sends a request; a connection that fails is status 0.
pub async fn go(request: RequestBuilder) -> Got {
    let failed = || Got { status: 0, headers: HeaderMap::new(), text: String::new(), json: Value::Null };
    let Ok(response) = request.send().await else { return failed() };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let Ok(text) = response.text().await else { return failed() };
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Got { status, headers, text, json }
}

pub struct User<'a> {
    pub lab: &'a Lab,
    pub name: String,
    pub token: String,
    pub refresh_token: String,
}

impl User<'_> {
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.lab.api(method, path).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Got {
        go(self.api(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Got {
        go(self.api(Method::POST, path).json(&body)).await
    }

    /// The id of a new thread.
    pub async fn thread(&self, title: &str) -> String {
        let made = self.post("/threads", json!({ "title": title })).await;
        made.json["id"].as_str().unwrap_or_default().to_owned()
    }

    /// A socket, past its `connected`.
    pub async fn socket(&self, query: &str) -> Socket {
        let url = format!("{}{query}", self.lab.urls().ws);
        let mut socket = connect(&url, &[("Authorization", &format!("Bearer {}", self.token))]).await.unwrap();
        assert_eq!(socket.event().await["type"], "connected");
        socket
    }

    /// The events of a run of its own, up to its end or the end of the socket.
    pub async fn run(&self, options: Value) -> Vec<Value> {
        let thread = self.thread("a run").await;
        let mut socket = self.socket(&format!("?thread={thread}")).await;
        socket.send(json!({ "type": "user_message", "content": "Summarise Q3", "options": options })).await;
        socket.until_end().await
    }
}

pub struct Socket(WebSocketStream<TcpStream>);

/// Opens a WebSocket.
pub async fn connect(url: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Error> {
    Ok(connect_with_response(url, headers).await?.0)
}

/// As [`connect`], with the subprotocol that was selected.
pub async fn connect_with_response(url: &str, headers: &[(&'static str, &str)]) -> Result<(Socket, String), Error> {
    let mut request = url.into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let address = url.strip_prefix("ws://").unwrap().split('/').next().unwrap();
    let stream = TcpStream::connect(address).await?;
    let (socket, response) = client_async(request, stream).await?;
    let selected = response.headers().get("sec-websocket-protocol");
    let selected = selected.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    Ok((Socket(socket), selected))
}

/// The status, the error code and the headers of a handshake that was refused.
pub fn refused(result: Result<Socket, Error>) -> (u16, String) {
    let Err(Error::Http(response)) = result else { return (101, String::new()) };
    let body: Value = serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap_or_default();
    (response.status().as_u16(), body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

impl Socket {
    pub async fn send(&mut self, message: Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// The next frame that isn't a ping or pong; none at the end.
    pub async fn frame(&mut self) -> Option<Message> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next event. Text that isn't JSON is `malformed`, a close is `closed` with its `code` and `reason`, a lost connection `lost`.
    pub async fn event(&mut self) -> Value {
        match self.frame().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap_or_else(|_| json!({ "type": "malformed" })),
            Some(Message::Close(Some(frame))) => {
                json!({ "type": "closed", "code": u16::from(frame.code), "reason": frame.reason.as_str() })
            }
            Some(other) => json!({ "type": "other", "size": other.len() }),
            None => json!({ "type": "lost" }),
        }
    }

    /// The events up to the end of a run or of the socket.
    pub async fn until_end(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            let last = matches!(
                event["type"].as_str(),
                Some("agent_completed" | "agent_failed" | "agent_cancelled" | "error" | "closed" | "lost")
            );
            events.push(event);
            if last {
                return events;
            }
        }
    }

    /// The events before the response to a ping: all that was sent before it.
    pub async fn until_pong(&mut self) -> Vec<Value> {
        self.send(json!({ "type": "echo", "payload": "mark" })).await;
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            if matches!(event["type"].as_str(), Some("echo" | "closed" | "lost")) {
                return events;
            }
            events.push(event);
        }
    }
}

/// The types of events, in one line.
pub fn types(events: &[Value]) -> String {
    events.iter().map(|event| event["type"].as_str().unwrap_or("?")).collect::<Vec<_>>().join(" ")
}
