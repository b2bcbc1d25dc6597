//! Which widths of hidden layers fit a budget.

use crate::error::{ConfigError, Error, Result};
use crate::intake::config::{Budget, Config, Limit};
use crate::learn::footprint::{Footprint, Foretell};

/// A layer is not made narrower than this: one unit with ReLU sees only one side.
const NARROWEST: usize = 2;

/// Leaves the lists of widths whose images fit the budget. Of one that does not fit, the widest
/// that has its proportions and fits takes the place, unless the configuration fixes the widths.
/// Returns the widths for the network that always takes the same expert.
///
/// # Errors
/// [`ConfigError::Value`] if nothing fits.
pub(crate) fn fit(
    hidden: &mut Vec<Vec<usize>>,
    config: &Config,
    footprint: &Foretell<'_>,
) -> Result<Vec<usize>> {
    if config.budget == Budget::default() {
        return Ok(Vec::new());
    }
    let room = Room { footprint, budget: &config.budget };
    let fixed = config.rejector.hidden.is_some();
    let mut fitting: Vec<Vec<usize>> = Vec::new();
    for widths in &*hidden {
        let widest = room.widest(widths)?.filter(|widest| !fixed || widest == widths);
        fitting.extend(widest.filter(|widest| !fitting.contains(widest)));
    }
    let constant = if room.fits(&[])? { Some(Vec::new()) } else { fitting.first().cloned() };
    match constant {
        Some(constant) if !fitting.is_empty() => {
            *hidden = fitting;
            Ok(constant)
        }
        _ => Err(room.refusal(hidden, config)?),
    }
}

/// Bytes of an image that is not limited otherwise: what flash has for a rejector besides its code.
const ROOMY: usize = 4096;

/// The lists of widths that make more multiply-accumulates than all of `narrow`, each with the
/// widest of its proportions that fits the budget; without a limit to the bytes of the image, 4 kB.
pub(crate) fn wider(
    wider: &[Vec<usize>],
    narrow: &[Vec<usize>],
    config: &Config,
    footprint: &Foretell<'_>,
) -> Result<Vec<Vec<usize>>> {
    let mut budget = config.budget;
    budget.image_bytes.get_or_insert(Limit { most: ROOMY, line: 0 });
    let room = Room { footprint, budget: &budget };
    let macs = |widths: &[usize]| -> Result<usize> { Ok(footprint(widths)?.macs) };
    let mut most = 0;
    for widths in narrow {
        most = most.max(macs(widths)?);
    }
    let mut fitting: Vec<Vec<usize>> = Vec::new();
    for widths in wider {
        if let Some(widest) = room.widest(widths)?
            && macs(&widest)? > most
            && !fitting.contains(&widest)
        {
            fitting.push(widest);
        }
    }
    Ok(fitting)
}

/// A budget, and what networks take of it.
struct Room<'a> {
    footprint: &'a Foretell<'a>,
    budget: &'a Budget,
}

impl Room<'_> {
    fn fits(&self, hidden: &[usize]) -> Result<bool> {
        Ok(self.tightest(hidden)?.is_none_or(|tightest| tightest.found <= tightest.limit.most))
    }

    /// These widths, or the widest in the same proportions that fit.
    fn widest(&self, hidden: &[usize]) -> Result<Option<Vec<usize>>> {
        if self.fits(hidden)? {
            return Ok(Some(hidden.to_vec()));
        }
        // No figure falls when a layer becomes wider, so bisection finds the last that fits.
        let (mut fits, mut exceeds) = (NARROWEST - 1, widest_layer(hidden));
        while fits + 1 < exceeds {
            let middle = fits.midpoint(exceeds);
            if self.fits(&scaled(hidden, middle))? {
                fits = middle;
            } else {
                exceeds = middle;
            }
        }
        Ok((fits >= NARROWEST).then(|| scaled(hidden, fits)))
    }

    /// The figure that is nearest to its limit, or furthest beyond.
    fn tightest(&self, hidden: &[usize]) -> Result<Option<Tightest>> {
        let Footprint { image_bytes, macs, scratch_bytes } = (self.footprint)(hidden)?;
        let figures = [
            ("budget.image_bytes", image_bytes, self.budget.image_bytes),
            ("budget.macs", macs, self.budget.macs),
            ("budget.scratch_bytes", scratch_bytes, self.budget.scratch_bytes),
        ];
        let limited = figures
            .into_iter()
            .filter_map(|(key, found, limit)| Some(Tightest { key, found, limit: limit? }));
        Ok(limited.max_by(|a, b| a.share().total_cmp(&b.share())))
    }

    /// Why nothing fits, by the network that comes nearest.
    fn refusal(&self, hidden: &[Vec<usize>], config: &Config) -> Result<Error> {
        let fixed = config.rejector.hidden.is_some();
        let mut nearest: Option<(Tightest, Vec<usize>)> = None;
        for widths in hidden {
            let widths = if fixed { widths.clone() } else { scaled(widths, NARROWEST) };
            let Some(tightest) = self.tightest(&widths)? else { continue };
            if nearest.as_ref().is_none_or(|(known, _)| tightest.share() < known.share()) {
                nearest = Some((tightest, widths));
            }
        }
        let (Tightest { key, found, limit }, widths) = nearest.expect("a limit that is exceeded");
        let network = match (fixed, &widths[..]) {
            (true, _) => format!("with `rejector.hidden` = {widths:?}"),
            (false, []) => "with the smallest network, a linear one".to_owned(),
            (false, _) => format!("with the smallest network, hidden = {widths:?}"),
        };
        let narrower = if fixed { self.narrower(&widths)? } else { None };
        let advice = match narrower {
            Some(narrower) => format!(
                "{narrower:?} fits, and without `rejector.hidden` the widths that fit are searched"
            ),
            None => "try fewer features, fewer experts, or a larger budget".to_owned(),
        };
        Ok(Error::from(ConfigError::Value {
            file: config.path.clone(),
            line: limit.line,
            excerpt: config.line(limit.line),
            key: key.to_owned(),
            found: format!("{found} {network}"),
            expected: format!("at most {}; {advice}", limit.most),
        }))
    }

    /// What fits in place of widths that do not.
    fn narrower(&self, hidden: &[usize]) -> Result<Option<Vec<usize>>> {
        match self.widest(hidden)? {
            None if self.fits(&[])? => Ok(Some(Vec::new())),
            widest => Ok(widest),
        }
    }
}

