#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "app/partition/active_user_walk.h"
#include "app/partition/catch_up.h"
#include "app/partition/delivery_router.h"
#include "app/partition/learning_input.h"
#include "app/partition/partition_task_ports.h"
#include "app/partition/partition_users.h"
#include "app/partition/quarantine.h"
#include "app/partition/question.h"
#include "app/partition/task_batch.h"
#include "config/config.h"
#include "ingest/event_decoder.h"
#include "ingest/record_source.h"
#include "state/expiry.h"
#include "state/fold.h"
#include "state/outbox.h"
#include "state/state_cache.h"
#include "state/state_store.h"

namespace freshet {

/// The single writer of one partition: folds its records into user state, commits, and sends out
/// what follows from the commit. Confined to one thread, except ask().
class PartitionTask {
 public:
  PartitionTask(PartitionId partition, const Config& config, PartitionTaskPorts ports);
  /// The orderly end, also after an error: answers the questions that wait, closes the store.
  ~PartitionTask();

  /// Takes the store, recovers it and returns the offset to start from; empty = a new database.
  /// Called once, first. Errors: those of StateStore::recover.
  Result<std::optional<Offset>> open(std::unique_ptr<StateStore> store,
                                     std::shared_ptr<DeliveryInbox> inbox);

  /// Sets the position of a new database: its first record has this offset or more.
  void start_from(Offset offset) { next_offset_ = offset.value; }

  /// One round of the data path. Everything before the commit can be thrown away, everything after
  /// it can be repeated. A batch for which the disk has no room is kept and tried again; nothing
  /// else is read meanwhile. Errors: the store or the source is lost; the task must end.
  Status run_once(RecordSource& source, std::stop_token stop);

  /// Runs until `stop` or until `source` is exhausted and nothing is owed. Errors as run_once.
  Status run(RecordSource& source, std::stop_token stop);

  /// Queues a question; false when too many wait. Thread-safe.
  bool ask(Question question) { return questions_.try_push(question); }

  /// Tells what the users topic says of a user; false when too much waits. Thread-safe.
  bool tell(const UserUpdate& update, bool is_home) { return users_.tell(update, is_home); }
  /// The same for what was said before; called before the task runs.
  void know(const UserUpdate& update, bool is_home) { users_.know(update, is_home); }

  /// First offset not yet processed; for group commits and lag. Thread-safe.
  Offset next_offset() const { return Offset{next_offset_.load(std::memory_order_relaxed)}; }

 private:
  using Batch = TaskBatch;
  using User = TaskBatch::User;
  using DecodedEvent = TaskBatch::DecodedEvent;

  bool may_read() const;
  bool holds_lists() const;
  Status forget_users();
  Status forget(const Forget& asked, Commit& commit);
  void forget_dead_letters(const UserId& user, Commit& commit);
  Status expire_users();
  void owe_removal(const UserId& user, EventTime time, Commit& commit);
  Status commit_apart(Commit commit);
  Result<Batch> next_batch(RecordSource& source);
  Result<std::span<const Record>> poll(RecordSource& source);
  Status note_attempt(std::span<const Record> records);
  Batch decode(std::span<const Record> records);
  void decode_record(const Record& record, Batch& batch);
  bool is_repeat(const Record& record);
  void give_up_record(const Record& record, BadRecord why, Batch& batch);
  Status load_states(Batch& batch);
  void keep_states(Batch& batch);
  void fold(Batch& batch);
  FoldOutcome fold_event(const DecodedEvent& decoded, User& user, Batch& batch);
  void read_acknowledgements(Batch& batch, std::chrono::microseconds wait);
  void read_dead_letter_acknowledgements(Batch& batch);
  Status commit(Batch& batch);
  Status stall(Batch batch, const Error& full);
  void go_on_after_stall();
  void learn(Batch& batch, std::stop_token stop);
  Status refresh_lists(Batch& batch);
  Status score(Batch& batch);
  std::size_t room_for_requests() const;
  Status publish_dead_letters(Batch& batch);
  Status answer_questions();
  std::size_t user_index(const UserId& user, Batch& batch);
  SteadyTime received_time(const Record& record) const;
  Result<std::optional<UserState>> state_of(const UserId& user);
  std::optional<UserState> unless_expired(UserState state) const;
  Result<RankRequest> request_for(const PendingList& pending, Batch& batch);
  RankRequest make_request(UserId user, UserState state, Offset offset) const;

  const PartitionId partition_;
  const Config& config_;
  PartitionTaskPorts ports_;
  EventDecoder decoder_;
  Fold fold_;
  std::unique_ptr<StateStore> store_;
  std::shared_ptr<DeliveryInbox> inbox_;
  Epoch epoch_{};
  StateCache states_;
  Outbox outbox_;
  PartitionUsers users_;
  ForgottenUsers forgotten_;
  EventWatermark watermark_;  // At next_offset().
  ExpirySearch expiry_;
  bool has_position_ = false;  // A record was committed: the database may stand somewhere.
  SourceOffsets source_offsets_;
  CatchUp catch_up_;
  ActiveUserWalk active_users_;
  std::size_t lists_unanswered_ = 0;  // On their way to scoring or further.
  Quarantine quarantine_;
  std::map<Offset, DeadLetter> dead_letters_in_flight_;
  std::vector<DeadLetter> dead_letters_to_send_;
  std::optional<Batch> stalled_;  // Waits for room on the disk; its records stay the source's.
  std::optional<SteadyTime> stalled_since_;
  BoundedQueue<Question> questions_;
  std::atomic<std::int64_t> next_offset_{0};
};

}  // namespace freshet
