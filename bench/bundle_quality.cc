// What completes a basket: real baskets in time order, each taken apart line by line. Given the
// items so far, is the next one among the first 10 or 20 that are proposed? Judged against the most
// popular items and against plain co-occurrence counts (every pair ever, nothing forgotten, no
// lift). Every basket is judged before it is learned; lines go through fold and knowledge as in the
// main job.
#include <fmt/core.h>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "scoring/experts/top_list.h"
#include "scoring/knowledge.h"
#include "scoring/related/basket_reader.h"
#include "scoring/related/bundles.h"
#include "state/fold.h"

namespace {

using namespace freshet;

constexpr std::size_t kPlaces = 20;

/// Lines of a basket that are foretold: some are those of wholesalers, with hundreds.
constexpr std::size_t kLinesMax = 20;

struct Line {
  std::string user, basket, item;
  EventTime time;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      cells.emplace_back();
    else if (c != '\r')
      cells.back() += c;
  }
  return cells;
}

/// "2010-12-01 08:26:00", UTC.
EventTime time_of(const std::string& text) {
  int y = 1970, hour = 0, minute = 0, second = 0;
  unsigned month = 1, day = 1;
  std::sscanf(text.c_str(), "%d-%u-%u %d:%d:%d", &y, &month, &day, &hour, &minute, &second);
  const std::chrono::year_month_day date{std::chrono::year(y), std::chrono::month(month),
                                         std::chrono::day(day)};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

/// Online Retail without what was taken back; Complete Journey's transactions, by time.
std::vector<Line> read(const std::string& path, bool retail) {
  std::ifstream file(path, std::ios::binary);
  boost::iostreams::filtering_istream in;
  if (path.ends_with(".gz")) in.push(boost::iostreams::gzip_decompressor());
  in.push(file);
  std::vector<Line> lines;
  std::string text;
  std::getline(in, text);
  while (std::getline(in, text)) {
    const auto cells = cells_of(text);
    if (retail && cells.size() == 8 && cells[0][0] != 'C' && cells[3][0] != '-')
      lines.push_back({cells[6].empty() ? "invoice:" + cells[0] : cells[6], cells[0], cells[1],
                       time_of(cells[4])});
    if (!retail && cells.size() == 11)
      lines.push_back({cells[0], cells[2], cells[3], time_of(cells[10])});
  }
  if (!retail)
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
      return a.time != b.time ? a.time < b.time : a.basket < b.basket;
    });
  return lines;
}

/// Counts of baskets, none ever forgotten. Items by numbers of its own.
class PlainCounts {
 public:
  void add(const std::vector<std::string>& basket) {
    const std::vector<std::uint32_t> numbers = numbers_of(basket);
    for (const std::uint32_t a : numbers) {
      ++items_[a];
      for (const std::uint32_t b : numbers)
        if (a != b) ++pairs_[a][b];
    }
  }

  std::vector<std::string> popular(const std::vector<std::string>& given) {
    std::vector<Count> counts;
    for (std::uint32_t item = 0; item < items_.size(); ++item)
      counts.emplace_back(items_[item], item);
    return best(std::move(counts), numbers_of(given));
  }

  std::vector<std::string> together(const std::vector<std::string>& given) {
    absl::flat_hash_map<std::uint32_t, std::uint32_t> sums;
    for (const std::uint32_t a : numbers_of(given))
      for (const auto& [b, count] : pairs_[a]) sums[b] += count;
    std::vector<Count> counts;
    for (const auto& [b, count] : sums) counts.emplace_back(count, b);
    return best(std::move(counts), numbers_of(given));
  }

 private:
  using Count = std::pair<std::uint32_t, std::uint32_t>;  // How often, item.

  std::vector<std::uint32_t> numbers_of(const std::vector<std::string>& names) {
    std::vector<std::uint32_t> numbers;
    for (const std::string& name : names) {
      const auto [place, is_new] = numbers_.emplace(name, names_.size());
      if (is_new) {
        names_.push_back(name);
        items_.push_back(0);
        pairs_.emplace_back();
      }
      numbers.push_back(place->second);
    }
    return numbers;
  }

  std::vector<std::string> best(std::vector<Count> counts,
                                const std::vector<std::uint32_t>& given) const {
    std::erase_if(counts, [&given](const Count& count) {
      return std::find(given.begin(), given.end(), count.second) != given.end();
    });
    const std::size_t n = std::min(kPlaces, counts.size());
    std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(n), counts.end(),
                      std::greater<>());
    std::vector<std::string> names;
    for (std::size_t k = 0; k < n; ++k) names.push_back(names_[counts[k].second]);
    return names;
  }

  absl::flat_hash_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;                                        // [number]
  std::vector<std::uint32_t> items_;                                      // [number]
  std::vector<absl::flat_hash_map<std::uint32_t, std::uint32_t>> pairs_;  // [number]
};

struct Hits {
  std::size_t at_10 = 0, at_20 = 0;

  void add(const std::vector<std::string>& proposed, const std::string& next) {
    const auto place = std::find(proposed.begin(), proposed.end(), next) - proposed.begin();
    at_10 += place < 10 && place < static_cast<std::ptrdiff_t>(proposed.size());
    at_20 += place < 20 && place < static_cast<std::ptrdiff_t>(proposed.size());
  }
};

class Trial {
 public:
  explicit Trial(const RelatedConfig& related)
      : config_(config_with(related)), knowledge_(config_, nullptr) {}

