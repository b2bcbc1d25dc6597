//! Logs in Parquet and Arrow, written by the same library: the same dataset and the same image as from
//! CSV, and errors with the row and the column.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arrow_array::types::{Float16Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeListArray, Float16Array,
    Float32Array, Float64Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray,
    StringViewArray, StructArray, TimestampNanosecondArray, UInt8Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field, Schema};
use mild_trainer::{Config, Dataset, Error, NewRows, Table, survey_log_from};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

const CONFIG: &str = "[data]\nlog = 'log'\nfeatures = ['x.*', 't']\ncategorical = ['kind']\n\
    label = 'out.label'\ngroup = 'room'\nnot_asked = 'allowed'\n\
    [[expert]]\nname = 'local'\nprediction = 'out.local'\n\
    [[expert]]\nname = 'cloud'\nprediction = 'cloud'\nprice = 0.1\n";

/// More than two batches.
const ROWS: usize = 9000;

fn x(row: usize) -> [f32; 2] {
    [(row as f32).sqrt() - 3.3, 1e-7 * row as f32]
}

/// In the middle between two singles, where rounding twice goes wrong.
fn t(row: usize) -> f64 {
    let x = x(row)[0];
    f64::midpoint(f64::from(x), f64::from(x.next_up()))
}

fn cloud(row: usize) -> Option<bool> {
    (row % 10 != 3).then_some(row.is_multiple_of(3))
}

fn kind(row: usize) -> &'static str {
    ["left", "right", "große Halle"][row % 3]
}

fn room(row: usize) -> String {
    format!("room {}", row / 5)
}

fn csv() -> String {
    let mut text = "x.0,x.1,t,kind,out.label,out.local,cloud,room\n".to_owned();
    for row in 0..ROWS {
        let [a, b] = x(row);
        let cloud = cloud(row).map_or(String::new(), |cloud| cloud.to_string());
        let (label, local) = (row.is_multiple_of(2), row % 4 < 2);
        writeln!(text, "{a},{b},{},{},{label},{local},{cloud},{}", t(row), kind(row), room(row))
            .unwrap();
    }
    text
}

