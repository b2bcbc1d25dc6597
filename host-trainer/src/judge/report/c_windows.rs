//! Windows of samples in C source: for each its memory, and a function that puts its features among the
//! inputs of the image.

use std::fmt::Write;

use mild::window_features::{Band, Functions, SpectralStatistic, Statistic, Taper};

use super::c_names::{comment, unique};
use crate::data::dataset::Dataset;
use crate::data::window::{LogWindow, Readings, Window};

/// What source has of the windows of a log.
#[derive(Default)]
pub(super) struct Windows {
    /// Types and declarations for the header.
    pub(super) types: String,
    /// Declarations of functions.
    pub(super) functions: String,
    /// Tables, and the functions.
    pub(super) source: String,
}

/// The windows of a log in source whose names begin with `name`.
pub(super) fn windows(name: &str, data: &Dataset) -> Windows {
    let mut written = Windows::default();
    let names = apart(unique("WINDOW", data.windows.iter().map(|log| log.window.name.as_str())));
    for (log, own) in data.windows.iter().zip(names) {
        let own = format!("{name}_{}", own.to_lowercase());
        let window = Named { log, image: name, upper: own.to_uppercase(), name: own };
        window.write(&mut written);
    }
    written
}

/// What stands behind the name of a window in the names of its functions and tables.
const ENDINGS: [&str; 5] = ["INIT", "PUSH", "STATISTICS", "REMEMBERED", "SPECTRUM"];

/// Names of windows of which none is the name of another one's function or table.
fn apart(names: Vec<String>) -> Vec<String> {
    let mut apart: Vec<String> = Vec::new();
    for (index, mut name) in names.into_iter().enumerate() {
        let of = |name: &str, other: &str| {
            let ending = name.strip_prefix(other).and_then(|rest| rest.strip_prefix('_'));
            ending.is_some_and(|ending| ENDINGS.contains(&ending))
        };
        while apart.iter().any(|other| *other == name || of(&name, other) || of(other, &name)) {
            name = format!("{name}_{index}");
        }
        apart.push(name);
    }
    apart
}

/// A window with its names in the source.
struct Named<'a> {
    log: &'a LogWindow,
    /// What all names of the source begin with.
    image: &'a str,
    name: String,
    upper: String,
}