  void judge(const std::vector<std::string>& basket) {
    for (std::size_t t = 1; t < std::min(basket.size(), kLinesMax); ++t) {
      const std::vector<std::string> given(basket.begin(),
                                           basket.begin() + static_cast<std::ptrdiff_t>(t));
      ++asked_;
      popular_.add(plain_.popular(given), basket[t]);
      together_.add(plain_.together(given), basket[t]);
      const auto start = std::chrono::steady_clock::now();
      const Bundle bundle = complete_basket(knowledge_, given, {.count = kPlaces}, no_rules);
      seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      std::vector<std::string> names;
      for (const BundleItem& item : bundle.items) names.push_back(item.name);
      proposed_ += names.size();
      bundle_.add(names, basket[t]);
    }
  }

  void learn(const std::vector<Line>& lines, const std::vector<std::string>& basket) {
    plain_.add(basket);
    for (const Line& line : lines) learn(line);
  }

  void print() const {
    const auto share = [this](std::size_t hits) {
      return static_cast<double>(hits) / static_cast<double>(std::max<std::size_t>(1, asked_));
    };
    fmt::print("  {} next items judged\n", asked_);
    for (const auto& [name, hits] :
         {std::pair{"popularity", &popular_}, std::pair{"co-occurrence counts", &together_},
          std::pair{"bundle", &bundle_}})
      fmt::print("  {:<22} HR@10 {:.4f}  HR@20 {:.4f}\n", name, share(hits->at_10),
                 share(hits->at_20));
    fmt::print(
        "  a bundle of at most 20: {:.1f} items, {:.0f} us; pairs hold {:.1f} MB for {} items\n",
        share(proposed_), 1e6 * share(1) * seconds_,
        static_cast<double>(knowledge_.baskets().bytes()) / 1e6, knowledge_.catalogue().size());
  }

 private:
  static ScoringConfig config_with(const RelatedConfig& related) {
    ScoringConfig config;
    config.related = related;
    return config;
  }

  void learn(const Line& line) {
    Event event{.action = Action::kPurchase,
                .user = line.user,
                .session = line.basket,
                .items = {{.id = item_id_of(line.item), .name = line.item}},
                .event_time = line.time};
    examples_.clear();
    fold_.apply(event, {PartitionId{0}, Offset{offset_++}}, users_[line.user], examples_);
    for (const TrainingExample& example : examples_) {
      Delta delta;
      if (knowledge_.catalogue().find(example.item) == kNoRow) {
        delta.new_items.push_back({example.item, example.item_name});
        ignore_error(knowledge_.apply(std::exchange(delta, {})), "it is finite");
      }
      Transition transition{.target = knowledge_.catalogue().find(example.item),
                            .action = example.action,
                            .event_time = example.event_time};
      transition.role = reader_.read(example, knowledge_.catalogue(), delta.together);
      transition.together = static_cast<std::uint32_t>(delta.together.size());
      delta.transitions.push_back(transition);
      ignore_error(knowledge_.apply(delta), "it is finite");
    }
  }

  static StateConfig state_config() {
    StateConfig config;
    config.bot_events_per_minute_max = 0;
    return config;
  }

  const ScoringConfig config_;
  Knowledge knowledge_;
  Fold fold_{state_config()};
  BasketReader reader_;
  PlainCounts plain_;
  absl::flat_hash_map<std::string, UserState> users_;
  std::vector<TrainingExample> examples_;
  std::int64_t offset_ = 0;
  std::size_t asked_ = 0, proposed_ = 0;
  double seconds_ = 0;
  Hits popular_, together_, bundle_;
};

struct Range {
  double from = 0.5, to = 1;  // Parts of the stream.
  std::size_t every = 1;      // Of its baskets are judged.
};

void run(const std::vector<Line>& lines, const Range& range, const RelatedConfig& related) {
  Trial trial(related);
  std::size_t baskets = 0;
  for (std::size_t begin = 0, end = 0; begin < lines.size(); begin = end) {
    std::vector<std::string> basket;
    for (end = begin; end < lines.size() && lines[end].basket == lines[begin].basket; ++end)
      if (std::find(basket.begin(), basket.end(), lines[end].item) == basket.end())
        basket.push_back(lines[end].item);
    const double place = static_cast<double>(begin) / static_cast<double>(lines.size());
    if (place >= range.to) break;
    if (place >= range.from && ++baskets % range.every == 0) trial.judge(basket);
    trial.learn({lines.begin() + static_cast<std::ptrdiff_t>(begin),
                 lines.begin() + static_cast<std::ptrdiff_t>(end)},
                basket);
  }
  trial.print();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Hit rate of the next basket item, given the basket so far");
  std::string retail = "../shared/data/online_retail/invoices.csv.gz";
  std::string journey = "../shared/data/complete_journey/transactions_sample.csv.gz";
  Range range;
  RelatedConfig related;
  double half_life_days = 90;
  app.add_option("--online-retail", retail, "UCI Online Retail: invoices.csv.gz");
  app.add_option("--complete-journey", journey, "Complete Journey: transactions_sample.csv.gz");
  app.add_option("--from", range.from, "Part of the stream after which baskets are judged");
  app.add_option("--to", range.to, "Part of the stream where it ends");
  app.add_option("--every", range.every, "Every how many baskets one is judged");
  app.add_option("--partners-max", related.partners_max, "Partners kept per item");
  app.add_option("--prior", related.prior, "scoring.related.prior");
  app.add_option("--half-life-days", half_life_days, "scoring.related.half_life");
  CLI11_PARSE(app, argc, argv);
  related.half_life = std::chrono::seconds(static_cast<std::int64_t>(half_life_days * 86'400));
  for (const auto& [name, path] :
       {std::pair{"Online Retail", &retail}, std::pair{"Complete Journey", &journey}}) {
    if (!std::filesystem::exists(*path)) {
      fmt::print("{}: skipped, there is no {}\n", name, *path);
      continue;
    }
    fmt::print("{}\n", name);
    std::fflush(stdout);
    run(read(*path, path == &retail), range, related);
  }
  return 0;
}
