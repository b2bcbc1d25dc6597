//! Which candidates a selection tries.

use crate::arithmetic::network::Shape;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::intake::config::Config;
use crate::learn::axes::Axes;
use crate::learn::candidate::{Candidate, Scaling};
use crate::learn::footprint::Foretell;
use crate::learn::platt_scaling::HIGHEST_PRICE;
use crate::learn::recipe::Recipe;
use crate::learn::widths;
use crate::loss::{Effort, Loss, Method};

/// How long a selection looks, and at what.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The candidates, the plainest first.
    pub candidates: Vec<Candidate>,
    /// Linear candidates that get a penalty for each expert, whichever is best.
    pub of_experts: Vec<Candidate>,
    /// Numbers of iterations at which each is judged.
    pub checkpoints: Vec<usize>,
    /// Cross-validation folds.
    pub folds: u8,
    /// Whether train and calibration rows are so few that all of them are fitted on.
    pub pooled: bool,
    /// What is done about few rows.
    pub(crate) recipe: Recipe,
    /// Rows that selection uses at most.
    pub max_rows: usize,
    /// Networks that are fitted from different starts once the candidate is chosen.
    pub restarts: u64,
    /// Widths that are tried only with what does best with the candidates' own.
    pub wider: Vec<Vec<usize>>,
    /// The number of candidates that are tried with these.
    pub grown: usize,
    /// Widths of the hidden layers of the network that always takes the same expert: none, unless
    /// only networks with some fit a budget.
    pub constant: Vec<usize>,
}

impl Grid {
    /// The grid for a configuration: what it leaves open is searched, what it fixes is not.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::of(&Axes::new(config), config, Recipe::NONE)
    }

    /// The grid for a configuration with this loss in place of its method's.
    #[must_use]
    pub fn of_loss(config: &Config, loss: Loss) -> Self {
        Self::of(&Axes::of_losses(config, vec![loss]), config, Recipe::NONE)
    }

    /// Nothing but these candidates, judged on all rows at these numbers of iterations.
    #[must_use]
    pub fn only(candidates: Vec<Candidate>, folds: u8, checkpoints: Vec<usize>) -> Self {
        Self {
            candidates,
            of_experts: Vec::new(),
            pooled: false,
            recipe: Recipe::NONE,
            checkpoints,
            folds,
            max_rows: usize::MAX,
            restarts: 1,
            wider: Vec::new(),
            grown: 0,
            constant: Vec::new(),
        }
    }

    /// The grid for a configuration, but only networks whose images fit the configuration's
    /// budget by their `footprint`.
    ///
    /// # Errors
    /// [`ConfigError::Value`](crate::error::ConfigError::Value) if no network fits.
    pub(crate) fn within(
        config: &Config,
        data: &Dataset,
        recipe: Recipe,
        footprint: &Foretell<'_>,
    ) -> Result<Self> {
        let mut axes = Axes::new(config);
        let constant = widths::fit(&mut axes.hidden, config, footprint)?;
        axes.wider = widths::wider(&axes.wider, &axes.hidden, config, footprint)?;
        let mut grid = Self { constant, ..Self::of(&axes, config, recipe) };
        let rows = data.train.rows() + data.calibration.rows();
        if recipe.pooled {
            grid.pooled = true;
            // Fits are cheap then, and each row that they lack counts.
            grid.folds = config.train.folds;
        }
        if recipe.small_networks && config.train.effort == Effort::Quick {
            // Losses with chosen parameters, the margins, are half of all candidates and win nearly
            // never there: time and luck are better spent on the others.
            let some_plain = grid.candidates.iter().any(|one| one.loss.complexity() == 0);
            if some_plain {
                grid.candidates.retain(|one| one.loss.complexity() == 0);
            }
        }
        if recipe.small_networks && config.rejector.hidden.is_none() {
            let (inputs, experts) = (data.inputs(), data.experts.len());
            let small = |hidden: &Vec<usize>| {
                let shape = Shape::new(inputs, hidden, experts);
                hidden.is_empty() || shape.parameters() <= rows * experts
            };
            let some_fit = grid.candidates.iter().any(|candidate| small(&candidate.hidden));
            if some_fit {
                grid.candidates.retain(|candidate| small(&candidate.hidden));
            }
            if grid.pooled {
                // What few rows favour by chance must not cost a device kilobytes.
                grid.wider.clear();
            }
        }
        if config.rejector.method == Method::AUTO && !fits_prices(data) {
            grid.candidates.retain(|candidate| !candidate.loss.gives_probabilities());
            grid.of_experts.retain(|candidate| !candidate.loss.gives_probabilities());
        }
        Ok(grid)
    }

    /// What did best, with features scaled in the other way. `ranking` has the best first.
    #[must_use]
    pub fn rescaled<'a>(&self, ranking: impl IntoIterator<Item = &'a Candidate>) -> Vec<Candidate> {
        let some = if self.recipe.scalings { self.grown } else { 0 };
        let best = ranking.into_iter().filter(|candidate| !candidate.is_solved()).take(some);
        best.map(|best| Candidate { scaling: Scaling::Common, ..best.clone() }).collect()
    }

    /// The best one with a penalty ten times as strong, if that is beyond what was tried.
    #[must_use]
    pub fn stronger<'a>(&self, ranking: impl IntoIterator<Item = &'a Candidate>) -> Vec<Candidate> {
        let strongest = self.candidates.iter().map(|candidate| candidate.l2).fold(0.0, f64::max);
        let best = ranking.into_iter().find(|candidate| !candidate.is_solved());
        let best = best.filter(|best| self.recipe.stronger && best.l2 >= strongest);
        best.map(|best| Candidate { l2: 10.0 * best.l2, ..best.clone() }).into_iter().collect()
    }

    /// What did best, in the wider networks. `ranking` has the best first.
    #[must_use]
    pub fn wider<'a>(&self, ranking: impl IntoIterator<Item = &'a Candidate>) -> Vec<Candidate> {
        let mut best: Vec<Candidate> = Vec::new();
        for candidate in ranking.into_iter().filter(|candidate| !candidate.is_solved()) {
            let plain = Candidate { hidden: Vec::new(), ..candidate.clone() };
            if best.len() < self.grown && !best.contains(&plain) {
                best.push(plain);
            }
        }
        let in_all = best.iter().flat_map(|plain| {
            self.wider.iter().map(|hidden| Candidate { hidden: hidden.clone(), ..plain.clone() })
        });
        in_all.filter(|candidate| !self.candidates.contains(candidate)).collect()
    }

    fn of(axes: &Axes, config: &Config, recipe: Recipe) -> Self {
        let train = &config.train;
        let (restarts, folds, max_rows, grown) = match train.effort {
            Effort::Quick => (1, train.folds.min(3), 6_000, 2),
            Effort::Normal => (3, train.folds, 20_000, 3),
            Effort::Thorough => (5, train.folds, 60_000, 4),
        };
        let mut candidates = axes.candidates();
        let mut of_experts =
            if recipe.penalties_of_experts { axes.of_experts(config) } else { Vec::new() };
        if !recipe.scalings {
            of_experts.retain(|candidate| candidate.scaling == Scaling::Each);
        }
        for candidate in candidates.iter_mut().chain(&mut of_experts) {
            candidate.ranges = config.quantize.ranges;
        }
        Self {
            candidates,
            of_experts,
            pooled: false,
            recipe: Recipe { stronger: recipe.stronger && train.l2.is_none(), ..recipe },
            checkpoints: checkpoints(train.max_iterations as usize),
            folds,
            max_rows,
            restarts,
            wider: axes.wider.clone(),
            grown,
            constant: Vec::new(),
        }
    }
}

