//! What it costs to make an instance of a component, in fuel: a price for what the host does before the guest's first instruction.
//!
//! Not for: what the start of a program computes, which is paid for as it runs, nor memory, which has limits of its own.
//!
//! A file of 2 MB can declare a quarter of a million globals, which take milliseconds to set up for every login. The figures were
//! measured; half a nanosecond is a unit of fuel.

use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Data, DataKind, ElementItems, ElementKind, Encoding, Instance, Operator, Parser, Payload,
};

/// The most that an instance may cost, about two milliseconds: CPython with its whole standard library takes a thirtieth.
pub(crate) const MAX_FUEL: u64 = 5_000_000;
/// What any small program of any toolchain takes: it goes with the call.
const ALLOWANCE_FUEL: u64 = 10_000;
const INSTANCE_FUEL: u64 = 1_000;
const GLOBAL_FUEL: u64 = 35;
const IMPORT_FUEL: u64 = 10;
const ELEMENT_FUEL: u64 = 10;
/// A function that passes a component's boundary.
const CANONICAL_FUEL: u64 = 50;
/// Bytes of data that a unit of fuel copies. What can be mapped is not copied.
const COPIED_BYTES: u64 = 2;
/// Bytes of initial memory for a unit of fuel.
const MEMORY_BYTES: u64 = 1 << 10;
const PAGE_BYTES: u64 = 64 << 10;
/// Data that lies no further apart is mapped, however little it is: wasmtime's own limit.
const DENSE_BYTES: u64 = 16 << 20;

/// The price of one instance of a component. There is no end to it where a file cannot be read, or makes instances of what it is handed,
/// as no toolchain does.
pub(crate) fn fuel(wasm: &[u8]) -> u64 {
    price(wasm).map_or(u64::MAX, |fuel| fuel.saturating_sub(ALLOWANCE_FUEL))
}

fn price(wasm: &[u8]) -> Result<u64, Unpriced> {
    let mut scopes = vec![Scope::default()];
    for payload in Parser::new(0).parse_all(wasm) {
        read(&mut scopes, payload?)?;
    }
    Ok(scopes.first().map_or(0, |component| component.fuel))
}

/// The file cannot be read, or makes instances of what it is handed.
struct Unpriced;

impl From<BinaryReaderError> for Unpriced {
    fn from(_: BinaryReaderError) -> Self {
        Self
    }
}

/// A component or module that is being read.
#[derive(Default)]
struct Scope {
    /// What an instance of it costs.
    fuel: u64,
    /// What instances of the modules and components within it cost, by their index.
    modules: Vec<u64>,
    components: Vec<u64>,
    is_module: bool,
    data: Image,
    memory_pages: u64,
    imported_memories: u32,
}

/// The data that a module's memory begins with.
#[derive(Default)]
struct Image {
    bytes: u64,
    start: Option<u64>,
    end: u64,
    is_placed_later: bool,
}

fn read(scopes: &mut Vec<Scope>, payload: Payload<'_>) -> Result<(), Unpriced> {
    if let Payload::End(_) = payload {
        end(scopes);
        return Ok(());
    }
    if let Payload::ModuleSection { .. } | Payload::ComponentSection { .. } = payload {
        scopes.push(Scope::default());
        return Ok(());
    }
    let (outer, scope) = match scopes.split_last_mut() {
        Some((scope, outer)) => (outer, scope),
        None => return Ok(()),
    };
    match payload {
        Payload::Version { encoding, .. } => scope.is_module = encoding == Encoding::Module,
        Payload::ImportSection(imports) => {
            for import in imports.into_imports() {
                scope.pay(IMPORT_FUEL, 1);
                scope.imported_memories += u32::from(matches!(import?.ty, wasmparser::TypeRef::Memory(_)));
            }
        }
        Payload::GlobalSection(globals) => scope.pay(GLOBAL_FUEL, globals.count()),
        Payload::MemorySection(memories) => {
            for memory in memories {
                scope.memory_pages = scope.memory_pages.saturating_add(memory?.initial);
            }
        }
        Payload::ElementSection(elements) => {
            for element in elements {
                let element = element?;
                if matches!(element.kind, ElementKind::Active { .. }) {
                    scope.pay(
                        ELEMENT_FUEL,
                        match element.items {
                            ElementItems::Functions(items) => items.count(),
                            ElementItems::Expressions(_, items) => items.count(),
                        },
                    );
                }
            }
        }
        Payload::DataSection(segments) => {
            for segment in segments {
                let mapped = scope.imported_memories == 0;
                scope.data.add(&segment?, mapped)?;
            }
        }
        of_a_component => return read_component(outer, scope, of_a_component),
    }
    Ok(())
}

