#include "scoring/ranking/scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "config/assert.h"

namespace freshet {
namespace {

/// Candidates of all experts together; what a slot can number.
constexpr std::size_t kCandidatesMax = std::numeric_limits<std::uint16_t>::max() - 1;

}  // namespace

Scorer::Scorer(const ScoringConfig& config, const Knowledge& knowledge)
    : candidates_per_expert_(config.candidates_per_expert),
      knowledge_(knowledge),
      popularity_(knowledge.popularity()),
      covisitation_(knowledge.covisitation()),
      walk_(knowledge.covisitation()),
      network_(knowledge.network(), knowledge.actions(), config.network.tasks),
      repeat_(knowledge.repeats()),
      content_(knowledge.content(), knowledge.catalogue()),
      exploration_(config.exploration, knowledge.popularity(), knowledge.catalogue()),
      experts_{&popularity_, &covisitation_, &walk_, &network_, &repeat_, &content_, &exploration_},
      feature_table_(knowledge.content(), knowledge.popularity()) {
  for (std::size_t m = 0; m < kSourceCount; ++m)
    FRESHET_ASSERT(index_of(experts_[m]->source()) == m, "experts stand in the order of Source");
  for (std::size_t m = 0; m < kSourceCount; ++m) {
    const auto& out = config.without_experts;
    const std::string_view name = to_string(static_cast<Source>(m));
    asked_[m] = std::find(out.begin(), out.end(), name) == out.end();
  }
}

void Scorer::start_batch(std::span<Context> contexts) {
  std::vector<const Context*> batch;
  batch.reserve(contexts.size());
  for (Context& context : contexts) {
    context.batch_index = batch.size();
    batch.push_back(&context);
  }
  if (asked(Source::kNetwork)) {
    network_.start_batch(batch, candidates_of(Source::kNetwork),
                         knowledge_.network_excluded(network_excluded_));
  }
}

void Scorer::score(const Context& context, CandidateSet& set, std::optional<Source> without) {
  static const Context nothing{.batch_index = std::numeric_limits<std::size_t>::max() - 1};
  const std::size_t rows = knowledge_.catalogue().rows();
  if (slots_.size() < rows) slots_.resize(rows, 0);
  set.rows.clear();
  set.ranks.clear();
  for (Expert* expert : experts_)
    if (asked(expert->source()))
      expert->prepare(expert->source() == without ? nothing : context, rows);
  set.network_failed = network_.failed();
  wake(context, without);
  for (Expert* expert : experts_)
    if (awake_[index_of(expert->source())]) collect(expert->source(), set);
  for (const ItemRow row : set.rows) slots_[row] = 0;

  set.probabilities.clear();
  set.base.clear();
  for (const ItemRow row : set.rows) {
    set.probabilities.push_back(probabilities(row));
    set.base.push_back(std::log(mix(weights_, set.probabilities.back()) + 1e-7F));
  }
  feature_table_.fill({.context = context,
                       .popularity = knowledge_.popularity(),
                       .covisitation = knowledge_.covisitation(),
                       .walk = walk_,
                       .network = network_},
                      set);
}

void Scorer::collect(Source source, CandidateSet& set) {
  const std::size_t m = index_of(source);
  experts_[m]->candidates(candidates_of(source), best_);
  for (std::size_t rank = 0; rank < best_.size(); ++rank) {
    std::uint16_t& slot = slots_[best_[rank].row];
    if (slot == 0) {
      if (set.rows.size() >= kCandidatesMax) return;
      set.rows.push_back(best_[rank].row);
      set.ranks.emplace_back().fill(kRankMissing);
      slot = static_cast<std::uint16_t>(set.rows.size());
    }
    set.ranks[slot - 1U][m] = static_cast<float>(rank);
  }
}

PerSource Scorer::probabilities(ItemRow row) const {
  PerSource probabilities{};
  for (std::size_t m = 0; m < kSourceCount; ++m)
    if (awake_[m]) probabilities[m] = experts_[m]->probability(row);
  if (!knowledge_.in_network(row)) probabilities[index_of(Source::kNetwork)] = 0;
  return probabilities;
}

void Scorer::wake(const Context& context, std::optional<Source> without) {
  awake_ = asked_;
  if (without) awake_.reset(index_of(*without));
  if (!network_.awake()) awake_.reset(index_of(Source::kNetwork));
  if (!content_.awake()) awake_.reset(index_of(Source::kContent));
  if (!exploration_.awake()) awake_.reset(index_of(Source::kExploration));
  weights_ = awake_weights(knowledge_.mixture().of[mixture_cell(context)], awake_);
}

SourceSet Scorer::able() const {
  SourceSet able = asked_;
  if (knowledge_.network() == nullptr) able.reset(index_of(Source::kNetwork));
  if (knowledge_.content().empty()) able.reset(index_of(Source::kContent));
  if (!exploration_.able()) able.reset(index_of(Source::kExploration));
  return able;
}

std::size_t Scorer::candidates_of(Source source) const {
  switch (source) {
    case Source::kPopular:
      return candidates_per_expert_ * 3 / 10;
    case Source::kCovisitation:
      return candidates_per_expert_;
    case Source::kWalk:
      return candidates_per_expert_ * 6 / 10;
    case Source::kNetwork:
      return candidates_per_expert_ * 2;
    case Source::kRepeat:
      return candidates_per_expert_;
    case Source::kContent:
      return candidates_per_expert_ * 6 / 10;
    case Source::kExploration:
      return candidates_per_expert_ / 10;
    case Source::kRule:
    case Source::kDraw:
      return 0;
  }
  return candidates_per_expert_;
}

}  // namespace freshet
