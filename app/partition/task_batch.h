#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "app/partition/learning_input.h"
#include "config/time.h"
#include "ingest/event.h"
#include "ingest/record_source.h"
#include "state/list_times.h"
#include "state/state_store.h"
#include "state/user_state.h"

namespace freshet {

/// One batch of a partition's records on its way through the partition's task, which alone uses it.
/// Confined to one thread (a value).
struct TaskBatch {
  /// A user of whom the batch holds an event.
  struct User {
    UserState state;
    bool known = false;    ///< There is a stored state.
    bool changed = false;  ///< The state differs from the stored one.
    bool owed = false;     ///< The user did something: a list is due.
    Offset newest_offset;
    SteadyTime received_time{};  ///< Of the newest event that is owed a list.
  };
  struct DecodedEvent {
    Event event;
    Offset offset;
    std::size_t user = 0;  ///< Index into `users`.
    SteadyTime received_time{};
    std::optional<EventTime> log_time;
  };

  std::vector<DecodedEvent> events;
  std::vector<UserId> user_ids;
  std::vector<User> users;
  absl::flat_hash_map<UserId, std::size_t> index;
  std::vector<LearningInput> examples;
  Commit commit;
  std::span<const Record> records;
  ListTimes times;  ///< Those that the batch's lists share.
};

}  // namespace freshet
