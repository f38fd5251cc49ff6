//! A browser that is driven over the DevTools protocol (Chrome DevTools Protocol 1.3), without a library in between.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

/// The longest that the browser may take to start, and to answer.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Browser {
    process: Child,
    /// Where it is driven, and serves the DevTools that it brings.
    address: String,
    socket: WebSocket<TcpStream>,
    last_id: u64,
    events: Vec<Json>,
    _profile: tempfile::TempDir,
}

/// A tab, with all that it reported since it was opened.
pub struct Page<'a> {
    browser: &'a mut Browser,
    target: String,
    session: String,
}

/// Chromium's own DevTools, opened on a page. They are a page themselves, whose modules can be called.
pub struct Inspector {
    session: String,
}

/// The browser that `CHROMIUM` names, or that is found on the way.
pub fn find() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = all.into_iter().find(|file| file.is_file());
    found.ok_or_else(|| format!("none of {} is on the PATH, and CHROMIUM isn't set", names.join(", ")))
}

impl Browser {
    pub fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"])
            // The DevTools that it serves are driven like any page, and connect to it from there.
            .arg("--remote-allow-origins=*")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let (report, reported) = std::sync::mpsc::channel();
        // Read to the end, so that the browser never waits for somebody to read what it says.
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(url) = line.strip_prefix("DevTools listening on ") {
                    let _ = report.send(url.trim().to_owned());
                }
            }
        });
        let url = reported.recv_timeout(PATIENCE).unwrap();
        let address = url.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        let stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = client(&url, stream).unwrap();
        Self { process, address, socket, last_id: 0, events: Vec::new(), _profile: profile }
    }

    /// A new tab, which reports requests, exceptions and what is logged.
    pub fn page(&mut self) -> Page<'_> {
        let (target, session) = self.tab();
        self.events.clear();
        let mut page = Page { browser: self, target, session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page
    }

    /// An empty tab's target and session.
    fn tab(&mut self) -> (String, String) {
        let target = self.call(None, "Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].take();
        let attach = json!({ "targetId": target, "flatten": true });
        let attached = self.call(None, "Target.attachToTarget", &attach);
        (target.as_str().unwrap().to_owned(), attached["sessionId"].as_str().unwrap().to_owned())
    }

    fn value(&mut self, session: &str, expression: &str) -> Json {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut found = self.call(Some(session), "Runtime.evaluate", &params);
        assert!(found["exceptionDetails"].is_null(), "{expression}: {}", found["exceptionDetails"]);
        found["result"]["value"].take()
    }

    fn call(&mut self, session: Option<&str>, method: &str, params: &Json) -> Json {
        self.last_id += 1;
        let id = self.last_id;
        let mut request = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            request["sessionId"] = session.into();
        }
        self.socket.send(Message::text(request.to_string())).unwrap();
        loop {
            let mut message = self.receive();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn loaded(&mut self, session: &str) {
        let is_loaded = |event: &Json| event["method"] == "Page.loadEventFired" && event["sessionId"] == session;
        while !self.events.iter().any(is_loaded) {
            let event = self.receive();
            self.events.push(event);
        }
        self.events.retain(|event| !is_loaded(event));
    }

    fn receive(&mut self) -> Json {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.socket.send(Message::text(r#"{"id":0,"method":"Browser.close"}"#));
        // It closes the connection when it is about to end.
        while self.socket.read().is_ok() {}
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Page<'_> {
    pub fn call(&mut self, method: &str, params: &Json) -> Json {
        self.browser.call(Some(&self.session), method, params)
    }

    /// Opens an address and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        // Only another fragment isn't another document.
        self.call("Page.navigate", &json!({ "url": "about:blank" }));
        self.loaded();
        self.call("Page.navigate", &json!({ "url": url }));
        self.loaded();
    }

    pub fn reload(&mut self) {
        self.call("Page.reload", &json!({}));
        self.loaded();
    }

    fn loaded(&mut self) {
        self.browser.loaded(&self.session);
    }

    /// What an expression is worth; a promise is waited for.
    pub fn value(&mut self, expression: &str) -> Json {
        self.browser.value(&self.session, expression)
    }

    /// Opens DevTools on this page; not every Chromium brings them.
    pub fn inspect(&mut self) -> Option<Inspector> {
        let address = &self.browser.address;
        let url = format!("http://{address}/devtools/inspector.html?ws={address}/devtools/page/{}", self.target);
        let (_, session) = self.browser.tab();
        self.browser.call(Some(&session), "Page.enable", &json!({}));
        self.browser.call(Some(&session), "Page.navigate", &json!({ "url": url }));
        self.browser.loaded(&session);
        let is_there = "fetch('/devtools/models/har/har.js').then(found => found.ok, () => false)";
        (self.browser.value(&session, is_there) == true).then_some(Inspector { session })
    }

    /// What an expression is worth in the DevTools of this page.
    pub fn inspected(&mut self, inspector: &Inspector, expression: &str) -> Json {
        self.browser.value(&inspector.session, expression)
    }

    /// Waits until an expression is true. What follows from a key isn't always done when the key has been taken.
    pub fn until(&mut self, expression: &str) {
        let poll = format!(
            "new Promise(done => {{ const end = Date.now() + 20000; const look = () => {{ const is = ({expression}); \
             is || Date.now() > end ? done(Boolean(is)) : setTimeout(look, 10); }}; look(); }})"
        );
        let state = "document.activeElement.outerHTML.slice(0, 120) + ' ' + location.hash";
        assert_eq!(self.value(&poll), true, "never true: {expression}; {}", self.value(state));
    }

    /// Presses a key as a person does: a character, `Enter`, `Escape` or `Tab`.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Tab" => (9, ""),
            text => (0, text),
        };
        let mut event = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if !text.is_empty() {
            event["text"] = text.into();
        }
        self.call("Input.dispatchKeyEvent", &event);
        self.call("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    pub fn write(&mut self, text: &str) {
        for key in text.chars() {
            self.press(&key.to_string());
        }
    }

    /// `light` or `dark`.
    pub fn colors(&mut self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &features);
    }

    pub fn width(&mut self, pixels: u32) {
        let size = json!({ "width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// The addresses that were asked for.
    pub fn requests(&self) -> Vec<&str> {
        self.events("Network.requestWillBeSent").filter_map(|event| event["request"]["url"].as_str()).collect()
    }

    /// Exceptions, what the page wrote to the console, and what the browser had to say of it.
    pub fn complaints(&self) -> Vec<&Json> {
        let methods = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"];
        methods.iter().flat_map(|method| self.events(method)).collect()
    }

    fn events<'a>(&'a self, method: &'a str) -> impl Iterator<Item = &'a Json> {
        let mine = |event: &&Json| event["sessionId"] == self.session.as_str();
        self.browser
            .events
            .iter()
            .filter(mine)
            .filter(move |event| event["method"] == method)
            .map(|event| &event["params"])
    }
}
