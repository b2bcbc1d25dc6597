//! The table of losses: what makes one type of them all.

/// Builds [`Loss`](super::Loss) of the types of the losses, one variant each. Every match is made
/// here, so that the inner loops of training know their loss when they are compiled.
macro_rules! losses {
    ($($loss:ident),+ $(,)?) => {
        /// A surrogate loss with its parameters.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum Loss {
            $(#[doc = concat!("[`struct@", stringify!($loss), "`]")] $loss($loss)),+
        }

        $(impl From<$loss> for Loss {
            fn from(loss: $loss) -> Self {
                Self::$loss(loss)
            }
        })+

        impl Loss {
            /// See [`Definition::complexity`].
            #[must_use]
            pub fn complexity(&self) -> u8 {
                match *self { $(Self::$loss(loss) => loss.complexity()),+ }
            }

            /// See [`Definition::plainest`].
            #[must_use]
            pub fn plainest(&self) -> Self {
                match *self { $(Self::$loss(loss) => loss.plainest()),+ }
            }

            /// See [`Definition::USES_TAU`].
            #[must_use]
            pub fn uses_tau(&self) -> bool {
                match self { $(Self::$loss(_) => $loss::USES_TAU),+ }
            }

            /// See [`Definition::GIVES_PROBABILITIES`].
            #[must_use]
            pub fn gives_probabilities(&self) -> bool {
                match self { $(Self::$loss(_) => $loss::GIVES_PROBABILITIES),+ }
            }

            /// See [`Definition::OF_ONE_OUTPUT`].
            #[must_use]
            pub fn of_one_output(&self) -> Option<fn(f64, f64, f64) -> f64> {
                match self { $(Self::$loss(_) => $loss::OF_ONE_OUTPUT),+ }
            }

            /// See [`Definition::IS_FAMILY`].
            #[must_use]
            pub fn is_family(&self) -> bool {
                match self { $(Self::$loss(_) => $loss::IS_FAMILY),+ }
            }

            /// Does something with the loss on some rows.
            pub fn with_surrogate<W: WithSurrogate>(
                &self,
                rows: &Rows<'_>,
                tau: Tau,
                work: W,
            ) -> W::Output {
                match self.plainest() {
                    $(Self::$loss(loss) => {
                        let targets = loss.targets(rows, tau);
                        work.run(&loss.surrogate(rows, &targets), &targets)
                    })+
                }
            }
        }

        impl std::fmt::Display for Loss {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $(Self::$loss(loss) => loss.fmt(f)),+ }
            }
        }

        /// The methods of each loss.
        const OF_LOSSES: &[&[Entry]] = &[$($loss::METHODS),+];
    };
}

pub(super) use losses;
