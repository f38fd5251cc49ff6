//! How much a load does, and for how long.

use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::Scope;
use super::super::types::Ty;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    ArrivalStage, ArrivalStageKind, Arrivals, Expr, ExprKind, LoadEntry, LoadEntryKind, UserStage, UserStageKind,
};

/// What a load's amount comes to, as far as it is known before the run.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub span: Span,
    /// Rounds come at a rate, whatever users there are.
    pub is_open: bool,
    /// From its beginning to the end of its last stage.
    pub seconds: Option<f64>,
    /// As many users as there are at most, and where that is said.
    pub users: Option<(i64, Span)>,
    /// As many rounds as begin at most: of the open model.
    pub rounds: Option<f64>,
}

impl Extent {
    fn new(span: Span, is_open: bool) -> Self {
        Self { span, is_open, seconds: None, users: None, rounds: None }
    }
}

impl<'p> Cx<'p> {
    /// The extent that an entry of a load gives it, if it is one that does.
    pub fn extent(&mut self, scope: &mut Scope<'p>, entry: &'p LoadEntry) -> Option<Extent> {
        match &entry.kind {
            LoadEntryKind::Users { count, ramp, hold } => {
                let users = self.known_count(scope, count, 1, "`users`");
                let times = [(ramp, "ramp"), (hold, "hold")];
                let times = times.into_iter().filter_map(|(time, what)| Some((time.as_ref()?, what)));
                let times: Vec<_> = times.map(|(time, what)| self.known_time(scope, time, what)).collect();
                if times.is_empty() {
                    let help = Correction::insert_after(count.span, " hold 30s");
                    let help = help.between(self.text(entry.span), "").write();
                    let message = "nothing says how long these users stay";
                    self.report(Diagnostic::error(&codes::LOAD_SHAPE, entry.span, message).with_help(help));
                }
                let seconds = times.into_iter().sum();
                let users = users.map(|users| (users, count.span));
                Some(Extent { seconds, users, ..Extent::new(entry.span, false) })
            }
            LoadEntryKind::Stages(stages) => Some(self.user_stages(scope, entry.span, stages)),
            LoadEntryKind::Rate { rate, time, users } => {
                let per_second = self.known_rate(scope, rate);
                let seconds = self.known_time(scope, time, "for");
                let users = self.at_most_users(scope, users.as_ref());
                if per_second == Some(0.0) {
                    self.nothing_arrives(rate.span);
                }
                let rounds = per_second.zip(seconds).map(|(rate, time)| most_rounds(rate * time));
                Some(Extent { seconds, users, rounds, ..Extent::new(entry.span, true) })
            }
            LoadEntryKind::Arrivals(arrivals) => Some(self.arrivals(scope, entry.span, arrivals)),
            _ => None,
        }
    }

    fn user_stages(&mut self, scope: &mut Scope<'p>, span: Span, stages: &'p [UserStage]) -> Extent {
        let mut extent = Extent { seconds: Some(0.0), ..Extent::new(span, false) };
        // As far as all of them are known.
        let mut most = Some((0, span));
        for (at, stage) in stages.iter().enumerate() {
            let seconds = match &stage.kind {
                UserStageKind::Ramp { to, over } => {
                    let users = self.known_count(scope, to, 0, "`ramp to`");
                    most = most.zip(users).map(|(most, users)| if users > most.0 { (users, to.span) } else { most });
                    self.known_time(scope, over, "over")
                }
                UserStageKind::Hold(time) => {
                    let seconds = self.known_time(scope, time, "hold");
                    if at == 0 {
                        let message = "a load begins without users, so there are none to hold yet";
                        let help = Correction::insert_before(stage.span, "ramp to 50 users over 10s; ");
                        self.report(
                            Diagnostic::error(&codes::LOAD_SHAPE, stage.span, message)
                                .with_help(help.say("let them come first: `ramp to 50 users over 10s`")),
                        );
                        most = None;
                    }
                    seconds
                }
                UserStageKind::Error => {
                    most = None;
                    None
                }
            };
            extent.seconds = extent.seconds.zip(seconds).map(|(sum, more)| sum + more);
        }
        if stages.is_empty() {
            self.no_stages(span, "`ramp to 50 users over 10s`, then `hold 30s`");
        } else if most.is_some_and(|(most, _)| most == 0) {
            let message = "no stage of this load ever has a user";
            self.report(
                Diagnostic::error(&codes::LOAD_SHAPE, span, message)
                    .with_help("a load begins without users: let some come, as in `ramp to 50 users over 10s`"),
            );
        }
        extent.users = most;
        extent
    }

