#include "scoring/answers.h"

namespace freshet {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kInList:
      return "in_list";
    case Verdict::kRankedBelow:
      return "ranked_below";
    case Verdict::kNotACandidate:
      return "not_a_candidate";
    case Verdict::kFiltered:
      return "filtered";
    case Verdict::kUnknownItem:
      return "unknown_item";
  }
  return "unknown_item";
}

}  // namespace freshet
