#include "scoring/ranking/recommender.h"

#include <algorithm>
#include <cmath>

#include "scoring/ranking/reasons.h"

namespace freshet {

Recommender::Recommender(const ScoringConfig& config, const Knowledge& knowledge)
    : config_(config),
      language_(language_of(config.language)),
      knowledge_(knowledge),
      scorer_(config, knowledge),
      filters_(config.filters, knowledge.catalogue()),
      diversity_(config.diversity, knowledge.covisitation(), knowledge.popularity()) {}

std::vector<RankedList> Recommender::rank(std::span<const RankRequest> requests,
                                          RankEffort effort) {
  const std::vector<Context> contexts = take_up(requests, effort);
  std::vector<RankedList> lists;
  lists.reserve(requests.size());
  for (std::size_t k = 0; k < requests.size(); ++k)
    lists.push_back(rank_one(requests[k], contexts[k], effort));
  return lists;
}

std::vector<Context> Recommender::take_up(std::span<const RankRequest> requests,
                                          RankEffort effort) {
  const bool full = effort == RankEffort::kFull && knowledge_.network() != nullptr;
  std::vector<Context> contexts;
  contexts.reserve(requests.size());
  for (const RankRequest& request : requests)
    contexts.push_back(make_context(known_user(request.state), knowledge_.catalogue(),
                                    full ? sequence_options(config_.network) : SequenceOptions{}));
  for (Context& context : contexts) knowledge_.keep_network_steps(context.sequence);
  scorer_.start_batch(contexts);
  return contexts;
}

RankedList Recommender::rank_one(const RankRequest& request, const Context& context,
                                 RankEffort effort) {
  RankedList list{.user = request.user,
                  .position = request.position,
                  .event_time = request.event_time,
                  .model_version = knowledge_.version(),
                  .catching_up = request.catching_up,
                  .received_time = request.received_time};
  const std::size_t count = request.count > 0 ? request.count : config_.list_size;
  filters_.prepare(request.state, context, request.event_time);
  scores_ = nullptr;
  cold_.clear();
  if (knowledge_.popularity().events() == 0) {
    list.fallback = Fallback::kModelMissing;
  } else if (context.empty()) {
    list.fallback = Fallback::kUnknownUser;
    fill_cold(request.state, count, list);
  } else {
    if (effort == RankEffort::kCounts) list.fallback = Fallback::kDeadline;
    scorer_.score(context, set_);
    scores_ = &final_scores(effort, list);
    take_best(count, list);
  }
  fill_with_popular(count, list);
  return list;
}

const std::vector<float>& Recommender::final_scores(RankEffort effort, RankedList& list) {
  if (effort == RankEffort::kCounts) return set_.base;
  if (set_.network_failed) {
    // The second stage has learned to lean on the network's features: without them, not it either.
    list.fallback = Fallback::kModelFailed;
    return set_.base;
  }
  if (knowledge_.second_stage().hidden == 0) return set_.base;
  if (score_candidates(knowledge_.second_stage(), set_, pass_)) return pass_.scores;
  list.fallback = Fallback::kModelFailed;
  return set_.base;
}

void Recommender::take_best(std::size_t count, RankedList& list) {
  const std::vector<float>& scores = *scores_;
  order_.clear();
  for (std::size_t j = 0; j < set_.rows.size(); ++j)
    if (filters_.lets_pass(set_.rows[j])) order_.push_back({static_cast<ItemRow>(j), scores[j]});
  keep_best(order_, diversity_.enabled() ? std::max(count, Diversity::kPoolMax) : count);
  if (diversity_.enabled()) diversity_.apply(set_.rows, count, order_);
  const float normalizer = log_normalizer(set_, scores);
  for (const ScoredRow& entry : order_) {
    const ItemRow row = set_.rows[entry.row];
    list.items.push_back(item_of(row, entry.score));
    list.items.back().probability = std::min(std::exp(entry.score - normalizer), 1.0F);
    list.items.back().reasons =
        reasons_for(row, set_.probabilities[entry.row], {scorer_, knowledge_, language_});
  }
}

/// For users without a history: what is popular with those like them.
void Recommender::fill_cold(const UserState& state, std::size_t count, RankedList& list) {
  knowledge_.cold_popularity().best(context_values(state.context), knowledge_.popularity(), cold_);
  for (const ColdPopularity::Choice& choice : cold_) {
    if (list.items.size() >= count) return;
    if (!filters_.lets_pass(choice.row)) continue;
    list.items.push_back(item_of(choice.row, choice.score));
    list.items.back().probability = choice.score;
    list.items.back().reasons.push_back(choice.key == ColdPopularity::kNoKey
                                            ? popular_reason(language_)
                                            : popular_reason(state.context[choice.key], language_));
  }
}

void Recommender::fill_with_popular(std::size_t count, RankedList& list) {
  const float below = list.items.empty() ? 0 : list.items.back().score - 1;
  for (const ScoredRow& popular : knowledge_.popularity().top()) {
    if (list.items.size() >= count) return;
    const ItemId id = knowledge_.catalogue().item(popular.row).id;
    const bool listed = std::any_of(list.items.begin(), list.items.end(),
                                    [id](const RankedItem& item) { return item.id == id; });
    if (listed || !filters_.lets_pass(popular.row)) continue;
    const float share =
        knowledge_.popularity().share(knowledge_.popularity().main_level(), popular.row);
    list.items.push_back(item_of(popular.row, below + share));
    list.items.back().probability = list.fallback == Fallback::kUnknownUser ? share : 0;
    list.items.back().reasons.push_back(popular_reason(language_, popular_part(popular.row)));
  }
}

/// What popularity accounts for in an item that stands in for want of candidates.
float Recommender::popular_part(ItemRow row) const {
  if (scores_ == nullptr) return 1;
  const PerSource probabilities = scorer_.probabilities(row);
  const float all = mix(scorer_.weights(), probabilities);
  const std::size_t m = index_of(Source::kPopular);
  return all > 0 ? std::min(scorer_.weights()[m] * probabilities[m] / all, 1.0F) : 1;
}

RankedItem Recommender::item_of(ItemRow row, float score) const {
  const ItemIdentity& item = knowledge_.catalogue().item(row);
  return {.id = item.id, .name = item.name, .score = score};
}

}  // namespace freshet
