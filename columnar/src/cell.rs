//! From a value to the text of a cell.

use std::fmt::Write as _;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, downcast_dictionary_array};
use arrow_schema::{DataType, TimeUnit};

use crate::column::Step;

/// Writes the value at `row`, or at a part of it, behind what is in `cell`; nothing if there is none.
pub(crate) fn write(array: &dyn Array, steps: &[Step], row: usize, cell: &mut String) {
    if array.is_null(row) {
        return;
    }
    match steps {
        [Step::Child(child), rest @ ..] => {
            write(array.as_struct().column(*child), rest, row, cell);
        }
        [Step::Place(place), rest @ ..] => {
            let list = array.as_fixed_size_list();
            let first = list.value_offset_at(row);
            write(list.values(), rest, first + place, cell);
        }
        [] => single(array, row, cell),
    }
}

fn single(array: &dyn Array, row: usize, cell: &mut String) {
    macro_rules! number {
        ($type:ty) => {{
            // Writing to a string cannot fail.
            let _ = write!(cell, "{}", array.as_primitive::<$type>().value(row));
        }};
    }
    // A number with the fewest digits that tell it from all others of its type; nothing for NaN.
    macro_rules! float {
        ($type:ty) => {{
            let value = array.as_primitive::<$type>().value(row);
            if !value.is_nan() {
                let _ = write!(cell, "{value}");
            }
        }};
    }
    match array.data_type() {
        DataType::Boolean => {
            cell.push_str(if array.as_boolean().value(row) { "true" } else { "false" });
        }
        DataType::Utf8 => cell.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => cell.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => cell.push_str(array.as_string_view().value(row)),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float16 => {
            let value = array.as_primitive::<Float16Type>().value(row).to_f32();
            if !value.is_nan() {
                let _ = write!(cell, "{value}");
            }
        }
        DataType::Float32 => float!(Float32Type),
        DataType::Float64 => float!(Float64Type),
        DataType::Decimal128(_, scale) => {
            decimal(array.as_primitive::<Decimal128Type>().value(row), *scale, cell);
        }
        // Times are whole numbers in their unit.
        DataType::Date32 => number!(Date32Type),
        DataType::Date64 => number!(Date64Type),
        DataType::Time32(TimeUnit::Second) => number!(Time32SecondType),
        DataType::Time32(_) => number!(Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => number!(Time64MicrosecondType),
        DataType::Time64(_) => number!(Time64NanosecondType),
        DataType::Timestamp(TimeUnit::Second, _) => number!(TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => number!(TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => number!(TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => number!(TimestampNanosecondType),
        DataType::Duration(TimeUnit::Second) => number!(DurationSecondType),
        DataType::Duration(TimeUnit::Millisecond) => number!(DurationMillisecondType),
        DataType::Duration(TimeUnit::Microsecond) => number!(DurationMicrosecondType),
        DataType::Duration(TimeUnit::Nanosecond) => number!(DurationNanosecondType),
        DataType::Dictionary(..) => {
            let array: &dyn Array = array;
            downcast_dictionary_array!(
                array => if let Some(key) = array.key(row) {
                    write(array.values(), &[], key, cell);
                },
                _ => {}
            );
        }
        // `Columns` has no others.
        _ => {}
    }
}

/// A whole number and where its point is.
fn decimal(value: i128, scale: i8, cell: &mut String) {
    let digits = value.unsigned_abs().to_string();
    let behind = usize::try_from(scale).unwrap_or(0);
    if value < 0 {
        cell.push('-');
    }
    let digits = format!("{digits:0>width$}", width = behind + 1);
    let (whole, fraction) = digits.split_at(digits.len() - behind);
    cell.push_str(whole);
    if behind > 0 {
        let _ = write!(cell, ".{fraction}");
    }
    // A negative scale counts tens.
    cell.extend(std::iter::repeat_n('0', usize::from(scale.min(0).unsigned_abs())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_their_point() {
        let text = |value, scale| {
            let mut cell = String::new();
            decimal(value, scale, &mut cell);
            cell
        };
        let found = [text(12345, 2), text(-5, 3), text(7, 0), text(0, 2), text(-12, -3)];
        assert_eq!(found, ["123.45", "-0.005", "7", "0.00", "-12000"]);
    }
}
