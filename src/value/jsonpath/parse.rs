//! From text to a query. The parser of `jsonpath-rust` reads the structure; literals and names are slots for it, because it knows no
//! names and no exact numbers.

use jsonpath_rust::parser::errors::JsonPathError as ParserError;
use jsonpath_rust::parser::{model, parse_json_path};
use pest::error::InputLocation;

use super::super::Json;
use super::iregexp::IRegexp;
use super::scan::{Parsed, Scanned, Slot, SlotOf, scan};
use super::syntax::{Logical, Op, Operand, Query, Segment, Selector};
use super::{JsonPathError, PathName};

pub(super) fn parse(text: &str) -> Parsed<(Query, Vec<PathName>)> {
    let mut scanned = scan(text)?;
    let misuse = scanned.misuse.take();
    let model = match parse_json_path(&scanned.text) {
        Ok(model) => model,
        Err(error) => {
            let fault = describe(text, &scanned, &error);
            // A misuse may be what made the parser stop.
            return Err(misuse.filter(|misuse| misuse.start < fault.start || whole(text, &fault)).unwrap_or(fault));
        }
    };
    if let Some(misuse) = misuse {
        return Err(misuse);
    }
    let reader = Reader { text, scanned: &scanned };
    let mut segments = reader.segments(model.segments)?;
    for (segment, end) in segments.iter_mut().zip(&scanned.ends) {
        segment.end = *end;
    }
    Ok((Query { absolute: true, segments }, scanned.names))
}

fn whole(text: &str, fault: &JsonPathError) -> bool {
    (fault.start, fault.end) == (0, text.len())
}

fn describe(text: &str, scanned: &Scanned, error: &ParserError) -> JsonPathError {
    let ParserError::PestError(error) = error else { return no_path(text) };
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let (start, end) = scanned.place(at);
    let end = end.or_else(|| Some(start + text.get(start..)?.chars().next()?.len_utf8()));
    match end {
        Some(end) => {
            let found = text.get(start..end).unwrap_or_default().escape_debug();
            JsonPathError { message: format!("the path goes wrong at `{found}`"), start, end }
        }
        None => {
            let start = text.char_indices().next_back().map_or(0, |(start, _)| start);
            JsonPathError { message: "the path ends too early".to_owned(), start, end: text.len() }
        }
    }
}

/// The parser refused it without a place, or accepted what the scan should have refused.
fn no_path(text: &str) -> JsonPathError {
    JsonPathError { message: "this isn't a JSONPath".to_owned(), start: 0, end: text.len() }
}

/// From the parser's model to ours.
struct Reader<'a> {
    text: &'a str,
    scanned: &'a Scanned,
}

