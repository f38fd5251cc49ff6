//! What the users of a load do: the requests, channels and events of its scenarios and hooks, and of the flows that these call.

use std::collections::{BTreeSet, HashSet};

use super::constant;
use super::cx::Cx;
use super::index::{EnvValue, Index};
use crate::project::{DeclRef, Module};
use crate::source::Span;
use crate::syntax::ast::{
    self, Block, ChannelExpectKind, EventItem, Expr, ExprKind, FrameKindPattern, Load, LoadEntryKind, MetaKind,
    PatternBlock, PatternItemKind, Stmt, StmtKind, Template, TemplatePart,
};

#[derive(Default)]
pub(super) struct Contents<'p> {
    pub scenarios: Vec<&'p str>,
    /// Of scenarios.
    pub tags: Vec<&'p str>,
    pub requests: Vec<Asked>,
    /// Channels that are opened, with the places of their names; and those that flows open, whose places may be in other files.
    pub channels: Vec<(&'p str, Span)>,
    pub channels_of_flows: Vec<(&'p str, Span)>,
    /// Events that are expected.
    pub events: Vec<String>,
    /// The names of some events are known in a run only.
    pub has_other_events: bool,
    /// Something must never come.
    pub forbids: bool,
    /// A part of it doesn't parse, or isn't known: anything may be in it.
    pub is_doubtful: bool,
}

/// A request as a measure may name it: `GET /threads/*`.
pub(super) struct Asked {
    /// `None` of one that is known in a run only.
    pub method: Option<String>,
    /// The parts of its path; `None` of one that is interpolated.
    path: Vec<Option<String>>,
    /// The path goes on from one that isn't known.
    is_tail: bool,
}

impl Asked {
    /// `base`: what the URL's first part is worth, a value of the environment; `None` where that isn't known.
    fn new(method: Option<&str>, url: &Template, base: Option<&str>) -> Self {
        let mut text = String::new();
        for (at, part) in url.parts.iter().enumerate() {
            match (part, base.filter(|_| at == 0)) {
                (TemplatePart::Expr(_), Some(base)) => text.push_str(base),
                (TemplatePart::Expr(_), None) => text.push(HOLE),
                (TemplatePart::Text { text: part, .. }, _) => text.push_str(part),
            }
        }
        let is_tail = text.starts_with(HOLE);
        let path = match text.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => text.strip_prefix(HOLE).unwrap_or(&text),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
        let parts = path.split('/').filter(|part| !part.is_empty());
        let path = parts.map(|part| (!part.contains(HOLE)).then(|| part.to_owned())).collect();
        Self { method: method.map(str::to_ascii_uppercase), path, is_tail }
    }

    pub fn fits(&self, wanted: &Wanted<'_>) -> bool {
        let more = wanted.path.len().checked_sub(self.path.len());
        let Some(tail) = more.filter(|more| *more == 0 || self.is_tail).and_then(|more| wanted.path.get(more..)) else {
            return false;
        };
        let fits = |own: &Option<String>, wanted: &&str| *wanted == "*" || own.as_ref().is_none_or(|own| own == wanted);
        wanted.method.is_none_or(|method| self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method)))
            && self.path.iter().zip(tail).all(|(own, wanted)| fits(own, wanted))
    }

    /// As a measure names it; `None` of one whose method is known in a run only.
    pub fn shown(&self) -> Option<String> {
        let parts: Vec<&str> = self.path.iter().map(|part| part.as_deref().unwrap_or("*")).collect();
        Some(format!("{} /{}", self.method.as_ref()?, parts.join("/")))
    }
}

/// A request as a measure names it.
pub(super) struct Wanted<'t> {
    /// Any, where none is written.
    method: Option<&'t str>,
    path: Vec<&'t str>,
}

impl<'t> Wanted<'t> {
    /// `METHOD /path`
    pub fn request(written: &'t str) -> Option<Self> {
        let (method, path) = written.split_once(' ')?;
        Some(Self { method: Some(method), ..Self::path(path.trim()) })
    }

    pub fn path(path: &'t str) -> Self {
        let parts = path.trim_matches('/').split('/').filter(|part| !part.is_empty());
        Self { method: None, path: parts.collect() }
    }
}

/// In the place of what is interpolated: no character of a URL.
const HOLE: char = '\u{0}';

impl<'p> Contents<'p> {
    pub fn of(cx: &Cx<'p>, load: &'p Load) -> Self {
        let mut found = Finder { cx, contents: Contents::default(), seen: HashSet::new(), is_flow: false };
        for entry in &load.entries {
            match &entry.kind {
                LoadEntryKind::Scenario { name, body, .. } => {
                    found.contents.scenarios.extend(name.iter().map(|name| name.value.as_str()));
                    for stmt in &body.stmts {
                        if let StmtKind::Meta(MetaKind::Tags(tags)) = &stmt.kind {
                            found.contents.tags.extend(tags.iter().map(|tag| tag.text.as_str()));
                        }
                    }
                    found.block(cx.module, body);
                }
                LoadEntryKind::Hook(hook) => found.block(cx.module, &hook.body),
                LoadEntryKind::Error => found.contents.is_doubtful = true,
                _ => {}
            }
        }
        found.contents
    }
}

/// A value of an environment, as far as it is written out.
fn base<'p>(name: &str, value: &EnvValue<'p>) -> Option<&'p str> {
    match value {
        EnvValue::Demo(_) => matches!(name, "api" | "auth" | "app" | "control").then_some("http://demo"),
        EnvValue::Declared(ast::EnvValue::Expr(Expr { kind: ExprKind::String(template), .. })) => {
            match template.parts.as_slice() {
                [TemplatePart::Text { text, .. }] => Some(text),
                _ => None,
            }
        }
        EnvValue::Declared(_) => None,
    }
}

