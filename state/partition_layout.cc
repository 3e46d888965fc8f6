#include "state/partition_layout.h"

#include <charconv>

namespace freshet {
namespace {

// layout := topic " " partition_count "\n"        // a topic's name has no spaces

constexpr const char* kName = "layout";

std::string encode(const PartitionLayout& layout) {
  return layout.topic + " " + std::to_string(layout.partition_count) + "\n";
}

Result<PartitionLayout> decode(const std::string& text, const std::string& where) {
  PartitionLayout layout;
  const std::size_t space = text.find(' ');
  if (space != std::string::npos && text.back() == '\n') {
    layout.topic = text.substr(0, space);
    const char* end = text.data() + text.size() - 1;
    const auto read = std::from_chars(text.data() + space + 1, end, layout.partition_count);
    if (read.ptr == end && layout.partition_count > 0) return layout;
  }
  return error(ErrorCode::kCorrupt, where + "/" + kName +
                                        " is damaged: write \"TOPIC COUNT\" for "
                                        "which the states were made");
}

}  // namespace

Result<std::optional<PartitionLayout>> read_layout(SnapshotStore& store, const std::string& where) {
  const auto text = store.read(kName);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return tl::unexpected(text.error());
  auto layout = decode(*text, where);
  if (!layout) return tl::unexpected(layout.error());
  return std::move(*layout);
}

Status check_layout(SnapshotStore& store, const PartitionLayout& now, const std::string& where) {
  const auto created = store.create(kName, encode(now));
  if (!created) return tl::unexpected(created.error());
  if (*created) return {};
  const auto read = read_layout(store, where);
  if (!read) return tl::unexpected(read.error());
  const PartitionLayout kept = read->value_or(now);
  if (kept == now) return {};
  if (kept.topic != now.topic) {
    return error(ErrorCode::kInvalidConfig, where + " holds states of topic " + kept.topic +
                                                ", not of " + now.topic +
                                                ": name another directory for this topic");
  }
  const std::string from = std::to_string(kept.partition_count);
  const std::string to = std::to_string(now.partition_count);
  return error(ErrorCode::kInvalidConfig,
               "topic " + now.topic + " has " + to + " partitions, but " + where +
                   " was made for " + from +
                   ", and users are in other partitions now: stop all "
                   "instances and run `freshet state repartition --from " +
                   from + " --to " + to + "`");
}

Status replace_layout(SnapshotStore& store, const PartitionLayout& layout) {
  FRESHET_RETURN_IF_ERROR(store.remove(kName));
  const auto created = store.create(kName, encode(layout));
  if (!created) return tl::unexpected(created.error());
  return {};
}

}  // namespace freshet
