#include "scoring/ranking/reasons.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace freshet {
namespace {

/// Weaker reasons are not worth telling.
constexpr float kShareMin = 0.1F;

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
  }
  return {};
}

/// An expert's part of a row's probability, and the item that most of it comes from.
struct Part {
  Source source = Source::kPopular;
  Cause cause;
  float share = 0;  ///< Of the expert and its cause, 0..1.
};

Reason reason_of(const Part& part, ItemRow row, const ReasonSources& sources) {
  Reason reason;
  reason.source = part.source;
  reason.share = part.share;
  if (part.cause.row != kNoRow) {
    const ItemIdentity& origin = sources.knowledge.catalogue().item(part.cause.row);
    reason.because_of = origin.id;
    reason.because_of_name = origin.name;
  }
  reason.text = text_of(part.source, row, part.cause.row, sources);
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
    Part part{.source = static_cast<Source>(m),
              .share = share_of(m, weights, probabilities, total)};
    if (part.share < kShareMin / 2) continue;  // Too little to look for its cause.
    part.cause = sources.scorer.cause_of(part.source, row);
    part.share *= part.cause.share;
    parts.push_back(part);
  }
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