/// A section that only components have, within those that they stand in.
fn read_component(outer: &[Scope], scope: &mut Scope, payload: Payload<'_>) -> Result<(), Unpriced> {
    match payload {
        Payload::InstanceSection(instances) => {
            for instance in instances {
                if let Instance::Instantiate { module_index, .. } = instance? {
                    scope.add(scope.modules.get(module_index as usize).copied())?;
                }
            }
        }
        Payload::ComponentInstanceSection(instances) => {
            for instance in instances {
                if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                    scope.add(scope.components.get(component_index as usize).copied())?;
                }
            }
        }
        Payload::ComponentAliasSection(aliases) => {
            for alias in aliases {
                scope.alias(outer, &alias?)?;
            }
        }
        Payload::ComponentImportSection(imports) => {
            for import in imports {
                if let ComponentTypeRef::Module(_) | ComponentTypeRef::Component(_) = import?.ty {
                    return Err(Unpriced);
                }
            }
        }
        Payload::ComponentExportSection(exports) => {
            for export in exports {
                if let ComponentExternalKind::Module | ComponentExternalKind::Component = export?.kind {
                    return Err(Unpriced);
                }
            }
        }
        Payload::ComponentCanonicalSection(functions) => scope.pay(CANONICAL_FUEL, functions.count()),
        _ => {}
    }
    Ok(())
}

/// What a component or module costs is known when it has been read, and belongs to the one around it.
fn end(scopes: &mut Vec<Scope>) {
    if scopes.len() < 2 {
        return;
    }
    let Some(scope) = scopes.pop() else { return };
    let Some(around) = scopes.last_mut() else { return };
    if scope.is_module {
        let memory = scope.memory_pages.saturating_mul(PAGE_BYTES);
        let fuel = scope.fuel.saturating_add(INSTANCE_FUEL).saturating_add(memory / MEMORY_BYTES);
        around.modules.push(fuel.saturating_add(scope.data.copied() / COPIED_BYTES));
    } else {
        around.components.push(scope.fuel);
    }
}

impl Scope {
    fn pay(&mut self, fuel: u64, count: u32) {
        self.fuel = self.fuel.saturating_add(fuel.saturating_mul(count.into()));
    }

    fn add(&mut self, fuel: Option<u64>) -> Result<(), Unpriced> {
        self.fuel = self.fuel.saturating_add(fuel.ok_or(Unpriced)?);
        Ok(())
    }

    fn alias(&mut self, outer: &[Self], alias: &ComponentAlias<'_>) -> Result<(), Unpriced> {
        let from = |count: u32| match count.checked_sub(1) {
            Some(above) => outer.iter().nth_back(above as usize),
            None => Some(&*self),
        };
        match alias {
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, count, index } => {
                let fuel = from(*count).and_then(|scope| scope.modules.get(*index as usize)).copied();
                self.modules.push(fuel.ok_or(Unpriced)?);
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                let fuel = from(*count).and_then(|scope| scope.components.get(*index as usize)).copied();
                self.components.push(fuel.ok_or(Unpriced)?);
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Module | ComponentExternalKind::Component,
                ..
            } => return Err(Unpriced),
            _ => {}
        }
        Ok(())
    }
}

impl Image {
    /// Adds a segment. Only what stands at a place that is known beforehand, in a memory of the module's own, can be mapped.
    fn add(&mut self, segment: &Data<'_>, can_be_mapped: bool) -> Result<(), Unpriced> {
        let DataKind::Active { offset_expr, .. } = &segment.kind else { return Ok(()) };
        let bytes = segment.data.len() as u64;
        self.bytes = self.bytes.saturating_add(bytes);
        let mut offset = offset_expr.get_operators_reader();
        match (offset.read()?, offset.read()?) {
            (Operator::I32Const { value }, Operator::End) if can_be_mapped => {
                let start = u64::from(value.cast_unsigned());
                self.start = Some(self.start.map_or(start, |before| before.min(start)));
                self.end = self.end.max(start.saturating_add(bytes));
            }
            _ => self.is_placed_later = true,
        }
        Ok(())
    }

