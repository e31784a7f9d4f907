//! What the API's document says of types that read and write their JSON themselves: the bound of each stands in its type alone.
//!
//! Not for: types whose fields say it all; those derive it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::bounded::{List, Map, Octets, SecretText, Text};
use crate::tenant::MAX_TENANT_BYTES;
use crate::text::ClientText;
use crate::user::MAX_USER_BYTES;
use crate::wire::Echo;
use crate::{CanonicalUser, EnteredUser, Properties, TenantName};

/// What a document calls the schemas that a schema refers to.
type Named = Vec<(String, RefOr<Schema>)>;

fn text(shortest: usize, longest: Option<usize>) -> ObjectBuilder {
    let shortest = (shortest > 0).then_some(shortest);
    ObjectBuilder::new().schema_type(Type::String).min_length(shortest).max_length(longest)
}

/// Declares the schemas of types that are texts or truth values in JSON.
macro_rules! scalars {
    ($([$($parameter:tt)*] $type:ty, $name:expr => $schema:expr;)+) => {$(
        impl<$($parameter)*> PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                ($schema).into()
            }
        }

        impl<$($parameter)*> ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::from($name)
            }
        }
    )+};
}

scalars! {
    [const MAX: usize] Text<MAX>, format!("Text{MAX}") => text(0, Some(MAX));
    [const MAX: usize] SecretText<MAX>, format!("Secret{MAX}") => text(0, Some(MAX));
    [const MAX: usize] Octets<MAX>, "Octets" => text(0, None).content_encoding("base64");
    [] EnteredUser, "EnteredUser" => text(1, Some(MAX_USER_BYTES));
    [] CanonicalUser, "CanonicalUser" => text(1, Some(MAX_USER_BYTES));
    [] TenantName, "TenantName" => text(1, Some(MAX_TENANT_BYTES));
    [] ClientText, "ClientText" => text(0, None);
    [] Echo, "Echo" => ObjectBuilder::new().schema_type(Type::Boolean);
    [] Properties, "Properties" => BTreeMap::<String, String>::schema();
}

impl<T: ToSchema, const MAX: usize> PartialSchema for List<T, MAX> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema()).into()
    }
}

impl<T: ToSchema, const MAX: usize> ToSchema for List<T, MAX> {
    fn schemas(named: &mut Named) {
        T::schemas(named);
    }
}

impl<K, V: ToSchema, const MAX: usize> PartialSchema for Map<K, V, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(V::schema())).into()
    }
}

impl<K, V: ToSchema, const MAX: usize> ToSchema for Map<K, V, MAX> {
    fn schemas(named: &mut Named) {
        V::schemas(named);
    }
}
