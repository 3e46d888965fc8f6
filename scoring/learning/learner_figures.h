#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "scoring/experts/expert.h"
#include "scoring/learning/guard.h"

namespace freshet {

/// How well one ranking foretold the learned events, summed up; every event with a history counts.
struct HitTotals {
  std::uint64_t events = 0;
  std::uint64_t hits_at_20 = 0;
  double reciprocal_ranks_at_20 = 0;

  /// `rank`: 0 = first.
  void add(std::size_t rank);
  double recall_at_20() const {
    return events > 0 ? static_cast<double>(hits_at_20) / static_cast<double>(events) : 0;
  }
  double mrr_at_20() const {
    return events > 0 ? reciprocal_ranks_at_20 / static_cast<double>(events) : 0;
  }
};

/// How the experts, the mixture and the second stage ranked one event's item before it was learned.
struct ExampleRanks {
  /// Rank of an item that was not among the candidates.
  static constexpr std::uint32_t kMissing = 0xffffffff;

  bool ranked = false;  ///< False = ignored, or there was no history to rank from.
  std::array<std::uint32_t, kSourceCount> by_source;  ///< Among the expert's candidates; 0 = first.
  std::uint32_t by_mixture = kMissing;
  std::uint32_t final = kMissing;  ///< By the second stage; by the mixture where there is none.
  float probability = 0;           ///< What the model gave the item (RankedItem::probability).

  ExampleRanks() { by_source.fill(kMissing); }
};

/// What the learner tells of itself. Means are over about the newest 1,000 examples.
struct LearnerFigures {
  std::uint64_t examples = 0;          ///< Learned.
  std::uint64_t repeated = 0;          ///< Ignored: learned before.
  std::uint64_t refused_items = 0;     ///< Ignored: the catalogue is full.
  std::uint64_t evicted_items = 0;     ///< Left the catalogue.
  std::uint64_t encoder_failures = 0;  ///< Updates that the item encoder gave nothing for.
  std::uint64_t collisions = 0;        ///< Ignored: two names share one id.
  std::uint64_t capped = 0;  ///< Ranked, not learned: their item had its share of the newest.
  std::uint64_t network_steps = 0;
  std::uint64_t network_failures = 0;
  double network_loss = 0;  ///< Mean loss of the network's steps.
  double mixture_loss = 0;  ///< Mean -log p of targets under the mixture.
  double candidate_share =
      0;  ///< Share of targets among the candidates: the second stage's ceiling.
  PerSource mixture_weights{};  ///< Mean over all history lengths.
  HitTotals mixture_ranks;      ///< Order by the mixture, no filters.
  HitTotals final_ranks;        ///< Order by the second stage, no filters.
  GuardFigures guard;
  std::uint64_t clipped_gradients = 0;
  std::uint64_t refused_gradients = 0;  ///< Not finite.
  std::uint64_t network_renewals = 0;   ///< Its weights were not finite: it began anew.
};

}  // namespace freshet
