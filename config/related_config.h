#pragma once

#include <chrono>
#include <cstddef>

namespace freshet {

/// Which items are put into a basket together (docs/model.md).
struct RelatedConfig {
  bool enabled = true;
  /// Partners kept per item; a new one takes the place of the rarest.
  std::size_t partners_max = 128;
  /// Half-life in event time of a basket's counts.
  std::chrono::seconds half_life{std::chrono::hours(24 * 90)};
  /// Baskets as expected by chance that every pair is given: larger = rare pairs say less.
  double prior = 5;
};

}  // namespace freshet
