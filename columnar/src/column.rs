//! From the fields of a schema to columns of a table.

use arrow_schema::{DataType, Field, Schema};

/// A way into a field with parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A child of a struct.
    Child(usize),
    /// A place of a list of fixed length.
    Place(usize),
}

/// A column of single values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Dotted where it is a part of something, as in JSON Lines: `room.temp`, `x.0`.
    pub(crate) name: String,
    /// The position of the field in the schema.
    pub(crate) field: usize,
    pub(crate) steps: Vec<Step>,
}

/// The columns of a schema, and the fields that are none, with their types.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) columns: Vec<Column>,
    pub(crate) passed_over: Vec<String>,
}

impl Columns {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut found = Self::default();
        for (index, field) in schema.fields().iter().enumerate() {
            found.add(field.name(), index, &mut Vec::new(), field);
        }
        found
    }

    fn add(&mut self, name: &str, index: usize, steps: &mut Vec<Step>, field: &Field) {
        match field.data_type() {
            DataType::Struct(children) => {
                for (place, child) in children.iter().enumerate() {
                    steps.push(Step::Child(place));
                    self.add(&format!("{name}.{}", child.name()), index, steps, child);
                    steps.pop();
                }
            }
            DataType::FixedSizeList(item, length) => {
                for place in 0..usize::try_from(*length).unwrap_or(0) {
                    steps.push(Step::Place(place));
                    self.add(&format!("{name}.{place}"), index, steps, item);
                    steps.pop();
                }
            }
            kind if is_single(kind) => {
                let column = Column { name: name.to_owned(), field: index, steps: steps.clone() };
                self.columns.push(column);
            }
            kind => self.passed_over.push(format!("`{name}` ({kind})")),
        }
    }
}

/// Whether the values of this type are cells.
fn is_single(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_single(values),
        DataType::Null
        | DataType::Boolean
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Decimal128(..) => true,
        kind => {
            kind.is_integer()
                || kind.is_floating()
                || (kind.is_temporal() && !matches!(kind, DataType::Interval(_)))
        }
    }
}
