#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/temporary_directory.h"
#include "tests/fault/fault_replay.h"
#include "tests/fault/freshet_process.h"
#include "tests/fault/list_log.h"
#include "tests/kafka/kafka_topics.h"

namespace freshet {
class KafkaRecordWriter;
}

namespace freshet::test {

/// A whole number from the environment, for runs that are longer than the default.
int from_environment(const char* name, int otherwise);

/// What an instance has beside what all have.
struct InstanceOptions {
  std::string kafka;    ///< More keys of ingest.kafka, each after a comma.
  std::string brokers;  ///< Empty = the brokers themselves.
  std::string state;    ///< state.directory; empty = one of its own.
  std::string more;     ///< Whole sections.
  bool snapshots = true;
  std::chrono::seconds session_timeout{6};
};

/// One job on a real broker: its topics, its instances, the events that are written, and what must
/// hold in the end. The seed is printed by gtest with each failure. Confined to one thread, but for
/// the thread that writes.
class FaultTest : public testing::Test {
 protected:
  static constexpr int kPartitions = 3;

  FaultTest();

  std::string events() const { return "events-" + std::to_string(seed_); }
  std::string lists() const { return "lists-" + std::to_string(seed_); }
  std::string dead_letters() const { return "dead-" + std::to_string(seed_); }

  /// Makes the topics; the brokers stamp lists when they append them.
  void make_topics(const std::string& brokers);

  /// Starts instance `name` with directories of its own; all share the snapshots.
  FreshetProcess start(const std::string& name, const InstanceOptions& options = {});

  std::string config_of(const std::string& name) const { return directory_ + "/" + name + ".yaml"; }
  std::string state_of(const std::string& name) const { return directory_ + "/" + name + "/state"; }
  std::string log_of(const std::string& name) const { return directory_ + "/" + name + ".log"; }
  std::string log(const std::string& name) const;
  int count_in_log(const std::string& name, const std::string& text) const;
  /// Waits until `text` stands `count` times in the log of `name`.
  bool wait_for_log(const std::string& name, const std::string& text, int count = 1,
                    std::chrono::seconds within = std::chrono::seconds(60));

  /// Asks the newest process of `name` over HTTP; returns the body, empty = no answer.
  std::string get(const std::string& name, const std::string& target) const;
  /// Sum of a metric over its labels; -1 = not there.
  double metric(const std::string& name, const std::string& metric) const;

  /// Writes events one after the other until it is stopped, one in a hundred of them broken.
  std::jthread write_events();
  void write_events(int count);
  void write_event(KafkaRecordWriter& writer);

  std::vector<TopicRecord> all_of(const std::string& topic) const;

  /// All lists so far.
  const std::vector<SeenList>& all_lists() { return list_log_->read(); }
  /// Waits until every user has a list of the newest event; returns all lists.
  const std::vector<SeenList>& wait_for_lists(
      const Replay& expected, std::chrono::seconds within = std::chrono::seconds(60));

  /// The verdict, once nothing is written any more: every user has a list of the newest event,
  /// every broken record is a dead letter, and the states of `owner`, which owns all partitions and
  /// is stopped for it, are those of a replay, byte for byte. Prints what was compared.
  void expect_nothing_lost(FreshetProcess& owner, const std::string& name,
                           std::chrono::seconds within = std::chrono::seconds(60));

  int user_count_ = 300;
  int item_count_ = 200;
  const std::uint32_t seed_;
  std::mt19937_64 random_;  // Of the test's own thread.
  std::string brokers_;
  const TemporaryDirectory scratch_;
  const std::string directory_ = scratch_.path();

 private:
  std::string state_directory_of(const std::string& name) const;
  bool dead_letters_are(const Replay& expected) const;

  std::mt19937_64 writer_random_;  // Of whichever thread writes.
  std::int64_t time_ms_ = 1'750'000'000'000;
  std::unique_ptr<ListLog> list_log_;
};

}  // namespace freshet::test
