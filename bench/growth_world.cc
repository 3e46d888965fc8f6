#include "growth_world.h"

#include <fmt/format.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <random>
#include <stdexcept>
#include <vector>

#include "app/engine/learning_stage.h"
#include "app/engine/scoring_stage.h"
#include "app/partition/partition_task.h"
#include "sinks/list_codec.h"
#include "state/rocksdb_store.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStartMs = 1'750'000'000'000;
constexpr std::int64_t kRoundsStartMs = kStartMs + 3'600'000;  // After all that is filled in.
constexpr std::size_t kSessionEvents = 5;
constexpr std::size_t kSessionsSideBySide = 64;  // A user stands in a micro-batch once.
constexpr std::size_t kPolledTogether = 500;     // Over all partitions: a rate stays what it is.

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(*result);
}

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().text);
}

double cpu_us(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// Adds what this thread computes while it lives.
class Stopwatch {
 public:
  explicit Stopwatch(double& total_us) : total_us_(total_us) {}
  ~Stopwatch() { total_us_ += cpu_us(CLOCK_THREAD_CPUTIME_ID) - begin_us_; }

 private:
  double& total_us_;
  const double begin_us_ = cpu_us(CLOCK_THREAD_CPUTIME_ID);
};

/// What a round brings, ready to be polled.
class PreparedSource final : public RecordSource {
 public:
  void prepare(std::vector<std::string> values) {
    values_ = std::move(values);
    next_ = 0;
  }

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds) override {
    batch_.clear();
    for (; next_ < values_.size() && batch_.size() < max; ++next_) {
      Record& record = batch_.emplace_back();
      record.offset = Offset{offset_++};
      record.value = values_[next_];
    }
    return std::span<const Record>(batch_);
  }
  Watermarks watermarks() const override { return {Offset{0}, Offset{offset_}}; }
  bool exhausted() const override { return false; }

 private:
  std::vector<std::string> values_;
  std::size_t next_ = 0;
  std::int64_t offset_ = 0;
  std::vector<Record> batch_;
};

/// Makes a list's bytes and acknowledges it at once.
class InstantPublisher final : public ListPublisher {
 public:
  explicit InstantPublisher(DeliveryRouter& deliveries) : deliveries_(deliveries) {}

  Status publish(const RankedList& list) override {
    bytes_ += encode_list(list, list.event_time).size();
    ++lists_;
    deliveries_.deliver(ListDelivery{list.user, list.position, true, list.times, false});
    return {};
  }
  Status publish(const DeadLetter& letter) override {
    return error(ErrorCode::kInternal, "a dead letter: " + letter.why.text);
  }
  Status flush(std::chrono::milliseconds) override { return {}; }

  std::size_t lists() const { return lists_; }

 private:
  DeliveryRouter& deliveries_;
  std::size_t lists_ = 0;
  std::size_t bytes_ = 0;
};

Config config_of(const Shop& shop) {
  Config config;
  config.state.history_max = std::max(config.state.history_max, shop.history);
  config.state.bot_events_per_minute_max = 1'000'000;
  config.scoring.catalogue.items_max = std::max(config.scoring.catalogue.items_max, shop.items);
  config.scoring.content.enabled = shop.described;
  config.scoring.learning.directory.clear();
  config.scoring.rank_deadline =
      1h;  // One thread does all: users wait, and are to be served in full.
  return config;
}

/// One partition: its database, its task and its log.
struct Partition {
  Partition(std::int32_t number, const Config& config, PartitionTaskPorts ports)
      : id{number}, task(id, config, ports) {}

  PartitionId id;
  PartitionTask task;
  PreparedSource source;
  const RocksDbStore* store = nullptr;  // The task's.
};

class DrivenWorld final : public World {
 public:
  DrivenWorld(const Shop& shop, const std::string& directory)
      : shop_(shop),
        config_(config_of(shop)),
        figures_(registry_, clock_, titles_),
        router_(config_),
        publisher_(router_),
        resources_(config_.state),
        learning_queue_(config_.scoring.learning.queue_max),
        ranking_queue_(config_.scoring.queue_max),
        learning_(config_.scoring, nullptr,
                  {learning_queue_, item_queue_, deltas_, model_questions_, figures_, clock_}),
        scoring_(config_.scoring, nullptr, config_.ingest.context,
                 {ranking_queue_, deltas_, questions_, rules_, learning_queue_, publisher_, router_,
                  figures_, clock_}) {
    lease_.hold_for_ever();
    fill_catalogue();
    teach();
    for (std::size_t k = 0; k < shop.partitions; ++k) open(k, fmt::format("{}/{}", directory, k));
  }