    fn arrivals(&mut self, scope: &mut Scope<'p>, span: Span, arrivals: &'p Arrivals) -> Extent {
        let users = self.at_most_users(scope, arrivals.users.as_ref());
        let mut extent = Extent { seconds: Some(0.0), users, rounds: Some(0.0), ..Extent::new(span, true) };
        let mut rate = Some(0.0);
        let mut is_any = false;
        for ArrivalStage { kind, .. } in &arrivals.stages {
            let before = rate;
            let (seconds, mean) = match kind {
                ArrivalStageKind::Hold { rate: at, time } => {
                    rate = self.known_rate(scope, at);
                    (self.known_time(scope, time, "for"), rate)
                }
                ArrivalStageKind::Ramp { to, over } => {
                    rate = self.known_rate(scope, to);
                    let mean = before.zip(rate).map(|(from, to)| f64::midpoint(from, to));
                    (self.known_time(scope, over, "over"), mean)
                }
                ArrivalStageKind::Error => {
                    rate = None;
                    (None, None)
                }
            };
            is_any |= rate != Some(0.0);
            extent.seconds = extent.seconds.zip(seconds).map(|(sum, more)| sum + more);
            let rounds = mean.zip(seconds).map(|(rate, time)| rate * time);
            extent.rounds = extent.rounds.zip(rounds).map(|(sum, more)| sum + more);
        }
        if arrivals.stages.is_empty() {
            self.no_stages(span, "`50/s for 1m`, or `ramp to 200/s over 2m`");
        } else if !is_any {
            self.nothing_arrives(span);
        }
        extent.rounds = extent.rounds.map(most_rounds);
        extent
    }

    fn at_most_users(&mut self, scope: &mut Scope<'p>, users: Option<&'p Expr>) -> Option<(i64, Span)> {
        let users = users?;
        Some((self.known_count(scope, users, 1, "`using at most`")?, users.span))
    }

    /// A rate: its amount in a second, where it is known.
    fn known_rate(&mut self, scope: &mut Scope<'p>, rate: &'p Expr) -> Option<f64> {
        let before = self.before();
        let ty = self.expr(scope, rate);
        if !ty.meets(&Ty::Rate) {
            let help = match &rate.kind {
                ExprKind::Number(_) => {
                    let written = self.text(rate.span);
                    Correction::insert_after(rate.span, "/s")
                        .between(written, "")
                        .help(|rate| format!("say in what time: `{rate}`, or `{written}/m` for a minute"))
                }
                _ => "a rate is written `200/s`, `30/m` or `500/h`".into(),
            };
            let message = format!("a rate is needed here, and this is {}", ty.words());
            self.report(Diagnostic::error(&codes::TYPE_MISMATCH, rate.span, message).with_help(help));
            return None;
        }
        self.limit(rate, before, "a rate, such as `200/s`", |value| matches!(value, crate::value::Value::Rate(_)));
        constant::of(rate, Some(scope))?.amount()
    }

    fn no_stages(&mut self, span: Span, stages: &str) {
        if self.index.is_broken(span) {
            return;
        }
        self.report(
            Diagnostic::error(&codes::LOAD_SHAPE, span, "there are no stages here, so this load never begins")
                .with_help(format!("say what comes, one stage after another: {stages}")),
        );
    }

    fn nothing_arrives(&mut self, span: Span) {
        self.report(
            Diagnostic::error(&codes::LOAD_SHAPE, span, "at this rate no round ever begins")
                .with_help("write a rate above zero: `50/s`, `30/m`"),
        );
    }
}

/// The first round begins at once.
fn most_rounds(rounds: f64) -> f64 {
    (rounds + 1e-9).floor() + 1.0
}
