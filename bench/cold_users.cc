// What a user's context brings before the first event: Recall@20 and MRR@20 of the first events of
// users, by what is popular with all and by what is popular with those like them
// (scoring/experts/cold_popularity.h). Every event is judged before it is counted. The context is
// that of the first event itself, as a visitor's question would bring it; leave out keys that tell
// the item, such as the page.
#include <fmt/core.h>

#include <absl/container/flat_hash_map.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "app/evaluation/recording.h"
#include "config/config.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/experts/cold_popularity.h"
#include "scoring/learning/learner.h"
#include "state/fold.h"

namespace freshet {
namespace {

constexpr std::size_t kPlaces = 20;

class ColdUsers {
 public:
  explicit ColdUsers(const Config& config)
      : fold_(config.state),
        catalogue_(config.scoring.catalogue),
        popularity_(config.scoring.popularity) {}

  void add(const RecordedEvent& recorded) {
    examples_.clear();
    const EventPosition position{recorded.partition, recorded.offset};
    fold_.apply(recorded.event, position, users_[recorded.event.user], examples_);
    for (const TrainingExample& example : examples_) {
      ItemRow row = catalogue_.find(example.item);
      const std::vector<ContextValue> values = context_values(example.context);
      if (example.history.empty()) judge(row, values);
      if (row == kNoRow) row = catalogue_.add({example.item, example.item_name});
      popularity_.grow(catalogue_.size());
      cold_.observe(row, values, example.history.empty(), popularity_);
      popularity_.observe(row);
    }
  }

  void print() const {
    for (const auto& [name, totals] :
         {std::pair{"popular with all", &all_}, std::pair{"by context", &context_}})
      fmt::print("{:<18} {:>7} events  {:.4f} / {:.4f}\n", name, totals->events,
                 totals->recall_at_20(), totals->mrr_at_20());
  }

 private:
  void judge(ItemRow row, const std::vector<ContextValue>& values) {
    const auto& top = popularity_.top();
    const auto place =
        std::find_if(top.begin(), top.end(), [row](auto& e) { return e.row == row; });
    all_.add(static_cast<std::size_t>(place - top.begin()));
    context_.add(place_of(row, values));
  }

  std::size_t place_of(ItemRow row, const std::vector<ContextValue>& values) {
    cold_.best(values, popularity_, best_);
    for (std::size_t k = 0; k < std::min(best_.size(), kPlaces); ++k)
      if (best_[k].row == row) return k;
    return kPlaces;
  }

  Fold fold_;
  Catalogue catalogue_;
  Popularity popularity_;
  ColdPopularity cold_;
  absl::flat_hash_map<std::string, UserState> users_;
  std::vector<TrainingExample> examples_;
  std::vector<ColdPopularity::Choice> best_;
  HitTotals all_, context_;
};

int run(const Config& given, const std::vector<std::string>& paths, RecordingFormat format) {
  Config config = given;
  config.ingest = Recording::for_format(format, config.ingest);
  auto recording = Recording::open(paths, format, config.ingest);
  if (!recording) return fmt::print(stderr, "{}\n", recording.error().text), 1;
  ColdUsers users(config);
  for (;;) {
    auto event = recording->next();
    if (!event) return fmt::print(stderr, "{}\n", event.error().text), 1;
    if (!*event) break;
    users.add(**event);
  }
  users.print();
  return 0;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  CLI::App app("Recall@20 / MRR@20 of users' first events, with and without their context");
  std::vector<std::string> paths;
  std::string config_path;
  bool session_item = false;
  app.add_option("files", paths, "The stream's files, in order")->required();
  app.add_option("-c,--config", config_path, "YAML file that says how records are read");
  app.add_flag("--session-item", session_item, "Lines `session item`, a click each");
  CLI11_PARSE(app, argc, argv);
  const auto config =
      config_path.empty() ? freshet::load_config("") : freshet::load_config_file(config_path);
  if (!config) return fmt::print(stderr, "{}\n", config.error().text), 1;
  return freshet::run(*config, paths,
                      session_item ? freshet::RecordingFormat::kSessionItem
                                   : freshet::RecordingFormat::kConfigured);
}