impl Named<'_> {
    fn window(&self) -> &Window {
        &self.log.window
    }

    /// What the functions and the types of the library have in their names. Magnitudes are `float`.
    fn kind(&self) -> &'static str {
        match (self.window().axes, self.window().readings) {
            (1, Readings::I16) => "i16",
            _ => "f32",
        }
    }

    fn write(&self, into: &mut Windows) {
        self.header(&mut into.types, &mut into.functions);
        self.tables(&mut into.source);
        self.init(&mut into.source);
        self.push(&mut into.source);
    }

    /// One sample as an argument.
    fn sample(&self) -> String {
        let kind = match self.window().readings {
            Readings::I16 => "int16_t",
            Readings::F32 => "float",
        };
        match self.window().axes {
            1 => format!("{kind} sample"),
            axes => format!("const {kind} sample[{axes}]"),
        }
    }

    /// Writing to a string cannot fail.
    fn header(&self, types: &mut String, functions: &mut String) {
        let Self { name, upper, log, image, .. } = self;
        let (window, length, kind) = (self.window(), log.length, self.kind());
        let rate = window.rate_hz.map(|rate| format!(", {rate} of them a second"));
        let _ = write!(
            types,
            "/* The window `{}`: {length} samples{}. Inputs {} on are its features. */\n\
             enum {{\n    {upper}_LENGTH = {length},\n    {upper}_AXES = {},\n    \
             {upper}_WINDOWS = {},\n    {upper}_FIRST_INPUT = {},\n    {upper}_FEATURES = {}\n}};\n\n\
             typedef struct {{\n    mild_window_{kind} window;\n    {} samples[{length}];\n    \
             uint32_t places[{}];\n",
            comment(&window.name),
            rate.unwrap_or_default(),
            log.first,
            window.axes,
            window.windows,
            log.first,
            window.features().count(),
            if kind == "i16" { "int16_t" } else { "float" },
            2 * length,
        );
        let remembered = window.remembered().len();
        if remembered > 0 {
            let _ = write!(
                types,
                "    mild_history histories[{remembered}];\n    float values[{remembered}][{}];\n",
                window.windows
            );
        }
        if !window.spectrum.is_empty() {
            let _ = writeln!(types, "    float room[{length}];");
        }
        let _ = write!(types, "}} {name};\n\n");
        let when = match (remembered, window.windows) {
            (0, _) => String::new(),
            (_, windows) => format!(", from the window number {windows} on"),
        };
        let inputs = image.to_uppercase();
        let _ = write!(
            functions,
            "\n/* Begins without samples: once, and after a gap between samples. */\n\
             mild_status {name}_init({name} *of);\n\n\
             /* Takes a sample. With the last one of a window{when} it puts the\n \
             * features where they belong among `inputs`, and sets `ready`. Windows do not overlap. */\n\
             mild_status {name}_push({name} *of, {}, float inputs[{inputs}_INPUTS], bool *ready);\n",
            self.sample(),
        );
    }

    fn tables(&self, source: &mut String) {
        let (name, window) = (&self.name, self.window());
        for (table, statistics) in
            [("statistics", &window.statistics), ("remembered", &window.remembered())]
        {
            if !statistics.is_empty() {
                let _ = write!(source, "\nstatic const mild_statistic {name}_{table}[] = {{\n");
                for &one in statistics {
                    let _ = writeln!(source, "    {}, /* {one} */", statistic(one));
                }
                source.push_str("};\n");
            }
        }
        if !window.spectrum.is_empty() {
            let _ =
                write!(source, "\nstatic const mild_spectral_statistic {name}_spectrum[] = {{\n");
            for &one in &window.spectrum {
                let _ = writeln!(source, "    {}, /* {one} */", spectral(one));
            }
            source.push_str("};\n");
        }
    }

    fn init(&self, source: &mut String) {
        let (name, length, kind) = (&self.name, self.log.length, self.kind());
        let remembered = self.window().remembered().len();
        let start =
            format!("mild_window_{kind}_init(&of->window, of->samples, of->places, {length})");
        let _ = write!(source, "\nmild_status {name}_init({name} *of) {{\n");
        if remembered == 0 {
            let _ = writeln!(source, "    return {start};");
        } else {
            let _ = write!(
                source,
                "    mild_status status = {start};\n    \
                 for (size_t i = 0; status == MILD_STATUS_OK && i < {remembered}; i++) {{\n        \
                 status = mild_history_init(&of->histories[i], of->values[i], {});\n    }}\n    \
                 return status;\n",
                self.window().windows
            );
        }
        source.push_str("}\n");
    }

    fn push(&self, source: &mut String) {
        let Self { name, log, image, .. } = self;
        let (window, kind, inputs) = (self.window(), self.kind(), image.to_uppercase());
        let _ = write!(
            source,
            "\nmild_status {name}_push({name} *of, {}, float inputs[{inputs}_INPUTS], bool *ready) {{\n    \
             float *const features = &inputs[{}];\n    mild_status status = MILD_STATUS_OK;\n    \
             *ready = false;\n",
            self.sample(),
            log.first,
        );
        let taken = if window.axes == 1 {
            "sample"
        } else {
            let of = window.readings.name();
            let _ = write!(
                source,
                "    float magnitude = 0;\n    status = mild_magnitude_{of}(sample, {}, &magnitude);\n    \
                 if (status != MILD_STATUS_OK) {{\n        return status;\n    }}\n",
                window.axes
            );
            "magnitude"
        };
        let _ = write!(
            source,
            "    status = mild_window_{kind}_push(&of->window, {taken});\n    \
             if (status != MILD_STATUS_OK || !mild_window_{kind}_is_full(&of->window)) {{\n        \
             return status;\n    }}\n"
        );
        let remembered = window.remembered();
        let mut ready = "true";
        if !remembered.is_empty() {
            let count = remembered.len();
            ready = "mild_history_is_full(&of->histories[0])";
            let _ = write!(
                source,
                "    float latest[{count}] = {{0}};\n    status = \
                 mild_window_{kind}_features(&of->window, {name}_remembered, {count}, latest);\n    \
                 for (size_t i = 0; status == MILD_STATUS_OK && i < {count}; i++) {{\n        \
                 status = mild_history_push(&of->histories[i], latest[i]);\n    }}\n"
            );
        }
        let _ = write!(
            source,
            "    const bool whole = {ready};\n    if (status == MILD_STATUS_OK && whole) {{\n"
        );
        self.features(&remembered, source);
        let _ = write!(
            source,
            "    }}\n    (void)mild_window_{kind}_clear(&of->window);\n    \
             *ready = whole && status == MILD_STATUS_OK;\n    return status;\n}}\n"
        );
    }

    /// The features, once there are enough windows.
    fn features(&self, remembered: &[Statistic], source: &mut String) {
        let (name, window, kind) = (&self.name, self.window(), self.kind());
        let mut place = window.statistics.len();
        if place > 0 {
            let _ = writeln!(
                source,
                "        status = mild_window_{kind}_features(&of->window, {name}_statistics, {place}, \
                 features);"
            );
        }
        let history = |of: &Statistic| remembered.iter().position(|one| one == of).unwrap_or(0);
        for one in &window.changes {
            let k = history(one);
            let _ = writeln!(
                source,
                "        features[{place}] = mild_history_change(&of->histories[{k}]);"
            );
            place += 1;
        }
        for one in &window.averages {
            let (k, smoothing) = (history(one), window.smoothing);
            let _ = writeln!(
                source,
                "        features[{place}] = mild_history_average(&of->histories[{k}], {smoothing});"
            );
            place += 1;
        }
        if !window.spectrum.is_empty() {
            let taper = match window.taper {
                Taper::Hann => "HANN",
                Taper::None => "NONE",
            };
            let (length, count) = (self.log.length, window.spectrum.len());
            let _ = write!(
                source,
                "        if (status == MILD_STATUS_OK) {{\n            \
                 status = mild_window_{kind}_spectrum(&of->window, MILD_TAPER_{taper}, \
                 &mild_sines_{length}, of->room,\n                                              \
                 {length}, {name}_spectrum, {count}, &features[{place}]);\n        }}\n"
            );
        }
    }
}

