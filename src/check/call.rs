use super::cx::Cx;
use super::functions;
use super::scope::Scope;
use super::types::Ty;
use super::words::{counted, dotted};
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{self, Arg};
use crate::value::{Function, Kind};

impl<'p> Cx<'p> {
    /// A function; a flow can't be called in an expression.
    pub fn call(&mut self, scope: &mut Scope<'p>, span: Span, callee: &'p ast::Path, args: &'p [Arg]) -> Ty {
        let types: Vec<Ty> = args.iter().map(|arg| self.expr(scope, &arg.value)).collect();
        if let Some(decl) = self.index.lookup(self.module, &callee.segments)
            && self.index.flow(decl).is_some()
        {
            self.use_decl(decl, &callee.segments);
            let message = format!("the flow `{}` is called inside an expression", dotted(callee));
            self.report(Diagnostic::error(&codes::FLOW_IN_EXPRESSION, span, message).with_help(format!(
                "call it in a step of its own, and use its result: `let result = {}`",
                self.text(span)
            )));
            return Ty::Unknown;
        }
        let function = match callee.segments.as_slice() {
            [name] => Function::named(&name.text),
            _ => None,
        };
        let Some(function) = function else {
            self.unknown_function(callee);
            return Ty::Unknown;
        };
        self.function_args(callee, function, args, &types);
        match (function, types.first()) {
            (Function::OneOf, Some(list)) => return list.element().unwrap_or(Ty::Unknown),
            (Function::Shuffled, Some(list)) if list.kind() == Some(Kind::List) => return list.clone(),
            (Function::Shuffled, _) => return Ty::list(),
            _ => {}
        }
        match function.result() {
            Some(Kind::List) => Ty::list_of(Ty::String),
            result => result.map_or(Ty::Unknown, Ty::of_kind),
        }
    }

    fn function_args(&mut self, callee: &ast::Path, function: Function, args: &'p [Arg], types: &[Ty]) {
        if let Some(name) = args.iter().find_map(|arg| arg.name.as_ref()) {
            let message = format!("the function `{}` takes its arguments by position", function.name());
            self.report(
                Diagnostic::error(&codes::UNKNOWN_PARAMETER, name.span, message)
                    .with_help("write the values alone, in order; only flows take named arguments"),
            );
            return;
        }
        if args.len() != function.parameters().len() {
            let message = format!(
                "`{}()` takes {}, not {}",
                function.name(),
                counted(function.parameters().len(), "argument"),
                args.len()
            );
            self.report(Diagnostic::error(&codes::WRONG_ARGUMENTS, callee.span, message).with_help(usage(function)));
            return;
        }
        for ((arg, ty), parameter) in args.iter().zip(types).zip(function.parameters()) {
            let Some(kind) = ty.kind() else { continue };
            if parameter.kinds.contains(&kind) {
                continue;
            }
            let (message, help) = match function {
                Function::Length => {
                    (format!("{} has no length", ty.words()), "strings, lists and objects have a length".to_owned())
                }
                _ => {
                    let message =
                        format!("`{}()` takes {} here, not {}", function.name(), parameter.words(), ty.words());
                    (message, usage(function))
                }
            };
            self.report(Diagnostic::error(&codes::ARGUMENT_TYPE, arg.span, message).with_help(help));
        }
    }

    pub fn unknown_function(&mut self, callee: &'p ast::Path) {
        if let [module, name] = callee.segments.as_slice()
            && let Some(crate::project::Target::Module(id)) = self.module.imports.get(&module.text)
        {
            self.use_module(module);
            self.unknown_member(&Scope::new(), *id, module, name);
            return;
        }
        let Some(name) = callee.segments.first() else { return };
        if self.may_be_declared(&name.text) {
            return;
        }
        let flows = self.index.own_names(self.module.id);
        let module = self.module;
        let imported = module.imports.keys().map(String::as_str);
        let built_in: Vec<&str> = Function::all().map(Function::name).collect();
        let message = format!("there is no flow or function `{}`", dotted(callee));
        let help = match callee.segments.as_slice() {
            [only] => match functions::meant_by(&only.text)
                .or_else(|| closest(&only.text, built_in.into_iter().chain(flows).chain(imported)))
            {
                Some(near) => Correction::replace(callee.span, near).between("", "(…)").did_you_mean(),
                None => "declare it as `flow NAME() { … }`, or import the file that does".into(),
            },
            _ => format!("import the module first: `import \"{}.e2e\"`", name.text).into(),
        };
        self.report(Diagnostic::error(&codes::UNKNOWN_FUNCTION, callee.span, message).with_help(help));
    }
}

fn usage(function: Function) -> String {
    format!("it is used as `{}`", function.usage())
}
