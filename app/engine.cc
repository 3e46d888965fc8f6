#include "app/engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>

#include "app/thread_names.h"

namespace freshet {
namespace {

constexpr std::size_t kDeltasMax = 4;
constexpr std::size_t kReplicaQuestionsMax = 256;
constexpr std::size_t kModelQuestionsMax = 16;
constexpr std::size_t kRuleChangesMax = 16;

/// One question asked of every partition: the first that knows the user answers, or the last one
/// answers for a user that nobody knows.
struct BroadcastQuestion {
  RankQueue& ranking;
  UserId user;
  std::size_t count;
  std::string scenario;
  std::function<void(Result<RankedList>)> respond;
  std::atomic<std::size_t> left;
  std::atomic<bool> answered{false};

  void rank(RankRequest request) {
    if (answered.exchange(true)) return;
    request.user = user;
    request.count = count;
    request.scenario = scenario;
    request.reply = [respond = respond](RankedList list) { respond(std::move(list)); };
    if (!ranking.try_push(request)) {
      respond(error(ErrorCode::kUnavailable, "rank for user " + user + ": too busy, try again"));
    }
  }

  void answer(std::optional<RankRequest> request) {
    const bool last = left.fetch_sub(1) == 1;
    if (request) return rank(std::move(*request));
    if (last) rank(RankRequest{});
  }
};

double fill(std::size_t size, std::size_t capacity) {
  return static_cast<double>(size) / static_cast<double>(capacity);
}

}  // namespace

Engine::Engine(EngineParts parts)
    : parts_(std::move(parts)),
      learning_queue_(parts_.config.scoring.learning.queue_max),
      ranking_queue_(parts_.config.scoring.queue_max),
      delta_queue_(kDeltasMax),
      replica_questions_(kReplicaQuestionsMax),
      model_questions_(kModelQuestionsMax),
      rules_queue_(kRuleChangesMax),
      learning_(parts_.config.scoring, parts_.network,
                {learning_queue_, delta_queue_, model_questions_, parts_.figures, parts_.clock}),
      scoring_(parts_.config.scoring, parts_.network, parts_.config.ingest.context,
               {ranking_queue_, delta_queue_, replica_questions_, rules_queue_, learning_queue_,
                parts_.publisher, parts_.figures, parts_.clock}) {
  learning_.encode_with(std::move(parts_.encoder));
}

Engine::~Engine() {
  std::vector<PartitionId> open;
  for (const auto& [partition, offset] : next_offsets()) open.push_back(partition);
  for (const PartitionId partition : open) close_partition(partition);
  scoring_thread_ = {};
  learning_thread_ = {};
}

Status Engine::start() {
  FRESHET_RETURN_IF_ERROR(learning_.restore());
  learning_thread_ = std::jthread([this](std::stop_token stop) {
    name_this_thread("learning");
    yield_to_other_threads();
    if (const Status done = learning_.run(stop); !done) fail(done.error());
  });
  scoring_thread_ = std::jthread([this](std::stop_token stop) {
    name_this_thread("scoring");
    if (const Status done = scoring_.run(stop); !done) fail(done.error());
  });
  return {};
}

Result<std::optional<Offset>> Engine::open_partition(PartitionId partition,
                                                     std::unique_ptr<StateStore> store) {
  auto entry = std::make_unique<Partition>();
  entry->task = std::make_unique<PartitionTask>(
      partition, parts_.config,
      PartitionTaskPorts{learning_queue_, ranking_queue_, parts_.publisher, parts_.figures,
                         parts_.lease, parts_.clock});
  auto start = entry->task->open(std::move(store), parts_.deliveries.open(partition));
  if (!start) return start;
  std::lock_guard lock(mutex_);
  partitions_[partition] = std::move(entry);
  return start;
}

void Engine::start_partition(PartitionId partition, Offset start,
                             std::unique_ptr<RecordSource> source) {
  std::lock_guard lock(mutex_);
  Partition& entry = *partitions_.at(partition);
  entry.task->start_from(start);
  entry.source = std::move(source);
  ++running_tasks_;
  entry.thread = std::jthread([this, &entry, partition](std::stop_token stop) {
    name_this_thread("partition-" + std::to_string(partition.value));
    const Status done = entry.task->run(*entry.source, stop);
    if (!done) fail(done.error());
    {
      std::lock_guard ended(mutex_);
      --running_tasks_;
    }
    exhausted_.notify_all();
  });
}

void Engine::stop_partition(PartitionId partition) {
  std::jthread stopped;
  {
    std::lock_guard lock(mutex_);
    const auto it = partitions_.find(partition);
    if (it != partitions_.end()) stopped = std::move(it->second->thread);
  }
}  // Requests the stop and joins.

void Engine::close_partition(PartitionId partition) {
  std::unique_ptr<Partition> closed;
  {
    std::lock_guard lock(mutex_);
    const auto it = partitions_.find(partition);
    if (it == partitions_.end()) return;
    closed = std::move(it->second);
    partitions_.erase(it);
  }
  closed->thread = {};  // Requests the stop and joins.
  parts_.deliveries.close(partition);
  parts_.figures.forget_partition(partition);
}

bool Engine::wait_until_exhausted(std::chrono::milliseconds wait, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return exhausted_.wait_for(lock, stop, wait, [&] { return running_tasks_ == 0; });
}

void Engine::update_item(ItemUpdate update, std::stop_token stop) {
  learning_queue_.push(std::move(update), stop);
}

void Engine::set_rules(std::vector<RuleConfig> rules, std::stop_token stop) {
  rules_queue_.push(std::move(rules), stop);
}

std::vector<std::pair<PartitionId, Offset>> Engine::next_offsets() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<PartitionId, Offset>> offsets;
  for (const auto& [partition, entry] : partitions_) {
    offsets.emplace_back(partition, entry->task->next_offset());
  }
  return offsets;
}

void Engine::recommend(const UserId& user, std::size_t count, const std::string& scenario,
                       std::function<void(Result<RankedList>)> respond) {
  const auto& scenarios = parts_.config.scoring.scenarios;
  const bool known = scenario.empty() || scenario == kDefaultScenario ||
                     std::any_of(scenarios.begin(), scenarios.end(),
                                 [&](const auto& other) { return other.name == scenario; });
  if (!known)
    return respond(error(
        ErrorCode::kInvalidConfig,
        "scenario " + scenario + " is not configured: name one of scoring.scenarios, or default"));
  std::lock_guard lock(mutex_);
  auto question = std::make_shared<BroadcastQuestion>(ranking_queue_, user, count, scenario,
                                                      std::move(respond), partitions_.size());
  if (partitions_.empty()) return question->rank(RankRequest{});
  for (auto& [partition, entry] : partitions_) {
    const bool asked = entry->task->ask({user, [question](std::optional<RankRequest> request) {
                                           question->answer(std::move(request));
                                         }});
    if (!asked) question->answer(std::nullopt);
  }
}

bool Engine::ask_replica(std::function<void(const Replica&)> ask) {
  return replica_questions_.try_push(ask);
}

bool Engine::ask_model(std::function<void(ModelAdmin&)> ask) {
  return model_questions_.try_push(ask);
}

double Engine::learning_queue_ratio() const {
  return fill(learning_queue_.size(), learning_queue_.capacity());
}

double Engine::ranking_queue_ratio() const {
  return fill(ranking_queue_.size(), ranking_queue_.capacity());
}

void Engine::fail(const Error& error) {
  std::call_once(failed_, [&] { parts_.on_failure(error); });
}

}  // namespace freshet
