//! The Model Context Protocol: its configuration, its tools, and a JSON-RPC 2.0 endpoint.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::super::agent::{self, TOOLS};
use super::super::answer::{Handled, json_with, ok};
use super::super::caller::Caller;
use super::super::input::read_body;
use super::super::world::Service;

const PROTOCOL: &str = "2025-06-18";

pub(super) async fn config(State(service): State<Service>) -> Handled {
    let url = format!("{}/mcp", service.world.urls().api);
    ok(json!({ "mcpServers": { "demo": { "type": "http", "url": url, "headers": {} } } }))
}

pub(super) async fn tools(State(service): State<Service>, _: Caller) -> Handled {
    ok(json!({ "tools": listed(&service) }))
}

fn listed(service: &Service) -> Vec<Value> {
    let lacking = service.behaviour().agents.lack_tools;
    TOOLS.iter().filter(|_| !lacking).map(agent::Tool::listed).collect()
}

pub(super) async fn call(State(service): State<Service>, _: Caller, body: Body) -> Handled {
    let body = read_body(body).await?;
    Ok(answered(&service, &body))
}

fn answered(service: &Service, body: &[u8]) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return failed(&Value::Null, -32700, "The body isn't JSON.");
    };
    let id = &request["id"];
    let Some(method) = request["method"].as_str().filter(|_| request["jsonrpc"] == "2.0") else {
        return failed(id, -32600, "This is no JSON-RPC 2.0 request.");
    };
    if id.is_null() {
        // A notification is taken in silence.
        let mut response = Response::default();
        *response.status_mut() = StatusCode::ACCEPTED;
        return response;
    }
    match method {
        "initialize" => {
            let server = json!({ "name": "demo", "version": super::super::VERSION });
            let result = json!({ "protocolVersion": PROTOCOL, "capabilities": { "tools": {} }, "serverInfo": server });
            succeeded(id, result)
        }
        "ping" => succeeded(id, json!({})),
        "tools/list" => succeeded(id, json!({ "tools": listed(service) })),
        "tools/call" => call_tool(id, &request["params"]),
        _ => failed(id, -32601, "There is no such method."),
    }
}

fn call_tool(id: &Value, params: &Value) -> Response {
    let tool = params["name"].as_str().and_then(agent::find);
    let (Some(tool), Some(query)) = (tool, params["arguments"]["query"].as_str()) else {
        return failed(id, -32602, "The parameters must be the name of a tool and `arguments` with a `query`.");
    };
    let is_error = tool.succeeds_at != Some(1);
    let text = if is_error { "The source didn't answer." } else { tool.summary };
    let content = json!([{ "type": "text", "text": format!("{text} ({query})") }]);
    succeeded(id, json!({ "content": content, "isError": is_error }))
}

fn succeeded(id: &Value, result: Value) -> Response {
    json_with(StatusCode::OK, json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

fn failed(id: &Value, code: i64, message: &str) -> Response {
    let error = json!({ "code": code, "message": message });
    json_with(StatusCode::OK, json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}
