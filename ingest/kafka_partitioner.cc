#include "ingest/kafka_partitioner.h"

#include <librdkafka/rdkafka.h>

namespace freshet {

PartitionId partition_of(std::string_view key, std::int32_t partition_count,
                         Partitioner partitioner) {
  const auto choose = partitioner == Partitioner::kMurmur2 ? &rd_kafka_msg_partitioner_murmur2
                                                           : &rd_kafka_msg_partitioner_consistent;
  // Neither looks at the topic.
  return PartitionId{choose(nullptr, key.data(), key.size(), partition_count, nullptr, nullptr)};
}

}  // namespace freshet
