use std::collections::{HashMap, HashSet};

use super::constant::Const;
use super::types::Ty;
use crate::source::Span;
use crate::syntax::ast::ChannelKind;

/// Where an expression stands: it decides which subjects there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the steps of a test or flow.
    Steps,
    /// In what a request sends, when there is no answer yet.
    Sent,
    /// In what is expected of an answer.
    Response,
    /// In what is expected of a frame.
    Frame,
}

/// A deadline that holds for what stands inside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub seconds: f64,
    pub span: Span,
    pub what: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Let,
    Capture,
    Collect,
    Param,
    Loop,
    Channel,
    Mark,
}

impl Kind {
    pub fn words(self) -> &'static str {
        match self {
            Kind::Let => "value",
            Kind::Capture | Kind::Collect => "captured value",
            Kind::Param => "parameter",
            Kind::Loop => "loop's name",
            Kind::Channel => "channel",
            Kind::Mark => "mark",
        }
    }
}

/// An opened channel, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Channel {
    /// Unknown for one that a flow was given or gave.
    pub kind: Option<ChannelKind>,
    pub state: ChannelState,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ChannelState {
    Open,
    /// Where it was closed.
    Closed(Span),
    /// The handshake is expected to be refused, by this expectation.
    Refused(Span),
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub span: Span,
    pub kind: Kind,
    pub ty: Ty,
    pub constant: Option<Const>,
    pub channel: Option<Channel>,
}

/// The names of a test with its hooks, or of a flow, and what surrounds the step that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Scope<'p> {
    names: HashMap<&'p str, Binding>,
    used: HashSet<&'p str>,
    /// What was named in this scope itself, in order.
    named: Vec<(&'p str, Span, Kind)>,
    /// Names of other branches of the same `parallel`.
    hidden: HashMap<&'p str, Span>,
    pub place: Place,
    /// Whether a request was made before, in this scope.
    pub answered: bool,
    pub limits: Vec<Limit>,
    /// Inside `repeat`, `for each` or `eventually`: what is named here is named again.
    pub loops: u32,
    /// The result type of the flow, where this is one's body.
    pub flow: Option<Option<Ty>>,
}

impl<'p> Scope<'p> {
    pub fn new() -> Self {
        Self {
            names: HashMap::new(),
            used: HashSet::new(),
            named: Vec::new(),
            hidden: HashMap::new(),
            place: Place::Steps,
            answered: false,
            limits: Vec::new(),
            loops: 0,
            flow: None,
        }
    }

    /// A scope that begins with the names of this one: a test's, after its suite's hooks.
    pub fn inner(&self) -> Self {
        Self { names: self.names.clone(), ..Self::new() }
    }

    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.names.get(name)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Binding> {
        self.names.get_mut(name)
    }

    pub fn constant(&self, name: &str) -> Option<&Const> {
        self.names.get(name)?.constant.as_ref()
    }

    pub fn names(&self) -> impl Iterator<Item = &'p str> {
        self.names.keys().copied()
    }

    pub fn channels(&self) -> impl Iterator<Item = &'p str> {
        self.names.iter().filter(|(_, binding)| binding.channel.is_some()).map(|(name, _)| *name)
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'p str> {
        self.names.iter().filter(move |(_, binding)| binding.kind == kind).map(|(name, _)| *name)
    }

    pub fn use_name(&mut self, name: &'p str) {
        self.used.insert(name);
    }

    /// Names something; gives what had the name before.
    pub fn bind(&mut self, name: &'p str, binding: Binding) -> Option<Binding> {
        self.named.push((name, binding.span, binding.kind));
        let before = self.names.insert(name, binding);
        if let (Some(before), Some(now)) = (&before, self.names.get_mut(name)) {
            // Which of the two it is may depend on the round of a loop.
            now.ty = before.ty.join(&now.ty);
            now.constant = None;
        }
        before
    }

    pub fn hidden(&self, name: &str) -> Option<Span> {
        self.hidden.get(name).copied()
    }

    /// A copy for one branch of `parallel`, and what it found out taken back.
    pub fn branch(&self) -> Self {
        Self { named: Vec::new(), used: HashSet::new(), ..self.clone() }
    }

    pub fn hide(&mut self, names: impl Iterator<Item = (&'p str, Span)>) {
        self.hidden.extend(names);
    }

    pub fn merge(&mut self, branch: Scope<'p>) {
        self.used.extend(branch.used);
        self.answered |= branch.answered;
        for (name, span, kind) in branch.named {
            if let Some(binding) = branch.names.get(name) {
                self.names.insert(name, binding.clone());
            }
            self.named.push((name, span, kind));
        }
        for (name, binding) in &mut self.names {
            let after = branch.names.get(name);
            if let (Some(channel), Some(after)) = (&mut binding.channel, after.and_then(|after| after.channel))
                && *channel != after
            {
                channel.state = ChannelState::Unknown;
            }
        }
    }

    /// What an inner scope used of this one's names.
    pub fn used_inside(&mut self, inner: &Scope<'p>) {
        self.used.extend(inner.used.iter().filter(|name| self.names.contains_key(*name)));
    }

    /// What was named here and never used, in order.
    pub fn unused(&self) -> impl Iterator<Item = &(&'p str, Span, Kind)> {
        self.named.iter().filter(|(name, ..)| !self.used.contains(name))
    }
}
