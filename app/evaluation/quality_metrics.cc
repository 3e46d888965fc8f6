#include "app/evaluation/quality_metrics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "config/assert.h"

namespace freshet {
namespace {

constexpr std::uint64_t kColdItemEvents = 5;
constexpr std::uint64_t kColdUserEvents = 3;

constexpr std::array kItemSlices = {"of these never seen", "of these 1-4 events",
                                    "5 events or more"};
constexpr std::array kUserSlices = {"cold: under 3 events", "3 events or more"};
constexpr std::array<const char*, kLengthBuckets> kLengthSlices = {"0-1", "2",   "3",
                                                                   "4-5", "6-9", "10 or more"};

/// The event's list as ids, at most kEvaluatedListMax.
struct Ids {
  explicit Ids(std::span<const JudgedItem> list) : size(std::min(list.size(), kEvaluatedListMax)) {
    std::transform(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(size), ids.begin(),
                   [](const JudgedItem& item) { return item.id; });
  }
  std::span<const ItemId> get() const { return {ids.data(), size}; }

  std::size_t size;
  std::array<ItemId, kEvaluatedListMax> ids;
};

void add_slice(std::vector<SliceFigures>& slices, const char* group, std::string name,
               const RankTotals& totals) {
  if (totals.lists() == 0) return;
  slices.push_back({group, std::move(name), totals.lists(), totals.at(kEvaluatedListMax)});
}

}  // namespace

void QualityMetrics::Mean::add(double value) {
  if (std::isnan(value)) return;
  sum += value;
  ++count;
}

double QualityMetrics::Mean::value() const {
  return count > 0 ? sum / static_cast<double>(count) : EvaluatedQuality::kUndefined;
}

QualityMetrics::QualityMetrics(const ItemCounts& counts, QualityOptions options)
    : counts_(counts), options_(std::move(options)) {
  FRESHET_ASSERT(options_.diversity_every > 0, "diversity of every 0th list");
}

void QualityMetrics::judge(const JudgedEvent& event) {
  FRESHET_ASSERT(event.items > 0, "a list ranks at least one item");
  const Ids list(event.list);
  const auto ids = list.get();
  const auto rank =
      static_cast<std::size_t>(std::find(ids.begin(), ids.end(), event.target) - ids.begin());
  const bool hit = rank < ids.size();
  items_ = event.items;
  judge_list(event, ids, rank);
  judge_slices(event, hit ? rank : kEvaluatedListMax);
  ranks_.add(hit ? rank : kEvaluatedListMax);
}

void QualityMetrics::judge_list(const JudgedEvent& event, std::span<const ItemId> ids,
                                std::size_t rank) {
  double novelty = 0;
  for (std::size_t place = 0; place < ids.size(); ++place) {
    const JudgedItem& item = event.list[place];
    SourceTotals& source = by_source_[index_of(item.source)];
    ++source.listed;
    source.hits += place == rank ? 1 : 0;
    probabilities_.add_listed(item.probability, place == rank);
    novelty -= std::log2(counts_.share(item.id));
  }
  probabilities_.add_target(event.target_probability);
  exposure_.add(ids);
  if (!ids.empty()) novelty_.add(novelty / static_cast<double>(ids.size()));
  if (options_.similarity && ids.size() > 1 && ranks_.lists() % options_.diversity_every == 0)
    diversity_.add(intra_list_diversity(ids, options_.similarity));
  if (options_.categories_of)
    divergence_.add(calibration_divergence(event.history, ids, options_.categories_of));
  const bool hit = rank < ids.size();
  serendipity_.add(
      hit ? serendipity_of_hit(rank, counts_.place(event.target), event.items, kEvaluatedListMax)
          : 0);
  surprise_.add(
      hit ? surprise_of_hit(event.target, event.popular, event.history, options_.similarity) : 0);
}

void QualityMetrics::judge_slices(const JudgedEvent& event, std::size_t rank) {
  const std::uint64_t item_events = counts_.events(event.target);
  by_item_events_[item_events == 0 ? 0 : item_events < kColdItemEvents ? 1 : 2].add(rank);
  by_user_events_[event.user_events < kColdUserEvents ? 0 : 1].add(rank);
  by_session_length_[length_bucket(event.session_length)].add(rank);
  by_action_[static_cast<std::size_t>(event.action)].add(rank);
}

EvaluatedQuality QualityMetrics::figures() const {
  EvaluatedQuality figures;
  figures.events = ranks_.lists();
  for (std::size_t i = 0; i < kCutOffs.size(); ++i) {
    const std::size_t k = kCutOffs[i];
    figures.at[i] = {k, ranks_.at(k), exposure_.coverage(k, items_)};
  }
  figures.auc = probabilities_.auc();
  figures.log_loss = probabilities_.log_loss();
  figures.calibration_error = probabilities_.calibration_error();
  figures.gini = exposure_.gini(items_);
  figures.novelty = novelty_.value();
  figures.intra_list_diversity = diversity_.value();
  figures.serendipity = serendipity_.value();
  figures.surprise = surprise_.value();
  figures.calibration_divergence = divergence_.value();
  figures.slices = slices();
  figures.sources = sources();
  return figures;
}

std::vector<SliceFigures> QualityMetrics::slices() const {
  std::vector<SliceFigures> slices;
  RankTotals cold_items = by_item_events_[0];
  cold_items.add(by_item_events_[1]);
  add_slice(slices, "target item", "cold: under 5 events", cold_items);
  for (std::size_t i = 0; i < kItemSlices.size(); ++i)
    add_slice(slices, "target item", kItemSlices[i], by_item_events_[i]);
  for (std::size_t i = 0; i < kUserSlices.size(); ++i)
    add_slice(slices, "user", kUserSlices[i], by_user_events_[i]);
  for (std::size_t i = 0; i < kLengthBuckets; ++i)
    add_slice(slices, "session length", kLengthSlices[i], by_session_length_[i]);
  for (std::size_t i = 0; i < kActionCount; ++i)
    add_slice(slices, "action", std::string(to_string(static_cast<Action>(i))), by_action_[i]);
  return slices;
}

std::vector<SourceFigures> QualityMetrics::sources() const {
  SourceTotals all;
  for (const SourceTotals& source : by_source_) {
    all.listed += source.listed;
    all.hits += source.hits;
  }
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  };
  std::vector<SourceFigures> figures;
  for (std::size_t i = 0; i < kReasonSourceCount; ++i) {
    const auto [listed, hits] = by_source_[i];
    if (listed == 0) continue;
    figures.push_back({static_cast<Source>(i), share(listed, all.listed), share(hits, all.hits),
                       share(hits, listed)});
  }
  return figures;
}

}  // namespace freshet