  Costs run_round(std::size_t folded, std::size_t served) override {
    Costs costs;
    costs.fold_us = fold(folded);
    serve(served, costs);
    return costs;
  }

  std::uint64_t disk_bytes() const override {
    std::uint64_t bytes = 0;
    for (const auto& partition : partitions_) {
      const RocksDbFigures figures = partition->store->figures();
      bytes += figures.sst_bytes + figures.memtable_bytes;
    }
    return bytes;
  }

 private:
  static std::string item_name(std::size_t item) { return fmt::format("i{}", item); }
  static UserId user_name(std::size_t user) { return fmt::format("u{:08}", user); }

  /// Users look at what lies near their own place in the catalogue; places are taken as by Zipf's
  /// law, whatever the size of the catalogue.
  std::size_t item_for(std::size_t user) {
    std::uint64_t hash = user * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
    const double place = static_cast<double>(hash % 1'000'003) / 1'000'003;
    const double item = std::pow(static_cast<double>(shop_.items), place);
    return (static_cast<std::size_t>(item) + random_() % 40) % shop_.items;
  }

  Event click(const UserId& user, std::size_t item, std::int64_t time_ms) {
    Event event;
    event.event_id = random_() | 1U;
    event.user = user;
    event.items.push_back({.id = item_id_of(item_name(item)), .name = item_name(item)});
    event.event_time = EventTime(std::chrono::milliseconds(time_ms));
    event.context = {"phone", "DE", "home"};
    return event;
  }

