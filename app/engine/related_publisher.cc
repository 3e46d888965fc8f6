#include "app/engine/related_publisher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sinks/item_codec.h"

namespace freshet {
namespace {

/// An item that comes no more: it left the catalogue, or an update removed it. One that is only
/// sold out keeps its record.
bool is_gone(const Catalogue& catalogue, ItemId item) {
  const ItemRow row = catalogue.find(item);
  if (row == kNoRow) return true;
  const ItemUpdate* content = catalogue.content(row);
  return content != nullptr && content->removed;
}

}  // namespace

RelatedPublisher::RelatedPublisher(const RelatedTopicConfig& config, RelatedPorts ports,
                                   const Clock& clock)
    : config_(config),
      ports_(std::move(ports)),
      clock_(clock),
      book_(config.change_min, config.items_max),
      rate_(config.records_per_second, std::max(1.0, config.records_per_second), 1) {}

std::size_t RelatedPublisher::look(Replica& replica, std::size_t items) {
  // Which records were given up is not known: all are written anew.
  if (std::exchange(failed_, ports_.failed_total()) != failed_) {
    book_.clear();
    walked_.reset();
  }
  if (!walking_ && !begins_walk(replica)) return 0;
  std::size_t queued = 0;
  for (std::size_t k = 0; k < items && walking_ && rate_.allows_one(clock_.steady_now()); ++k) {
    const std::size_t more = next_row_ < replica.catalogue().rows() ? look_at(replica, next_row_++)
                                                                    : look_at_written(replica);
    rate_.take(static_cast<double>(more));
    queued += more;
  }
  return queued;
}

bool RelatedPublisher::begins_walk(const Replica& replica) {
  const std::pair state{replica.version(), replica.rules_generation()};
  if (walked_ == state) return false;
  walked_ = state;
  next_row_ = 0;
  last_written_.reset();
  walking_ = true;
  return true;
}

std::size_t RelatedPublisher::look_at(Replica& replica, ItemRow row) {
  const ItemIdentity& item = replica.catalogue().item(row);
  // A free row has no name.
  if (item.name.empty() || is_gone(replica.catalogue(), item.id) || !ports_.is_ours(item.name))
    return 0;
  const ItemRelations relations = replica.relations(row, config_.list_size);
  if (!book_.is_news(relations)) return 0;
  if (relations.related.empty() && relations.bundle.items.empty()) return remove(item.id) ? 1 : 0;
  if (!write(item.name, encode_relations(relations, clock_.now()))) return 0;
  book_.written(relations);
  return 1;
}

std::size_t RelatedPublisher::look_at_written(const Replica& replica) {
  const auto item = book_.after(last_written_);
  walking_ = item.has_value();
  if (!item) return 0;
  last_written_ = item;
  if (!ports_.is_ours(book_.name_of(*item))) {
    book_.erase(*item);  // Another instance writes it from now on.
    return 0;
  }
  return is_gone(replica.catalogue(), *item) && remove(*item) ? 1 : 0;
}

bool RelatedPublisher::write(std::string_view item, std::optional<std::string_view> value) {
  const bool queued = ports_.write(item, value);
  if (!queued) walked_.reset();  // Another walk, whatever the model does.
  return queued;
}

bool RelatedPublisher::remove(ItemId item) {
  if (!write(book_.name_of(item), std::nullopt)) return false;
  book_.erase(item);
  return true;
}

}  // namespace freshet
