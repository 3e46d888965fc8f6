#pragma once

#include <absl/container/flat_hash_set.h>

#include "config/scoring_config.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/experts/context.h"
#include "scoring/ranking/list_rules.h"
#include "state/user_state.h"

namespace freshet {

/// What must not stand in one user's list (FilterConfig, and rules on what was bought). Times are
/// compared with the request's event time, never with a clock. Confined to one thread.
class Filters {
 public:
  /// `catalogue` must outlive the filters.
  Filters(const FilterConfig& config, const Catalogue& catalogue);

  /// Takes up a user at `event_time`; `rules` must be prepared for the same list.
  void prepare(const UserState& state, const Context& context, EventTime event_time,
               ListRules& rules);

  /// False if the row must stay out.
  bool lets_pass(ItemRow row) const;

 private:
  bool stays_out(const Bought& bought, ItemRow row, EventTime event_time, ListRules& rules) const;

  FilterConfig config_;
  const Catalogue& catalogue_;
  absl::flat_hash_set<ItemRow> blocked_;
};

}  // namespace freshet
