#include "ingest/log_mark.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {
namespace {

std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace

LogMark mark_of(const Record& record) {
  const std::int64_t time = record.timestamp ? record.timestamp->time_since_epoch().count() : -1;
  const std::uint64_t key = hash_of(record.key, static_cast<std::uint64_t>(time));
  // A tombstone is told from an empty value by its seed.
  return {record.offset, hash_of(record.value.value_or(""), record.value ? key : ~key)};
}

}  // namespace freshet