/// A limit and the figure that has to keep it.
struct Tightest {
    key: &'static str,
    found: usize,
    limit: Limit,
}

impl Tightest {
    fn share(&self) -> f64 {
        self.found as f64 / self.limit.most as f64
    }
}

fn widest_layer(hidden: &[usize]) -> usize {
    hidden.iter().copied().max().unwrap_or(0)
}

/// The same proportions with a widest layer of `widest`, which is not above the present one.
fn scaled(hidden: &[usize], widest: usize) -> Vec<usize> {
    let present = widest_layer(hidden);
    let narrowed = |&width: &usize| (width * widest / present).max(NARROWEST).min(width);
    hidden.iter().map(narrowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing;
    use crate::integers::footprint::{Sections, footprint};
    use crate::learn::grid::Grid;
    use crate::learn::recipe::Recipe;
    use crate::loss::Effort;

    /// The widths that a grid holds within a budget (image bytes, multiply-accumulates, scratch
    /// bytes), and those of a constant.
    fn searched(
        most: [Option<usize>; 3],
        hidden: Option<Vec<u16>>,
    ) -> Result<(Vec<Vec<usize>>, Vec<usize>)> {
        let (mut config, data) = testing::log(40, 20);
        config.rejector.hidden = hidden;
        config.rejector.method = "two-stage".parse().unwrap();
        config.train.effort = Effort::Normal;
        let [image_bytes, macs, scratch_bytes] =
            most.map(|most| most.map(|most| Limit { most, line: 9 }));
        config.budget = Budget { image_bytes, macs, scratch_bytes };
        let sections = Sections::new(&config, &data, None);
        let grid = Grid::within(&config, &data, Recipe::NONE, &|hidden| sections.with(hidden))?;
        let mut widths: Vec<Vec<usize>> = Vec::new();
        for candidate in grid.candidates {
            let found = sections.with(&candidate.hidden)?;
            let within = |found, most: Option<usize>| most.is_none_or(|most| found <= most);
            assert!(within(found.image_bytes, most[0]) && within(found.macs, most[1]));
            assert!(within(found.scratch_bytes, most[2]));
            if !widths.contains(&candidate.hidden) {
                widths.push(candidate.hidden);
            }
        }
        Ok((widths, grid.constant))
    }

    fn says(most: [Option<usize>; 3], hidden: Option<Vec<u16>>, parts: &[&str]) {
        let error = searched(most, hidden).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error}\nlacks {part}");
        }
    }

    #[test]
    fn without_a_budget_and_with_a_roomy_one_everything_is_searched() {
        let all = [&[][..], &[8], &[16], &[32], &[24, 12]].map(<[usize]>::to_vec);
        for most in [None, Some(1 << 20)] {
            assert_eq!(searched([most; 3], None).unwrap(), (all.to_vec(), Vec::new()));
        }
    }

    #[test]
    fn what_does_not_fit_gives_way_to_the_widest_that_does_once() {
        // Two inputs, two outputs: four multiply-accumulates a unit.
        let (widths, _) = searched([None, Some(4 * 13 + 3), None], None).unwrap();
        // 2 x 8 + 8 x 4 + 4 x 2 = 56 is one too many for 8 and 4; 7 and 3 take 41.
        assert_eq!(widths, [&[][..], &[8], &[13], &[7, 3]]);
        let (narrow, constant) = searched([None, Some(11), None], None).unwrap();
        assert_eq!((narrow, constant), (vec![vec![], vec![2]], Vec::new()));
        let (linear, _) = searched([None, Some(4), None], None).unwrap();
        assert_eq!(linear, [[0usize; 0]]);
    }

    #[test]
    fn wider_networks_are_wider_and_end_at_4_kb_or_the_budget() {
        let (mut config, data) = testing::log(40, 20);
        let narrow = [vec![], vec![16], vec![24, 12]];
        let found = |config: &Config, widths: &[&[usize]]| {
            let widths: Vec<Vec<usize>> = widths.iter().map(|widths| widths.to_vec()).collect();
            let sections = Sections::new(config, &data, None);
            wider(&widths, &narrow, config, &|hidden| sections.with(hidden)).unwrap()
        };
        let listed: &[&[usize]] = &[&[8], &[400], &[40, 20], &[100, 100]];
        let all = found(&config, listed);
        let sections = Sections::new(&config, &data, None);
        let bytes = |widths: &[usize]| sections.with(widths).unwrap().image_bytes;
        assert_eq!(all.len(), 3, "{all:?}: 8 is no more than there is");
        assert_eq!(all[1], [40, 20]);
        for narrowed in [&all[0], &all[2]] {
            let wider: Vec<usize> = narrowed.iter().map(|width| width + 1).collect();
            assert!(bytes(narrowed) <= ROOMY && bytes(&wider) > ROOMY, "{narrowed:?}");
        }
        config.budget.image_bytes = Some(Limit { most: 1 << 20, line: 1 });
        assert_eq!(found(&config, listed), [&[400][..], &[40, 20], &[100, 100]]);
        config.budget.image_bytes = Some(Limit { most: bytes(&[24, 12]), line: 1 });
        assert!(found(&config, listed).is_empty());
    }

    #[test]
    fn the_widest_is_the_widest() {
        let (mut config, data) = testing::log(40, 20);
        config.rejector.method = "two-stage".parse().unwrap();
        let sections = Sections::new(&config, &data, None);
        for most in (150..700).step_by(7) {
            let Ok((widths, _)) = searched([Some(most), None, None], None) else { continue };
            let of = |width: usize| sections.with(&[width]).unwrap().image_bytes;
            if let Some(&[width]) = widths.iter().rfind(|widths| widths.len() == 1).map(|w| &w[..])
            {
                assert!(
                    of(width) <= most && (width == 32 || of(width + 1) > most),
                    "{most} {width}"
                );
            }
        }
    }

    #[test]
    fn a_constant_fits_too_if_need_be_without_being_linear() {
        let (mut config, mut data) = testing::log(40, 20);
        config.rejector.hidden = None;
        config.rejector.method = "two-stage".parse().unwrap();
        // Forty inputs and ten experts: two units between them save multiply-accumulates.
        let wide = |part: &mut crate::data::part::Part| {
            part.edit(|columns| {
                columns.inputs = 40;
                columns.features = vec![0.5; columns.rows * 40];
                columns.experts = 10;
                columns.errors = vec![1.0; columns.rows * 10];
                columns.prices = vec![0.0; columns.rows * 10];
            });
        };
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            wide(part);
        }
        data.experts = vec![data.experts[0].clone(); 10];
        for (k, expert) in data.experts.iter_mut().enumerate() {
            expert.name = format!("e{k}");
        }
        // A linear network takes 400, one with two units 100.
        for (most, hidden, macs) in [(400, &[][..], 400), (120, &[2], 100)] {
            config.budget.macs = Some(Limit { most, line: 1 });
            let trained = crate::pipeline::train(
                &config,
                &data,
                &crate::learn::store::Forgetful,
                &crate::progress::Silent,
            )
            .unwrap();
            assert!(matches!(trained.choice, crate::pipeline::Choice::Constant { expert: 0, .. }));
            let found = footprint(&trained.artifact.image());
            assert_eq!(found, Sections::new(&config, &data, None).with(hidden).unwrap());
            assert_eq!(found.macs, macs);
            assert!(trained.int8_choices(&data.test).iter().all(|&choice| choice == 0));
        }
    }

    #[test]
    fn what_cannot_fit_is_refused_with_the_nearest_figure_and_advice() {
        says(
            [Some(100), None, None],
            None,
            &[
                "mild.toml:9: `budget.image_bytes`: found 172 with the smallest network, a linear one",
                "expected at most 100; try fewer features",
            ],
        );
        says(
            [None, Some(60), None],
            Some(vec![16]),
            &[
                "`budget.macs`: found 64 with `rejector.hidden` = [16]",
                "expected at most 60; [15] fits, and without `rejector.hidden`",
            ],
        );
        says([None, Some(7), None], Some(vec![16]), &["expected at most 7; [] fits"]);
        says([None, Some(3), None], Some(vec![16]), &["at most 3; try fewer features"]);
        assert!(searched([None, Some(64), None], Some(vec![16])).is_ok());
    }
}
