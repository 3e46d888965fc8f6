#include "scoring/ranking/filters.h"

namespace freshet {

Filters::Filters(const FilterConfig& config, const Catalogue& catalogue)
    : config_(config), catalogue_(catalogue) {}

void Filters::prepare(const RankRequest& request, const Context& context, ListRules& rules) {
  const UserState& state = request.state;
  blocked_.clear();
  for (const ItemId item : request.exclude) blocked_.emplace(catalogue_.find(item), "excluded");
  if (config_.disliked)
    for (const ItemId item : state.disliked) blocked_.emplace(catalogue_.find(item), "disliked");
  for (const Bought& bought : state.bought) {
    const ItemRow row = catalogue_.find(bought.item);
    if (stays_out(bought, row, request.event_time, rules)) blocked_.emplace(row, "bought");
  }
  if (config_.seen) {
    for (std::size_t k = 1; k < context.distinct.size(); ++k)
      if (context.distinct[k].same_session) blocked_.emplace(context.distinct[k].row, "seen");
  }
}

bool Filters::stays_out(const Bought& bought, ItemRow row, EventTime event_time,
                        ListRules& rules) const {
  const auto age = event_time - bought.last_time;
  if (const auto window = rules.repurchase_window(row)) {
    if (age < *window) rules.count_repurchase(row);
    return age < *window;
  }
  const bool for_ever = config_.repurchase_after.count() == 0;
  return config_.bought && (for_ever || age < config_.repurchase_after);
}

std::string_view Filters::filter_of(ItemRow row) const {
  if (config_.unavailable && !catalogue_.available(row)) return "unavailable";
  const auto blocked = blocked_.find(row);
  return blocked == blocked_.end() ? std::string_view() : blocked->second;
}

}  // namespace freshet
