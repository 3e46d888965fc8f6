#pragma once

#include <string>
#include <vector>

#include "scoring/answers.h"
#include "scoring/knowledge.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/scorer.h"
#include "scoring/ranking/sentences.h"

namespace freshet {

/// What reasons are made from. All outlive it.
struct ReasonSources {
  const Scorer& scorer;  ///< Of the context that it scored last.
  const Knowledge& knowledge;
  Language language = Language::kEnglish;
};

/// Says why `row` is in the list: for each expert the item of the history that speaks most for it,
/// with that item's part of the row's probability under the mixture, strongest first, at most
/// kReasonsMax, at least one. `probabilities`: each expert's, of `row`.
std::vector<Reason> reasons_for(ItemRow row, const PerSource& probabilities,
                                const ReasonSources& sources);

/// Says what each expert that is awake makes of a row. `ranks`: its places among their candidates
/// (CandidateSet::ranks), or null.
std::vector<ExpertOpinion> opinions_on(const PerSource& probabilities, const PerSource* ranks,
                                       const Scorer& scorer);

/// The reason of an item that stands in for want of anything better; of one that users of the same
/// `context` value choose. `share`: what popularity accounts for.
Reason popular_reason(Language language, float share = 1);
Reason popular_reason(const std::string& context, Language language);

inline constexpr std::size_t kReasonsMax = 2;

}  // namespace freshet
