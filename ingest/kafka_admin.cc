#include "ingest/kafka_admin.h"

#include <fmt/format.h>

#include <utility>

#include "config/time.h"
#include "ingest/kafka_client.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

struct AdminDeleter {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using WireTopic = std::unique_ptr<rd_kafka_NewTopic_t, AdminDeleter>;
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, AdminDeleter>;
using Event = std::unique_ptr<rd_kafka_event_t, AdminDeleter>;

Result<WireTopic> to_wire(const NewTopic& topic) {
  char why[256] = {};
  const int replicas = topic.replica_count == 0 ? -1 : static_cast<int>(topic.replica_count);
  WireTopic wire(rd_kafka_NewTopic_new(topic.name.c_str(), static_cast<int>(topic.partition_count),
                                       replicas, why, sizeof why));
  if (!wire) {
    return error(ErrorCode::kInvalidConfig, fmt::format("topic {}: {}", topic.name, why));
  }
  for (const auto& [name, value] : topic.config) {
    rd_kafka_NewTopic_set_config(wire.get(), name.c_str(), value.c_str());
  }
  return wire;
}

}  // namespace

class KafkaAdmin::Impl {
 public:
  Impl(KafkaHandle handle, std::string brokers, milliseconds timeout)
      : handle_(std::move(handle)), brokers_(std::move(brokers)), timeout_(timeout) {}

  Result<std::size_t> partition_count(const std::string& topic) {
    return count_kafka_partitions(handle_.get(), brokers_, topic, timeout_);
  }

  Result<bool> create(const NewTopic& topic) {
    const auto there = partition_count(topic.name);
    if (there) return false;
    if (there.error().code != ErrorCode::kNotFound) return tl::unexpected(there.error());
    const auto wire = to_wire(topic);
    if (!wire) return tl::unexpected(wire.error());
    const Options options(rd_kafka_AdminOptions_new(handle_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
    char why[256] = {};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout_.count()),
                                              why, sizeof why);
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), static_cast<int>(timeout_.count()),
                                                why, sizeof why);
    const KafkaQueue answers(rd_kafka_queue_new(handle_.get()));
    rd_kafka_NewTopic_t* topics[] = {wire->get()};
    rd_kafka_CreateTopics(handle_.get(), topics, 1, options.get(), answers.get());
    auto made = read_answer(
        Event(rd_kafka_queue_poll(answers.get(), static_cast<int>(timeout_.count()) + 1000)),
        topic.name);
    if (made && *made) FRESHET_RETURN_IF_ERROR(wait_until_seen(topic.name, answers.get()));
    return made;
  }

 private:
  // The controller's answer runs ahead of the brokers: who asks them at once is told "no such
  // topic".
  Status wait_until_seen(const std::string& topic, rd_kafka_queue_t* quiet) {
    const SteadyTime deadline = clock_.steady_now() + timeout_;
    while (true) {
      const auto seen = partition_count(topic);
      if (seen) return {};
      const bool may_come = seen.error().code == ErrorCode::kNotFound;
      if (!may_come || clock_.steady_now() >= deadline) return tl::unexpected(seen.error());
      // Nothing comes on this queue any more: waiting for it is a pause.
      const Event none(rd_kafka_queue_poll(quiet, 20));
    }
  }

  Result<bool> read_answer(const Event& event, const std::string& name) const {
    if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return error(ErrorCode::kUnavailable,
                   fmt::format("making topic {} on {}: {}", name, brokers_,
                               event ? rd_kafka_event_error_string(event.get()) : "no answer"));
    }
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count != 1) return error(ErrorCode::kInternal, "the broker answered for another topic");
    switch (rd_kafka_topic_result_error(results[0])) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        return true;
      case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return false;
      default:
        break;
    }
    const char* why = rd_kafka_topic_result_error_string(results[0]);
    return error(
        ErrorCode::kInvalidConfig,
        fmt::format(
            "topic {}: the broker refuses it: {}", name,
            why != nullptr ? why : rd_kafka_err2str(rd_kafka_topic_result_error(results[0]))));
  }

  const KafkaHandle handle_;
  const std::string brokers_;
  const milliseconds timeout_;
  const SystemClock clock_;
};

Result<std::unique_ptr<KafkaAdmin>> KafkaAdmin::open(const KafkaSourceConfig& config,
                                                     milliseconds timeout) {
  auto conf = make_kafka_conf(reader_properties(config));
  if (!conf) return tl::unexpected(std::move(conf).error());
  // A producer handle would make the topics that it is asked about.
  auto handle = make_kafka_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!handle) return tl::unexpected(std::move(handle).error());
  return std::unique_ptr<KafkaAdmin>(
      new KafkaAdmin(std::make_unique<Impl>(std::move(*handle), config.brokers, timeout)));
}

KafkaAdmin::KafkaAdmin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaAdmin::~KafkaAdmin() = default;

Result<std::size_t> KafkaAdmin::partition_count(const std::string& topic) {
  return impl_->partition_count(topic);
}

Result<bool> KafkaAdmin::exists(const std::string& topic) {
  const auto count = impl_->partition_count(topic);
  if (count) return true;
  if (count.error().code == ErrorCode::kNotFound) return false;
  return tl::unexpected(count.error());
}

Result<bool> KafkaAdmin::create(const NewTopic& topic) { return impl_->create(topic); }

}  // namespace freshet
