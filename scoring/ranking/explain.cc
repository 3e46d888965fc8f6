// The half of the recommender that answers "why", and "why not".
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "scoring/ranking/reasons.h"
#include "scoring/ranking/recommender.h"

namespace freshet {
namespace {

std::string number_text(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(value));
  return text;
}

std::string filter_text(const std::string& filter, std::string_view item, Language language) {
  const auto phrase = filter == "unavailable" ? Phrase::kUnavailable
                      : filter == "disliked"  ? Phrase::kDisliked
                      : filter == "bought"    ? Phrase::kBought
                      : filter == "seen"      ? Phrase::kSeen
                                              : Phrase::kFilteredOut;
  return sentence(phrase, language, {{"item", item}, {"filter", filter}});
}

/// `item`: what to call it.
std::string sentence_of(const Explanation& explanation, std::string_view item, Language language) {
  switch (explanation.verdict) {
    case Verdict::kUnknownItem:
      return sentence(Phrase::kUnknownItem, language, {{"item", item}});
    case Verdict::kNotACandidate:
      return sentence(Phrase::kNotACandidate, language, {{"item", item}});
    case Verdict::kFiltered:
      return filter_text(explanation.filter, item, language);
    case Verdict::kInList:
    case Verdict::kRankedBelow:
      break;
  }
  const Reason& reason = explanation.reasons.front();
  return sentence(explanation.verdict == Verdict::kInList ? Phrase::kInList : Phrase::kRankedBelow,
                  language,
                  {{"item", item},
                   {"rank", std::to_string(explanation.rank.value_or(0))},
                   {"score", number_text(explanation.score.value_or(0))},
                   {"needed", number_text(explanation.score_needed.value_or(0))},
                   {"reason", reason.text},
                   {"percent", std::to_string(std::lround(100 * reason.share))}});
}

}  // namespace

Explanation Recommender::explain(const RankRequest& request, std::string_view item,
                                 Language language) {
  Explanation explanation{
      .user = request.user, .item = std::string(item), .model_version = knowledge_.version()};
  const Catalogue& catalogue = knowledge_.catalogue();
  const ItemRow row = catalogue.find(item_id_of(item));
  if (row == kNoRow || catalogue.item(row).name != item) {
    explanation.sentence = sentence_of(explanation, item, language);
    return explanation;
  }
  const std::vector<std::uint64_t> effects = rules_.effect_counts();  // Nobody gets this list.
  const std::vector<Context> contexts = take_up({&request, 1}, RankEffort::kFull);
  const RankedList list = rank_one(request, contexts.front(), RankEffort::kFull);
  explanation.fallback = list.fallback;
  if (!list.items.empty()) explanation.score_needed = list.items.back().score;
  if (scores_ != nullptr) {
    explain_candidate(row, language, explanation);
  } else {
    explain_cold(row, language, explanation);
  }
  explain_rank(row, explanation);
  explain_place(row, list, explanation);
  rules_.set_effect_counts(effects);
  explanation.sentence = sentence_of(explanation, catalogue.label(row), language);
  return explanation;
}

void Recommender::explain_candidate(ItemRow row, Language language, Explanation& explanation) {
  const PerSource probabilities = scorer_.probabilities(row);
  explanation.probability = mix(scorer_.weights(), probabilities);
  explanation.reasons = reasons_for(row, probabilities, {scorer_, knowledge_, language});
  const auto found = std::find(set_.rows.begin(), set_.rows.end(), row);
  const auto place = static_cast<std::size_t>(found - set_.rows.begin());
  const bool named = found != set_.rows.end();
  explanation.experts = opinions_on(probabilities, named ? &set_.ranks[place] : nullptr, scorer_);
}

/// Its place among the candidates that may stand in the list, by the scores that rules leave them,
/// and what the rules did to its own.
void Recommender::explain_rank(ItemRow row, Explanation& explanation) {
  const auto ruled = [this](PoolItem offer) {
    offer.score += maker_.log_factor(offer.row);
    return offer;
  };
  const auto offer = std::find_if(offers_.begin(), offers_.end(),
                                  [row](const PoolItem& known) { return known.row == row; });
  if (offer == offers_.end()) return;
  const PoolItem own = ruled(*offer);
  const auto before = std::count_if(offers_.begin(), offers_.end(), [&](const PoolItem& other) {
    return stands_before(ruled(other), own) && maker_.filter_of(other.row).empty();
  });
  explanation.rank = 1 + static_cast<std::size_t>(before);
  explanation.score = own.score;
  maker_.explain(row, explanation.reasons);
}

/// Of a user without a history: popularity has the only opinion.
void Recommender::explain_cold(ItemRow row, Language language, Explanation& explanation) {
  const auto choice = std::find_if(cold_.begin(), cold_.end(),
                                   [row](const auto& known) { return known.row == row; });
  const Popularity& popularity = knowledge_.popularity();
  const bool named = choice != cold_.end();
  explanation.probability = named ? choice->score : popularity.share(popularity.main_level(), row);
  explanation.reasons = {popular_reason(language)};
  ExpertOpinion opinion{.probability = explanation.probability, .share = 1};
  if (named) opinion.rank = 1 + static_cast<std::size_t>(choice - cold_.begin());
  explanation.experts = {opinion};
}

/// What stands in the list may be no candidate: one of those that fill it up.
void Recommender::explain_place(ItemRow row, const RankedList& list, Explanation& explanation) {
  const ItemId id = knowledge_.catalogue().item(row).id;
  const auto listed = std::find_if(list.items.begin(), list.items.end(),
                                   [id](const RankedItem& item) { return item.id == id; });
  explanation.filter = maker_.filter_of(row);
  if (listed != list.items.end()) {
    explanation.verdict = Verdict::kInList;
    if (explanation.rank) return;
    explanation.rank = 1 + static_cast<std::size_t>(listed - list.items.begin());
    explanation.score = listed->score;
    return;
  }
  explanation.verdict = !explanation.filter.empty() ? Verdict::kFiltered
                        : explanation.rank          ? Verdict::kRankedBelow
                                                    : Verdict::kNotACandidate;
}

}  // namespace freshet
