//! The schemas of the types that bodies are read into and answers are made of.

use serde_json::{Value, json};
use utoipa::ToSchema;

/// A type of the API: its name, its schema, and the schemas that it refers to.
pub struct Described {
    pub(super) name: String,
    pub(super) schema: Value,
    pub(super) others: Vec<(String, Value)>,
}

/// Describes a type.
pub fn describe<T: ToSchema>() -> Described {
    let mut others = Vec::new();
    T::schemas(&mut others);
    let others = others.into_iter().map(|(name, schema)| (name, value(&schema)));
    Described {
        name: T::name().into_owned(),
        schema: value(&T::schema()),
        others: others.collect(),
    }
}

/// Describes a list of a type.
pub fn describe_list<T: ToSchema>() -> Described {
    let Described {
        name,
        schema,
        mut others,
    } = describe::<T>();
    let items = json!({"type": "array", "items": {"$ref": format!("#/components/schemas/{name}")}});
    others.push((name.clone(), schema));
    Described {
        name: format!("{name}List"),
        schema: items,
        others,
    }
}

fn value(schema: &impl serde::Serialize) -> Value {
    // Schemas are made of strings and numbers, which always have a JSON form.
    serde_json::to_value(schema).unwrap_or(Value::Null)
}
