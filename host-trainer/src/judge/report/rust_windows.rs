//! Windows of samples in Rust source: a type for each, and a function that puts their features
//! among the other inputs.

use std::fmt::Write as _;

use mild::window_features::{Band, Functions, SpectralStatistic, Statistic, Taper};

use super::rust_names::{ITEM, constant_of, identifiers};
use crate::data::dataset::Dataset;
use crate::data::window::{LogWindow, Readings, Window, WindowFeature};

/// A window with the names that it has in the source.
struct Named<'a> {
    log: &'a LogWindow,
    /// Of its type.
    kind: String,
    /// Of an argument.
    argument: String,
    /// Number of its features.
    features: usize,
}

/// Adds them to source that names the inputs with these fields; nothing without windows.
///
/// Writing to a string cannot fail.
pub(super) fn windows(source: &mut String, data: &Dataset, fields: &[String]) {
    if data.windows.is_empty() {
        return;
    }
    // The other inputs have an argument, too.
    let names = data.windows.iter().map(|log| log.window.name.clone());
    let arguments = identifiers(&[COLUMNS.to_owned()].into_iter().chain(names).collect::<Vec<_>>());
    let mut kinds: Vec<String> = Vec::new();
    let mut named = Vec::new();
    for (log, argument) in data.windows.iter().zip(&arguments[1..]) {
        let kind = unique_kind(&log.window.name, &kinds);
        kinds.push(kind.clone());
        let features = log.window.features().count();
        named.push(Named { log, kind, argument: argument.clone(), features });
    }
    for window in &named {
        window.write(source);
    }
    inputs(source, &named, fields);
}

/// The name of the argument of the inputs that are columns.
const COLUMNS: &str = "columns";

/// A name of a type, `SoundWindow`, that is none of those.
fn unique_kind(name: &str, taken: &[String]) -> String {
    let mut words = String::new();
    for word in name.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let (first, rest) = word.split_at(word.len().min(1));
        words += &first.to_ascii_uppercase();
        words += rest;
    }
    if !words.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        words.insert_str(0, "Input");
    }
    words += "Window";
    let mut kind = words.clone();
    let mut number = 1;
    while taken.contains(&kind) {
        number += 1;
        kind = format!("{words}{number}");
    }
    kind
}

