#include "app/evaluation/scoreboard.h"

#include <algorithm>
#include <numeric>

#include "scoring/ranking/reranker.h"

namespace freshet {
namespace {

/// Every so many-th list's diversity is measured.
constexpr std::size_t kDiversityEvery = 10;

std::size_t rank_in(const std::vector<ItemId>& list, ItemId item) {
  return static_cast<std::size_t>(std::find(list.begin(), list.end(), item) - list.begin());
}

ItemCategories categories_in(const Catalogue& catalogue, ItemId item) {
  const ItemRow row = catalogue.find(item);
  const ItemUpdate* content = row == kNoRow ? nullptr : catalogue.content(row);
  return content == nullptr ? ItemCategories{} : categories_of(content->category);
}

}  // namespace

Scoreboard::Scoreboard(std::vector<FollowerKind> kinds) : kinds_(std::move(kinds)) {
  for (const FollowerKind& kind : kinds_) rows_.push_back({.name = kind.name()});
  rows_.push_back({.name = "popularity"});
  rows_.push_back({.name = "second stage"});
  rows_.push_back({.name = "mixture"});
  for (std::size_t m = 0; m < kSourceCount; ++m)
    rows_.push_back({.name = std::string(to_string(static_cast<Source>(m))) + " expert"});
  QualityOptions options{.similarity = [this](ItemId a, ItemId b) { return similarity(a, b); },
                         .categories_of =
                             [this](ItemId item) {
                               return categories_in(evaluator_->learner().knowledge().catalogue(),
                                                    item);
                             },
                         .diversity_every = kDiversityEvery};
  for (std::size_t k = 0; k <= kinds_.size(); ++k)
    metrics_.push_back(std::make_unique<QualityMetrics>(counts_, options));
}

double Scoreboard::similarity(ItemId a, ItemId b) const {
  const Knowledge& knowledge = evaluator_->learner().knowledge();
  const ItemRow row_a = knowledge.catalogue().find(a);
  const ItemRow row_b = knowledge.catalogue().find(b);
  if (row_a == kNoRow || row_b == kNoRow) return 0;
  const PairCounts* pair = knowledge.covisitation().find(row_a, row_b);
  if (pair == nullptr) return 0;
  const Popularity& popularity = knowledge.popularity();
  return covisitation_cosine(*pair, static_cast<float>(popularity.count(row_a)),
                             static_cast<float>(popularity.count(row_b)));
}

void Scoreboard::judge(const JudgedExample& example, const Evaluator& evaluator) {
  evaluator_ = &evaluator;
  Session& session = sessions_[example.example.user];
  if (session.period != example.period) session = {example.period, 0};
  const bool known_item = is_known(example.example.item, example.period);
  known_ = known_item && session.known_clicks > 0;
  if (known_item) ++session.known_clicks;
  if (example.request != nullptr) {
    judge_popularity(example, evaluator.follower(0).replica());
    judge_lists(example, evaluator.follower(0).replica().catalogue());
    if (example.ranks.ranked) judge_ranks(example);
  }
  count(example);
}

bool Scoreboard::is_known(ItemId item, std::size_t period) const {
  const auto found = first_seen_.find(item);
  return found != first_seen_.end() && found->second < period;
}

JudgedEvent Scoreboard::event_of(const JudgedExample& example, std::size_t items) const {
  const auto& actions = example.request->state.action_counts;
  const auto& history = example.example.history;
  std::size_t session_length = 0;
  if (!example.example.session_start) {
    for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
      ++session_length;
      if (entry->session_start) break;
    }
  }
  return {.target = example.example.item,
          .action = example.example.action,
          .items = std::max<std::size_t>(items, 1),
          .user_events = std::accumulate(actions.begin(), actions.end(), std::uint64_t{0}),
          .session_length = session_length,
          .history = history_,
          .popular = popular_};
}

void Scoreboard::judge_lists(const JudgedExample& example, const Catalogue& catalogue) {
  for (std::size_t k = 0; k < example.lists.size(); ++k) {
    JudgedEvent event = event_of(example, catalogue.size());
    list_.clear();
    std::size_t rank = kEvaluatedListMax;
    for (const RankedItem& item : example.lists[k].items) {
      if (list_.size() == kEvaluatedListMax) break;
      if (item.id == event.target) {
        rank = list_.size();
        event.target_probability = item.probability;
      }
      list_.push_back({item.id, item.probability,
                       item.reasons.empty() ? Source::kPopular : item.reasons.front().source});
    }
    // What the learner saw is what a follower without delay saw.
    const bool live = kinds_[k].events == 0 && !kinds_[k].until_period_end;
    if (live && example.ranks.ranked) event.target_probability = example.ranks.probability;
    event.list = list_;
    metrics_[k]->judge(event);
    score(k, rank, example);
  }
}

void Scoreboard::judge_popularity(const JudgedExample& example, const Replica& replica) {
  history_.clear();
  for (const HistoryEntry& entry : example.example.history) history_.push_back(entry.item);
  popular_.clear();
  list_.clear();
  const Popularity& popularity = replica.knowledge().popularity();
  JudgedEvent event = event_of(example, replica.catalogue().size());
  for (const ScoredRow& entry : popularity.top()) {
    if (popular_.size() == kEvaluatedListMax) break;
    popular_.push_back(replica.catalogue().item(entry.row).id);
    const float share = popularity.share(popularity.main_level(), entry.row);
    list_.push_back({popular_.back(), share, Source::kPopular});
    if (popular_.back() == event.target) event.target_probability = share;
  }
  event.list = list_;
  metrics_.back()->judge(event);
  score(kinds_.size(), rank_in(popular_, event.target), example);
}

void Scoreboard::judge_ranks(const JudgedExample& example) {
  std::size_t row = kinds_.size() + 1;
  score(row++, example.ranks.final, example);
  score(row++, example.ranks.by_mixture, example);
  for (const std::uint32_t rank : example.ranks.by_source) score(row++, rank, example);
}

void Scoreboard::score(std::size_t row, std::size_t rank, const JudgedExample& example) {
  ScoreRow& at = rows_[row];
  at.ranks.add(rank);
  if (!known_) return;
  if (at.known.size() <= example.period) at.known.resize(example.period + 1);
  at.known[example.period].add(rank);
}

void Scoreboard::count(const JudgedExample& example) {
  counts_.add(example.example.item);
  first_seen_.try_emplace(example.example.item, example.period);
}

}  // namespace freshet
