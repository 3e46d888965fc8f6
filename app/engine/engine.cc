#include "app/engine/engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "app/engine/thread_names.h"
#include "config/stop_wait.h"
#include "ingest/kafka_partitioner.h"

namespace freshet {
namespace {

constexpr std::size_t kActiveUsersMax = 256;
constexpr std::size_t kDeltasMax = 4;
constexpr std::chrono::milliseconds kToldAgainAfter{10};
constexpr std::size_t kReplicaQuestionsMax = 256;
constexpr std::size_t kItemsMax = 1'024;
constexpr std::size_t kModelQuestionsMax = 16;
constexpr std::size_t kRuleChangesMax = 16;

/// One question asked of several partitions: the first that knows the user answers, or the last one
/// says that nobody does. Of one that was given up it is not known: that is an answer, too.
struct BroadcastQuestion {
  Engine::Found found;
  std::atomic<std::size_t> left;
  std::atomic<bool> answered{false};

  void answer(Result<std::optional<RankRequest>> request) {
    const bool last = left.fetch_sub(1) == 1;
    const bool says_nothing = request && !*request;
    if ((!says_nothing || last) && !answered.exchange(true)) found(std::move(request));
  }
};

double fill(std::size_t size, std::size_t capacity) {
  return static_cast<double>(size) / static_cast<double>(capacity);
}

}  // namespace

Engine::Engine(EngineParts parts)
    : parts_(std::move(parts)),
      learning_queue_(parts_.config.scoring.learning.queue_max),
      item_queue_(kItemsMax),
      ranking_queue_(parts_.config.scoring.queue_max),
      active_users_(kActiveUsersMax),
      delta_queue_(kDeltasMax),
      replica_questions_(kReplicaQuestionsMax),
      model_questions_(kModelQuestionsMax),
      rules_queue_(kRuleChangesMax),
      related_(make_related_publisher()),
      learning_(parts_.config.scoring, parts_.network,
                {learning_queue_, item_queue_, delta_queue_, model_questions_, parts_.figures,
                 parts_.clock}),
      scoring_(parts_.config.scoring, parts_.network, parts_.config.ingest.context,
               {ranking_queue_, delta_queue_, replica_questions_, rules_queue_, learning_queue_,
                parts_.publisher, parts_.deliveries, parts_.figures, parts_.clock, &active_users_,
                related_.get()}),
      users_(parts_.config.ingest.users_max) {
  learning_.encode_with(std::move(parts_.encoder));
}

Engine::~Engine() {
  std::vector<PartitionId> open;
  for (const auto& [partition, offset] : next_offsets()) open.push_back(partition);
  for (const PartitionId partition : open) close_partition(partition);
  scoring_thread_ = {};
  learning_thread_ = {};
}

/// An item is written by the owner of the events partition that its name would fall into.
std::unique_ptr<RelatedPublisher> Engine::make_related_publisher() {
  if (!parts_.related.write) return nullptr;
  RelatedPorts ports = parts_.related;
  ports.is_ours = [this](const std::string& item) {
    const auto home = partition_of_user(item);
    return home && owns(*home);
  };
  return std::make_unique<RelatedPublisher>(parts_.config.sinks.related, std::move(ports),
                                            parts_.clock);
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
                         parts_.lease, parts_.clock, &active_users_});
  auto start = entry->task->open(std::move(store), parts_.deliveries.open(partition));
  if (!start) return start;
  std::lock_guard lock(mutex_);
  users_.visit([&](const UserUpdate& update) {
    entry->task->know(update, is_home(partition, update.user));
  });
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
    entry.ended = entry.task->run(*entry.source, stop);
    if (!entry.ended) fail(entry.ended.error());
    {
      std::lock_guard ended(mutex_);
      --running_tasks_;
    }
    exhausted_.notify_all();
  });
}

