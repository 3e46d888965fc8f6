#pragma once

namespace freshet {

/// How much more often something was seen than expected, drawn towards 1 while both are small: the
/// posterior mean of a Poisson rate whose prior is Gamma(prior, prior), as DuMouchel's shrinkage
/// of pair counts with one component (The American Statistician 53(3), 1999):
///
///     (observed + prior) / (expected + prior)
inline float shrunk_ratio(double observed, double expected, double prior) {
  return static_cast<float>((observed + prior) / (expected + prior));
}

}  // namespace freshet
