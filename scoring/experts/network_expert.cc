#include "scoring/experts/network_expert.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace freshet {
namespace {

constexpr std::size_t kNoPlace = std::numeric_limits<std::size_t>::max();

}  // namespace

void NetworkExpert::start_batch(std::span<const Context* const> contexts, std::size_t count,
                                std::span<const std::uint64_t> unavailable) {
  best_.clear();
  log_sum_exp_.clear();
  queries_.clear();
  place_.assign(contexts.size(), kNoPlace);
  batch_failed_ = false;
  if (network_ == nullptr) return;
  table_ = network_->item_table();  // It may have grown, and features read it.
  std::vector<Sequence> sequences;
  for (std::size_t k = 0; k < contexts.size(); ++k) {
    if (contexts[k]->sequence.empty()) continue;
    place_[k] = sequences.size();
    sequences.push_back(contexts[k]->sequence);
  }
  if (sequences.empty()) return;
  auto queries = network_->queries(sequences);
  batch_failed_ = !queries || queries->size() != sequences.size() * table_.dim;
  if (batch_failed_) return;
  queries_ = std::move(*queries);
  best_ = top_k(table_, queries_, count, unavailable, &log_sum_exp_);
}

void NetworkExpert::prepare(const Context& context, std::size_t) {
  query_ = nullptr;
  newest_ = context.empty() ? kNoRow : context.steps.front().row;
  const std::size_t index = context.batch_index;
  at_ = index < place_.size() ? place_[index] : kNoPlace;
  failed_ = batch_failed_ && at_ != kNoPlace;
  if (failed_ || at_ == kNoPlace) return;
  const float* query = queries_.data() + at_ * table_.dim;
  const bool finite =
      std::isfinite(log_sum_exp_[at_]) &&
      std::all_of(query, query + table_.dim, [](float x) { return std::isfinite(x); });
  failed_ = !finite;
  if (finite) query_ = query;
}

void NetworkExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  if (query_ == nullptr) return;
  for (const ScoredRow& entry : best_[at_]) {
    if (best.size() == count) return;
    best.push_back({entry.row, std::exp(entry.score - log_sum_exp_[at_])});
  }
}

float NetworkExpert::probability(ItemRow row) const {
  if (query_ == nullptr || row >= table_.rows) return 0;
  buffer_.resize(table_.dim);
  const float* vector = table_.vector(row, buffer_.data());
  float logit = table_.biases[row];
  for (std::size_t k = 0; k < table_.dim; ++k) logit += query_[k] * vector[k];
  const float probability = std::exp(logit - log_sum_exp_[at_]);
  return std::isfinite(probability) ? std::min(probability, 1.0F) : 0;
}

}  // namespace freshet