struct Finder<'c, 'p> {
    cx: &'c Cx<'p>,
    contents: Contents<'p>,
    /// Flows that were looked at.
    seen: HashSet<DeclRef>,
    is_flow: bool,
}

impl<'p> Finder<'_, 'p> {
    fn block(&mut self, module: &'p Module, block: &'p Block) {
        self.contents.is_doubtful |= self.cx.index.is_broken(block.span);
        for stmt in &block.stmts {
            self.step(module, stmt);
        }
    }

    fn step(&mut self, module: &'p Module, stmt: &'p Stmt) {
        match &stmt.kind {
            StmtKind::Let { value, .. } | StmtKind::Call(value) | StmtKind::Return { value: Some(value), .. } => {
                self.value(module, value);
            }
            StmtKind::Request(request) => self.asked(request.method.named(), &request.url),
            StmtKind::Open(open) => {
                self.asked(Some(open.method.as_ref().map_or("GET", |method| &method.text)), &open.url);
                let channels = match self.is_flow {
                    true => &mut self.contents.channels_of_flows,
                    false => &mut self.contents.channels,
                };
                channels.push((&open.name.text, open.name.span));
            }
            StmtKind::ChannelExpect(expect) => self.expected(&expect.kind),
            StmtKind::Parallel(body)
            | StmtKind::ParallelForEach { body, .. }
            | StmtKind::ForEach { body, .. }
            | StmtKind::Repeat { body, .. }
            | StmtKind::Eventually { body, .. }
            | StmtKind::Within { body, .. } => self.block(module, body),
            StmtKind::Error => self.contents.is_doubtful = true,
            StmtKind::Meta(_)
            | StmtKind::Capture(_)
            | StmtKind::Expect(_)
            | StmtKind::Wait(_)
            | StmtKind::SkipWhen { .. }
            | StmtKind::Mark(_)
            | StmtKind::Return { value: None, .. }
            | StmtKind::Channel(_) => {}
        }
    }

    fn asked(&mut self, method: Option<&str>, url: &'p Template) {
        for base in self.bases(url) {
            self.contents.requests.push(Asked::new(method, url, base));
        }
    }

    /// What the first part of a URL is worth in each environment, where it is a value of that.
    fn bases(&self, url: &'p Template) -> BTreeSet<Option<&'p str>> {
        let Some(TemplatePart::Expr(Expr { kind: ExprKind::Field(of, name), .. })) = url.parts.first() else {
            return BTreeSet::from([None]);
        };
        let is_env = matches!(&of.kind, ExprKind::Name(of) if of.text == "env");
        let index: &'p Index<'p> = self.cx.index;
        let having = index.environments.iter().filter_map(|known| known.values.get(name.text.as_str()));
        let mut bases: BTreeSet<Option<&'p str>> =
            having.filter(|_| is_env).map(|value| base(&name.text, value)).collect();
        if bases.is_empty() {
            bases.insert(None);
        }
        bases
    }

    /// A value, which may be what a flow gives.
    fn value(&mut self, module: &'p Module, value: &'p Expr) {
        let ExprKind::Call { callee, .. } = &value.kind else { return };
        let index = self.cx.index;
        let Some(decl) = index.lookup(module, &callee.segments) else {
            // A function, or what is reported elsewhere.
            self.contents.is_doubtful |= callee.segments.len() > 1;
            return;
        };
        if let (Some(flow), Some(home), true) =
            (index.flow(decl), index.project.module(decl.module), self.seen.insert(decl))
        {
            let is_flow = std::mem::replace(&mut self.is_flow, true);
            self.block(home, &flow.body);
            self.is_flow = is_flow;
        }
    }

    fn expected(&mut self, kind: &'p ChannelExpectKind) {
        match kind {
            ChannelExpectKind::Block { block, .. } => self.pattern(block),
            ChannelExpectKind::Item { item, .. } => self.item(item),
            ChannelExpectKind::Never { .. } => self.contents.forbids = true,
            ChannelExpectKind::Every { trigger, response, .. } => {
                self.item(trigger);
                self.item(response);
            }
            ChannelExpectKind::Together { views, .. } => views.iter().for_each(|view| self.pattern(&view.block)),
            ChannelExpectKind::Error => self.contents.is_doubtful = true,
            ChannelExpectKind::Silence { .. }
            | ChannelExpectKind::Closed { .. }
            | ChannelExpectKind::Ended { .. }
            | ChannelExpectKind::CutOff { .. } => {}
        }
    }

    fn pattern(&mut self, block: &'p PatternBlock) {
        for item in &block.items {
            match &item.kind {
                PatternItemKind::Event(event) => self.item(event),
                PatternItemKind::Never(_) => self.contents.forbids = true,
                PatternItemKind::Block(block) => self.pattern(block),
                PatternItemKind::Either(branches) => branches.iter().for_each(|branch| self.pattern(branch)),
                PatternItemKind::Repeat { items, .. } | PatternItemKind::ForEach { items, .. } => self.pattern(items),
                PatternItemKind::Gap { .. } => {}
                PatternItemKind::Error => self.contents.is_doubtful = true,
            }
        }
    }

    fn item(&mut self, item: &'p EventItem) {
        let FrameKindPattern::Event(name) = &item.what else { return };
        match constant::of(name, None).and_then(|name| name.text().map(str::to_owned)) {
            Some(name) => self.contents.events.push(name),
            None => self.contents.has_other_events = true,
        }
    }
}
