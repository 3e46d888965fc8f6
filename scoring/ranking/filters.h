#pragma once

#include <absl/container/flat_hash_map.h>

#include <string_view>

#include "config/scoring_config.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/experts/context.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// What must not stand in one user's list (FilterConfig). Times are compared with the request's
/// event time, never with a clock. Confined to one thread.
class Filters {
 public:
  /// `catalogue` must outlive the filters.
  Filters(const FilterConfig& config, const Catalogue& catalogue);

  /// Takes up a user at the request's event time.
  void prepare(const RankRequest& request, const Context& context);

  /// False if the row must stay out.
  bool lets_pass(ItemRow row) const { return filter_of(row).empty(); }

  /// What keeps the row out: "unavailable", "excluded", "disliked", "bought" or "seen"; empty if
  /// nothing does.
  std::string_view filter_of(ItemRow row) const;

 private:
  FilterConfig config_;
  const Catalogue& catalogue_;
  absl::flat_hash_map<ItemRow, std::string_view> blocked_;  // By what.
};

}  // namespace freshet
