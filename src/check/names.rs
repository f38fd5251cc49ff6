use std::collections::HashSet;

use super::cx::Cx;
use super::resolution::Definition;
use super::scope::{Binding, Kind, Place, Scope};
use super::types::Ty;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::project::{DeclRef, Module, Target};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, ItemKind};
use crate::syntax::quoted;

/// Names that the language gives a meaning of its own.
const RESERVED: [&str; 2] = ["env", "std"];

/// What a name that isn't one of the scope's refers to.
pub(super) enum Outer {
    Flow,
    Shape,
    Credential(DeclRef),
    Module,
}

impl<'p> Cx<'p> {
    /// The value of a name, wherever it is declared.
    pub fn name(&mut self, scope: &mut Scope<'p>, name: &'p Ident) -> Ty {
        if let Some(binding) = scope.get(&name.text) {
            let ty = binding.ty.clone();
            self.use_name(scope, name);
            return ty;
        }
        if name.text == "env" {
            self.not_a_value(name.span, "`env` alone is no value", "read one of its values: `env.NAME`".to_owned());
            return Ty::Unknown;
        }
        let path = std::slice::from_ref(name);
        if let Some(decl) = self.index.lookup(self.module, path) {
            self.use_decl(decl, path);
        }
        match self.outer(path) {
            Some(Outer::Credential(decl)) => {
                self.facts.calls.push((decl, name.span));
                return Ty::Secret;
            }
            Some(Outer::Flow) => {
                let help = format!("call it in a step of its own: `let result = {}(…)`", name.text);
                self.not_a_value(name.span, &format!("`{}` is a flow, not a value", name.text), help);
            }
            Some(Outer::Shape) => {
                let help = format!("a shape is checked: `expect $ is {}`", name.text);
                self.not_a_value(name.span, &format!("`{}` is a shape, not a value", name.text), help);
            }
            Some(Outer::Module) => {
                self.use_module(name);
                let help = format!("name something of it: `{}.NAME`", name.text);
                self.not_a_value(name.span, &format!("`{}` is a module, not a value", name.text), help);
            }
            None => {
                if let Some(place) = scope.hidden(&name.text) {
                    self.notes.names.count(place);
                }
                self.unknown_name(scope, name);
            }
        }
        Ty::Unknown
    }

    fn not_a_value(&mut self, span: Span, message: &str, help: String) {
        self.report(Diagnostic::error(&codes::NOT_A_VALUE, span, message).with_help(help));
    }

    /// What a name of the file, or of a module, refers to.
    pub fn outer(&self, path: &[Ident]) -> Option<Outer> {
        if let Some(decl) = self.index.lookup(self.module, path) {
            return Some(match &self.index.item(decl)?.kind {
                ItemKind::Flow(_) => Outer::Flow,
                ItemKind::Shape(_) => Outer::Shape,
                _ => Outer::Credential(decl),
            });
        }
        match (path, path.first().and_then(|first| self.module.imports.get(&first.text))) {
            ([_], Some(Target::Module(_))) => Some(Outer::Module),
            _ => None,
        }
    }

