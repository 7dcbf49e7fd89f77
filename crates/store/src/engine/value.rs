//! Values on their way into a statement and out of a row, the same for every engine.
//!
//! There are four forms and no more: nothing, a 64-bit integer, text, bytes. What else there is lies in
//! one of them, see [`crate::value`].

use bihuan_core::filter::SqlValue;

use crate::error::StoreError;

/// A value of a parameter or a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// A value that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owned {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl<'a> Value<'a> {
    /// Returns the integer.
    pub(crate) fn int(self) -> Result<i64, StoreError> {
        match self {
            Value::Int(number) => Ok(number),
            other => Err(other.is_not("a number")),
        }
    }

    /// Returns the text.
    pub(crate) fn text(self) -> Result<&'a str, StoreError> {
        match self {
            Value::Text(text) => Ok(text),
            other => Err(other.is_not("text")),
        }
    }

    /// Returns the bytes.
    pub(crate) fn blob(self) -> Result<&'a [u8], StoreError> {
        match self {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(other.is_not("bytes")),
        }
    }

    /// Copies the value.
    pub(crate) fn to_owned(self) -> Owned {
        match self {
            Value::Null => Owned::Null,
            Value::Int(number) => Owned::Int(number),
            Value::Text(text) => Owned::Text(text.to_owned()),
            Value::Blob(bytes) => Owned::Blob(bytes.to_vec()),
        }
    }

    /// The error of a column that holds this where `meant` is meant. Names no content.
    fn is_not(self, meant: &str) -> StoreError {
        let found = match self {
            Value::Null => "nothing",
            Value::Int(_) => "a number",
            Value::Text(_) => "text",
            Value::Blob(_) => "bytes",
        };
        StoreError::Corrupt(format!("a column holds {found} where {meant} is meant"))
    }
}

/// What can be a parameter.
pub(crate) trait Bind {
    fn bind(&self) -> Value<'_>;
}

/// What can be read from a column.
pub(crate) trait Read: Sized {
    fn read(value: Value<'_>) -> Result<Self, StoreError>;
}

impl<T: Bind + ?Sized> Bind for &T {
    fn bind(&self) -> Value<'_> {
        T::bind(self)
    }
}

impl<T: Bind> Bind for Option<T> {
    fn bind(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Bind::bind)
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }
}

impl Bind for i64 {
    fn bind(&self) -> Value<'_> {
        Value::Int(*self)
    }
}

impl Read for i64 {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        value.int()
    }
}

/// Integers that always fit into an `i64`, and come back checked.
macro_rules! smaller_integers {
    ($($type:ty),*) => {$(
        impl Bind for $type {
            fn bind(&self) -> Value<'_> {
                Value::Int(i64::from(*self))
            }
        }

        impl Read for $type {
            fn read(value: Value<'_>) -> Result<Self, StoreError> {
                let number = value.int()?;
                <$type>::try_from(number)
                    .map_err(|_| StoreError::Corrupt(format!("{number} is out of its column's range")))
            }
        }
    )*};
}

smaller_integers!(u8, u32);

impl Bind for bool {
    fn bind(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}

impl Read for bool {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        value.int().map(|number| number != 0)
    }
}

impl Bind for str {
    fn bind(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for String {
    fn bind(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Read for String {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        value.text().map(str::to_owned)
    }
}

impl Bind for [u8] {
    fn bind(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Bind for Vec<u8> {
    fn bind(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn bind(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Read for Vec<u8> {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        value.blob().map(<[u8]>::to_vec)
    }
}

impl<const N: usize> Read for [u8; N] {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        let bytes = value.blob()?;
        bytes.try_into().map_err(|_| {
            let length = bytes.len();
            StoreError::Corrupt(format!("a column holds {length} bytes where {N} are meant"))
        })
    }
}

impl Bind for Value<'_> {
    fn bind(&self) -> Value<'_> {
        *self
    }
}

impl Bind for Owned {
    fn bind(&self) -> Value<'_> {
        match self {
            Owned::Null => Value::Null,
            Owned::Int(number) => Value::Int(*number),
            Owned::Text(text) => Value::Text(text),
            Owned::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

impl Read for Owned {
    fn read(value: Value<'_>) -> Result<Self, StoreError> {
        Ok(value.to_owned())
    }
}

impl Bind for SqlValue {
    fn bind(&self) -> Value<'_> {
        match self {
            SqlValue::Int(number) => Value::Int(*number),
            SqlValue::Text(text) => Value::Text(text),
            SqlValue::Uuid(id) => Value::Blob(id),
        }
    }
}

/// The parameters of a statement: a tuple, or a slice where their number is not known beforehand.
pub(crate) trait Params {
    /// The values in the order of the parameters' numbers.
    type Values<'a>: AsRef<[Value<'a>]>
    where
        Self: 'a;

    fn values(&self) -> Self::Values<'_>;
}

impl<T: Bind> Params for [T] {
    type Values<'a>
        = Vec<Value<'a>>
    where
        T: 'a;

    fn values(&self) -> Vec<Value<'_>> {
        self.iter().map(Bind::bind).collect()
    }
}

impl<const N: usize> Params for [Value<'_>; N] {
    type Values<'a>
        = [Value<'a>; N]
    where
        Self: 'a;

    fn values(&self) -> [Value<'_>; N] {
        *self
    }
}

impl<P: Params + ?Sized> Params for &P {
    type Values<'a>
        = P::Values<'a>
    where
        Self: 'a;

    fn values(&self) -> Self::Values<'_> {
        P::values(self)
    }
}

impl Params for () {
    type Values<'a> = [Value<'a>; 0];

    fn values(&self) -> [Value<'_>; 0] {
        []
    }
}

/// Makes tuples of a length into parameters.
macro_rules! tuples {
    ($($count:literal: $($name:ident $place:tt),*;)*) => {$(
        impl<$($name: Bind),*> Params for ($($name,)*) {
            type Values<'a> = [Value<'a>; $count] where Self: 'a;

            fn values(&self) -> [Value<'_>; $count] {
                [$(self.$place.bind()),*]
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_range_is_an_error_and_not_cut() {
        assert_eq!(u8::read(Value::Int(255)).expect("fits"), 255);
        assert!(u8::read(Value::Int(256)).is_err());
        assert!(u32::read(Value::Int(-1)).is_err());
    }

    #[test]
    fn nothing_is_read_only_where_it_is_allowed() {
        assert_eq!(Option::<i64>::read(Value::Null).expect("nothing"), None);
        assert!(i64::read(Value::Null).is_err());
        assert!(String::read(Value::Blob(b"x")).is_err());
    }

    #[test]
    fn the_values_of_a_tuple_stand_in_its_order() {
        let text = "b".to_owned();
        let params = (1i64, &text, None::<u32>, [7u8; 2]);
        let expected = [Value::Int(1), Value::Text("b"), Value::Null, Value::Blob(&[7, 7])];
        assert_eq!(params.values(), expected);
    }
}
