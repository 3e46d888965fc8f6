#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/engine/learning_stage.h"
#include "app/engine/scoring_stage.h"
#include "app/partition/delivery_router.h"
#include "app/partition/partition_task.h"
#include "app/partition/user_book.h"
#include "config/config.h"

namespace freshet {

/// What the engine is built on. All outlive it.
struct EngineParts {
  const Config& config;
  ListPublisher& publisher;
  DeliveryRouter& deliveries;
  PipelineFigures& figures;
  const Lease& lease;
  const Clock& clock;
  NetworkFactory network;
  /// Called once, from any thread, when a stage or task fails for good.
  std::function<void(const Error&)> on_failure;
  std::unique_ptr<ItemEncoder> encoder = nullptr;  ///< Null: items bring their own embeddings.
  RelatedPorts related = {};  ///< Where what goes with items is written, if anywhere.
};

/// The running stages of one process: a thread per partition task, one for scoring, one for
/// learning, joined by bounded queues. Thread-safe.
class Engine {
 public:
  using Found = std::function<void(Result<std::optional<RankRequest>>)>;

  explicit Engine(EngineParts parts);
  /// Stops everything: tasks first, then scoring, then learning, so that nothing is cut off.
  ~Engine();

  /// Restores the model and starts scoring and learning. Errors: kCorrupt checkpoint.
  Status start();

  /// Opens the partition's state; returns the offset to read from (empty = a new database).
  /// Errors: the store cannot be opened or recovered.
  Result<std::optional<Offset>> open_partition(PartitionId partition,
                                               std::unique_ptr<StateStore> store);
  /// Starts the opened partition's task on `source`, whose first record has offset `start` or more.
  void start_partition(PartitionId partition, Offset start, std::unique_ptr<RecordSource> source);
  /// Stops the partition's task and says how it ended; its state stays open until
  /// close_partition(), and nobody uses it any more.
  Status stop_partition(PartitionId partition);
  /// Stops the partition's task and closes its state; returns when both are done.
  void close_partition(PartitionId partition);

  /// Waits up to `wait` until every task has ended by itself (its source is exhausted, or it
  /// failed); returns whether that is so.
  bool wait_until_exhausted(std::chrono::milliseconds wait, std::stop_token stop);

  /// Learns an item's description; waits while the learner's queue is full.
  void update_item(ItemUpdate update, std::stop_token stop);

  /// Hands on what the users topic says of a user, to every partition, now and when it is opened;
  /// waits while one is told too much. Errors: kInvalidConfig (too many users).
  Status update_user(const UserUpdate& update, std::stop_token stop);

  /// Has lists obey `rules` and no others from now on; waits while scoring is behind.
  void set_rules(std::vector<RuleConfig> rules, std::stop_token stop);

  /// First offsets not yet processed, of the partitions that are open.
  std::vector<std::pair<PartitionId, Offset>> next_offsets() const;

  /// How many partitions the events topic has; before the first is opened, and when it has more.
  void set_partition_count(std::int32_t count) { partition_count_ = count; }
  /// The partition in which the user's events should be (murmur2, as producers of Kafka's own
  /// clients do); empty while the count of partitions is not known.
  std::optional<PartitionId> partition_of_user(const UserId& user) const;
  bool owns(PartitionId partition) const;

  /// Finds the user's state as it is: `found` is called once, from a partition's thread or at once,
  /// with what a list is made from; empty = no partition here knows the user.
  void find_user(const UserId& user, Found found);
  /// Ranks now; `respond` is called once, from the scoring thread or at once.
  void rank(RankRequest request, std::function<void(Result<RankedList>)> respond);
  /// Ranks for one user now, from the state as it is; `wish` may change the request before. An
  /// unknown user gets the fallback list. `respond` as in rank().
  void recommend(const UserId& user, std::function<void(RankRequest&)> wish,
                 std::function<void(Result<RankedList>)> respond);
  /// Calls `ask` with the replica on the scoring thread. False when too many questions wait.
  bool ask_replica(std::function<void(Replica&)> ask);

  /// Calls `ask` with the model's owner on the learner's thread. False when too many questions
  /// wait.
  bool ask_model(std::function<void(ModelAdmin&)> ask);

  /// Fill of the queues, 0..1, for metrics.
  double learning_queue_ratio() const;
  double ranking_queue_ratio() const;

 private:
  struct Partition {
    std::unique_ptr<PartitionTask> task;
    std::unique_ptr<RecordSource> source;
    Status ended;         ///< How the task ended; to be read once the thread is joined.
    std::jthread thread;  // Last: joined before its task and source go.
  };

  static bool ask(Partition& partition, Question question);
  void ask_all_but(std::optional<PartitionId> asked, const UserId& user, Found found);
  void fail(const Error& error);
  bool is_home(PartitionId partition, const UserId& user) const;
  std::unique_ptr<RelatedPublisher> make_related_publisher();

  EngineParts parts_;
  std::atomic<std::int32_t> partition_count_{0};
  LearningQueue learning_queue_;
  ItemQueue item_queue_;
  RankQueue ranking_queue_;
  ActiveUserQueue active_users_;
  DeltaQueue delta_queue_;
  ReplicaQuestions replica_questions_;
  ModelQuestions model_questions_;
  RulesQueue rules_queue_;
  std::unique_ptr<RelatedPublisher> related_;  // Null = off.
  LearningStage learning_;
  ScoringStage scoring_;
  mutable std::mutex mutex_;
  std::map<PartitionId, std::unique_ptr<Partition>> partitions_;
  UserBook users_;
  std::condition_variable_any exhausted_;
  std::size_t running_tasks_ = 0;
  std::once_flag failed_;
  std::jthread learning_thread_;
  std::jthread scoring_thread_;
};

}  // namespace freshet