  ItemUpdate describe(std::size_t item) {
    ItemUpdate update{.id = item_id_of(item_name(item)), .name = item_name(item)};
    if (!shop_.described) return update;
    static const std::vector<std::string> kWords{"lamp",   "red",   "ceramic", "coffee",
                                                 "filter", "paper", "wood",    "steel",
                                                 "kettle", "green", "spoon",   "table"};
    update.title = fmt::format("{} {} {} {}", kWords[random_() % kWords.size()],
                               kWords[random_() % kWords.size()], random_() % 2'000, item);
    update.category = {fmt::format("group {}", item % 25), fmt::format("kind {}", item % 500)};
    update.brand = fmt::format("brand {}", random_() % 2'000);
    update.price = static_cast<double>(1 + item % 300);
    return update;
  }

  void fill_catalogue() {
    for (std::size_t item = 0; item < shop_.items; ++item) {
      if (item_queue_.size() == item_queue_.capacity()) let_learn();
      item_queue_.push(describe(item), {});
    }
    let_learn();
  }

  void teach() {
    const Fold fold(config_.state);
    for (std::size_t first = 0; first < shop_.sessions; first += kSessionsSideBySide) {
      std::vector<UserState> states(std::min(kSessionsSideBySide, shop_.sessions - first));
      for (std::size_t step = 0; step < kSessionEvents; ++step)
        for (std::size_t k = 0; k < states.size(); ++k) teach(fold, first + k, states[k]);
    }
    let_learn();
  }

  void teach(const Fold& fold, std::size_t session, UserState& state) {
    std::vector<TrainingExample> examples;
    const UserId user = fmt::format("s{}", session);
    fold.apply(click(user, item_for(session), kStartMs + next_), {PartitionId{-1}, Offset{next_}},
               state, examples);
    ++next_;
    for (TrainingExample& example : examples)
      push(ReceivedExample{std::move(example), clock_.steady_now()});
  }

  void push(LearningInput input) {
    if (learning_queue_.size() == learning_queue_.capacity()) let_learn();
    learning_queue_.push(std::move(input), {});
  }

  /// The learner learns all that waits, the replica takes over what there is.
  void let_learn() {
    while (learning_queue_.size() > 0 || item_queue_.size() > 0) {
      learning_.run_once({});
      if (deltas_.size() > 0) must(scoring_.run_once({}));
    }
  }

  /// Histories are drawn from a pool: the fold has made them, but not one for each user.
  std::vector<std::string> make_states() {
    const Fold fold(config_.state);
    std::vector<std::string> states;
    std::vector<TrainingExample> unused;
    for (std::size_t k = 0; k < 4'096; ++k) {
      UserState state;
      for (std::size_t step = 0; step < shop_.history; ++step) {
        fold.apply(click("u", item_for(k), kStartMs + static_cast<std::int64_t>(step * 1'000)), {},
                   state, unused);
        unused.clear();
      }
      states.push_back(encode(state));
    }
    return states;
  }

  void open(std::size_t number, const std::string& directory) {
    fill(*must(RocksDbStore::open(directory, resources_)), number);
    auto store = must(RocksDbStore::open(directory, resources_));
    auto partition = std::make_unique<Partition>(
        static_cast<std::int32_t>(number), config_,
        PartitionTaskPorts{learning_queue_, ranking_queue_, publisher_, figures_, lease_, clock_});
    partition->store = store.get();
    must(partition->task.open(std::move(store), router_.open(partition->id)));
    partition->task.start_from(Offset{0});
    partitions_.push_back(std::move(partition));
  }

  void fill(RocksDbStore& store, std::size_t number) {
    must(store.recover());
    if (states_.empty()) states_ = make_states();
    Commit commit;
    for (std::size_t user = number; user < shop_.users; user += shop_.partitions) {
      commit.states.emplace_back(user_name(user), states_[random_() % states_.size()]);
      if (commit.states.size() < kPolledTogether) continue;
      must(store.commit(commit));
      commit.states.clear();
    }
    must(store.commit(commit));
    store.close();
  }

  /// `count` events for each partition, of its users.
  void prepare(std::size_t count) {
    for (std::size_t number = 0; number < partitions_.size(); ++number) {
      std::vector<std::string> values;
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t user =
            random_() % (shop_.users / shop_.partitions) * shop_.partitions + number;
        values.push_back(json(user, item_for(user), kRoundsStartMs + next_++));
      }
      partitions_[number]->source.prepare(std::move(values));
    }
  }

  std::string json(std::size_t user, std::size_t item, std::int64_t time_ms) {
    return fmt::format(
        R"({{"event_id":"e{}","type":"click","user_id":"{}","item_id":"{}","event_time":{},"context":{{"device":"phone",)"
        R"("country":"DE","page":"home"}}}})",
        time_ms, user_name(user), item_name(item), time_ms);
  }

  /// Returns the CPU time per event. Nothing is learned and every list is acknowledged unmade.
  double fold(std::size_t count) {
    double task_us = 0, background_us = 0;
    std::size_t events = 0;
    while (events < count) {
      prepare(kPolledTogether / partitions_.size());
      const double begin = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us(CLOCK_THREAD_CPUTIME_ID);
      for (auto& partition : partitions_) {
        const Stopwatch watch(task_us);
        must(partition->task.run_once(partition->source, {}));
      }
      events += learning_queue_.pop_batch(learning_queue_.capacity(), 0us, {}).size();
      for (const RankRequest& request :
           ranking_queue_.pop_batch(ranking_queue_.capacity(), 0us, {}))
        router_.deliver(ListDelivery{request.user, request.position, true, request.times, false});
      background_us += cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us(CLOCK_THREAD_CPUTIME_ID) - begin;
    }
    return (task_us + background_us) / static_cast<double>(events);
  }

  void serve(std::size_t count, Costs& costs) {
    const std::size_t lists_before = publisher_.lists();
    std::size_t events = 0;
    while (events < count) {
      prepare(kPolledTogether / partitions_.size());
      for (auto& partition : partitions_) must(partition->task.run_once(partition->source, {}));
      events += kPolledTogether / partitions_.size() * partitions_.size();
      // Aside, so that deltas are taken over before lists are made and not while.
      auto requests = ranking_queue_.pop_batch(ranking_queue_.capacity(), 0us, {});
      {
        const Stopwatch watch(costs.learn_us);
        let_learn();
      }
      ranking_queue_.push_all(std::move(requests), {});
      const Stopwatch watch(costs.list_us);
      while (ranking_queue_.size() > 0) must(scoring_.run_once({}));
    }
    costs.learn_us /= static_cast<double>(events);
    costs.list_us /= static_cast<double>(publisher_.lists() - lists_before);
  }

  const Shop shop_;
  const Config config_;
  std::mt19937_64 random_{1};
  std::int64_t next_ = 0;
  SystemClock clock_;
  prometheus::Registry registry_;
  TitleBook titles_{1};
  PipelineFigures figures_;
  DeliveryRouter router_;
  InstantPublisher publisher_;
  Lease lease_{clock_, 0ms};
  RocksDbResources resources_;
  LearningQueue learning_queue_;
  ItemQueue item_queue_{1'024};
  RankQueue ranking_queue_;
  DeltaQueue deltas_{4};
  ReplicaQuestions questions_{1};
  RulesQueue rules_{1};
  ModelQuestions model_questions_{1};
  LearningStage learning_;
  ScoringStage scoring_;
  std::vector<std::string> states_;
  std::vector<std::unique_ptr<Partition>> partitions_;
};

}  // namespace

std::unique_ptr<World> make_world(const Shop& shop, const std::string& directory) {
  return std::make_unique<DrivenWorld>(shop, directory);
}

}  // namespace freshet
