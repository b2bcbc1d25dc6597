//! Adam, sourced: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm
//! 1.

/// Adam with its usual decays.
pub(super) struct Adam {
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: i32,
}

impl Adam {
    const MEAN_DECAY: f64 = 0.9;
    const SQUARE_DECAY: f64 = 0.99;

    pub(super) fn new(parameters: usize) -> Self {
        Self { mean: vec![0.0; parameters], square: vec![0.0; parameters], steps: 0 }
    }

    /// Moves each number by `rate` times its factor at most, within its bound.
    pub(super) fn step<'a>(
        &mut self,
        rate: f64,
        gradient: &[f64],
        parameters: impl Iterator<Item = (&'a mut f64, f64, f64)>,
    ) {
        self.steps += 1;
        let unbias = |decay: f64| 1.0 - libm::pow(decay, f64::from(self.steps));
        let (of_mean, of_square) = (unbias(Self::MEAN_DECAY), unbias(Self::SQUARE_DECAY));
        let memory = self.mean.iter_mut().zip(&mut self.square);
        for (((parameter, factor, bound), &g), (mean, square)) in
            parameters.zip(gradient).zip(memory)
        {
            *mean += (1.0 - Self::MEAN_DECAY) * (g - *mean);
            *square += (1.0 - Self::SQUARE_DECAY) * (g * g - *square);
            let deviation = (*square / of_square).sqrt();
            if deviation > 0.0 {
                let moved = *parameter - rate * factor * (*mean / of_mean) / deviation;
                *parameter = moved.clamp(-bound, bound);
            }
        }
    }
}