/// The same table, with a list of two, a struct, a dictionary, and columns that no table has.
fn batch() -> RecordBatch {
    let rows = 0..ROWS;
    let values: Float32Array = rows.clone().flat_map(x).collect();
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let x = FixedSizeListArray::new(item, 2, Arc::new(values), None);
    let kinds: DictionaryArray<Int32Type> = rows.clone().map(kind).collect();
    let label: BooleanArray = rows.clone().map(|row| Some(row.is_multiple_of(2))).collect();
    let local: BooleanArray = rows.clone().map(|row| Some(row % 4 < 2)).collect();
    let field = |name| Arc::new(Field::new(name, DataType::Boolean, true));
    let out = StructArray::from(vec![
        (field("label"), Arc::new(label) as ArrayRef),
        (field("local"), Arc::new(local) as ArrayRef),
    ]);
    let rooms: StringViewArray = rows.clone().map(|row| Some(room(row))).collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(
        rows.clone().map(|row| Some(vec![Some(row as i32)])),
    );
    let columns: [(&str, ArrayRef); 7] = [
        ("x", Arc::new(x)),
        ("t", Arc::new(rows.clone().map(t).collect::<Float64Array>())),
        ("kind", Arc::new(kinds)),
        ("out", Arc::new(out)),
        ("cloud", Arc::new(rows.map(cloud).collect::<BooleanArray>())),
        ("room", Arc::new(rooms)),
        ("list", Arc::new(lists)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn parquet(batch: &RecordBatch, compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut stored = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut stored, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    stored
}

fn arrow(batch: &RecordBatch, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut stored = Vec::new();
    let mut writer =
        FileWriter::try_new_with_options(&mut stored, &batch.schema(), options).unwrap();
    // Batches of their own.
    for begin in (0..batch.num_rows()).step_by(1000) {
        writer.write(&batch.slice(begin, (batch.num_rows() - begin).min(1000))).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    stored
}

fn stream(batch: &RecordBatch) -> Vec<u8> {
    let mut stored = Vec::new();
    let mut writer = StreamWriter::try_new(&mut stored, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    stored
}

/// Every way in which the table is written.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let batch = batch();
    vec![
        ("plain.parquet", parquet(&batch, Compression::UNCOMPRESSED)),
        ("snappy.parquet", parquet(&batch, Compression::SNAPPY)),
        ("gzip.parquet", parquet(&batch, Compression::GZIP(Default::default()))),
        ("lz4.parquet", parquet(&batch, Compression::LZ4_RAW)),
        ("zstd.parquet", parquet(&batch, Compression::ZSTD(ZstdLevel::default()))),
        ("plain.arrow", arrow(&batch, None)),
        ("lz4.feather", arrow(&batch, Some(CompressionType::LZ4_FRAME))),
        ("zstd.feather", arrow(&batch, Some(CompressionType::ZSTD))),
        ("stream.arrows", stream(&batch)),
    ]
}

fn survey(stored: &[u8], name: &str) -> Result<Dataset, Error> {
    mild_columnar::add();
    let config = Config::parse(CONFIG, Path::new("mild.toml")).unwrap();
    survey_log_from(stored, Path::new(name), &config)
}

/// A dataset but for what it says of its file, and of lines.
fn meaning(data: Dataset) -> ([u8; 8], Vec<String>, Vec<String>, [usize; 3]) {
    let rows = [data.train.rows(), data.calibration.rows(), data.test.rows()];
    (data.log_digest, data.feature_names, data.class_names, rows)
}

#[test]
fn every_format_and_compression_means_the_same_as_csv() {
    let expected = meaning(survey(csv().as_bytes(), "log.csv").unwrap());
    assert_eq!(expected.1, ["x.0", "x.1", "t", "kind=große Halle", "kind=left", "kind=right"]);
    for (name, stored) in files() {
        let data = survey(&stored, name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kind = match name.rsplit_once('.').unwrap().1 {
            "parquet" => "Parquet",
            "arrows" => "Arrow stream",
            _ => "Arrow",
        };
        let (start, end) =
            (format!("{name}: 9000 rows of 8 columns, {kind}, without `list` ("), ")");
        let found = &data.notes.recognised;
        assert!(found.starts_with(&start) && found.ends_with(end), "{found}");
        assert_eq!(meaning(data), expected, "{name}");
    }
}

fn single(name: &str, array: impl arrow_array::Array + 'static) -> (String, ArrayRef) {
    (name.to_owned(), Arc::new(array))
}

#[test]
fn values_of_every_type_become_cells() {
    mild_columnar::add();
    let half =
        |value: f32| <Float16Type as arrow_array::ArrowPrimitiveType>::Native::from_f32(value);
    let decimals = Decimal128Array::from(vec![Some(-12345), None]).with_precision_and_scale(9, 2);
    let batch = RecordBatch::try_from_iter_with_nullable(
        [
            single("single", Float32Array::from(vec![Some(0.1), Some(f32::NAN)])),
            single("double", Float64Array::from(vec![0.1, 1e300])),
            single("half", Float16Array::from(vec![half(0.5), half(f32::NAN)])),
            single("byte", UInt8Array::from(vec![255, 0])),
            single("long", Int64Array::from(vec![Some(i64::MIN), None])),
            single("text", LargeStringArray::from(vec![Some("a,b"), Some(" é ")])),
            single("time", TimestampNanosecondArray::from(vec![1_700_000_000_000_000_000, -1])),
            single("decimal", decimals.unwrap()),
        ]
        .map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let expected = [
        [
            "0.1",
            "0.1",
            "0.5",
            "255",
            "-9223372036854775808",
            "a,b",
            "1700000000000000000",
            "-123.45",
        ],
        ["", &format!("{}", 1e300), "", "0", "", "é", "-1", ""],
    ];
    for stored in [parquet(&batch, Compression::SNAPPY), arrow(&batch, None), stream(&batch)] {
        let mut table = Table::new(&stored[..], Path::new("types")).unwrap();
        for (number, cells) in (1..).zip(&expected) {
            let row = table.next_row().unwrap().unwrap();
            assert_eq!(row.line(), number);
            for (column, cell) in cells.iter().enumerate() {
                assert_eq!(row.text(column), *cell, "column {column}");
            }
        }
        assert!(table.next_row().unwrap().is_none());
    }
}

#[test]
fn errors_name_the_row_and_the_column_and_damage_is_refused() {
    let refused = |stored: &[u8], name: &str, parts: &[&str]| {
        let error = survey(stored, name).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "`{part}` is not in: {error}");
        }
    };
    let mut columns: Vec<(String, ArrayRef)> = batch()
        .schema()
        .fields()
        .iter()
        .zip(batch().columns())
        .map(|(field, array)| (field.name().clone(), array.clone()))
        .collect();
    let other = (0..ROWS).map(|row| (row != 5000).then(|| t(row))).collect::<Float64Array>();
    columns[1].1 = Arc::new(other);
    let gap = RecordBatch::try_from_iter_with_nullable(
        columns.iter().map(|(name, array)| (name, array.clone(), true)),
    )
    .unwrap();
    let found = "5001: column `t`: found an empty cell";
    refused(&parquet(&gap, Compression::SNAPPY), "log.parquet", &["log.parquet:", found]);
    refused(&arrow(&gap, None), "log.arrow", &[found]);
    columns.remove(4);
    let fewer = RecordBatch::try_from_iter(columns).unwrap();
    refused(&stream(&fewer), "log.arrow", &["found no column `cloud`"]);
    for (name, stored) in files() {
        let error = survey(&stored[..stored.len() / 2], name).unwrap_err().to_string();
        assert!(
            error.contains("found damaged compressed data") || name.contains("stream"),
            "{error}"
        );
    }
    refused(b"PAR1", "log", &["expected a complete Parquet file"]);
    refused(b"ARROW1\0\0", "log", &["expected a complete Arrow file"]);
}

#[test]
fn an_empty_table_has_no_rows() {
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Utf8, true)]));
    let empty = RecordBatch::new_empty(schema);
    mild_columnar::add();
    for stored in [parquet(&empty, Compression::SNAPPY), arrow(&empty, None), stream(&empty)] {
        let mut table = Table::new(&stored[..], Path::new("empty")).unwrap();
        assert_eq!(table.header().names(), ["a"]);
        assert!(table.next_row().unwrap().is_none());
    }
}