impl Named<'_> {
    fn window(&self) -> &Window {
        &self.log.window
    }

    /// What one sample is, in Rust.
    fn sample(&self) -> String {
        let kind = self.window().readings.name();
        match self.window().axes {
            1 => kind.to_owned(),
            axes => format!("[{kind}; {axes}]"),
        }
    }

    fn write(&self, source: &mut String) {
        self.fields(source);
        self.constants(source);
        self.push(source);
        let kind = &self.kind;
        let _ = write!(
            source,
            "}}\n\nimpl Default for {kind} {{\n    fn default() -> Self {{\n        \
             Self::new()\n    }}\n}}\n"
        );
    }

    fn fields(&self, source: &mut String) {
        let (window, length) = (self.window(), self.log.length);
        let magnitudes = match window.axes {
            1 => String::new(),
            axes => format!(", each the magnitude of {axes} axes"),
        };
        // The magnitude of readings is none.
        let kind = match (window.axes, window.readings) {
            (1, readings) => readings,
            _ => Readings::F32,
        };
        let _ = write!(
            source,
            "\n/// The features of the window `{}`: {length} samples{magnitudes}.\n///\n\
             /// Needs the cargo feature `{}` of `mild`.\n{ITEM}#[derive(Debug, Clone)]\n\
             pub struct {} {{\n    samples: ::mild::window_features::Window<{kind}, {length}>,\n",
            window.name.escape_debug(),
            cargo_feature(window),
            self.kind,
        );
        let remembered = window.remembered().len();
        if remembered > 0 {
            let _ = writeln!(
                source,
                "    histories: [::mild::window_features::History<{}>; {remembered}],",
                window.windows
            );
        }
        if !window.spectrum.is_empty() {
            let _ = writeln!(source, "    room: [f32; {length}],");
        }
        source.push_str("}\n");
    }

    fn constants(&self, source: &mut String) {
        let (window, length) = (self.window(), self.log.length);
        let _ = write!(
            source,
            "\n{ITEM}impl {} {{\n    /// Samples of a window.\n    \
             pub const LENGTH: usize = {length};\n    /// Axes of a sample.\n    \
             pub const AXES: usize = {};\n    /// Windows that the features look at.\n    \
             pub const WINDOWS: usize = {};\n",
            self.kind, window.axes, window.windows,
        );
        if let Some(rate) = window.rate_hz {
            let _ = write!(
                source,
                "    /// Samples a second, as the configuration says.\n    \
                 pub const RATE_HZ: f64 = {rate:?};\n"
            );
        }
        let names: Vec<String> = window.feature_names().collect();
        let what = "The names of its features, in their order.";
        constant_of(source, "    ", "FEATURES", what, &names);
        let _ = write!(
            source,
            "\n    /// Without samples.\n    #[must_use]\n    pub const fn new() -> Self {{\n        \
             Self {{\n            samples: ::mild::window_features::Window::new(),\n"
        );
        let remembered = window.remembered().len();
        if remembered > 0 {
            let _ = writeln!(
                source,
                "            histories: [const {{ ::mild::window_features::History::new() }}; \
                 {remembered}],"
            );
        }
        if !window.spectrum.is_empty() {
            let _ = writeln!(source, "            room: [0.0; {length}],");
        }
        source.push_str(
            "        }\n    }\n\n    /// Forgets all samples, as after a gap between them.\n    \
             pub const fn clear(&mut self) {\n        *self = Self::new();\n    }\n",
        );
    }

    fn push(&self, source: &mut String) {
        let window = self.window();
        let remembered = window.remembered();
        let when = match (remembered.is_empty(), window.windows) {
            (true, _) => "With the last one of a window come its features.".to_owned(),
            (false, windows) => format!(
                "With the last one of a window come its features, from window {windows} on."
            ),
        };
        let of_axes = if window.axes == 1 { "" } else { ", of all axes" };
        let _ = write!(
            source,
            "\n    /// Takes a sample{of_axes}. {when}\n    ///\n    \
             /// Windows follow each other without overlap, from the first sample after `new` or\n    \
             /// `clear` on. The features are those of the trainer, bit for bit.\n    \
             ///\n    /// # Errors\n    /// If the sample is not a finite number. It is not taken \
             then.\n    pub fn push(\n        &mut self,\n        sample: {},\n    ) -> \
             Result<Option<[f32; {}]>, ::mild::window_features::SampleError> {{\n        \
             use ::mild::window_features as w;\n",
            self.sample(),
            self.features,
        );
        let taken = if window.axes == 1 { "sample" } else { "w::magnitude(&sample)?" };
        let _ = write!(
            source,
            "        self.samples.push({taken})?;\n        if !self.samples.is_full() {{\n            \
             return Ok(None);\n        }}\n"
        );
        let names: Vec<String> = remembered.iter().map(variable).collect();
        if !names.is_empty() {
            let _ = writeln!(source, "        let [{}] = &mut self.histories;", names.join(", "));
            for (name, statistic) in names.iter().zip(&remembered) {
                let statistic = statistic_of(*statistic);
                let _ = writeln!(source, "        {name}.push(self.samples.get({statistic}));");
            }
        }
        if !window.spectrum.is_empty() {
            let taper = match window.taper {
                Taper::None => "None",
                Taper::Hann => "Hann",
            };
            let _ = write!(
                source,
                "        let Some(spectrum) = self.samples.spectrum(w::Taper::{taper}, \
                 &mut self.room) else {{\n            return Ok(None);\n        }};\n"
            );
        }
        source.push_str("        let features = [\n");
        for feature in window.features() {
            let value = match feature {
                WindowFeature::Latest(one) => format!("self.samples.get({})", statistic_of(one)),
                WindowFeature::Change(one) => format!("{}.change()", variable(&one)),
                WindowFeature::Average(one) => {
                    format!("{}.average({})", variable(&one), window.smoothing)
                }
                WindowFeature::Spectral(one) => format!("spectrum.get({})", spectral(one)),
            };
            let _ = writeln!(source, "            {value},");
        }
        source.push_str("        ];\n");
        let ready = match names.first() {
            None => "Some(features)".to_owned(),
            Some(first) => format!("{first}.is_full().then_some(features)"),
        };
        let _ = write!(
            source,
            "        let features = {ready};\n        self.samples.clear();\n        Ok(features)\n"
        );
        source.push_str("    }\n");
    }
}