    /// Bytes that are copied for each instance.
    fn copied(&self) -> u64 {
        let spread = self.end.saturating_sub(self.start.unwrap_or_default());
        let is_dense = spread <= DENSE_BYTES || spread < self.bytes.saturating_mul(2);
        if is_dense && !self.is_placed_later { 0 } else { self.bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an instance of a component with these fields costs beyond what goes with the call.
    fn price(fields: &str) -> u64 {
        fuel(&wat::parse_str(format!("(component {fields})")).unwrap())
    }

    /// A module with these fields, of which there is an instance.
    fn module(fields: &str) -> String {
        format!("(core module $m {fields}) (core instance (instantiate $m))")
    }

    #[test]
    fn a_small_program_goes_with_the_call() {
        let program = module(r#"(memory 17) (data (i32.const 0) "x") (global i32 (i32.const 0)) (func) (elem func 0)"#);
        assert_eq!(price(&program), 0);
    }

    #[test]
    fn what_an_instance_is_made_of_has_a_price() {
        let globals = module(&"(global i32 (i32.const 0))".repeat(1_000));
        assert_eq!(price(&globals), 1_000 * GLOBAL_FUEL + INSTANCE_FUEL - ALLOWANCE_FUEL);
        let elements =
            module(&format!("(table 1000 funcref) (func $f) (elem (i32.const 0) func {})", "$f ".repeat(1_000)));
        assert_eq!(price(&elements), 1_000 * ELEMENT_FUEL + INSTANCE_FUEL - ALLOWANCE_FUEL);
        assert_eq!(price(&module("(memory 1024)")), (64 << 10) + INSTANCE_FUEL - ALLOWANCE_FUEL);
    }

    #[test]
    fn data_has_a_price_where_it_cannot_be_mapped() {
        let kibibytes = "x".repeat(100 << 10);
        let mapped = format!(r#"(memory 4) (data (i32.const 0) "{kibibytes}")"#);
        assert_eq!(price(&module(&mapped)), 0);
        let copied = [
            format!(r#"(memory 4) (global $g i32 (i32.const 0)) (data (global.get $g) "{kibibytes}")"#),
            format!(r#"(memory 1024) (data (i32.const 0) "{kibibytes}") (data (i32.const 60000000) "x")"#),
        ];
        for copied in copied {
            assert!(price(&module(&copied)) >= (100 << 10) / COPIED_BYTES - ALLOWANCE_FUEL, "{copied:.80}");
        }
    }

    #[test]
    fn every_instance_is_paid_for_however_it_is_made() {
        let ten = |what: &str| format!("({what})").repeat(10);
        let nested = format!(
            "(core module $m {}) (component $ten (alias outer 1 $m (core module $n)) {}) {}",
            "(global i32 (i32.const 0))".repeat(100),
            ten("core instance (instantiate $n)"),
            ten("instance (instantiate $ten)")
        );
        assert_eq!(price(&nested), 100 * (100 * GLOBAL_FUEL + INSTANCE_FUEL) - ALLOWANCE_FUEL);
    }

    #[test]
    fn what_multiplies_itself_is_beyond_the_most() {
        let doubling = (1..64).map(|number| {
            let inner = format!("(instance (instantiate $c{}))", number - 1).repeat(2);
            format!("(component $c{number} {inner})")
        });
        let inner = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
        let bomb = format!("{inner}{}(instance (instantiate $c63))", doubling.collect::<String>());
        assert!(price(&bomb) > MAX_FUEL);
    }

    #[test]
    fn what_is_made_of_what_is_handed_over_has_no_end_to_its_price() {
        assert_eq!(price(r#"(component $c (core module $m) (export "m" (core module $m)))"#), u64::MAX);
        assert_eq!(fuel(b"no wasm"), u64::MAX);
    }
}
