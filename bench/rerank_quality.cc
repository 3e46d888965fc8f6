// What the dials of re-ranking do to lists, event by event: NDCG@20 beside variety, coverage,
// rarity and calibration. Reads lines `user item [category]` in time order; all settings rank the
// same candidates of the same model (scenarios).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "scoring/learning/learner.h"
#include "scoring/ranking/reranker.h"
#include "scoring/replica.h"

namespace freshet {
namespace {

constexpr std::size_t kListSize = 20;
constexpr std::size_t kBatch = 64;
constexpr std::size_t kHistoryMax = 50;

struct Options {
  std::string path;
  std::size_t every = 10;
  std::size_t warm_up = 5'000;
};

std::vector<ScenarioConfig> settings() {
  std::vector<ScenarioConfig> all;
  for (const double dial : {0.05, 0.1, 0.2, 0.3, 0.5, 0.7})
    all.push_back({.name = fmt::format("diversity {}", dial), .diversity = dial});
  for (const double dial : {0.05, 0.1, 0.2, 0.4})
    all.push_back({.name = fmt::format("novelty {}", dial), .novelty = dial});
  for (const double dial : {0.02, 0.05, 0.1, 0.2, 0.4})
    all.push_back({.name = fmt::format("calibration {}", dial), .calibration = dial});
  return all;
}

/// Means over the lists of one setting.
struct Totals {
  double ndcg = 0, hits = 0, variety = 0, rarity = 0, drift = 0;
  std::size_t lists = 0;
  std::set<ItemId> shown;
};

/// One model and all its settings by one method. Confined to one thread.
class Judge {
 public:
  explicit Judge(ScoringConfig config) : replica_(config, nullptr) {
    for (const ScenarioConfig& scenario : config.scenarios) names_.push_back(scenario.name);
  }

  void apply(const Delta& delta) {
    if (const Status applied = replica_.apply(delta); !applied)
      throw std::runtime_error(applied.error().text);
  }

  void judge(RankRequest request, ItemId target) {
    request.more_scenarios = names_;
    const RankedList list = replica_.rank({&request, 1}).at(0);
    add("relevance alone", list.items, request, target);
    for (const ScenarioList& other : list.scenarios) add(other.name, other.items, request, target);
  }

  void print(const std::string& method) const {
    for (const auto& name : order_) {
      const Totals& t = totals_.at(name);
      const auto n = static_cast<double>(t.lists);
      fmt::print(
          "{:<4} {:<17} {:.4f} {:.4f} {:.4f} {:.4f} {:.2f} {:.3f}\n", method, name, t.ndcg / n,
          t.hits / n, t.variety / n,
          static_cast<double>(t.shown.size()) / static_cast<double>(replica_.catalogue().size()),
          t.rarity / n, t.drift / n);
    }
  }

 private:
  void add(const std::string& name, const std::vector<RankedItem>& items,
           const RankRequest& request, ItemId target) {
    if (!totals_.contains(name)) order_.push_back(name);
    Totals& t = totals_[name];
    ++t.lists;
    const Knowledge& knowledge = replica_.knowledge();
    std::vector<ItemRow> rows;
    for (std::size_t k = 0; k < items.size(); ++k) {
      t.shown.insert(items[k].id);
      rows.push_back(knowledge.catalogue().find(items[k].id));
      if (items[k].id != target) continue;
      t.ndcg += 1 / std::log2(2.0 + static_cast<double>(k));
      ++t.hits;
    }
    t.variety += variety(rows);
    t.rarity += rarity(rows);
    t.drift += drift(request, rows);
  }

  double variety(const std::vector<ItemRow>& rows) const {
    const Popularity& popularity = replica_.knowledge().popularity();
    double sum = 0;
    std::size_t pairs = 0;
    for (std::size_t a = 0; a < rows.size(); ++a)
      for (std::size_t b = 0; b < a; ++b, ++pairs) {
        const PairCounts* pair = replica_.knowledge().covisitation().find(rows[a], rows[b]);
        sum += 1 - (pair == nullptr
                        ? 0
                        : covisitation_cosine(*pair, static_cast<float>(popularity.count(rows[a])),
                                              static_cast<float>(popularity.count(rows[b]))));
      }
    return pairs > 0 ? sum / static_cast<double>(pairs) : 0;
  }

