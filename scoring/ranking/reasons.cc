#include "scoring/ranking/reasons.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <cmath>
#include <span>
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
  /// Where its influences begin and end among those of all parts.
  std::size_t begin = 0, end = 0;
};

/// What the mixture's probability would lose without each item. A history is short: a search
/// through all of them is the fastest.
class Losses {
 public:
  void add(ItemRow item, float loss) {
    if (Loss* known = find(item)) {
      known->loss += loss;
    } else {
      losses_.push_back({item, loss});
    }
  }

  /// Of an item that was added.
  float of(ItemRow item) { return find(item)->loss; }

 private:
  struct Loss {
    ItemRow item;
    float loss;
  };

  Loss* find(ItemRow item) {
    const auto found = std::find_if(losses_.begin(), losses_.end(),
                                    [item](const Loss& known) { return known.item == item; });
    return found == losses_.end() ? nullptr : &*found;
  }

  absl::InlinedVector<Loss, kContextStepsMax> losses_;
};

Losses losses_of(std::span<const Part> parts, std::span<const Influence> influences,
                 const PerSource& weights) {
  Losses losses;
  for (const Part& part : parts)
    for (const Influence& influence : influences.subspan(part.begin, part.end - part.begin))
      losses.add(influence.item, weights[index_of(part.source)] * influence.loss);
  return losses;
}

/// Of the items that an expert goes by, the one whose loss would cost the row most.
void choose_cause(std::span<const Influence> influences, Losses& losses, Part& part) {
  const Influence* chosen = nullptr;
  float largest = 0;
  for (const Influence& influence : influences.subspan(part.begin, part.end - part.begin)) {
    if (!(influence.share >= kCauseMin)) continue;
    const float loss = losses.of(influence.item);
    if (chosen != nullptr && !(loss > largest)) continue;
    chosen = &influence;
    largest = loss;
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
  absl::InlinedVector<Part, kSourceCount> parts;
  std::vector<Influence> influences;
  influences.reserve(2 * kContextStepsMax);
  for (std::size_t m = 0; m < kSourceCount; ++m) {
    const float share = share_of(m, weights, probabilities, total);
    if (share == 0) continue;
    Part& part = parts.emplace_back(
        Part{.source = static_cast<Source>(m), .share = share, .begin = influences.size()});
    sources.scorer.add_influences(part.source, row, influences);
    part.end = influences.size();
  }
  Losses losses = losses_of(parts, influences, weights);
  for (Part& part : parts) choose_cause(influences, losses, part);
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return a.share != b.share ? a.share > b.share : a.source < b.source;
  });
  std::vector<Reason> reasons;
  reasons.reserve(kReasonsMax);
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
