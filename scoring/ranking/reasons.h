#pragma once

#include <string>
#include <vector>

#include "scoring/knowledge.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/scorer.h"

namespace freshet {

/// Says why `row` is in the list: each expert's part of its probability under the mixture,
/// strongest first, at most kReasonsMax, at least one. In the context that `scorer` scored last.
std::vector<Reason> reasons_for(ItemRow row, const PerSource& probabilities, const Scorer& scorer,
                                const Knowledge& knowledge);

/// The reason of an item that stands in for want of anything better; of one that users of the same
/// `context` value choose.
Reason popular_reason();
Reason popular_reason(const std::string& context);

inline constexpr std::size_t kReasonsMax = 2;

}  // namespace freshet
