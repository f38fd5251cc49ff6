use super::Build;
use crate::syntax::ast::{Measure, MeasureKind, MeasureOf, SuccessOf, Template};
use crate::syntax::grammar::{Kids, Node, Rule, seek};

impl Build<'_> {
    pub(super) fn measure(&mut self, kids: &mut Kids<'_>) -> Measure {
        let Some(node) = seek(kids, Rule::measure) else {
            return Measure { span: self.range(0, 0), kind: MeasureKind::Error };
        };
        let span = self.span(&node);
        let kind = node.into_inner().next().map_or(MeasureKind::Error, |inner| self.measure_kind(inner));
        Measure { span, kind }
    }

    fn measure_kind(&mut self, node: Node<'_>) -> MeasureKind {
        let rule = node.as_rule();
        let mut kids = node.into_inner();
        match rule {
            Rule::error_rate => MeasureKind::ErrorRate(self.of_named(&mut kids)),
            Rule::errors => {
                let kind = seek(&mut kids, Rule::error_kind);
                MeasureKind::Errors(kind.map(|kind| self.failure(&kind)))
            }
            Rule::failures_of => MeasureKind::FailuresOf(self.name(&mut kids)),
            Rule::throughput => MeasureKind::Throughput(self.of_named(&mut kids)),
            Rule::k_iterations => MeasureKind::Iterations,
            Rule::k_dropped_arrivals => MeasureKind::DroppedArrivals,
            Rule::success => {
                let of = kids.find_map(|node| match node.as_rule() {
                    Rule::connection => Some(SuccessOf::Connect(self.name(&mut node.into_inner()))),
                    Rule::string => Some(SuccessOf::Named(self.template(&node))),
                    _ => None,
                });
                MeasureKind::Success(of)
            }
            Rule::k_flaky => MeasureKind::Flaky,
            Rule::statistic => {
                let statistic = self.name(&mut kids);
                let measured = seek(&mut kids, Rule::measured).and_then(|node| node.into_inner().next());
                MeasureKind::Statistic { statistic, of: measured.map_or(MeasureOf::Time, |node| self.measured(node)) }
            }
            _ => MeasureKind::Error,
        }
    }

    fn measured(&mut self, node: Node<'_>) -> MeasureOf {
        let rule = node.as_rule();
        let mut kids = node.into_inner();
        match rule {
            Rule::first_byte => MeasureOf::TimeToFirstByte(self.of_named(&mut kids)),
            Rule::event_time => MeasureOf::TimeToEvent(self.str_lit(&mut kids)),
            Rule::connection => MeasureOf::Connect(self.name(&mut kids)),
            Rule::event_gap => MeasureOf::EventGap(self.str_lit(&mut kids)),
            _ => self.of_named(&mut kids).map_or(MeasureOf::Time, MeasureOf::TimeOf),
        }
    }

    fn of_named(&mut self, kids: &mut Kids<'_>) -> Option<Template> {
        let of = seek(kids, Rule::of_named)?;
        let text = seek(&mut of.into_inner(), Rule::string)?;
        Some(self.template(&text))
    }
}
