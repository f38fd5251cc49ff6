use super::super::cx::{BodyOf, Cx};
use super::super::lints;
use super::super::scope::{Binding, Kind, Scope};
use super::super::types::Ty;
use crate::source::Span;
use crate::syntax::ast::{Load, LoadEntryKind, Threshold};

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
        // Rows are in scope in every scenario, wherever they are.
        for entry in &load.entries {
            if let LoadEntryKind::Data { rows, name } = &entry.kind {
                let before = self.before();
                let element = self.loop_list(&mut scope, rows, "the load");
                self.rows(rows, before, "the load");
                if let Some(name) = name {
                    let binding =
                        Binding { span: name.span, kind: Kind::Loop, ty: element, constant: None, channel: None };
                    self.bind(&mut scope, name, binding);
                }
            }
        }
        let mut channels = Vec::new();
        for entry in &load.entries {
            match &entry.kind {
                LoadEntryKind::Users { count, ramp, hold } => {
                    self.count(&mut scope, count, 1, "`users`");
                    for time in [ramp, hold].into_iter().flatten() {
                        self.time(&mut scope, time, "ramp and hold");
                    }
                }
                LoadEntryKind::Rate { rate, time, users } => {
                    let ty = self.expr(&mut scope, rate);
                    self.must_be(&ty, &Ty::Rate, rate.span, "a rate is written `200/s`");
                    self.time(&mut scope, time, "for");
                    if let Some(users) = users {
                        self.count(&mut scope, users, 1, "`using at most`");
                    }
                }
                LoadEntryKind::Scenario { weight, body, .. } => {
                    if let Some(weight) = weight {
                        self.count(&mut scope, weight, 1, "`weight`");
                    }
                    let mut inner = scope.inner();
                    self.block(&mut inner, body);
                    self.report_unused(&inner);
                    let opened = inner.of_kind(Kind::Channel).filter_map(|name| Some((name, inner.get(name)?.span)));
                    channels.extend(opened);
                }
                LoadEntryKind::Meta(_)
                | LoadEntryKind::Data { .. }
                | LoadEntryKind::Threshold(_)
                | LoadEntryKind::Error => {}
            }
        }
        // What scenarios call the same is measured as one.
        channels.sort();
        for same in channels.chunk_by(|a, b| a.0 == b.0) {
            let places: Vec<Span> = same.iter().map(|(_, place)| *place).collect();
            self.notes.names.are_same(&places);
        }
        for entry in &load.entries {
            if let LoadEntryKind::Threshold(threshold) = &entry.kind {
                self.threshold(&mut scope, threshold, &channels);
            }
        }
        lints::loads::shape(self, load);
        self.report_unused(&scope);
        self.end_body(outer);
        self.set_runs_on(None);
    }

    fn threshold(&mut self, scope: &mut Scope<'p>, threshold: &'p Threshold, channels: &[(&str, Span)]) {
        lints::measures::names(self, &threshold.measure, Some(channels));
        let ty = self.expr(scope, &threshold.limit);
        lints::measures::limit(self, &threshold.measure, threshold.op, &threshold.limit, &ty);
        for time in [&threshold.over_last, &threshold.abort_after].into_iter().flatten() {
            self.time(scope, time, "over last and after");
        }
    }
}
