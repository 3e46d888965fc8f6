#include "scoring/ranking/filters.h"

namespace freshet {

Filters::Filters(const FilterConfig& config, const Catalogue& catalogue)
    : config_(config), catalogue_(catalogue) {}

void Filters::prepare(const UserState& state, const Context& context, EventTime event_time) {
  blocked_.clear();
  if (config_.disliked)
    for (const ItemId item : state.disliked) blocked_.emplace(catalogue_.find(item), "disliked");
  if (config_.bought) {
    const bool for_ever = config_.repurchase_after.count() == 0;
    for (const Bought& bought : state.bought)
      if (for_ever || event_time - bought.last_time < config_.repurchase_after)
        blocked_.emplace(catalogue_.find(bought.item), "bought");
  }
  if (config_.seen) {
    for (std::size_t k = 1; k < context.distinct.size(); ++k)
      if (context.distinct[k].same_session) blocked_.emplace(context.distinct[k].row, "seen");
  }
}

std::string_view Filters::filter_of(ItemRow row) const {
  if (config_.unavailable && !catalogue_.available(row)) return "unavailable";
  const auto blocked = blocked_.find(row);
  return blocked == blocked_.end() ? std::string_view() : blocked->second;
}

}  // namespace freshet
