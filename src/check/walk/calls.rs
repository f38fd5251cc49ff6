use super::super::cx::Cx;
use super::super::lints;
use super::super::resolution::{Definition, DefinitionKind};
use super::super::scope::Scope;
use super::super::types::{self, Ty};
use super::super::words::{counted, dotted};
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::project::Module;
use crate::source::Span;
use crate::syntax::ast::{Arg, Flow, Path};
use crate::value::Function;

/// What a call turned out to call.
pub enum Called<'p> {
    /// With the type of its result, where it has one.
    Flow(&'p Flow, Option<Ty>),
    Function,
    Unknown,
}

impl<'p> Cx<'p> {
    /// A call in a step of its own, where flows may be called.
    pub(super) fn flow_call(
        &mut self,
        scope: &mut Scope<'p>,
        span: Span,
        callee: &'p Path,
        args: &'p [Arg],
    ) -> Called<'p> {
        let Some(decl) = self.index.lookup(self.module, &callee.segments) else {
            let is_function = matches!(callee.segments.as_slice(), [name] if Function::named(&name.text).is_some());
            for arg in args {
                self.expr(scope, &arg.value);
            }
            if is_function {
                return Called::Function;
            }
            // It might have expected or exchanged anything.
            self.facts.broken = true;
            self.unknown_function(callee);
            return Called::Unknown;
        };
        self.use_decl(decl, &callee.segments);
        let (Some(flow), Some(home)) = (self.index.flow(decl), self.index.project.module(decl.module)) else {
            for arg in args {
                self.expr(scope, &arg.value);
            }
            let message = format!("`{}` can't be called", dotted(callee));
            self.report(
                Diagnostic::error(&codes::UNKNOWN_FUNCTION, callee.span, message)
                    .with_help("only flows are called; a credential is read by its name alone"),
            );
            return Called::Unknown;
        };
        self.facts.calls.push((decl, span));
        self.arguments(scope, callee, (flow, home), args);
        let result = flow.result.as_ref().map(|ty| types::of_type(self, home, ty, 0));
        Called::Flow(flow, result)
    }

    fn arguments(
        &mut self,
        scope: &mut Scope<'p>,
        callee: &Path,
        (flow, home): (&'p Flow, &'p Module),
        args: &'p [Arg],
    ) {
        let types: Vec<Ty> = args.iter().map(|arg| self.expr(scope, &arg.value)).collect();
        if self.index.is_broken(flow.name.span) {
            return;
        }
        let named = args.iter().filter(|arg| arg.name.is_some()).count();
        if named > 0 && named < args.len() {
            let odd = args.iter().find(|arg| arg.name.is_none()).map_or(callee.span, |arg| arg.span);
            self.report(
                Diagnostic::error(&codes::MIXED_ARGUMENTS, odd, "this call has positional and named arguments")
                    .with_help(format!("name all of them, or none: `{}`", usage(flow))),
            );
            return;
        }
        let mut given = vec![false; flow.params.len()];
        for (position, (arg, ty)) in args.iter().zip(&types).enumerate() {
            let at = match &arg.name {
                Some(name) => {
                    let at = flow.params.iter().position(|param| param.name.text == name.text);
                    if at.is_none() {
                        self.unknown_parameter(flow, name);
                        return;
                    }
                    at
                }
                None => Some(position),
            };
            let Some((param, given)) = at.and_then(|at| Some((flow.params.get(at)?, given.get_mut(at)?))) else {
                continue;
            };
            if *given {
                self.report(
                    Diagnostic::error(
                        &codes::WRONG_ARGUMENTS,
                        arg.span,
                        format!("`{}` is given twice", param.name.text),
                    )
                    .with_help("remove one of them"),
                );
            }
            *given = true;
            if let Some(name) = &arg.name {
                let definition = Definition { span: param.name.span, kind: DefinitionKind::Parameter };
                self.notes.names.name_at(name.span, definition);
            }
            lints::secrets::field(self, &param.name.text, Some(&arg.value));
            let wanted = param.ty.as_ref().map_or(Ty::Unknown, |ty| types::of_type(self, home, ty, 0));
            if !ty.meets(&wanted) {
                let message = format!(
                    "`{}` of `{}` is {}, and this is {}",
                    param.name.text,
                    flow.name.text,
                    wanted.words(),
                    ty.words()
                );
                self.report(
                    Diagnostic::error(&codes::ARGUMENT_TYPE, arg.value.span, message)
                        .with_related(param.name.span, "the parameter")
                        .with_help(format!("it is used as `{}`", usage(flow))),
                );
            }
        }
        self.arity(callee, flow, args, &given);
    }

    fn arity(&mut self, callee: &Path, flow: &Flow, args: &[Arg], given: &[bool]) {
        let missing: Vec<&str> = flow
            .params
            .iter()
            .zip(given)
            .filter(|(param, given)| param.default.is_none() && !**given)
            .map(|(param, _)| param.name.text.as_str())
            .collect();
        let message = if let Some(extra) = args.get(flow.params.len()) {
            let message =
                format!("`{}` takes {}, not {}", dotted(callee), counted(flow.params.len(), "argument"), args.len());
            self.report(
                Diagnostic::error(&codes::WRONG_ARGUMENTS, extra.span, message)
                    .with_related(flow.name.span, "the flow")
                    .with_help(format!("it is used as `{}`", usage(flow))),
            );
            return;
        } else if missing.is_empty() {
            return;
        } else {
            let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("`{}` needs {names}", dotted(callee))
        };
        self.report(
            Diagnostic::error(&codes::WRONG_ARGUMENTS, callee.span, message)
                .with_related(flow.name.span, "the flow")
                .with_help(format!("it is used as `{}`", usage(flow))),
        );
    }

    fn unknown_parameter(&mut self, flow: &Flow, name: &crate::syntax::ast::Ident) {
        let message = format!("`{}` has no parameter `{}`", flow.name.text, name.text);
        let help = match closest(&name.text, flow.params.iter().map(|param| param.name.text.as_str())) {
            Some(near) => Correction::replace(name.span, near).did_you_mean(),
            None => format!("it is used as `{}`", usage(flow)).into(),
        };
        self.report(
            Diagnostic::error(&codes::UNKNOWN_PARAMETER, name.span, message)
                .with_related(flow.name.span, "the flow")
                .with_help(help),
        );
    }
}

fn usage(flow: &Flow) -> String {
    let params: Vec<&str> = flow.params.iter().map(|param| param.name.text.as_str()).collect();
    format!("{}({})", flow.name.text, params.join(", "))
}
