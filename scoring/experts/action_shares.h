#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "ingest/event.h"

namespace freshet {

/// How often each action comes after each: running means over about 1,000 events, plain means while
/// there are fewer. Confined to one thread.
class ActionShares {
 public:
  /// Counts one event: its action and the newest one before it.
  void observe(Action last, Action next) {
    Row& row = rows_[index(last)];
    const double rate = std::max(kRate, 1 / static_cast<double>(++row.events));
    for (std::size_t a = 0; a < kActionCount; ++a)
      row.shares[a] += rate * ((a == index(next) ? 1.0 : 0.0) - row.shares[a]);
  }

  /// Share of `next` after `last`, 0..1; 0 for all while nothing was counted.
  double share(Action last, Action next) const { return rows_[index(last)].shares[index(next)]; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(rows_);
  }

 private:
  static constexpr double kRate = 0.001;

  struct Row {
    std::uint64_t events = 0;
    std::array<double, kActionCount> shares{};

    template <class Archive>
    void serialize(Archive& archive) {
      archive(events, shares);
    }
  };

  static std::size_t index(Action action) { return static_cast<std::size_t>(action); }

  std::array<Row, kActionCount> rows_{};
};

}  // namespace freshet
