#include "ingest/kafka_batch.h"

namespace freshet {

using std::chrono::milliseconds;

Result<std::span<const Record>> KafkaBatch::fill(std::size_t max, milliseconds wait,
                                                 const TakeOne& take_one) {
  clear();
  while (!lost_ && messages_.size() < max) {
    const auto took = take_one(messages_.empty() ? wait : milliseconds{0});
    if (!took) lost_ = took.error();
    if (!took || !*took) break;
  }
  if (lost_ && messages_.empty()) return tl::unexpected(*lost_);
  for (const KafkaMessage& message : messages_) records_.push_back(to_record(*message));
  return std::span<const Record>(records_);
}

void KafkaBatch::clear() {
  records_.clear();
  messages_.clear();
}

}  // namespace freshet
