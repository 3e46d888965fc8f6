#include "scoring/ranking/recommender.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "scoring/ranking/reasons.h"

namespace freshet {
namespace {

/// Stands for the logarithm of nothing.
constexpr float kShareMin = 1e-9F;

Reason drawn_reason() {
  return {.source = Source::kDraw, .share = 1, .text = "New here: shown to a few users by chance"};
}

}  // namespace

Recommender::Recommender(const ScoringConfig& config, const Knowledge& knowledge,
                         std::vector<std::string> context_keys)
    : config_(config),
      language_(language_of(config.language)),
      knowledge_(knowledge),
      rules_(config, knowledge.catalogue(), knowledge.popularity(), std::move(context_keys)),
      scorer_(config, knowledge),
      maker_(config, knowledge, rules_) {}

std::vector<RankedList> Recommender::rank(std::span<const RankRequest> requests,
                                          RankEffort effort) {
  std::vector<RankedList> lists;
  lists.reserve(requests.size());
  rank(requests, effort, [&](std::size_t, RankedList list) { lists.push_back(std::move(list)); });
  return lists;
}

void Recommender::rank(std::span<const RankRequest> requests, RankEffort effort, ListSink sink) {
  const std::vector<Context> contexts = take_up(requests, effort);
  for (std::size_t k = 0; k < requests.size(); ++k)
    sink(k, rank_one(requests[k], contexts[k], effort));
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
                  .scenario = request.scenario,
                  .times = request.times,
                  .cause = request.cause};
  if (request.forgets) return list;  // Nothing is ranked.
  offers_.clear();
  cold_.clear();
  scores_ = nullptr;
  is_cold_ = true;
  const bool by_popularity = request.without != Source::kPopular;
  if (request.opted_out) {
    list.fallback = Fallback::kOptedOut;
    offer_cold(request.state);
  } else if (knowledge_.popularity().events() == 0) {
    list.fallback = Fallback::kModelMissing;
  } else if (context.empty()) {
    list.fallback = Fallback::kUnknownUser;
    if (by_popularity) offer_cold(request.state);
  } else {
    is_cold_ = false;
    offer_candidates(request, context, effort, list);
  }
  list.items = items_for(request, context, rules_.scenario(request.scenario), request.count);
  for (const std::string& name : request.more_scenarios)
    list.scenarios.push_back({name, items_for(request, context, rules_.scenario(name), 0)});
  return list;
}

void Recommender::offer_candidates(const RankRequest& request, const Context& context,
                                   RankEffort effort, RankedList& list) {
  if (effort == RankEffort::kCounts) list.fallback = Fallback::kDeadline;
  scorer_.score(context, set_, request.without);
  const std::vector<float>& scores = final_scores(effort, list);
  scores_ = &scores;
  for (std::size_t j = 0; j < set_.rows.size(); ++j)
    offers_.push_back({set_.rows[j], scores[j], static_cast<std::uint32_t>(j)});
  normalizer_ = log_normalizer(set_, scores);
}

/// For users without a history, or who want none used: what is popular with those like them.
void Recommender::offer_cold(const UserState& state) {
  knowledge_.cold_popularity().best(context_values(state.context), knowledge_.popularity(), cold_);
  for (std::size_t k = 0; k < cold_.size(); ++k)
    offers_.push_back({cold_[k].row, std::log(std::max(cold_[k].score, kShareMin)),
                       static_cast<std::uint32_t>(k)});
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

std::vector<RankedItem> Recommender::items_for(const RankRequest& request, const Context& context,
                                               ScenarioIndex scenario, std::size_t count) {
  const auto likelihood = [this](ItemRow row) {
    return is_cold_ ? 0.0F : mix(scorer_.weights(), scorer_.probabilities(row));
  };
  const std::span<const PlacedItem> list =
      maker_.make({.request = request,
                   .context = context,
                   .scenario = scenario,
                   .count = count,
                   .offers = offers_,
                   .likelihood = likelihood,
                   .fills_with_popular = request.without != Source::kPopular});
  std::vector<RankedItem> items;
  items.reserve(list.size());
  for (const PlacedItem& placed : list) items.push_back(item_of(placed, request));
  return items;
}

RankedItem Recommender::item_of(const PlacedItem& placed, const RankRequest& request) {
  const ItemIdentity& known = knowledge_.catalogue().item(placed.row);
  RankedItem item{.id = known.id, .name = known.name, .score = placed.score};
  switch (placed.how) {
    case PlacedItem::How::kEmpty:
    case PlacedItem::How::kOffered:
      explain_offer(placed, request, item);
      maker_.explain(placed.row, item.reasons);
      break;
    case PlacedItem::How::kRule:
      item.reasons.push_back(rule_reason(rules_.rules()[placed.rule]));
      break;
    case PlacedItem::How::kDrawn:
      item.propensity = placed.propensity;
      item.reasons.push_back(drawn_reason());
      break;
    case PlacedItem::How::kPopular: {
      const Popularity& popularity = knowledge_.popularity();
      if (is_cold_) item.probability = popularity.share(popularity.main_level(), placed.row);
      item.reasons.push_back(popular_reason(language_, popular_part(placed.row)));
      break;
    }
  }
  return item;
}

void Recommender::explain_offer(const PlacedItem& placed, const RankRequest& request,
                                RankedItem& item) {
  if (!is_cold_) {
    const float score = offers_[placed.place].score;
    item.probability = std::min(std::exp(score - normalizer_), 1.0F);
    item.reasons =
        reasons_for(placed.row, set_.probabilities[placed.place], {scorer_, knowledge_, language_});
    return;
  }
  const ColdPopularity::Choice& choice = cold_[placed.place];
  item.probability = choice.score;
  item.reasons.push_back(choice.key == ColdPopularity::kNoKey
                             ? popular_reason(language_)
                             : popular_reason(request.state.context[choice.key], language_));
}

/// What popularity accounts for in an item that stands in for want of candidates.
float Recommender::popular_part(ItemRow row) const {
  if (scores_ == nullptr) return 1;
  const PerSource probabilities = scorer_.probabilities(row);
  const float all = mix(scorer_.weights(), probabilities);
  const std::size_t m = index_of(Source::kPopular);
  return all > 0 ? std::min(scorer_.weights()[m] * probabilities[m] / all, 1.0F) : 1;
}

}  // namespace freshet
