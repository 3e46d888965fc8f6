#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "scoring/network/network.h"
#include "scoring/network/split_mix.h"

namespace freshet {

/// Draws the negatives of a training step: a share from the ring of recent targets (so an item
/// comes as often as it is popular now), the rest uniformly from the live rows. Keeps exact counts
/// of the ring, hence exact log q for the logQ correction (Yi et al., RecSys 2019):
///
///   q(row) = ratio · count in ring / ring size + (1 - ratio) · [row is live] / live rows
///
/// Deterministic from its seed. Memory: 4 bytes per ring entry and 8 per row. Confined to one
/// thread.
class NegativeSampler {
 public:
  struct Options {
    double recent_ratio = 0.7;      ///< 0..1; the share from the ring.
    std::size_t ring_max = 16'384;  ///< Recent targets kept; at least 1.
    std::uint64_t seed = 1;
  };

  explicit NegativeSampler(const Options& options);

  /// Rows become live or dead. Adding a live row or removing a dead one changes nothing. Removed
  /// rows leave the ring, too.
  void add_row(ItemRow row);
  void remove_rows(std::span<const ItemRow> rows);

  /// Notes targets that were just learned, oldest first. Rows that are not live are ignored.
  void add_targets(std::span<const ItemRow> targets);

  /// Draws `count` rows with replacement, and log q of them and of `targets` (call it before these
  /// targets are added). A target outside both sources is given the smallest q there is. Empty rows
  /// when nothing is live.
  Negatives sample(std::span<const ItemRow> targets, std::size_t count);

  std::size_t live_count() const { return live_.size(); }

 private:
  static constexpr std::uint32_t kDead = ~std::uint32_t{0};

  bool is_live(ItemRow row) const { return row < place_.size() && place_[row] != kDead; }
  double recent_ratio() const { return ring_.empty() ? 0.0 : options_.recent_ratio; }
  float log_q(ItemRow row) const;
  ItemRow draw();

  Options options_;
  SplitMix random_;
  std::deque<ItemRow> ring_;          ///< Oldest first.
  std::vector<std::uint32_t> count_;  ///< Per row: entries in the ring.
  std::vector<ItemRow> live_;
  std::vector<std::uint32_t> place_;  ///< Per row: index in live_, or kDead.
};

}  // namespace freshet