Status Engine::stop_partition(PartitionId partition) {
  const Partition* entry = nullptr;
  std::jthread stopped;
  {
    std::lock_guard lock(mutex_);
    const auto it = partitions_.find(partition);
    if (it == partitions_.end()) return {};
    entry = it->second.get();
    stopped = std::move(it->second->thread);
  }
  stopped = {};  // Requests the stop and joins.
  return entry->ended;
}

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
  item_queue_.push(std::move(update), stop);
}

// As Kafka's own clients and ours choose it. Only who gets the removal of the list hangs on it, and
// only for a user of whom no partition knows anything.
bool Engine::is_home(PartitionId partition, const UserId& user) const {
  return partition_of_user(user) == partition;
}

Status Engine::update_user(const UserUpdate& update, std::stop_token stop) {
  std::set<PartitionId> told;
  for (bool first = true; !stop.stop_requested(); first = false) {
    bool all = true;
    {
      std::lock_guard lock(mutex_);
      if (first) FRESHET_RETURN_IF_ERROR(users_.update(update));
      for (auto& [partition, entry] : partitions_) {
        if (told.contains(partition)) continue;
        if (entry->task->tell(update, is_home(partition, update.user))) {
          told.insert(partition);
        } else {
          all = false;
        }
      }
    }
    if (all) break;
    wait_for(kToldAgainAfter, stop);
  }
  return {};
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

std::optional<PartitionId> Engine::partition_of_user(const UserId& user) const {
  const std::int32_t count = partition_count_;
  if (count == 0) return std::nullopt;
  return partition_of(user, count, Partitioner::kMurmur2);
}

bool Engine::owns(PartitionId partition) const {
  std::lock_guard lock(mutex_);
  return partitions_.contains(partition);
}

/// Other producers may have put the user's events elsewhere: then one of the other partitions
/// knows.
void Engine::find_user(const UserId& user, Found found) {
  const auto likely = partition_of_user(user);
  if (likely) {
    std::lock_guard lock(mutex_);
    const auto it = partitions_.find(*likely);
    const bool asked = it != partitions_.end() &&
                       ask(*it->second, {user, [this, likely, user, found](auto request) {
                                           if (!request || *request)
                                             return found(std::move(request));
                                           ask_all_but(likely, user, found);
                                         }});
    if (asked) return;
  }
  ask_all_but(std::nullopt, user, std::move(found));
}

/// The task may wait for records: it is not left to it when it hears of the question.
bool Engine::ask(Partition& partition, Question question) {
  const bool asked = partition.task->ask(std::move(question));
  if (asked && partition.source) partition.source->wake();
  return asked;
}

void Engine::ask_all_but(std::optional<PartitionId> asked, const UserId& user, Found found) {
  std::size_t refused = 0;
  auto question = std::make_shared<BroadcastQuestion>(std::move(found), 1);
  {
    std::lock_guard lock(mutex_);
    question->left += partitions_.size();
    for (auto& [partition, entry] : partitions_) {
      const auto answer = [question](auto request) { question->answer(std::move(request)); };
      if (partition == asked || !ask(*entry, {user, answer})) ++refused;
    }
  }
  for (std::size_t i = 0; i <= refused; ++i) question->answer(std::nullopt);
}

void Engine::rank(RankRequest request, std::function<void(Result<RankedList>)> respond) {
  request.queued_time = parts_.clock.steady_now();
  request.reply = [respond](RankedList list) { respond(std::move(list)); };
  if (ranking_queue_.try_push(request)) return;
  respond(error(ErrorCode::kUnavailable, "too many users wait to be ranked: try again"));
}

void Engine::recommend(const UserId& user, std::function<void(RankRequest&)> wish,
                       std::function<void(Result<RankedList>)> respond) {
  find_user(user, [this, user, wish = std::move(wish),
                   respond = std::move(respond)](Result<std::optional<RankRequest>> request) {
    if (!request) return respond(tl::unexpected(std::move(request).error()));
    RankRequest wanted = *request ? std::move(**request) : RankRequest{.user = user};
    wish(wanted);
    rank(std::move(wanted), respond);
  });
}

bool Engine::ask_replica(std::function<void(Replica&)> ask) {
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
