//! The files of a crate make no circle: whoever reads one goes on to those that it needs, and comes to an end.
//!
//! A file needs another one if it names anything that is there. What a file only passes on (`pub use`) it does not need, and whoever
//! names it there needs the file that has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, UseTree, Visibility};

use crate::harness::root;

/// The file of a module, by its path within the crate: empty for `lib.rs`.
type Module = Vec<String>;

/// The files of one crate.
#[derive(Default)]
struct Files {
    parsed: BTreeMap<Module, syn::File>,
    /// What each passes on: under which name, and whose it is.
    passed_on: BTreeMap<(Module, String), Vec<String>>,
}

/// What one file names.
struct Named<'a> {
    files: &'a Files,
    module: &'a Module,
    needs: BTreeSet<Module>,
    /// How many modules of the file's own are open here.
    within: usize,
}

impl Files {
    fn of(source: &Path) -> Self {
        let mut files = Self::default();
        files.read(source, &Vec::new());
        for (module, file) in &files.parsed {
            for item in &file.items {
                let Item::Use(item) = item else { continue };
                if !matches!(item.vis, Visibility::Inherited) {
                    leaves(&item.tree, &mut Vec::new(), &mut |path, name| {
                        files.passed_on.insert((module.clone(), name), path);
                    });
                }
            }
        }
        files
    }

    fn read(&mut self, directory: &Path, module: &Module) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                self.read(&path, &[&module[..], &[name]].concat());
            } else if name != "main" && path.extension().is_some_and(|kind| kind == "rs") {
                let module = if name == "lib" { Vec::new() } else { [&module[..], &[name]].concat() };
                self.parsed.insert(module, syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap());
            }
        }
    }

    /// The file that has what a path names, as far as it is one of this crate's.
    fn find(&self, from: &Module, path: &[String]) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len().checked_sub(1)?].to_vec(),
            _ => {
                rest = path;
                from.clone()
            }
        };
        let is_own = rest.len() == path.len();
        while let Some((name, more)) = rest.split_first() {
            let within = [&at[..], std::slice::from_ref(name)].concat();
            if name == "super" {
                at.pop();
            } else if self.parsed.contains_key(&within) {
                at = within;
            } else if let Some(path) = self.passed_on.get(&(at.clone(), name.clone()))
                // A macro of the file's own is passed on under its name.
                && *path != [name.clone()]
            {
                return self.find(&at, &[&path[..], more].concat());
            } else {
                break;
            }
            rest = more;
        }
        // A name that is no file's is one that was imported, or another crate's.
        (!is_own || at != *from).then_some(at)
    }

    /// What each file needs.
    fn needs(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let of = |(module, file)| {
            let mut named = Named { files: self, module, needs: BTreeSet::new(), within: 0 };
            named.visit_file(file);
            (module, named.needs)
        };
        self.parsed.iter().map(of).collect()
    }
}

impl Named<'_> {
    fn take(&mut self, path: &[String]) {
        let up = path.iter().take_while(|name| *name == "super").count();
        if (1..=self.within).contains(&up) {
            return;
        }
        let path = path.get(up.min(self.within)..).unwrap_or_default();
        self.needs.extend(self.files.find(self.module, path).filter(|module| module != self.module));
    }
}

impl<'a> Visit<'a> for Named<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            _ => &[],
        };
        let is_test = |attribute: &Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test"))
        };
        if !attributes.iter().any(is_test) {
            let opens = usize::from(matches!(item, Item::Mod(item) if item.content.is_some()));
            self.within += opens;
            visit::visit_item(self, item);
            self.within -= opens;
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if matches!(item.vis, Visibility::Inherited) {
            leaves(&item.tree, &mut Vec::new(), &mut |path, _| self.take(&path));
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 && path.leading_colon.is_none() {
            self.take(&segments);
        }
        visit::visit_path(self, path);
    }
}

/// Each path of a `use`, and the name under which it is there.
fn leaves(tree: &UseTree, path: &mut Vec<String>, each: &mut impl FnMut(Vec<String>, String)) {
    match tree {
        UseTree::Path(tree) => {
            path.push(tree.ident.to_string());
            leaves(&tree.tree, path, each);
            path.pop();
        }
        UseTree::Name(tree) if tree.ident == "self" => each(path.clone(), path.last().cloned().unwrap_or_default()),
        UseTree::Name(tree) => each([&path[..], &[tree.ident.to_string()]].concat(), tree.ident.to_string()),
        UseTree::Rename(tree) => each([&path[..], &[tree.ident.to_string()]].concat(), tree.rename.to_string()),
        UseTree::Glob(_) => each(path.clone(), "*".to_owned()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, path, each)),
    }
}

/// Every arrow between files that are on a circle, or between two circles.
fn circles(needs: &BTreeMap<&Module, BTreeSet<Module>>) -> Vec<String> {
    let mut left = needs.clone();
    loop {
        let known: BTreeSet<_> = left.keys().map(|module| (*module).clone()).collect();
        let needed: BTreeSet<_> = left.values().flatten().cloned().collect();
        let before = left.len();
        left.retain(|module, needs| {
            needs.retain(|needed| known.contains(needed));
            !needs.is_empty() && needed.contains(*module)
        });
        if left.len() == before {
            break;
        }
    }
    let arrow = |from: &Module, to: &Module| format!("{} -> {}", from.join("/"), to.join("/"));
    left.iter()
        .flat_map(|(module, needs)| needs.iter().map(|needed| arrow(module, needed)).collect::<Vec<_>>())
        .collect()
}

#[test]
fn no_crate_of_the_host_has_a_circle_of_files() {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("host")).unwrap() {
        let path = entry.unwrap().path();
        if path.join("Cargo.toml").exists() {
            let name = path.file_name().unwrap().to_str().unwrap();
            let arrows = circles(&Files::of(&path.join("src")).needs());
            found.extend(arrows.into_iter().map(|arrow| format!("{name}: {arrow}")));
        }
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_circle_is_found_whoever_is_passed_on_by_whom() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("lib.rs", "mod a;\nmod b;\nmod c;\npub use b::B;\n");
    write("a.rs", "use crate::B;\npub struct A(B);\n");
    write("b.rs", "pub struct B;\nfn b(_: crate::c::C) {}\n");
    write("c.rs", "pub struct C;\n#[cfg(test)]\nmod tests { use crate::a::A; }\n");
    assert_eq!(circles(&Files::of(directory.path()).needs()), [""; 0]);
    write("c.rs", "mod within { use super::super::a::A; }\npub struct C;\n");
    assert_eq!(circles(&Files::of(directory.path()).needs()), ["a -> b", "b -> c", "c -> a"]);
}