#[test]
fn new_rows_may_be_parquet() {
    let directory = tempfile::tempdir().unwrap();
    mild_columnar::add();
    fs::write(directory.path().join("log"), parquet(&batch(), Compression::SNAPPY)).unwrap();
    let config = Config::parse(CONFIG, &directory.path().join("mild.toml")).unwrap();
    let rows = NewRows::of_log(&config).unwrap();
    let new = RecordBatch::try_from_iter([
        single("t", Float64Array::from(vec![1.5])),
        single("x.0", Int64Array::from(vec![2])),
        single("x.1", Float32Array::from(vec![3.25])),
        single("kind", StringArray::from(vec!["right"])),
    ])
    .unwrap();
    let mut found = Vec::new();
    rows.read(&stream(&new)[..], Path::new("new"), |row| {
        found.push(row.inputs);
        Ok(())
    })
    .unwrap();
    assert_eq!(found, [vec![2.0, 3.25, 1.5, 0.0, 0.0, 1.0]]);
}

/// The program itself: the image of a Parquet file is that of the CSV file.
#[test]
fn the_program_makes_the_same_image_of_both() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let config = CONFIG
        .replace("not_asked = 'allowed'", "not_asked = 'allowed'\ncomplete_only = true")
        + "[rejector]\nmethod = 'two-stage'\nhidden = [2]\n[train]\neffort = 'quick'\n\
           max_iterations = 5\nfolds = 2\nl2 = 0.01\ntau = 'one'\n";
    fs::write(path("mild.toml"), config).unwrap();
    let train = |log: &[u8], out: &str| {
        fs::write(path("log"), log).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_mild"))
            .args(["train", "mild.toml", "--quiet", "--no-report", "--out", out])
            .current_dir(directory.path())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{error}");
        fs::read(path(out).join("rejector.mild")).unwrap()
    };
    let expected = train(csv().as_bytes(), "csv");
    assert_eq!(train(&parquet(&batch(), Compression::SNAPPY), "parquet"), expected);
    assert_eq!(train(&arrow(&batch(), Some(CompressionType::LZ4_FRAME)), "arrow"), expected);
}
