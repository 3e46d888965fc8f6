#include "ingest/kafka_consumer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "config/assert.h"
#include "config/time.h"
#include "ingest/kafka_client.h"
#include "ingest/kafka_join_watch.h"
#include "ingest/kafka_partition_source.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCommitInterval{1000};
/// After a change of the assignment another one is likely for so long.
constexpr milliseconds kSettling{3000};
/// Within what time a join is under way that follows a revocation.
constexpr milliseconds kJoinBegins{100};
/// librdkafka before this aborts the process when the leader of a cooperative group is destroyed
/// before its first assignment (its issue 4312).
constexpr int kMendedVersion = 0x02030000;

KafkaProperties group_properties(const KafkaSourceConfig& config) {
  KafkaProperties properties = reader_properties(config);
  const auto session_ms = config.session_timeout.count();
  // A member learns of a rebalance with its next heartbeat: a partition that moves waits for it.
  constexpr std::int64_t kHeartbeatMs = 200;
  properties["session.timeout.ms"] = std::to_string(session_ms);
  properties["heartbeat.interval.ms"] =
      std::to_string(std::min<std::int64_t>(kHeartbeatMs, session_ms / 3));
  // How soon new partitions are noticed.
  properties.emplace("topic.metadata.refresh.interval.ms", "10000");
  properties["max.poll.interval.ms"] = std::to_string(std::max<std::int64_t>(300000, session_ms));
  properties["partition.assignment.strategy"] = config.assignment;
  if (!config.instance.empty()) properties["group.instance.id"] = config.instance;
  return properties;
}

Error fatal_error(rd_kafka_t* handle) {
  char why[512] = {};
  const auto code = rd_kafka_fatal_error(handle, why, sizeof why);
  if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
    return {ErrorCode::kFenced,
            fmt::format("consumer group: another process runs with our ingest.kafka.instance ({}): "
                        "give each its own",
                        why)};
  }
  return {ErrorCode::kUnavailable, fmt::format("consumer group: {}", why)};
}

}  // namespace

class KafkaConsumer::Impl {
 public:
  Impl(const KafkaSourceConfig& config, PartitionOwner& owner, milliseconds timeout)
      : config_(config), owner_(owner), timeout_(timeout) {}

  Status join() {
    auto conf = make_kafka_conf(group_properties(config_));
    if (!conf) return tl::unexpected(std::move(conf).error());
    rd_kafka_conf_set_opaque(conf->get(), this);
    rd_kafka_conf_set_rebalance_cb(conf->get(), &Impl::on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf->get(), &Impl::on_commit);
    watch_->install(conf->get());
    auto handle = make_kafka_handle(RD_KAFKA_CONSUMER, std::move(*conf));
    if (!handle) return tl::unexpected(std::move(handle).error());
    handle_ = std::move(*handle);
    rd_kafka_poll_set_consumer(handle_.get());
    // Asked first: a subscription to a missing topic would wait for it without a word.
    const auto partitions =
        count_kafka_partitions(handle_.get(), config_.brokers, config_.events_topic, timeout_);
    if (!partitions) return tl::unexpected(partitions.error());
    partition_count_ = *partitions;
    FRESHET_RETURN_IF_ERROR(owner_.counted(*partitions));
    return subscribe_kafka(handle_.get(), config_.events_topic);
  }

  Status run_once(milliseconds wait) {
    const KafkaMessage message(
        rd_kafka_consumer_poll(handle_.get(), static_cast<int>(wait.count())));
    if (failed_assignment_) return tl::unexpected(*std::exchange(failed_assignment_, std::nullopt));
    if (message) {
      FRESHET_ASSERT(message->err != RD_KAFKA_RESP_ERR_NO_ERROR,
                     "records go to their partition's own queue");
      if (message->err == RD_KAFKA_RESP_ERR__FATAL) {
        return tl::unexpected(fatal_error(handle_.get()));
      }
      FRESHET_RETURN_IF_ERROR(judge_kafka_error(*message, config_.events_topic));
    }
    flush_commits();
    // librdkafka looks at its heartbeats when something wakes it, this question for example: a
    // member with nothing to do hears of the next round 0.3 s sooner.
    if (clock_.steady_now() < settled_) rd_kafka_rebalance_protocol(handle_.get());
    return {};
  }

  void commit(PartitionId partition, Offset next) {
    const std::lock_guard lock(commits_mutex_);
    commits_[partition] = next;
  }

