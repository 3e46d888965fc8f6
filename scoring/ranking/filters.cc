#include "scoring/ranking/filters.h"

namespace freshet {

Filters::Filters(const FilterConfig& config, const Catalogue& catalogue)
    : config_(config), catalogue_(catalogue) {}

void Filters::prepare(const UserState& state, const Context& context, EventTime event_time,
                      ListRules& rules) {
  blocked_.clear();
  if (config_.disliked)
    for (const ItemId item : state.disliked) blocked_.insert(catalogue_.find(item));
  for (const Bought& bought : state.bought) {
    const ItemRow row = catalogue_.find(bought.item);
    if (stays_out(bought, row, event_time, rules)) blocked_.insert(row);
  }
  if (config_.seen) {
    for (std::size_t k = 1; k < context.distinct.size(); ++k)
      if (context.distinct[k].same_session) blocked_.insert(context.distinct[k].row);
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

bool Filters::lets_pass(ItemRow row) const {
  if (config_.unavailable && !catalogue_.available(row)) return false;
  return !blocked_.contains(row);
}

}  // namespace freshet