  double rarity(const std::vector<ItemRow>& rows) const {
    const Popularity& popularity = replica_.knowledge().popularity();
    double sum = 0;
    for (const ItemRow row : rows)
      sum += std::log2(static_cast<double>(popularity.events() + 1) /
                       std::max(1U, popularity.count(row)));
    return rows.empty() ? 0 : sum / static_cast<double>(rows.size());
  }

  /// Steck's divergence of the list's categories from the history's.
  double drift(const RankRequest& request, const std::vector<ItemRow>& rows) const {
    const Catalogue& catalogue = replica_.catalogue();
    std::map<std::string, double> user, list;
    double all_user = 0, all_list = 0;
    const auto count = [&](ItemRow row, auto& into, double& all) {
      const ItemUpdate* content = row == kNoRow ? nullptr : catalogue.content(row);
      if (content == nullptr || content->category.empty()) return;
      ++into[content->category.front()];
      ++all;
    };
    for (const HistoryEntry& entry : request.state.history)
      count(catalogue.find(entry.item), user, all_user);
    for (const ItemRow row : rows) count(row, list, all_list);
    double sum = 0;
    for (const auto& [category, times] : user) {
      const double p = times / all_user, q = all_list > 0 ? list[category] / all_list : 0;
      sum += p * std::log(p / (0.99 * q + 0.01 * p));
    }
    return sum;
  }

  Replica replica_;
  std::vector<std::string> names_, order_;
  std::map<std::string, Totals> totals_;
};

int run(const Options& options) {
  ScoringConfig config;
  config.list_size = kListSize;
  config.filters.bought = false;
  config.scenarios = settings();
  config.diversity_method = "dpp";
  Learner learner(config, nullptr);
  Judge dpp(config);
  config.diversity_method = "mmr";
  Judge mmr(config);
  std::map<std::string, std::vector<HistoryEntry>> users;
  std::set<std::string> described;
  std::vector<TrainingExample> batch;
  std::ifstream file(options.path);
  std::string line;
  for (std::size_t event = 0; std::getline(file, line); ++event) {
    std::istringstream words(line);
    std::string user, item, category;
    words >> user >> item >> category;
    std::vector<HistoryEntry>& history = users[user];
    TrainingExample example;
    example.offset = Offset{static_cast<std::int64_t>(event)};
    example.user = user;
    example.history = history;
    example.item = item_id_of(item);
    example.item_name = item;
    example.session_start = history.empty();
    if (event >= options.warm_up && event % options.every == 0 && !history.empty()) {
      RankRequest request{.user = user};
      request.state.history = history;
      dpp.judge(request, example.item);
      mmr.judge(request, example.item);
    }
    if (!category.empty() && described.insert(item).second) {
      const ItemUpdate update{.id = example.item, .name = item, .category = {category}};
      learner.update_items({&update, 1});
    }
    history.push_back({.item = example.item, .session_start = history.empty()});
    if (history.size() > kHistoryMax) history.erase(history.begin());
    batch.push_back(std::move(example));
    if (batch.size() < kBatch) continue;
    learner.learn(batch);
    batch.clear();
    const auto delta = learner.take_delta();
    dpp.apply(*delta);
    mmr.apply(*delta);
  }
  fmt::print("     setting           NDCG@20 HR@20  ILD    coverage bits drift\n");
  dpp.print("dpp");
  mmr.print("mmr");
  return 0;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  CLI::App app("What the dials of re-ranking do to lists");
  freshet::Options options;
  app.add_option("events", options.path, "Lines `user item [category]` in time order")->required();
  app.add_option("--every", options.every, "Rank every N-th event only; all are learned");
  app.add_option("--warm-up", options.warm_up, "Events before the first that is ranked");
  CLI11_PARSE(app, argc, argv);
  return freshet::run(options);
}
