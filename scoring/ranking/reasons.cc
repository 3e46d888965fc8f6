#include "scoring/ranking/reasons.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace freshet {
namespace {

/// Weaker reasons are not worth telling.
constexpr float kShareMin = 0.1F;

/// An item that less of an expert's probability comes from is not named for it.
constexpr float kCauseMin = 0.05F;

std::string followed_text(ItemRow row, ItemRow origin, const ReasonSources& sources) {
  const std::string_view because = sources.knowledge.catalogue().label(origin);
  const PairCounts* pair = sources.knowledge.covisitation().find(origin, row);
  const auto times = pair == nullptr ? 0 : std::lround(pair->forward);
  if (times < 2) return sentence(Phrase::kFollowed, sources.language, {{"because", because}});
  return sentence(Phrase::kFollowedTimes, sources.language,
                  {{"because", because}, {"times", std::to_string(times)}});
}

std::string text_of(Source source, ItemRow row, ItemRow origin, const ReasonSources& sources) {
  const Language language = sources.language;
  const std::string_view because = origin == kNoRow ? template_of(Phrase::kDoneLast, language)
                                                    : sources.knowledge.catalogue().label(origin);
  switch (source) {
    case Source::kPopular:
      return sentence(Phrase::kPopular, language);
    case Source::kCovisitation:
      return origin == kNoRow ? sentence(Phrase::kFollowed, language, {{"because", because}})
                              : followed_text(row, origin, sources);
    case Source::kWalk:
      return sentence(Phrase::kWalk, language, {{"because", because}});
    case Source::kNetwork:
      return sentence(Phrase::kNetwork, language, {{"because", because}});
    case Source::kRepeat:
      return sentence(sources.scorer.is_due(row) ? Phrase::kDue : Phrase::kRepeat, language);
    case Source::kContent:
      return sentence(Phrase::kSimilar, language, {{"because", because}});
    case Source::kExploration:
      return sentence(Phrase::kNew, language);
    case Source::kRule:
    case Source::kDraw:
      break;  // No expert names these.
  }
  return {};
}

/// An expert's part of a row's probability, and what the history's items have to do with it.
struct Part {
  Source source = Source::kPopular;
  float share = 0;         ///< Of the expert, then of the expert and its cause, 0..1.
  ItemRow cause = kNoRow;  ///< The item that is named; kNoRow = none in particular.
  std::vector<Influence> influences;
};

/// What the mixture's probability would lose without an item.
using Losses = absl::flat_hash_map<ItemRow, float>;

Losses losses_of(const std::vector<Part>& parts, const PerSource& weights) {
  Losses losses;
  for (const Part& part : parts)
    for (const Influence& influence : part.influences)
      losses[influence.item] += weights[index_of(part.source)] * influence.loss;
  return losses;
}

/// Of the items that an expert goes by, the one whose loss would cost the row most.
void choose_cause(const Losses& losses, Part& part) {
  const Influence* chosen = nullptr;
  for (const Influence& influence : part.influences) {
    if (!(influence.share >= kCauseMin)) continue;
    if (chosen == nullptr || losses.at(influence.item) > losses.at(chosen->item))
      chosen = &influence;
  }
  if (chosen == nullptr) return;
  part.cause = chosen->item;
  part.share *= chosen->share;
}

Reason reason_of(const Part& part, ItemRow row, const ReasonSources& sources) {
  Reason reason;
  reason.source = part.source;
  reason.share = part.share;
  if (part.cause != kNoRow) {
    const ItemIdentity& origin = sources.knowledge.catalogue().item(part.cause);
    reason.because_of = origin.id;
    reason.because_of_name = origin.name;
  }
  reason.text = text_of(part.source, row, part.cause, sources);
  return reason;
}

float share_of(std::size_t source, const PerSource& weights, const PerSource& probabilities,
               float total) {
  return total > 0 ? std::clamp(weights[source] * probabilities[source] / total, 0.0F, 1.0F) : 0;
}

}  // namespace

std::vector<Reason> reasons_for(ItemRow row, const PerSource& probabilities,
                                const ReasonSources& sources) {
  const PerSource& weights = sources.scorer.weights();
  const float total = mix(weights, probabilities);
  if (!(total > 0)) return {popular_reason(sources.language)};
  std::vector<Part> parts;
  for (std::size_t m = 0; m < kSourceCount; ++m) {
    const float share = share_of(m, weights, probabilities, total);
    if (share == 0) continue;
    Part& part = parts.emplace_back(Part{.source = static_cast<Source>(m), .share = share});
    sources.scorer.influences_on(part.source, row, part.influences);
  }
  const Losses losses = losses_of(parts, weights);
  for (Part& part : parts) choose_cause(losses, part);
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.share > b.share; });
  std::vector<Reason> reasons;
  for (const Part& part : parts) {
    if (!reasons.empty() && (reasons.size() == kReasonsMax || part.share < kShareMin)) break;
    reasons.push_back(reason_of(part, row, sources));
  }
  return reasons;
}

std::vector<ExpertOpinion> opinions_on(const PerSource& probabilities, const PerSource* ranks,
                                       const Scorer& scorer) {
  const float total = mix(scorer.weights(), probabilities);
  std::vector<ExpertOpinion> opinions;
  for (std::size_t m = 0; m < kSourceCount; ++m) {
    if (!scorer.awake()[m]) continue;
    ExpertOpinion& opinion = opinions.emplace_back(
        ExpertOpinion{.source = static_cast<Source>(m),
                      .probability = probabilities[m],
                      .share = share_of(m, scorer.weights(), probabilities, total)});
    if (ranks != nullptr && (*ranks)[m] < kRankMissing)
      opinion.rank = 1 + static_cast<std::size_t>((*ranks)[m]);
  }
  return opinions;
}

Reason popular_reason(const std::string& context, Language language) {
  return {.source = Source::kPopular,
          .share = 1,
          .text = sentence(Phrase::kPopularWith, language, {{"context", context}})};
}

Reason popular_reason(Language language, float share) {
  return {.source = Source::kPopular, .share = share, .text = sentence(Phrase::kPopular, language)};
}

}  // namespace freshet
