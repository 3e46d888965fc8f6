#pragma once

// How the model's types become bytes. Included only where bytes are made (cereal is slow to
// compile and throws; nothing else may see it).

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#include <chrono>
#include <cstdint>

#include "ingest/item_update.h"
#include "scoring/topk/top_k.h"

namespace freshet {

template <class Archive>
void serialize(Archive& archive, ItemUpdate& update) {
  std::int64_t updated_ms = update.updated_time.time_since_epoch().count();
  archive(update.id.value, update.name, update.removed, update.title, update.category, update.brand,
          update.price, update.tags, update.available, update.embedding, update.attributes,
          updated_ms);
  update.updated_time = EventTime(std::chrono::milliseconds(updated_ms));
}

template <class Archive>
void serialize(Archive& archive, ScoredRow& entry) {
  archive(entry.row, entry.score);
}

}  // namespace freshet