/// Whether an image can hold the experts' mean prices beside their probabilities of being right.
fn fits_prices(data: &Dataset) -> bool {
    data.experts.iter().all(|expert| f64::from(expert.mean_price) <= HIGHEST_PRICE)
}

/// 20, 40, 80, ... and the most.
fn checkpoints(most: usize) -> Vec<usize> {
    let mut checkpoints: Vec<usize> =
        std::iter::successors(Some(20), |n| Some(n * 2)).take_while(|&n| n < most).collect();
    checkpoints.push(most);
    checkpoints
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::integers::footprint::Sections;
    use crate::loss::{Form, Mild, Tau, TwoStage};

    fn grid(extra: &str) -> Grid {
        let text = format!(
            "[data]\nlog = 'l.csv'\nfeatures = ['x']\nlabel = 'y'\n[[expert]]\nname = 'local'\n\
             prediction = 'a'\n[[expert]]\nname = 'cloud'\nprediction = 'b'\n{extra}"
        );
        Grid::new(&Config::parse(&text, Path::new("mild.toml")).unwrap())
    }

    #[test]
    fn the_plain_loss_is_always_there_and_nothing_twice() {
        for effort in ["quick", "normal", "thorough"] {
            let grid = grid(&format!("[train]\neffort = '{effort}'"));
            let losses = || grid.candidates.iter().map(|candidate| candidate.loss);
            assert!(losses().any(|loss| loss == TwoStage::LOG.into()));
            assert!(losses().any(|loss| loss.complexity() == 2));
            for (i, a) in grid.candidates.iter().enumerate() {
                assert!(!grid.candidates[..i].contains(a), "{a} twice");
            }
        }
    }

    #[test]
    fn prices_beyond_what_an_image_holds_leave_one_vs_all_out_of_auto() {
        let (mut config, mut data) = crate::intake::testing::log(40, 20);
        config.rejector.hidden = None;
        let tried = |data: &Dataset| {
            let sections = Sections::new(&config, data, None);
            let recipe = Recipe::default();
            let grid =
                Grid::within(&config, data, recipe, &|hidden| sections.with(hidden)).unwrap();
            let mut all = grid.candidates.iter().chain(&grid.of_experts);
            all.any(|candidate| candidate.loss.gives_probabilities())
        };
        assert!(tried(&data));
        data.experts[1].mean_price = 20_000.0;
        assert!(!tried(&data));
    }

    #[test]
    fn few_rows_are_pooled_in_more_folds_and_leave_large_networks_out() {
        let grid = |train: usize, recipe: Recipe| {
            let (mut config, data) = crate::intake::testing::log(train, 20);
            config.rejector.hidden = None;
            config.train.effort = Effort::Quick;
            let sections = Sections::new(&config, &data, None);
            Grid::within(&config, &data, recipe, &|hidden| sections.with(hidden)).unwrap()
        };
        let widths = |grid: &Grid| {
            let all = grid.candidates.iter().map(|candidate| candidate.hidden.len());
            all.max().unwrap()
        };
        let (few, more) = (grid(20, Recipe::for_rows(40)), grid(400, Recipe::for_rows(420)));
        assert!(few.pooled && few.folds == 5 && widths(&few) == 0, "{:?}", few.candidates);
        assert!(more.pooled && widths(&more) == 2);
        let scalings: Vec<Scaling> = few.of_experts.iter().map(|of| of.scaling).collect();
        assert_eq!(scalings, [Scaling::Each, Scaling::Common]);
        let many = grid(700, Recipe::for_rows(720));
        assert!(!many.pooled && many.folds == 3 && many.of_experts.is_empty());
    }

    #[test]
    fn a_stronger_penalty_follows_the_strongest_alone() {
        let grid = Grid { recipe: Recipe::default(), ..grid("[train]\neffort = 'quick'") };
        let at = |l2: f64| Candidate { l2, ..Candidate::default() };
        let stronger = |l2: f64| grid.stronger([&at(l2)]).iter().map(|of| of.l2).next();
        assert_eq!((stronger(1e-3), stronger(0.01), stronger(0.1)), (None, Some(0.1), Some(1.0)));
        let solved = Candidate { l2_of_experts: vec![1.0, 3.0], ..at(0.01) };
        assert_eq!(grid.stronger([&solved]), []);
        assert_eq!(grid.rescaled([&solved, &at(0.1)]).len(), 1);
    }

    #[test]
    fn what_is_fixed_is_not_searched() {
        let grid = grid(
            "[rejector]\nmethod = 'mild'\nhidden = [6]\n[train]\ngamma = 0.25\nrho_bar = 3.0\n\
             form = 'I'\nrho_rule = 'mass'\ntau = 'sum'\nl2 = 0.5\nmax_iterations = 50",
        );
        let [Candidate { tau, loss: Loss::Mild(Mild { form, margins }), l2, .. }] =
            &grid.candidates[..]
        else {
            panic!("{:?}", grid.candidates);
        };
        assert_eq!((margins.gamma, margins.rho_bar), (0.25, 3.0));
        assert_eq!((*form, *tau, *l2), (Form::I, Tau::Sum, 0.5));
        assert_eq!(grid.checkpoints, [20, 40, 50]);
        assert_eq!((margins.floor, margins.min_wins), (10.0, 10));
    }

    #[test]
    fn floor_and_min_wins_go_into_all_margins_and_are_told_where_they_differ() {
        let grid = grid("[rejector]\nmethod = 'mild'\n[train]\nfloor = 0.5\nmin_wins = 3");
        for Candidate { loss, .. } in &grid.candidates {
            let Loss::Mild(Mild { margins, .. }) = loss else { panic!("{loss}") };
            assert_eq!((margins.floor, margins.min_wins), (0.5, 3));
            let shown = loss.to_string().ends_with(" floor=0.5 min_wins=3");
            assert_eq!(shown, margins.gamma != 0.0, "{loss}: equal margins have neither");
        }
        let default = self::grid("[rejector]\nmethod = 'mild'\n[train]\nfloor = 10\nmin_wins = 10");
        let plain = self::grid("[rejector]\nmethod = 'mild'");
        assert_eq!(default, plain);
        let shown = |candidate: &Candidate| candidate.loss.to_string();
        assert!(plain.candidates.iter().all(|candidate| !shown(candidate).contains("floor")));
        assert!(plain.candidates.iter().any(|candidate| shown(candidate).ends_with("count^0.333")));
    }

    #[test]
    fn multi_task_is_the_two_stage_loss_with_the_sum() {
        let multi_task = grid("[rejector]\nmethod = 'multi-task'");
        let sum = grid("[rejector]\nmethod = 'two-stage'\n[train]\ntau = 'sum'");
        assert_eq!(multi_task, sum);
        assert!(multi_task.candidates.iter().all(|candidate| candidate.tau == Tau::Sum));
    }

    #[test]
    fn each_method_has_its_own_loss() {
        for (method, name) in [
            ("two-stage", "two-stage"),
            ("two-stage-gce", "two-stage-gce q=0.7"),
            ("two-stage-mae", "two-stage-mae"),
            ("two-stage-exp", "two-stage-exp"),
            ("realizable", "realizable"),
            ("picce", "picce"),
            ("one-vs-all", "one-vs-all"),
        ] {
            let grid = grid(&format!("[rejector]\nmethod = '{method}'"));
            assert!(grid.candidates.iter().all(|candidate| candidate.loss.to_string() == name));
        }
    }
}
