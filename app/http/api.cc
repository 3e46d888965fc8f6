#include "app/http/api.h"

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace freshet {
namespace {

Readiness readiness(const ApiParts& parts) {
  Readiness readiness;
  if (!parts.items_are_read()) readiness.reasons.push_back("the items topic is still being read");
  if (parts.engine.next_offsets().empty()) {
    readiness.reasons.push_back("no partition is assigned (yet)");
  }
  for (const PartitionId partition : parts.figures.partitions_without_room()) {
    readiness.reasons.push_back(
        fmt::format("partition {} stands still: the disk of its state is full", partition.value));
  }
  readiness.ready = readiness.reasons.empty();
  return readiness;
}

}  // namespace

ApiHandlers make_api_handlers(ApiParts parts) {
  ApiHandlers handlers;
  handlers.metrics = [parts] {
    return prometheus::TextSerializer().Serialize(parts.registry.Collect());
  };
  handlers.ready = [parts] { return readiness(parts); };
  handlers.status = [parts] { return parts.figures.status(); };
  handlers.history = [parts](std::chrono::seconds back) { return parts.figures.history(back); };
  handlers.dead_letters = [parts] { return parts.figures.dead_letters(); };
  handlers.title_of = [parts](const RankedItem& item) { return parts.titles.title_of(item.id); };
  add_list_handlers(parts, handlers);
  add_item_handlers(parts, handlers);
  add_model_handlers(parts, handlers);
  return handlers;
}

}  // namespace freshet
