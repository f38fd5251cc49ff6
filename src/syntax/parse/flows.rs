use super::super::ast::{Flow, Param};
use super::super::grammar::{Node, Rule, take};
use super::super::parser::Parser;
use super::super::split::Piece;
use super::super::words::Context;

impl Parser<'_> {
    pub fn flow(&mut self, piece: &Piece) -> Option<Flow> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::flow, |build, kids| {
            let name = build.declared(kids);
            let mut params = Vec::new();
            let mut result = None;
            for node in kids {
                match node.as_rule() {
                    Rule::param => params.push(param(build, node)),
                    Rule::type_expr => result = Some(build.type_expr(node)),
                    _ => {}
                }
            }
            (name, params, result)
        });
        let body = self.block(body, &segment, Context::Flow);
        let (name, params, result) = head.unwrap_or_else(|| (self.rescued_ident(&segment), Vec::new(), None));
        Some(Flow { name, params, result, body })
    }
}

fn param(build: &mut super::super::build::Build<'_>, node: Node<'_>) -> Param {
    let span = build.span(&node);
    let mut kids = node.into_inner();
    let name = build.declared(&mut kids);
    let ty = take(&mut kids, Rule::colon).map(|_| build.next_type(&mut kids));
    let default = take(&mut kids, Rule::assign).map(|_| build.expr(&mut kids));
    Param { span, name, ty, default }
}
