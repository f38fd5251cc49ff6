use super::super::contents::Contents;
use super::super::cx::{BodyOf, Cx};
use super::super::lints;
use super::super::lints::load_stages::Extent;
use super::super::scope::{Binding, Kind, Limit, Scope};
use super::suites::{push_limit, timeout_of};
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Block, Expr, ExprKind, Load, LoadEntryKind, StmtKind, Threshold, UserHook, UserHookWhen,
};

impl<'p> Cx<'p> {
    pub fn load(&mut self, whole: Span, load: &'p Load) {
        let metas: Vec<_> = load
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                LoadEntryKind::Meta(meta) => Some((entry.span, meta)),
                _ => None,
            })
            .collect();
        let runs_on = lints::environments::of_suite(self, &metas);
        self.set_runs_on(runs_on);
        let outer = self.begin_body(BodyOf::Load, load.name.span, whole);
        let mut scope = Scope::new();
        lints::metas::check(self, &mut scope, &metas, lints::metas::Of::Load);
        let mut extents = Vec::new();
        for entry in &load.entries {
            extents.extend(self.extent(&mut scope, entry));
        }
        let extent = extents.first();
        lints::loads::said_once(self, load);
        lints::loads::scenarios(self, load);
        self.times(&mut scope, load, extent);
        let contents = Contents::of(self, load);
        self.thresholds(&mut scope, load, extent, &contents);
        self.data(&mut scope, load, extent);
        self.user_hooks(&mut scope, load, UserHookWhen::Before);
        let mut after = scope.clone();
        for entry in &load.entries {
            if let LoadEntryKind::Scenario { weight, body, .. } = &entry.kind {
                if let Some(weight) = weight {
                    self.known_count(&mut scope, weight, 1, "`weight`");
                }
                let mut inner = scope.inner();
                if let Some(limit) = timeout_of(&metas) {
                    push_limit(&mut inner, limit, "the load's timeout");
                }
                self.scenario(&mut inner, body);
            }
        }
        self.user_hooks(&mut after, load, UserHookWhen::After);
        // What scenarios call the same is measured as one.
        let mut channels = contents.channels;
        channels.sort_unstable();
        for same in channels.chunk_by(|a, b| a.0 == b.0) {
            let places: Vec<Span> = same.iter().map(|(_, place)| *place).collect();
            self.notes.names.are_same(&places);
        }
        lints::loads::shape(self, load, extent);
        self.notes.names.close(&after);
        self.report_unused(&scope);
        self.end_body(outer);
        self.set_runs_on(None);
    }

    /// `think` and `stop within`
    fn times(&mut self, scope: &mut Scope<'p>, load: &'p Load, extent: Option<&Extent>) {
        for entry in &load.entries {
            match &entry.kind {
                LoadEntryKind::StopWithin(time) => {
                    self.known_time(scope, time, "stop within");
                }
                LoadEntryKind::Think { least, most } => {
                    let mut bounded = scope.inner();
                    bounded.limits.extend(limit_of(extent));
                    if self.is_range(least) {
                        continue;
                    }
                    let least = self.known_time(&mut bounded, least, "think");
                    let most = most.as_ref().and_then(|most| self.known_time(&mut bounded, most, "think"));
                    lints::loads::think(self, entry.span, (least, most), extent);
                }
                _ => {}
            }
        }
    }

    /// `think 1..3`, `think 1s - 3s` instead of `think 1s to 3s`.
    fn is_range(&mut self, time: &'p Expr) -> bool {
        let (ExprKind::Range(from, to) | ExprKind::Binary(BinaryOp::Subtract, _, from, to)) = &time.kind else {
            return false;
        };
        let seconds = |bound: &Expr| match &bound.kind {
            ExprKind::Number(_) => format!("{}s", self.text(bound.span)),
            _ => self.text(bound.span).to_owned(),
        };
        let help = Correction::replace(time.span, format!("{} to {}", seconds(from), seconds(to)));
        let help = help.help(|times| format!("write `think {times}`"));
        let message = "a time from one to another is written with `to`";
        self.report(Diagnostic::error(&codes::TYPE_MISMATCH, time.span, message).with_help(help));
        true
    }

    /// Rows are in scope in every scenario and hook, wherever they are.
    fn data(&mut self, scope: &mut Scope<'p>, load: &'p Load, extent: Option<&Extent>) {
        for entry in &load.entries {
            let LoadEntryKind::Data { rows, taken, name } = &entry.kind else { continue };
            let before = self.before();
            let element = self.loop_list(scope, rows, "the load");
            self.rows(rows, before, "the load");
            let count = self.row_count(rows, before);
            lints::loads::rows(self, (rows, *taken, name.as_ref().map(|name| name.span)), count, extent);
            if let Some(name) = name {
                let binding = Binding { span: name.span, kind: Kind::Row, ty: element, constant: None, channel: None };
                self.bind(scope, name, binding);
            }
        }
    }

    fn user_hooks(&mut self, scope: &mut Scope<'p>, load: &'p Load, when: UserHookWhen) {
        for entry in &load.entries {
            if let LoadEntryKind::Hook(hook @ UserHook { body, .. }) = &entry.kind
                && hook.when == when
            {
                lints::blocks::empty(self, body, "this hook");
                for stmt in &body.stmts {
                    if let StmtKind::Meta(meta) = &stmt.kind {
                        lints::metas::misplaced(self, stmt.span, meta);
                    }
                }
                self.block(scope, body);
            }
        }
    }

    fn scenario(&mut self, scope: &mut Scope<'p>, body: &'p Block) {
        lints::blocks::empty(self, body, "this scenario");
        let metas: Vec<_> = body
            .stmts
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Meta(meta) => Some((stmt.span, meta)),
                _ => None,
            })
            .collect();
        lints::metas::check(self, scope, &metas, lints::metas::Of::Scenario);
        self.block(scope, body);
        self.report_unused(scope);
    }

    fn thresholds(&mut self, scope: &mut Scope<'p>, load: &'p Load, extent: Option<&Extent>, contents: &Contents<'p>) {
        for entry in &load.entries {
            if let (LoadEntryKind::Threshold(threshold), false) = (&entry.kind, self.is_full()) {
                self.threshold(scope, threshold, extent, contents);
            }
        }
    }

    fn threshold(
        &mut self,
        scope: &mut Scope<'p>,
        threshold: &'p Threshold,
        extent: Option<&Extent>,
        contents: &Contents<'p>,
    ) {
        let Threshold { measure, op, limit, over_last, abort: _, abort_after } = threshold;
        lints::measures::statistic(self, measure);
        lints::measured::of_threshold(self, measure, contents, extent.map(|extent| extent.is_open));
        let before = self.before();
        let ty = self.expr(scope, limit);
        let rounds = extent.and_then(|extent| extent.rounds);
        lints::measures::limit(self, measure, *op, limit, &ty, rounds);
        self.limit(limit, before, "known before the run", |_| true);
        let mut bounded = scope.inner();
        bounded.limits.extend(limit_of(extent));
        for (time, what) in [(over_last, "over last"), (abort_after, "abort after")] {
            if let Some(time) = time {
                self.known_time(&mut bounded, time, what);
            }
        }
    }
}

/// How long a load takes, for what must fit into it.
fn limit_of(extent: Option<&Extent>) -> Option<Limit> {
    let extent = extent?;
    Some(Limit { seconds: extent.seconds?, span: extent.span, what: "the load" })
}
