#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/answers.h"
#include "scoring/knowledge.h"
#include "scoring/related/item_factor.h"

namespace freshet {

/// What a bundle must keep to.
struct BundleLimits {
  std::size_t count = 5;            ///< Items to add, at most.
  std::optional<double> price_max;  ///< For the added items together; none without price is added.
  std::string_view category;        ///< Path, parts joined by "/"; empty = any.
};

/// Completes a basket greedily: adds, one by one, the available item with the largest
///
///     F(b) · P(b) · L(b),    L(b) = Π over a in the basket of lift(a, b)^(|basket|^-kTempering)
///
/// among those that fit the limits, L(b) > 1; what was added is part of the basket from then on.
/// P(b) = share of baskets with b, F(b) = `factor`; the product is b's share of baskets with all of
/// these if items came independently given b (naive Bayes), tempered since they do not. The newest
/// 32 items of a basket are asked. Unknown names are left out.
Bundle complete_basket(const Knowledge& knowledge, std::span<const std::string> names,
                       const BundleLimits& limits, ItemFactor factor);

}  // namespace freshet