/// A statistic as an initializer.
fn statistic(of: Statistic) -> String {
    let number = match of {
        Statistic::Quantile(percent) => percent.into(),
        Statistic::Autocorrelation(lag) => lag,
        _ => 0,
    };
    format!("{{MILD_STATISTIC_KIND_{}, {number}}}", constant(of.name()))
}

/// The same of a spectrum.
fn spectral(of: SpectralStatistic) -> String {
    let functions = match of {
        SpectralStatistic::Decibels(_, functions)
        | SpectralStatistic::Entropy(functions)
        | SpectralStatistic::Flatness(functions) => functions,
        _ => Functions::Libm,
    };
    let functions = if functions == Functions::Micromath { "MICROMATH" } else { "LIBM" };
    let kind = match of {
        SpectralStatistic::Power(_) => "POWER",
        SpectralStatistic::Decibels(..) => "DECIBELS",
        SpectralStatistic::Dominant => "DOMINANT",
        SpectralStatistic::Centroid => "CENTROID",
        SpectralStatistic::Entropy(_) => "ENTROPY",
        SpectralStatistic::Flatness(_) => "FLATNESS",
    };
    let Band { first, last } = of.band().unwrap_or(Band { first: 0, last: 0 });
    format!("{{MILD_SPECTRAL_KIND_{kind}, MILD_FUNCTIONS_{functions}, {first}, {last}}}")
}

fn constant(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_not_called_like_a_function_of_another() {
        let names = ["A", "A_INIT", "B_SPECTRUM", "B", "A_INITIAL"].map(str::to_owned);
        let expected = ["A", "A_INIT_1", "B_SPECTRUM", "B_3", "A_INITIAL"];
        assert_eq!(apart(names.to_vec()), expected);
    }

    #[test]
    fn statistics_are_constants_of_the_header() {
        let header = include_str!("../../../../mild-c/include/mild.h");
        let others = [Statistic::Quantile(90), Statistic::Autocorrelation(4)];
        let all: Vec<String> = Statistic::PLAIN.into_iter().chain(others).map(statistic).collect();
        for one in &all {
            let name = one.trim_start_matches('{').split(',').next().unwrap();
            assert!(header.contains(&format!("  {name} = ")), "{name}");
        }
        assert_eq!(
            all[10..],
            ["{MILD_STATISTIC_KIND_QUANTILE, 90}", "{MILD_STATISTIC_KIND_AUTOCORRELATION, 4}"]
        );
        let band = Band { first: 3, last: 8 };
        assert_eq!(
            spectral(SpectralStatistic::Decibels(band, Functions::Micromath)),
            "{MILD_SPECTRAL_KIND_DECIBELS, MILD_FUNCTIONS_MICROMATH, 3, 8}"
        );
    }
}
