//! How much a file has of what costs a compiler more than its bytes: counted before anything is validated.
//!
//! Not for: whether it is well-formed; what cannot be read here is left to whoever reads it next, who says so in better words.

use wasmparser::{
    ComponentDefinedType, ComponentType, ComponentTypeDeclaration, CoreType, InstanceTypeDeclaration, Parser, Payload,
};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Types,
    Functions,
    Globals,
    Imports,
    Exports,
    Instances,
    Aliases,
    Segments,
    Sections,
    Nesting,
}

impl Part {
    const ALL: [Self; 10] = [
        Self::Types,
        Self::Functions,
        Self::Globals,
        Self::Imports,
        Self::Exports,
        Self::Instances,
        Self::Aliases,
        Self::Segments,
        Self::Sections,
        Self::Nesting,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Types => "types",
            Self::Functions => "functions",
            Self::Globals => "globals",
            Self::Imports => "imports",
            Self::Exports => "exports",
            Self::Instances => "modules and instances",
            Self::Aliases => "aliases",
            Self::Segments => "data and element segments",
            Self::Sections => "sections",
            Self::Nesting => "levels of nesting",
        }
    }

    /// The most that a file may have: several times what the largest have that any toolchain makes. A policy in Python has 13,501
    /// functions, 2,320 imports, 4,217 exports, 1,357 aliases and 874 globals, one in JavaScript 6,113 segments, 806 sections and 112
    /// modules and instances in three levels.
    const fn most(self) -> u64 {
        match self {
            Self::Types => 20_000,
            Self::Functions => 200_000,
            Self::Globals => 10_000,
            Self::Imports => 20_000,
            Self::Exports => 40_000,
            Self::Instances => 1_000,
            Self::Aliases => 10_000,
            Self::Segments => 50_000,
            Self::Sections => 10_000,
            Self::Nesting => 8,
        }
    }
}

/// More of something than a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file has {has} {what}, more than the {most} that a policy may have")]
pub(crate) struct TooMuch {
    what: &'static str,
    has: u64,
    most: u64,
}

/// Whether a component or module is small enough to be compiled.
///
/// # Errors
/// [`TooMuch`] names what it has too much of.
pub(crate) fn ensure_bounded(wasm: &[u8]) -> Result<(), TooMuch> {
    let mut counted = Counted::default();
    for payload in Parser::new(0).parse_all(wasm) {
        // Not to be read: whoever validates it says why.
        let Ok(payload) = payload else { return Ok(()) };
        counted.add(&payload);
        counted.ensure_bounded()?;
    }
    Ok(())
}

/// How much there is of each part, and how deep it is nested at present.
#[derive(Debug, Default)]
struct Counted {
    parts: [u64; Part::ALL.len()],
    depth: u64,
}