    /// `application/json`: names and numbers with signs between them, of which none means anything, are a text that isn't in quotes. They are reported as one.
    pub fn unquoted_text(&mut self, scope: &Scope<'p>, expr: &Expr) -> bool {
        let text = self.text(expr.span);
        let mut names = Vec::new();
        let is_joined = matches!(expr.kind, ExprKind::Binary(..)) && !text.contains(char::is_whitespace);
        if !is_joined || !words_of(expr, &mut names) || names.is_empty() {
            return false;
        }
        if !names.iter().all(|name| self.is_meaningless(scope, name)) {
            return false;
        }
        let listed: Vec<String> = names.iter().map(|name| format!("`{}`", name.text)).collect();
        let message = format!("nothing is called {} here", listed.join(" or "));
        // `Content-Type` is a header wherever it comes up.
        let is_header = text.split('-').all(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
        if is_header && scope.place == Place::Response {
            let help = Correction::insert_before(expr.span, "header ").between("", text);
            let help = help.help(|read| format!("a header of the response is read as `{read}`"));
            self.report(Diagnostic::error(&codes::UNKNOWN_NAME, expr.span, message).with_help(help));
            return true;
        }
        if let Some(rate) = rate_meant(text) {
            let help = Correction::replace(expr.span, rate).safe();
            let help = help.help(|rate| format!("a rate is of a second, a minute or an hour: `{rate}`"));
            self.report(Diagnostic::error(&codes::UNKNOWN_NAME, expr.span, message).with_help(help));
            return true;
        }
        self.report(
            Diagnostic::error(&codes::UNKNOWN_NAME, expr.span, message).with_help(
                Correction::replace(expr.span, quoted(text))
                    .help(|quoted| format!("text is written in quotes: `{quoted}`")),
            ),
        );
        true
    }

    /// Neither the name of something nor like one.
    fn is_meaningless(&self, scope: &Scope<'p>, name: &Ident) -> bool {
        scope.get(&name.text).is_none()
            && self.outer(std::slice::from_ref(name)).is_none()
            && !self.may_be_declared(&name.text)
            && scope.hidden(&name.text).is_none()
            && self.similar(scope, name).is_none()
            && self.without_dot(scope, &name.text).is_none()
            && self.index.with_value(&name.text).is_none()
    }

    fn similar(&self, scope: &Scope<'p>, name: &Ident) -> Option<&'p str> {
        closest(&name.text, scope.names().chain(self.value_names()).chain(subjects(scope.place)))
    }

    /// `envapi`, `usertoken`: a name that is there, and behind it what may be a value of it.
    fn without_dot(&self, scope: &Scope<'p>, name: &str) -> Option<String> {
        const SHORTEST: usize = 3;
        let of_env =
            name.strip_prefix("env").filter(|value| self.index.with_value(value).is_some()).map(|value| ("env", value));
        let of_names = scope.names().filter(|known| known.len() >= SHORTEST).filter_map(|known| {
            let field = name.strip_prefix(known)?;
            field.starts_with(|c: char| c.is_ascii_lowercase()).then_some((known, field))
        });
        let (known, field) = of_env.or_else(|| of_names.max_by_key(|(known, _)| known.len()))?;
        Some(format!("{known}.{field}"))
    }

    fn unknown_name(&mut self, scope: &Scope<'p>, name: &Ident) {
        if self.may_be_declared(&name.text) {
            return;
        }
        let mut diagnostic =
            Diagnostic::error(&codes::UNKNOWN_NAME, name.span, format!("nothing is called `{}` here", name.text));
        let help = if let Some(span) = scope.hidden(&name.text) {
            diagnostic = diagnostic.with_related(span, "it is named in another branch, which runs at the same time");
            "use it after the `parallel` block, or do both in one branch, one after the other".into()
        } else if let Some(near) = self.similar(scope, name) {
            Correction::replace(name.span, near).did_you_mean()
        } else if let Some(dotted) = self.without_dot(scope, &name.text) {
            Correction::replace(name.span, dotted).did_you_mean()
        } else if self.index.with_value(&name.text).is_some() {
            Correction::insert_before(name.span, "env.")
                .between("", &name.text)
                .help(|read| format!("a value of the environment is read as `{read}`"))
        } else {
            Correction::replace(name.span, quoted(&name.text)).help(|text| {
                format!(
                    "text is written in quotes: `{text}`; a value is named, by `let` or `capture`, before it is used"
                )
            })
        };
        self.report(diagnostic.with_help(help));
    }

    /// Credentials, and `env`.
    fn value_names(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        let index = self.index;
        let module = self.module.id;
        let is_credential = move |name: &&str| {
            let item = index.own(module, name).and_then(|decl| index.item(decl));
            item.is_some_and(|item| matches!(item.kind, ItemKind::Credential(_)))
        };
        index.own_names(module).filter(is_credential).chain(["env"])
    }

    /// Whether a name may be declared by something that doesn't parse, or that wasn't found.
    pub fn may_be_declared(&self, name: &str) -> bool {
        name.is_empty() || self.index.broken_mentions(self.module.source, name) || self.is_of_failed_import(name)
    }

    fn is_of_failed_import(&self, name: &str) -> bool {
        !self.module.imports.contains_key(name) && self.imported.get_or_init(|| imported(self.module)).contains(name)
    }

    /// Gives a name to something in scope.
    pub fn bind(&mut self, scope: &mut Scope<'p>, name: &'p Ident, binding: Binding) {
        if name.text.is_empty() {
            return;
        }
        let kind = binding.kind;
        if RESERVED.contains(&name.text.as_str()) {
            let message = format!("`{}` can't be a name: it has a meaning of its own", name.text);
            self.report(Diagnostic::error(&codes::RESERVED_NAME, name.span, message).with_help("choose another name"));
            return;
        }
        if let Some(Target::Module(_)) = self.module.imports.get(&name.text) {
            let message = format!("`{}` hides the import of this name", name.text);
            self.report(
                Diagnostic::warning(&codes::SHADOWED_NAME, name.span, message)
                    .with_help("choose another name, or import the module `as` another one"),
            );
        }
        self.notes.names.give_at(name.span, Definition { span: name.span, kind: kind.into() });
        let before = scope.bind(&name.text, binding);
        let Some(before) = before else { return };
        if kind == Kind::Channel || is_same_purpose(before.kind, kind) || before.span == name.span {
            return;
        }
        let message = format!("`{}` hides the {} of the same name", name.text, before.kind.words());
        self.report(
            Diagnostic::warning(&codes::SHADOWED_NAME, name.span, message)
                .with_related(before.span, "named here first")
                .with_help("choose another name, so that it is clear which one is meant"),
        );
    }

    /// Reports what was named in a scope and never used.
    pub fn report_unused(&mut self, scope: &Scope<'p>) {
        let unused = self.notes.names.close(scope);
        if self.is_full() {
            return;
        }
        for (name, span, kind) in unused {
            if name.starts_with('_') || self.index.broken_mentions(self.module.source, name) {
                continue;
            }
            let help = match kind {
                Kind::Let => "use it, or remove the line",
                Kind::Capture | Kind::Collect => "expect something of it, or remove the line",
                Kind::Param => "use it, or remove it here and in the calls",
                Kind::Row => "read it in a scenario, or remove the line",
                Kind::Loop => "use it in the steps, or write `repeat N times`",
                Kind::Channel => "expect something on it, or remove it",
                Kind::Mark => "use it with `since`, or remove the line",
            };
            let message = format!("the {} `{name}` is never used", kind.words());
            self.report(Diagnostic::warning(&codes::UNUSED_NAME, span, message).with_help(help));
        }
    }
}

/// The parts of a response that a single word names, where there is a response.
fn subjects<'a>(place: Place) -> impl Iterator<Item = &'a str> {
    const SUBJECTS: [&str; 7] = ["status", "body", "time", "size", "url", "redirects", "attempts"];
    SUBJECTS.into_iter().filter(move |_| place == Place::Response)
}

/// A name that is captured again, from the next response, goes on meaning the same.
fn is_same_purpose(before: Kind, now: Kind) -> bool {
    matches!((before, now), (Kind::Capture | Kind::Collect, Kind::Capture | Kind::Collect) | (Kind::Mark, Kind::Mark))
        || matches!((before, now), (Kind::Loop, Kind::Loop))
}

/// Every name that is in an import, or that one could bring in.
fn imported(module: &Module) -> HashSet<&str> {
    let imports = module.ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Import(import) => Some(import),
        _ => None,
    });
    imports
        .flat_map(|import| {
            let names = import.names.iter().chain(&import.alias).map(|name| name.text.as_str());
            names.chain(last_name(&import.from))
        })
        .collect()
}

fn last_name(from: &crate::syntax::ast::ImportFrom) -> Option<&str> {
    match from {
        crate::syntax::ast::ImportFrom::Module(path) => path.segments.last().map(|last| last.text.as_str()),
        crate::syntax::ast::ImportFrom::File(name) => {
            std::path::Path::new(&name.value).file_stem().and_then(|stem| stem.to_str())
        }
    }
}

/// The names in what is made of names and numbers alone; `false` where it is made of anything else.
fn words_of<'e>(expr: &'e Expr, names: &mut Vec<&'e Ident>) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => {
            names.push(name);
            true
        }
        ExprKind::Number(_) => true,
        ExprKind::Field(of, _) => words_of(of, names),
        ExprKind::Binary(_, _, left, right) => words_of(left, names) && words_of(right, names),
        _ => false,
    }
}

/// `200/s` of `200/sec`.
fn rate_meant(text: &str) -> Option<String> {
    let (number, unit) = text.split_once('/')?;
    let unit = match unit {
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hour" | "hours" => "h",
        _ => return None,
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !number.is_empty();
    is_number.then(|| format!("{number}/{unit}"))
}
