#include "app/api.h"

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
  readiness.ready = readiness.reasons.empty();
  return readiness;
}

void related(Engine& engine, std::string item, std::size_t count,
             std::function<void(Result<std::vector<RankedItem>>)> answer) {
  const bool asked = engine.ask_replica([item, count, answer](const Replica& replica) {
    constexpr std::size_t kDefaultCount = 20;
    auto items = replica.related(item, count == 0 ? kDefaultCount : count);
    if (items.empty()) {
      answer(error(ErrorCode::kNotFound, "no item \"" + item +
                                             "\" is known, or nothing goes with "
                                             "it yet"));
    } else {
      answer(std::move(items));
    }
  });
  if (!asked) answer(error(ErrorCode::kUnavailable, "too many questions wait: try again"));
}

}  // namespace

ApiHandlers make_api_handlers(ApiParts parts) {
  ApiHandlers handlers;
  handlers.metrics = [parts] {
    return prometheus::TextSerializer().Serialize(parts.registry.Collect());
  };
  handlers.ready = [parts] { return readiness(parts); };
  handlers.status = [parts] { return parts.figures.status(); };
  handlers.recommend = [parts](const ListQuestion& question, auto answer) {
    parts.engine.recommend(question.user, question.count, question.scenario, std::move(answer));
  };
  handlers.related = [parts](std::string item, std::size_t count, auto answer) {
    related(parts.engine, std::move(item), count, std::move(answer));
  };
  handlers.title_of = [parts](const RankedItem& item) { return parts.titles.title_of(item.id); };
  return handlers;
}

}  // namespace freshet
