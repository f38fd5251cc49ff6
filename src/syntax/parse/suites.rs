use super::super::ast::{AtRisk, Hook, HookWhen, MetaKind, Suite, SuiteEntry, SuiteEntryKind, Test};
use super::super::grammar::{Rule, seek};
use super::super::parser::Parser;
use super::super::split::{Piece, Segment};
use super::super::words::Context;

impl Parser<'_> {
    pub fn suite(&mut self, piece: &Piece) -> Option<Suite> {
        let (segment, body) = self.head_and_body(piece)?;
        let name = self.head(&segment, Rule::suite, |build, kids| build.str_lit(kids));
        let pieces = self.pieces_unless_outlined(body);
        let entries = pieces.iter().map(|piece| self.suite_entry(piece)).collect();
        let name = name.unwrap_or_else(|| self.rescued_name(&segment));
        Some(Suite { name, entries })
    }

    fn suite_entry(&mut self, piece: &Piece) -> SuiteEntry {
        let span = self.piece_span(piece);
        let before = self.diagnostics.len();
        let kind = match self.earlier(piece, |earlier| earlier.entry(span)) {
            Some(kind) => kind,
            None => self.suite_entry_kind(piece).unwrap_or(SuiteEntryKind::Error),
        };
        // A meta isn't a declaration: a doc comment above it documents nothing.
        let doc = if matches!(kind, SuiteEntryKind::Meta(_)) { None } else { self.doc_before(span) };
        SuiteEntry { span, doc, is_plain: self.is_plain(piece, before), kind }
    }

    fn suite_entry_kind(&mut self, piece: &Piece) -> Option<SuiteEntryKind> {
        let first = *piece.segments.first()?;
        match Context::Suite.rule(self.nth_word(&first, 0)) {
            Some(Rule::test) => self.test(piece).map(SuiteEntryKind::Test),
            Some(Rule::hook) => self.hook(piece).map(SuiteEntryKind::Hook),
            Some(rule) => self.meta(piece, rule).map(SuiteEntryKind::Meta),
            None if self.unknown(piece, Context::Suite) => self.suite_entry_kind(piece),
            None => None,
        }
    }

    fn test(&mut self, piece: &Piece) -> Option<Test> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::test, |build, kids| {
            let name = build.str_lit(kids);
            (name, build.for_each(kids))
        });
        let body = self.block(body, &segment, Context::Test);
        let (name, for_each) = head.unwrap_or_else(|| (self.rescued_name(&segment), None));
        Some(Test { name, for_each, body })
    }

    fn hook(&mut self, piece: &Piece) -> Option<Hook> {
        let (segment, body) = self.head_and_body(piece)?;
        let when = self.hook_when(&segment)?;
        let body = self.block(body, &segment, Context::Test);
        Some(Hook { when, body })
    }

    fn hook_when(&mut self, segment: &Segment) -> Option<HookWhen> {
        self.head(segment, Rule::hook, |_, kids| match kids.next().map(|node| node.as_rule()) {
            Some(Rule::k_before_all) => HookWhen::BeforeAll,
            Some(Rule::k_before_each) => HookWhen::BeforeEach,
            Some(Rule::k_after_each) => HookWhen::AfterEach,
            _ => HookWhen::AfterAll,
        })
    }

    pub fn meta(&mut self, piece: &Piece, rule: Rule) -> Option<MetaKind> {
        self.simple(piece, rule, |build, kids| match rule {
            Rule::priority => MetaKind::Priority(build.name(kids)),
            Rule::tags => MetaKind::Tags(build.names(kids)),
            Rule::owner => MetaKind::Owner(build.str_lit(kids)),
            Rule::at_risk => {
                let amount = build.expr(kids);
                let mut risk = AtRisk { amount, per: None, what: None };
                for node in kids {
                    match node.as_rule() {
                        Rule::name => risk.per = Some(build.ident(&node)),
                        Rule::string => risk.what = Some(build.str_lit_of(&node)),
                        _ => {}
                    }
                }
                MetaKind::AtRisk(risk)
            }
            Rule::needs => MetaKind::Needs(build.names(kids)),
            Rule::timeout => MetaKind::Timeout(build.expr(kids)),
            Rule::retries => MetaKind::Retries(build.expr(kids)),
            Rule::runs_on => MetaKind::RunsOn(build.names(kids)),
            Rule::locks => {
                let strings = seek(kids, Rule::strings);
                MetaKind::Locks(strings.map_or_else(Vec::new, |node| build.str_lits(&mut node.into_inner())))
            }
            _ => MetaKind::SideBySide,
        })
    }
}
