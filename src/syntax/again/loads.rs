use super::shift::{Shift, all, parts};
use crate::syntax::ast::{
    ArrivalStage, ArrivalStageKind, Arrivals, Load, LoadEntry, LoadEntryKind, Measure, MeasureKind, MeasureOf,
    SuccessOf, Threshold, UserHook, UserStage, UserStageKind,
};

parts! {
    ArrivalStage { span, kind }
    Arrivals { users, stages }
    Load { name, entries }
    LoadEntry { span, kind }
    Measure { span, kind }
    Threshold { measure, limit, over_last, abort_after - op, abort }
    UserHook { body - when }
    UserStage { span, kind }
}

impl Shift for LoadEntryKind {
    fn shift(&mut self, by: u32) {
        match self {
            LoadEntryKind::Meta(meta) => meta.shift(by),
            LoadEntryKind::Users { count, ramp, hold } => all!(by: count, ramp, hold),
            LoadEntryKind::Stages(stages) => stages.shift(by),
            LoadEntryKind::Rate { rate, time, users } => all!(by: rate, time, users),
            LoadEntryKind::Arrivals(arrivals) => arrivals.shift(by),
            LoadEntryKind::Hook(hook) => hook.shift(by),
            LoadEntryKind::Scenario { name, weight, body } => all!(by: name, weight, body),
            LoadEntryKind::Data { rows, taken: _, name } => all!(by: rows, name),
            LoadEntryKind::Think { least, most } => all!(by: least, most),
            LoadEntryKind::StopWithin(time) => time.shift(by),
            LoadEntryKind::Threshold(threshold) => threshold.shift(by),
            LoadEntryKind::Error => {}
        }
    }
}

impl Shift for UserStageKind {
    fn shift(&mut self, by: u32) {
        match self {
            UserStageKind::Ramp { to, over } => all!(by: to, over),
            UserStageKind::Hold(time) => time.shift(by),
            UserStageKind::Error => {}
        }
    }
}

impl Shift for ArrivalStageKind {
    fn shift(&mut self, by: u32) {
        match self {
            ArrivalStageKind::Hold { rate, time } => all!(by: rate, time),
            ArrivalStageKind::Ramp { to, over } => all!(by: to, over),
            ArrivalStageKind::Error => {}
        }
    }
}

impl Shift for MeasureKind {
    fn shift(&mut self, by: u32) {
        match self {
            MeasureKind::Statistic { statistic, of } => all!(by: statistic, of),
            MeasureKind::ErrorRate(of) | MeasureKind::Throughput(of) => of.shift(by),
            MeasureKind::Errors(of) => of.shift(by),
            MeasureKind::Success(of) => of.shift(by),
            MeasureKind::FailuresOf(name) => name.shift(by),
            MeasureKind::Iterations | MeasureKind::DroppedArrivals | MeasureKind::Flaky | MeasureKind::Error => {}
        }
    }
}

impl Shift for MeasureOf {
    fn shift(&mut self, by: u32) {
        match self {
            MeasureOf::TimeOf(name) => name.shift(by),
            MeasureOf::TimeToFirstByte(name) => name.shift(by),
            MeasureOf::Connect(channel) => channel.shift(by),
            MeasureOf::TimeToEvent(name) | MeasureOf::EventGap(name) => name.shift(by),
            MeasureOf::Time => {}
        }
    }
}

impl Shift for SuccessOf {
    fn shift(&mut self, by: u32) {
        match self {
            SuccessOf::Named(name) => name.shift(by),
            SuccessOf::Connect(channel) => channel.shift(by),
        }
    }
}
