use std::collections::HashMap;
use std::rc::Rc;

use super::constant::Const;
use super::types::Ty;
use crate::source::Span;
use crate::syntax::ast::ChannelKind;

/// Where an expression is: it decides which subjects there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the steps of a test or flow.
    Steps,
    /// In what a request sends, when there is no response yet.
    Sent,
    /// In what is expected of a response.
    Response,
    /// In what is expected of a frame.
    Frame,
}

/// A deadline that holds for what is inside it.
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
    /// Of a load's `data`.
    Row,
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
            Kind::Row => "row",
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

/// Names, and what is known of each.
///
/// A copy takes constant time, whatever the number of names: what a copy has in common with its original is frozen, and shared by both.
/// The layers of frozen names grow towards the first one, each being at least twice as large as the next, so that there are few.
#[derive(Clone, Debug, Default)]
struct Names<'p> {
    own: HashMap<&'p str, Binding>,
    frozen: Option<Rc<Layer<'p>>>,
}

#[derive(Clone, Debug)]
struct Layer<'p> {
    names: HashMap<&'p str, Binding>,
    below: Option<Rc<Layer<'p>>>,
}

impl<'p> Names<'p> {
    fn get(&self, name: &str) -> Option<&Binding> {
        self.own.get(name).or_else(|| layers(self.frozen.as_ref()).find_map(|layer| layer.names.get(name)))
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Binding> {
        if !self.own.contains_key(name) {
            let (name, binding) = layers(self.frozen.as_ref()).find_map(|layer| layer.names.get_key_value(name))?;
            self.own.insert(name, binding.clone());
        }
        self.own.get_mut(name)
    }

    /// Gives what had the name before.
    fn insert(&mut self, name: &'p str, binding: Binding) -> Option<Binding> {
        match self.own.insert(name, binding) {
            Some(before) => Some(before),
            None => layers(self.frozen.as_ref()).find_map(|layer| layer.names.get(name)).cloned(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&'p str, &Binding)> {
        let own = self.own.iter().map(|(name, binding)| (*name, binding));
        let frozen = layers(self.frozen.as_ref()).enumerate().flat_map(move |(at, layer)| {
            let is_hidden = move |name: &str| {
                self.own.contains_key(name)
                    || layers(self.frozen.as_ref()).take(at).any(|nearer| nearer.names.contains_key(name))
            };
            layer.names.iter().filter(move |(name, _)| !is_hidden(name)).map(|(name, binding)| (*name, binding))
        });
        own.chain(frozen)
    }

    fn copy(&mut self) -> Self {
        if !self.own.is_empty() {
            let mut names = std::mem::take(&mut self.own);
            let mut below = self.frozen.take();
            while let Some(layer) = below.take_if(|layer| layer.names.len() < 2 * names.len()) {
                let layer = Rc::unwrap_or_clone(layer);
                let nearer = std::mem::replace(&mut names, layer.names);
                names.extend(nearer);
                below = layer.below;
            }
            self.frozen = Some(Rc::new(Layer { names, below }));
        }
        Self { own: HashMap::new(), frozen: self.frozen.clone() }
    }
}

/// From the newest to the oldest.
fn layers<'a, 'p>(newest: Option<&'a Rc<Layer<'p>>>) -> impl Iterator<Item = &'a Layer<'p>> {
    std::iter::successors(newest.map(Rc::as_ref), |layer| layer.below.as_deref())
}

/// The names of a test with its hooks, or of a flow, and what surrounds the step that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Scope<'p> {
    names: Names<'p>,
    /// What was named in this scope itself, in order.
    named: Vec<(&'p str, Span, Kind)>,
    /// Names of the scope around this branch whose bindings were changed in it.
    changed: Vec<&'p str>,
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
    /// From its name to its body.
    pub flow_head: Span,
}

impl<'p> Scope<'p> {
    pub fn new() -> Self {
        Self {
            names: Names::default(),
            named: Vec::new(),
            changed: Vec::new(),
            hidden: HashMap::new(),
            place: Place::Steps,
            answered: false,
            limits: Vec::new(),
            loops: 0,
            flow: None,
            flow_head: Span::nowhere(),
        }
    }

    /// A scope that begins with the names of this one: a test's, after its suite's hooks.
    pub fn inner(&mut self) -> Self {
        Self { names: self.names.copy(), ..Self::new() }
    }

    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.names.get(name)
    }

    pub fn channel_mut(&mut self, name: &'p str) -> Option<&mut Channel> {
        self.names.get(name)?.channel?;
        self.changed.push(name);
        self.names.get_mut(name)?.channel.as_mut()
    }

    pub fn constant(&self, name: &str) -> Option<&Const> {
        self.names.get(name)?.constant.as_ref()
    }

    pub fn names(&self) -> impl Iterator<Item = &'p str> {
        self.names.iter().map(|(name, _)| name)
    }

    pub fn channels(&self) -> impl Iterator<Item = &'p str> {
        self.names.iter().filter(|(_, binding)| binding.channel.is_some()).map(|(name, _)| name)
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'p str> {
        self.names.iter().filter(move |(_, binding)| binding.kind == kind).map(|(name, _)| name)
    }

    /// Names something; gives what had the name before.
    pub fn bind(&mut self, name: &'p str, mut binding: Binding) -> Option<Binding> {
        self.named.push((name, binding.span, binding.kind));
        self.changed.push(name);
        let before = self.names.get(name);
        if let Some(before) = before {
            // Which of the two it is may depend on the round of a loop.
            binding.ty = before.ty.join(&binding.ty);
            binding.constant = None;
        }
        self.names.insert(name, binding)
    }

    pub fn hidden(&self, name: &str) -> Option<Span> {
        self.hidden.get(name).copied()
    }

    /// A copy for one branch of `parallel`; what it finds out is taken back by [`Self::merge`].
    pub fn branch(&mut self) -> Self {
        Self {
            names: self.names.copy(),
            named: Vec::new(),
            changed: Vec::new(),
            hidden: self.hidden.clone(),
            place: self.place,
            answered: self.answered,
            limits: self.limits.clone(),
            loops: self.loops,
            flow: self.flow.clone(),
            flow_head: self.flow_head,
        }
    }

    pub fn hide(&mut self, names: impl Iterator<Item = (&'p str, Span)>) {
        self.hidden.extend(names);
    }

    /// Takes back what all the branches found out that were made of this scope as it is. What one branch did to a channel and another
    /// didn't is unknown, since they run at the same time.
    pub fn merge(&mut self, branches: impl IntoIterator<Item = Scope<'p>>) {
        // What the branch before changed; to all others it is as it was.
        let mut changed: Vec<&'p str> = Vec::new();
        for branch in branches {
            self.answered |= branch.answered;
            for (name, span, kind) in branch.named {
                if let Some(binding) = branch.names.get(name) {
                    self.names.insert(name, binding.clone());
                }
                self.named.push((name, span, kind));
            }
            for name in changed.iter().chain(&branch.changed) {
                let now = self.names.get(name).and_then(|binding| binding.channel);
                let after = branch.names.get(name).and_then(|binding| binding.channel);
                if let (Some(now), Some(after)) = (now, after)
                    && now != after
                    && let Some(channel) = self.channel_mut(name)
                {
                    channel.state = ChannelState::Unknown;
                }
            }
            self.changed.extend(&branch.changed);
            changed = branch.changed;
        }
    }

    /// What was named here, in order.
    pub fn named(&self) -> &[(&'p str, Span, Kind)] {
        &self.named
    }
}
