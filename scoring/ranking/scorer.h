#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/experts/content_expert.h"
#include "scoring/experts/exploration.h"
#include "scoring/experts/network_expert.h"
#include "scoring/knowledge.h"
#include "scoring/ranking/features.h"

namespace freshet {

/// Asks all experts about a history and joins their answers: candidates, the mixture's
/// probability of each, and the second stage's features. Confined to one thread.
class Scorer {
 public:
  /// `knowledge` must outlive the scorer.
  Scorer(const ScoringConfig& config, const Knowledge& knowledge);

  /// Lets the network look at all `contexts` together and sets their `batch_index`. Without it (or
  /// with an empty batch) the network has no opinion.
  void start_batch(std::span<Context> contexts);

  /// Replaces `set` by the candidates of `context`, as if the expert `without` knew nothing of it.
  void score(const Context& context, CandidateSet& set,
             std::optional<Source> without = std::nullopt);

  /// Each expert's probability of any row, in the context scored last.
  PerSource probabilities(ItemRow row) const;

  /// What the context's items do to the probability of `row` by `source`, added to `influences`
  /// (Expert::add_influences).
  void add_influences(Source source, ItemRow row, std::vector<Influence>& influences) const {
    experts_[index_of(source)]->add_influences(row, influences);
  }

  /// The row is named by the repeat expert rather since it was bought before than since it was
  /// looked at.
  bool is_due(ItemRow row) const { return repeat_.due_part(row).value_or(0) > 0.5F; }

  /// The mixture weights in the context scored last: 0 for sleeping experts.
  const PerSource& weights() const { return weights_; }

  /// Experts that had an opinion in the context scored last.
  const SourceSet& awake() const { return awake_; }

  /// Experts that have anything to go by at all.
  SourceSet able() const;

 private:
  bool asked(Source source) const { return asked_[index_of(source)]; }
  void wake(const Context& context, std::optional<Source> without);
  void collect(Source source, CandidateSet& set);
  std::size_t candidates_of(Source source) const;

  const std::size_t candidates_per_expert_;
  const Knowledge& knowledge_;
  PopularityExpert popularity_;
  CovisitationExpert covisitation_;
  WalkExpert walk_;
  NetworkExpert network_;
  RepeatExpert repeat_;
  ContentExpert content_;
  ExplorationExpert exploration_;
  std::array<Expert*, kSourceCount> experts_;  // Indexed by Source.
  SourceSet asked_;                            // Without those left out (without_experts).
  FeatureTable feature_table_;
  SourceSet awake_;
  PerSource weights_{};
  std::vector<std::uint16_t> slots_;  // [catalogue row] place in the set plus one; 0 = none.
  std::vector<ScoredRow> best_;
  std::vector<std::uint64_t> network_excluded_;
};

}  // namespace freshet
