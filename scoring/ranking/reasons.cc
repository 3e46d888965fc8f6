#include "scoring/ranking/reasons.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace freshet {
namespace {

/// Weaker reasons are not worth telling.
constexpr float kShareMin = 0.1F;

std::string covisitation_text(ItemRow row, ItemRow origin, const Knowledge& knowledge) {
  const PairCounts* pair = knowledge.covisitation().find(origin, row);
  const auto times = pair == nullptr ? 0 : std::lround(pair->forward);
  std::string text =
      "Users who had " + std::string(knowledge.catalogue().label(origin)) + " went on to this";
  if (times >= 2) text += " " + std::to_string(times) + " times";
  return text;
}

std::string text_of(Source source, ItemRow row, ItemRow origin, const Knowledge& knowledge,
                    bool is_due) {
  const auto label = [&knowledge, origin] {
    return origin == kNoRow ? std::string("what you did last")
                            : std::string(knowledge.catalogue().label(origin));
  };
  switch (source) {
    case Source::kPopular:
      return "Popular with many users now";
    case Source::kCovisitation:
      return origin == kNoRow ? "Often follows what you did last"
                              : covisitation_text(row, origin, knowledge);
    case Source::kWalk:
      return "A few steps from " + label();
    case Source::kNetwork:
      return "Fits what you did lately, up to " + label();
    case Source::kRepeat:
      return is_due ? "You bought it before and it may be due again" : "You were at it before";
    case Source::kContent:
      return "Similar to " + label();
    case Source::kExploration:
      return "New";
    case Source::kRule:
    case Source::kDraw:
      break;  // No expert names these.
  }
  return {};
}

Reason reason_of(Source source, float share, ItemRow row, const Scorer& scorer,
                 const Knowledge& knowledge) {
  const ItemRow origin = scorer.because_of(source, row);
  Reason reason;
  reason.source = source;
  reason.share = share;
  if (origin != kNoRow) {
    reason.because_of = knowledge.catalogue().item(origin).id;
    reason.because_of_name = knowledge.catalogue().item(origin).name;
  }
  reason.text = text_of(source, row, origin, knowledge, scorer.is_due(row));
  return reason;
}

}  // namespace

std::vector<Reason> reasons_for(ItemRow row, const PerSource& probabilities, const Scorer& scorer,
                                const Knowledge& knowledge) {
  const PerSource& weights = scorer.weights();
  const float total = mix(weights, probabilities);
  if (!(total > 0)) return {popular_reason()};
  std::array<std::size_t, kSourceCount> order{};
  for (std::size_t m = 0; m < kSourceCount; ++m) order[m] = m;
  const auto part = [&](std::size_t m) { return weights[m] * probabilities[m] / total; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return part(a) > part(b); });
  std::vector<Reason> reasons;
  for (std::size_t k = 0; k < kReasonsMax; ++k) {
    const float share = std::clamp(part(order[k]), 0.0F, 1.0F);
    if (k > 0 && share < kShareMin) break;
    const auto source = static_cast<Source>(order[k]);
    reasons.push_back(reason_of(source, share, row, scorer, knowledge));
  }
  return reasons;
}

Reason popular_reason(const std::string& context) {
  return {.source = Source::kPopular, .share = 1, .text = "Popular now with users of " + context};
}

Reason popular_reason() {
  return {.source = Source::kPopular, .share = 1, .text = "Popular with many users now"};
}

}  // namespace freshet