impl Counted {
    fn add(&mut self, payload: &Payload<'_>) {
        // Bodies of functions are counted as functions.
        if !matches!(payload, Payload::CodeSectionEntry(_)) {
            self.count(Part::Sections, 1);
        }
        match payload {
            Payload::TypeSection(section) => {
                let groups = section.clone().into_iter().map_while(Result::ok);
                groups.for_each(|group| self.count(Part::Types, length(group.types())));
            }
            Payload::CoreTypeSection(section) => {
                let types = section.clone().into_iter().map_while(Result::ok);
                types.for_each(|declared| self.count(Part::Types, of_core(&declared)));
            }
            Payload::ComponentTypeSection(section) => {
                let types = section.clone().into_iter().map_while(Result::ok);
                types.for_each(|declared| self.count(Part::Types, of_component(&declared)));
            }
            Payload::FunctionSection(section) => self.count(Part::Functions, section.count()),
            Payload::ComponentCanonicalSection(section) => self.count(Part::Functions, section.count()),
            Payload::GlobalSection(section) => self.count(Part::Globals, section.count()),
            Payload::ImportSection(section) => self.count(Part::Imports, section.count()),
            Payload::ComponentImportSection(section) => self.count(Part::Imports, section.count()),
            Payload::ExportSection(section) => self.count(Part::Exports, section.count()),
            Payload::ComponentExportSection(section) => self.count(Part::Exports, section.count()),
            Payload::InstanceSection(section) => self.count(Part::Instances, section.count()),
            Payload::ComponentInstanceSection(section) => self.count(Part::Instances, section.count()),
            Payload::ComponentAliasSection(section) => self.count(Part::Aliases, section.count()),
            Payload::ElementSection(section) => self.count(Part::Segments, section.count()),
            Payload::DataSection(section) => self.count(Part::Segments, section.count()),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                self.count(Part::Instances, 1);
                self.depth = self.depth.saturating_add(1);
                self.deepest(self.depth);
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn count(&mut self, part: Part, more: u32) {
        if let Some(count) = self.parts.get_mut(part as usize) {
            *count = count.saturating_add(more.into());
        }
    }

    fn deepest(&mut self, depth: u64) {
        if let Some(deepest) = self.parts.get_mut(Part::Nesting as usize) {
            *deepest = depth.max(*deepest);
        }
    }

    fn ensure_bounded(&self) -> Result<(), TooMuch> {
        let counted = Part::ALL.into_iter().zip(self.parts);
        let over = counted.into_iter().find(|(part, has)| *has > part.most());
        over.map_or(Ok(()), |(part, has)| Err(TooMuch { what: part.name(), has, most: part.most() }))
    }
}

/// A type with all that is declared in it, and with the fields and cases that it has.
fn of_component(declared: &ComponentType<'_>) -> u32 {
    let inside = match declared {
        ComponentType::Defined(defined) => of_defined(defined),
        ComponentType::Func(function) => length(function.params.iter()),
        ComponentType::Component(declarations) => declarations.iter().map(of_declaration).fold(0, u32::saturating_add),
        ComponentType::Instance(declarations) => declarations.iter().map(of_instance).fold(0, u32::saturating_add),
        ComponentType::Resource { .. } => 0,
    };
    inside.saturating_add(1)
}

fn of_declaration(declaration: &ComponentTypeDeclaration<'_>) -> u32 {
    match declaration {
        ComponentTypeDeclaration::CoreType(declared) => of_core(declared),
        ComponentTypeDeclaration::Type(declared) => of_component(declared),
        _ => 1,
    }
}

fn of_instance(declaration: &InstanceTypeDeclaration<'_>) -> u32 {
    match declaration {
        InstanceTypeDeclaration::CoreType(declared) => of_core(declared),
        InstanceTypeDeclaration::Type(declared) => of_component(declared),
        _ => 1,
    }
}

fn of_core(declared: &CoreType<'_>) -> u32 {
    match declared {
        CoreType::Rec(group) => length(group.types()),
        CoreType::Module(declarations) => length(declarations.iter()).saturating_add(1),
    }
}

fn of_defined(defined: &ComponentDefinedType<'_>) -> u32 {
    match defined {
        ComponentDefinedType::Record(fields) => length(fields.iter()),
        ComponentDefinedType::Variant(cases) => length(cases.iter()),
        ComponentDefinedType::Tuple(types) => length(types.iter()),
        ComponentDefinedType::Flags(names) | ComponentDefinedType::Enum(names) => length(names.iter()),
        _ => 0,
    }
}

fn length(of: impl ExactSizeIterator) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        ensure_bounded(&wat::parse_str(text).unwrap()).err().map(|error| error.to_string())
    }

    #[test]
    fn a_file_may_have_as_many_as_the_limit_says_and_is_told_of_one_more() {
        let of = |part: Part, one: &str, more: u64| {
            let many = usize::try_from(part.most() + more).unwrap();
            said(&format!("(component {})", one.repeat(many)))
        };
        for (part, one) in [
            (Part::Types, "(type u8)"),
            (Part::Types, "(core type (func))"),
            (Part::Instances, "(core module)"),
            (Part::Exports, "(export \"x\" (func 0))"),
        ] {
            // A file of few kinds of sections has one for each.
            let over = format!(
                "the file has {} {}, more than the {} that a policy may have",
                part.most() + 1,
                part.name(),
                part.most()
            );
            assert_eq!((of(part, one, 0), of(part, one, 1)), (None, Some(over)), "{one}");
        }
    }

    #[test]
    fn what_is_declared_inside_a_type_counts_as_well() {
        let most = Part::Types.most();
        let over = |has| Some(TooMuch { what: "types", has, most }.to_string());
        // One alone cannot have as many as there may be in all.
        let fields: String = (0..most / 4).map(|number| format!("(field \"f{number}\" u8)")).collect();
        let records = format!("(type (record {fields}))").repeat(4);
        assert_eq!(said(&format!("(component {records})")), over(most + 4));
        let many = |one: &str| one.repeat(usize::try_from(most + 1).unwrap());
        assert_eq!(said(&format!("(component (type (instance {})))", many("(type u8)"))), over(most + 2));
        assert_eq!(said(&format!("(module (rec {}))", many("(type (func))"))), over(most + 1));
    }

    #[test]
    fn components_in_components_are_counted_and_their_depth_is_bounded() {
        let nested = |levels| format!("{}{}", "(component ".repeat(levels), ")".repeat(levels));
        assert_eq!((said(&nested(9)), said(&nested(10)).is_some()), (None, true));
        let inner = format!("(core module {})", "(global i32 i32.const 0)".repeat(5_001));
        assert_eq!(said(&format!("(component {inner})")), None);
        assert!(said(&format!("(component {inner} {inner})")).is_some());
    }

    #[test]
    fn what_cannot_be_read_is_left_to_others() {
        for bytes in [&b""[..], b"text", b"\0asm\x0d\0\x01\0\xff\xff\xff"] {
            assert_eq!(ensure_bounded(bytes), Ok(()));
        }
    }
}