impl Reader<'_> {
    fn segments(&self, segments: Vec<model::Segment>) -> Parsed<Vec<Segment>> {
        segments.into_iter().map(|segment| self.segment(segment)).collect()
    }

    fn segment(&self, segment: model::Segment) -> Parsed<Segment> {
        let selectors = match segment {
            model::Segment::Descendant(inner) => {
                return Ok(Segment { descendant: true, ..self.segment(*inner)? });
            }
            model::Segment::Selector(selector) => vec![self.selector(selector)?],
            model::Segment::Selectors(selectors) => {
                selectors.into_iter().map(|selector| self.selector(selector)).collect::<Parsed<_>>()?
            }
        };
        Ok(Segment { descendant: false, selectors, end: 0 })
    }

    fn selector(&self, selector: model::Selector) -> Parsed<Selector> {
        Ok(match selector {
            model::Selector::Name(name) => self.key(name),
            model::Selector::Wildcard => Selector::Wildcard,
            model::Selector::Index(index) => Selector::Index(index),
            model::Selector::Slice(start, end, step) => Selector::Slice { start, end, step: step.unwrap_or(1) },
            model::Selector::Filter(filter) => Selector::Filter(self.logical(filter)?),
        })
    }

    /// Names after dots don't begin with a digit; those in quotes are slots.
    fn key(&self, name: String) -> Selector {
        match self.scanned.slot(&name).map(|slot| &slot.of) {
            Some(SlotOf::Literal(Json::String(name))) => Selector::Name(name.to_string()),
            Some(SlotOf::Name(name)) => Selector::Slot(*name),
            _ => Selector::Name(name),
        }
    }

    fn logical(&self, filter: model::Filter) -> Parsed<Logical> {
        let all = |filters: Vec<model::Filter>| -> Parsed<Vec<Logical>> {
            filters.into_iter().map(|filter| self.logical(filter)).collect()
        };
        let (inner, not) = match filter {
            model::Filter::Or(filters) => return all(filters).map(Logical::Or),
            model::Filter::And(filters) => return all(filters).map(Logical::And),
            model::Filter::Atom(model::FilterAtom::Comparison(comparison)) => return self.comparison(*comparison),
            model::Filter::Atom(model::FilterAtom::Filter { expr, not }) => (self.logical(*expr)?, not),
            model::Filter::Atom(model::FilterAtom::Test { expr, not }) => (self.test(*expr)?, not),
        };
        Ok(if not { Logical::Not(Box::new(inner)) } else { inner })
    }

    fn test(&self, test: model::Test) -> Parsed<Logical> {
        use model::TestFunction::{Match, Search};
        let (text, pattern, whole) = match test {
            model::Test::Function(function) => match *function {
                Match(text, pattern) => (text, pattern, true),
                Search(text, pattern) => (text, pattern, false),
                _ => return Err(no_path(self.text)),
            },
            query => return self.query(query).map(Logical::Exists),
        };
        let slot = match &pattern {
            model::FnArg::Literal(literal) => Some(self.slot(literal)?),
            _ => None,
        };
        let compiled = match slot {
            Some(Slot { of: SlotOf::Literal(Json::String(pattern)), range, .. }) => {
                Some(IRegexp::compile(pattern, whole).map_err(|why| JsonPathError {
                    message: format!("this isn't a regex of RFC 9485: {why}"),
                    start: range.start,
                    end: range.end,
                })?)
            }
            _ => None,
        };
        Ok(Logical::Matches { text: self.argument(text)?, pattern: self.argument(pattern)?, compiled, whole })
    }

    fn query(&self, test: model::Test) -> Parsed<Query> {
        let (absolute, segments) = match test {
            model::Test::RelQuery(segments) => (false, segments),
            model::Test::AbsQuery(query) => (true, query.segments),
            model::Test::Function(_) => return Err(no_path(self.text)),
        };
        Ok(Query { absolute, segments: self.segments(segments)? })
    }

    fn comparison(&self, comparison: model::Comparison) -> Parsed<Logical> {
        use model::Comparison::{Eq, Gt, Gte, Lt, Lte, Ne};
        let (op, left, right) = match comparison {
            Eq(left, right) => (Op::Equal, left, right),
            Ne(left, right) => (Op::NotEqual, left, right),
            Lt(left, right) => (Op::Less, left, right),
            Lte(left, right) => (Op::LessEqual, left, right),
            Gt(left, right) => (Op::Greater, left, right),
            Gte(left, right) => (Op::GreaterEqual, left, right),
        };
        Ok(Logical::Compare(op, self.comparable(left)?, self.comparable(right)?))
    }

    fn comparable(&self, comparable: model::Comparable) -> Parsed<Operand> {
        let (absolute, segments) = match comparable {
            model::Comparable::Literal(literal) => return self.literal(&literal),
            model::Comparable::Function(function) => return self.function(function),
            model::Comparable::SingularQuery(model::SingularQuery::Current(segments)) => (false, segments),
            model::Comparable::SingularQuery(model::SingularQuery::Root(segments)) => (true, segments),
        };
        let segment = |segment| {
            let selector = match segment {
                model::SingularQuerySegment::Index(index) => Selector::Index(index),
                model::SingularQuerySegment::Name(name) => self.key(name),
            };
            Segment { descendant: false, selectors: vec![selector], end: 0 }
        };
        Ok(Operand::Query(Query { absolute, segments: segments.into_iter().map(segment).collect() }))
    }

    fn function(&self, function: model::TestFunction) -> Parsed<Operand> {
        use model::TestFunction::{Count, Length, Value};
        match function {
            Length(of) => Ok(Operand::Length(Box::new(self.argument(*of)?))),
            Count(model::FnArg::Test(test)) => self.query(*test).map(Operand::Count),
            Value(model::FnArg::Test(test)) => self.query(*test).map(Operand::Value),
            _ => Err(no_path(self.text)),
        }
    }

    fn argument(&self, argument: model::FnArg) -> Parsed<Operand> {
        match argument {
            model::FnArg::Literal(literal) => self.literal(&literal),
            model::FnArg::Test(test) => match *test {
                model::Test::Function(function) => self.function(*function),
                query => self.query(query).map(Operand::Query),
            },
            model::FnArg::Filter(_) => Err(no_path(self.text)),
        }
    }

    fn slot(&self, literal: &model::Literal) -> Parsed<&Slot> {
        let slot = match literal {
            model::Literal::String(number) => self.scanned.slot(number),
            _ => None,
        };
        slot.ok_or_else(|| no_path(self.text))
    }

    fn literal(&self, literal: &model::Literal) -> Parsed<Operand> {
        Ok(match &self.slot(literal)?.of {
            SlotOf::Literal(json) => Operand::Literal(json.clone()),
            SlotOf::Name(name) => Operand::Slot(*name),
        })
    }
}
