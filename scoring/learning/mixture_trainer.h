#pragma once

#include <array>
#include <cstdint>

#include "config/scoring_config.h"
#include "scoring/ranking/mixture.h"

namespace freshet {

/// Learns the experts' weights by online expectation maximisation: at each event every weight moves
/// a little towards its expert's share in the target's probability (Cappé & Moulines 2009, constant
/// step). An expert that goes bad so loses its say within some hundred events. Sleeping experts,
/// which had no opinion, neither win nor lose ("specialists", Freund et al. 1997). Confined to one
/// thread.
class MixtureTrainer {
 public:
  explicit MixtureTrainer(const MixtureConfig& config) : config_(config) {}

  /// Events after which a cell learns from its own events alone; before, from all of its length.
  static constexpr std::uint64_t kOwnEventsMin = 1'000;

  /// Learns one event of the mixture's `cell`, of which the `awake` experts had an opinion. Returns
  /// the target's loss, -log p, before learning.
  float learn(std::size_t cell, const PerSource& target_probabilities, const SourceSet& awake);

  /// The `able` experts' weights: mean over lengths of history, and over newest actions by how
  /// often they are.
  PerSource mean_weights(const SourceSet& able) const;

  /// Learns at this share of the configured rate; 1 at first. Not kept with the weights.
  void set_rate(double share) { rate_ = share; }

  const MixtureWeights& weights() const { return weights_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(weights_, events_);
  }

 private:
  float group_share(std::size_t group) const;
  float move(PerSource& weights, const PerSource& target_probabilities,
             const SourceSet& awake) const;
  void keep_floor(PerSource& weights, const SourceSet& awake) const;

  MixtureConfig config_;
  double rate_ = 1;
  MixtureWeights weights_ = MixtureWeights::even();
  std::array<std::uint64_t, kMixtureCells> events_{};
};

}  // namespace freshet
