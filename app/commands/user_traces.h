#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/ids.h"
#include "config/result.h"

namespace freshet {

/// Something that is still kept of a user.
struct UserTrace {
  std::string place;  ///< A database, snapshot, file, or a partition of the lists' topic.
  std::string what;   ///< For people.
};

/// What a search for a user found, and where it looked.
struct UserTraces {
  std::vector<UserTrace> traces;
  /// What is no trace, but good to know: that the user was forgotten, lists that wait for Kafka's
  /// compaction.
  std::vector<UserTrace> notes;
  std::uint64_t databases = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t model_files = 0;
  std::uint64_t lists = 0;  ///< Records of the lists' topic.
};

/// Looks for what is kept of `user` in the databases under state.directory, in every snapshot, in
/// the model's files and, with `ask_kafka`, in the lists' topic up to its end. Changes nothing; the
/// process that owns the databases may run. Errors: what could not be read (then nothing is
/// proven), those of KafkaTopicReader::open.
Result<UserTraces> find_user_traces(const Config& config, const UserId& user, bool ask_kafka);

/// Returns {"user_id", "traces": [{"place", "what"}], "notes", "looked_at"} as JSON.
std::string to_json(const UserId& user, const UserTraces& found);

}  // namespace freshet
