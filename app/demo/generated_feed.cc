#include "app/demo/generated_feed.h"

#include "config/stop_wait.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// Waits until the record is due and the consumers have caught up.
void wait_until_due(const GeneratedRecord& record, const GeneratedFeedPorts& ports,
                    std::stop_token stop) {
  while (!stop.stop_requested() && ports.lag && ports.lag() > ports.lag_max) wait_for(50ms, stop);
  const auto early = record.event_time - ports.clock.now();
  if (early > 0ms) wait_for(early, stop);
}

}  // namespace

Status feed_generated(const GeneratorConfig& config, const GeneratedFeedPorts& ports,
                      std::stop_token stop) {
  ClickstreamGenerator generator(config, ports.clock.now());
  while (!stop.stop_requested()) {
    const GeneratedRecord record = generator.next();
    wait_until_due(record, ports, stop);
    KafkaRecordWriter& writer = record.topic == GeneratedTopic::kItems ? ports.items : ports.events;
    FRESHET_RETURN_IF_ERROR(writer.write(record.key, record.value));
  }
  return {};
}

}  // namespace freshet