  void close() {
    if (!handle_) return;
    const bool may_abort = !rebalanced_ && rd_kafka_version() < kMendedVersion;
    rd_kafka_consumer_close(handle_.get());
    FRESHET_ASSERT(owned_.empty(), "closing revokes every partition");
    if (may_abort) {
      abandon();
    } else {
      handle_.reset();
    }
  }

 private:
  /// Leaves the handle, whose group was left already, to the end of the process: a leak, where
  /// destroying it could abort.
  void abandon() {
    rd_kafka_set_log_level(handle_.get(), 0);  // Its threads may outlive the log.
    static_cast<void>(handle_.release());
    static_cast<void>(watch_.release());  // The handle reports to it.
  }

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    self.rebalanced_ = true;
    self.settled_ = self.clock_.steady_now() + kSettling;
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      self.assign(*partitions);
    } else {
      self.revoke(*partitions);
    }
  }

  static void on_commit(rd_kafka_t*, rd_kafka_resp_err_t answer,
                        rd_kafka_topic_partition_list_t* offsets, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    const auto asked = std::exchange(self.commit_asked_, std::nullopt);
    for (int i = 0; answer == RD_KAFKA_RESP_ERR_NO_ERROR && i < offsets->cnt; ++i) {
      answer = offsets->elems[i].err;
    }
    if (answer == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (asked) self.owner_.confirmed(*asked);
      return;
    }
    // Nobody resumes from these, so the next one mends it; until then nothing is confirmed.
    spdlog::debug("kafka: offsets for lag tools not written: {}", rd_kafka_err2str(answer));
  }

  bool cooperative() const {
    const char* protocol = rd_kafka_rebalance_protocol(handle_.get());
    return protocol != nullptr && std::strcmp(protocol, "COOPERATIVE") == 0;
  }

  void assign(const rd_kafka_topic_partition_list_t& given) {
    const KafkaPartitionList taken(rd_kafka_topic_partition_list_new(given.cnt));
    // A failure ends the consumer: a broker that is gone is not waited for once per partition.
    for (int i = 0; i < given.cnt; ++i) {
      const PartitionId partition{given.elems[i].partition};
      const auto start = take_over(partition);
      if (!start) {
        failed_assignment_ = start.error();
        break;
      }
      rd_kafka_topic_partition_list_add(taken.get(), config_.events_topic.c_str(), partition.value)
          ->offset = start->value;
    }
    settle(cooperative() ? rd_kafka_incremental_assign(handle_.get(), taken.get())
                         : to_kafka_error(rd_kafka_assign(handle_.get(), taken.get())));
    rebalancing_ = false;
    // Nothing goes out before the group has confirmed. After a cooperative revocation librdkafka
    // joins again by itself, at once: that is not crossed.
    next_commit_ =
        std::exchange(joins_again_, false) ? clock_.steady_now() + kJoinBegins : SteadyTime{};
  }

  /// A partition beyond those that were counted: the topic got more.
  Status count_again(PartitionId partition) {
    if (static_cast<std::size_t>(partition.value) < partition_count_) return {};
    const auto partitions =
        count_kafka_partitions(handle_.get(), config_.brokers, config_.events_topic, timeout_);
    if (!partitions) return tl::unexpected(partitions.error());
    partition_count_ = *partitions;
    return owner_.counted(*partitions);
  }

  Result<Offset> take_over(PartitionId partition) {
    FRESHET_RETURN_IF_ERROR(count_again(partition));
    const auto broker =
        query_kafka_watermarks(handle_.get(), config_.events_topic, partition, timeout_);
    if (!broker) return tl::unexpected(broker.error());
    auto alive = std::make_shared<char>();
    owned_[partition] = alive;
    auto source = std::make_unique<KafkaPartitionSource>(handle_.get(), config_.events_topic,
                                                         partition, *broker, std::move(alive));
    const auto start = owner_.assigned(partition, *broker, std::move(source));
    if (!start) {
      forget(partition);
      return start;
    }
    if (*start >= broker->low && *start <= broker->high) {
      commit(partition, *start);
      return start;
    }
    give_up(partition);
    return error(ErrorCode::kCorrupt,
                 fmt::format("partition {} of {}: the state stands at offset {}, the log has {} to "
                             "{}: the topic was cut or made anew",
                             partition.value, config_.events_topic, start->value, broker->low.value,
                             broker->high.value));
  }

  void revoke(const rd_kafka_topic_partition_list_t& given) {
    rebalancing_ = true;
    joins_again_ = cooperative();
    const KafkaPartitionList left(rd_kafka_topic_partition_list_new(given.cnt));
    for (int i = 0; i < given.cnt; ++i) {
      const PartitionId partition{given.elems[i].partition};
      if (!owned_.contains(partition)) continue;
      give_up(partition);
      rd_kafka_topic_partition_list_add(left.get(), config_.events_topic.c_str(), partition.value);
    }
    settle(cooperative() ? rd_kafka_incremental_unassign(handle_.get(), left.get())
                         : to_kafka_error(rd_kafka_assign(handle_.get(), nullptr)));
  }

  void give_up(PartitionId partition) {
    owner_.revoked(partition);
    forget(partition);
    const std::lock_guard lock(commits_mutex_);
    commits_.erase(partition);
  }

  void forget(PartitionId partition) {
    FRESHET_ASSERT(owned_.at(partition).expired(), "the owner keeps no source of what it gave up");
    owned_.erase(partition);
  }

  static rd_kafka_error_t* to_kafka_error(rd_kafka_resp_err_t answer) {
    if (answer == RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
    return rd_kafka_error_new(answer, "%s", rd_kafka_err2str(answer));
  }

  void settle(rd_kafka_error_t* answer) {
    if (answer == nullptr) return;
    if (!failed_assignment_) {
      failed_assignment_ = Error{ErrorCode::kInternal, fmt::format("consumer group: assignment: {}",
                                                                   rd_kafka_error_string(answer))};
    }
    rd_kafka_error_destroy(answer);
  }

  void flush_commits() {
    // A commit that crosses a rebalance carries an old generation and costs us the assignment.
    if (rebalancing_ || watch_->joining()) return;
    if (commit_asked_ || clock_.steady_now() < next_commit_) return;
    next_commit_ = clock_.steady_now() + std::min(kCommitInterval, config_.session_timeout / 4);
    const KafkaPartitionList offsets(rd_kafka_topic_partition_list_new(0));
    {
      const std::lock_guard lock(commits_mutex_);
      for (const auto& [partition, next] : std::exchange(commits_, {})) {
        if (!owned_.contains(partition)) continue;
        rd_kafka_topic_partition_list_add(offsets.get(), config_.events_topic.c_str(),
                                          partition.value)
            ->offset = next.value;
      }
    }
    if (offsets->cnt == 0) return;
    const BootTime asked = clock_.boot_now();
    if (rd_kafka_commit(handle_.get(), offsets.get(), 1) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      commit_asked_ = asked;
    }
  }

  const KafkaSourceConfig config_;
  PartitionOwner& owner_;
  const milliseconds timeout_;
  const SystemClock clock_;
  std::unique_ptr<KafkaJoinWatch> watch_ = std::make_unique<KafkaJoinWatch>();
  KafkaHandle handle_;                                // Reports to the watch.
  std::map<PartitionId, std::weak_ptr<void>> owned_;  // Alive = the owner still has the source.
  std::optional<Error> failed_assignment_;            // For run_once() to return.
  std::size_t partition_count_ = 0;
  bool rebalanced_ = false;  // Once at least, be it with no partition.
  bool rebalancing_ = false;
  bool joins_again_ = false;
  SteadyTime settled_{};
  SteadyTime next_commit_{};
  std::optional<BootTime> commit_asked_;  // When the commit that is under way was sent.
  std::mutex commits_mutex_;
  std::map<PartitionId, Offset> commits_;
};

Result<std::unique_ptr<KafkaConsumer>> KafkaConsumer::open(const KafkaSourceConfig& config,
                                                           PartitionOwner& owner,
                                                           milliseconds timeout) {
  auto impl = std::make_unique<Impl>(config, owner, timeout);
  FRESHET_RETURN_IF_ERROR(impl->join());
  return std::unique_ptr<KafkaConsumer>(new KafkaConsumer(std::move(impl)));
}

KafkaConsumer::KafkaConsumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaConsumer::~KafkaConsumer() { close(); }

Status KafkaConsumer::run_once(milliseconds wait) { return impl_->run_once(wait); }
void KafkaConsumer::commit(PartitionId partition, Offset next) { impl_->commit(partition, next); }
void KafkaConsumer::close() { impl_->close(); }

}  // namespace freshet
