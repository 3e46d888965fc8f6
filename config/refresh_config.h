#pragma once

#include <chrono>
#include <cstddef>

namespace freshet {

/// Lists that are made again without an event of their user (docs/operations.md, Lists that change
/// by themselves).
struct RefreshConfig {
  bool enabled = true;
  /// Lists a second, of all partitions together; never ahead of users who did something.
  double lists_per_second = 50;
  /// A user is active for so long after an event.
  std::chrono::seconds active{std::chrono::hours(24)};
  /// Active users whose lists are watched; beyond, those who were active longest ago are not.
  std::size_t users_max = 100'000;
  /// A list older than this is made again; 0 = lists do not age.
  std::chrono::seconds age_max{std::chrono::hours(6)};
};

}  // namespace freshet
