use super::super::ast::{Credential, Import, ImportFrom, Item, ItemKind, Path, ShapeDecl, ShapeField};
use super::super::grammar::{Rule, seek, take};
use super::super::parser::Parser;
use super::super::split::{Body, Piece, Separators};
use super::super::words::Context;

impl Parser<'_> {
    /// The declarations of the file.
    pub fn items(&mut self) -> Vec<Item> {
        let pieces = self.all_pieces();
        pieces.iter().map(|piece| self.item(piece)).collect()
    }

    fn item(&mut self, piece: &Piece) -> Item {
        let span = self.piece_span(piece);
        let doc = self.doc_before(span);
        let before = self.diagnostics.len();
        let kind = match self.earlier(piece, |earlier| earlier.item(span)) {
            Some(kind) => kind,
            None => self.item_kind(piece),
        };
        Item { span, doc, is_plain: self.is_plain(piece, before), kind }
    }

    fn item_kind(&mut self, piece: &Piece) -> ItemKind {
        let Some(first) = piece.segments.first() else { return ItemKind::Error };
        match Context::File.rule(self.nth_word(first, 0)) {
            Some(Rule::import) => self.import(piece).map_or(ItemKind::Error, ItemKind::Import),
            Some(Rule::environment) => self.environment(piece).map_or(ItemKind::Error, ItemKind::Environment),
            Some(Rule::suite) => self.suite(piece).map_or(ItemKind::Error, ItemKind::Suite),
            Some(Rule::shape) => self.shape(piece).map_or(ItemKind::Error, ItemKind::Shape),
            Some(Rule::flow) => self.flow(piece).map_or(ItemKind::Error, ItemKind::Flow),
            Some(Rule::credential) => self.credential(piece).map_or(ItemKind::Error, ItemKind::Credential),
            Some(Rule::load) => self.load(piece).map_or(ItemKind::Error, ItemKind::Load),
            Some(Rule::plan) => self.plan(piece).map_or(ItemKind::Error, ItemKind::Plan),
            _ if self.outlines => {
                self.is_doubtful = true;
                ItemKind::Error
            }
            _ if self.unknown(piece, Context::File) => self.item_kind(piece),
            _ => ItemKind::Error,
        }
    }

    fn import(&mut self, piece: &Piece) -> Option<Import> {
        self.simple(piece, Rule::import, |build, kids| {
            take(kids, Rule::k_import);
            let from = match kids.next() {
                Some(node) if node.as_rule() == Rule::string => ImportFrom::File(build.str_lit_of(&node)),
                Some(node) => ImportFrom::Module(build.path(node)),
                None => ImportFrom::Module(Path { segments: Vec::new(), span: build.range(0, 0) }),
            };
            let names = match take(kids, Rule::import_names) {
                Some(names) => build.names(&mut names.into_inner()),
                None => Vec::new(),
            };
            let alias = take(kids, Rule::k_as).map(|_| build.name(kids));
            Import { from, names, alias }
        })
    }

    fn shape(&mut self, piece: &Piece) -> Option<ShapeDecl> {
        let (segment, body) = self.head_and_body(piece)?;
        let name = self.head(&segment, Rule::shape, |build, kids| build.declared_shape(kids));
        let fields = body.map_or_else(Vec::new, |body| self.shape_fields(body));
        let name = name.unwrap_or_else(|| self.rescued_ident(&segment));
        Some(ShapeDecl { name, fields })
    }

    fn shape_fields(&mut self, body: Body) -> Vec<ShapeField> {
        let pieces = self.pieces(body, Separators::LinesAndCommas);
        pieces.iter().filter_map(|piece| self.shape_field(piece)).collect()
    }

    fn shape_field(&mut self, piece: &Piece) -> Option<ShapeField> {
        let span = self.piece_span(piece);
        let doc = self.doc_before(span);
        let field = self
            .simple(piece, Rule::shape_field, |build, kids| seek(kids, Rule::field).map(|node| build.field(node)))??;
        Some(ShapeField { doc, ..field })
    }

    fn credential(&mut self, piece: &Piece) -> Option<Credential> {
        self.simple(piece, Rule::credential, |build, kids| {
            let name = build.declared(kids);
            let call = build.expr(kids);
            let refresh_before = take(kids, Rule::k_refresh_before).map(|_| build.expr(kids));
            Credential { name, call, refresh_before }
        })
    }
}