/// The function from columns and features to inputs.
fn inputs(source: &mut String, windows: &[Named<'_>], fields: &[String]) {
    let of_windows = |input: usize| {
        windows.iter().find_map(|window| {
            let place = input.checked_sub(window.log.first)?;
            (place < window.features).then_some((window, place))
        })
    };
    let columns: Vec<usize> = (0..fields.len()).filter(|&i| of_windows(i).is_none()).collect();
    if !columns.is_empty() {
        let _ = write!(
            source,
            "\n/// The inputs that are columns of the log, in its units.\n{ITEM}\
             #[derive(Debug, Clone, Copy, PartialEq)]\npub struct Columns {{\n"
        );
        for &input in &columns {
            let field = &fields[input];
            let _ = writeln!(source, "    /// Input {input}.\n    pub {field}: f32,");
        }
        source.push_str("}\n");
    }
    let _ = write!(
        source,
        "\n/// All inputs, in the order that the image takes.\n\
         #[allow(clippy::too_many_arguments, dead_code, unreachable_pub)]\n#[must_use]\n\
         pub const fn inputs(\n"
    );
    if !columns.is_empty() {
        let _ = writeln!(source, "    {COLUMNS}: Columns,");
    }
    for Named { argument, features, .. } in windows {
        let _ = writeln!(source, "    {argument}: [f32; {features}],");
    }
    let _ = write!(source, ") -> [f32; {}] {{\n    [\n", fields.len());
    for (input, field) in fields.iter().enumerate() {
        let _ = match of_windows(input) {
            Some((window, place)) => writeln!(source, "        {}[{place}],", window.argument),
            None => writeln!(source, "        {COLUMNS}.{field},"),
        };
    }
    source.push_str("    ]\n}\n");
}

/// The cargo feature of `mild` that has all of a window.
fn cargo_feature(window: &Window) -> &'static str {
    let quick = |statistic: &SpectralStatistic| {
        let (SpectralStatistic::Decibels(_, functions)
        | SpectralStatistic::Entropy(functions)
        | SpectralStatistic::Flatness(functions)) = statistic
        else {
            return false;
        };
        *functions == Functions::Micromath
    };
    match window.spectrum.is_empty() {
        true => "window-features",
        false if window.spectrum.iter().any(quick) => "micromath",
        false => "spectrum",
    }
}

/// The name of a variable.
fn variable(statistic: &Statistic) -> String {
    statistic.to_string().replace('-', "_")
}

fn statistic_of(statistic: Statistic) -> String {
    format!("w::Statistic::{statistic:?}")
}

fn spectral(statistic: SpectralStatistic) -> String {
    let band = |Band { first, last }: Band| format!("w::Band {{ first: {first}, last: {last} }}");
    let of = |functions: Functions| format!("w::Functions::{functions:?}");
    let call = match statistic {
        SpectralStatistic::Power(bins) => format!("Power({})", band(bins)),
        SpectralStatistic::Decibels(bins, functions) => {
            format!("Decibels({}, {})", band(bins), of(functions))
        }
        SpectralStatistic::Dominant => "Dominant".to_owned(),
        SpectralStatistic::Centroid => "Centroid".to_owned(),
        SpectralStatistic::Entropy(functions) => format!("Entropy({})", of(functions)),
        SpectralStatistic::Flatness(functions) => format!("Flatness({})", of(functions)),
    };
    format!("w::SpectralStatistic::{call}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_names_that_differ() {
        let mut kinds = Vec::new();
        for (name, kind) in [
            ("sound", "SoundWindow"),
            ("left wheel-2", "LeftWheel2Window"),
            ("Sound", "SoundWindow2"),
            ("3", "Input3Window"),
            ("ö", "InputWindow"),
        ] {
            let found = unique_kind(name, &kinds);
            assert_eq!(found, kind);
            kinds.push(found);
        }
    }
}
