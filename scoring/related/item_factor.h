#pragma once

#include <absl/functional/function_ref.h>

#include <cmath>

#include "scoring/catalogue/catalogue.h"
#include "scoring/ranking/list_rules.h"

namespace freshet {

/// What an item's score is multiplied by in a list that is the same for all users; 0 = it stays
/// out.
using ItemFactor = absl::FunctionRef<float(ItemRow)>;

/// The default scenario's rules for somebody of whom nothing is known: what they keep out, boost
/// and bury. Confined to one thread.
class CommonRules {
 public:
  /// `book` must outlive this object, and stay as it is.
  explicit CommonRules(RuleBook& book) : rules_(book) { rules_.prepare(0, {}); }

  float operator()(ItemRow row) const {
    return rules_.lets_pass(row) ? std::exp(rules_.log_factor(row)) : 0;
  }

 private:
  ListRules rules_;
};

/// Everything as it is.
inline constexpr auto no_rules = [](ItemRow) { return 1.0F; };

}  // namespace freshet
