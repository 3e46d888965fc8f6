#include "scoring/related/basket_reader.h"

#include <algorithm>

namespace freshet {
namespace {

bool fills_basket(Action action) { return action == Action::kCart || action == Action::kPurchase; }

}  // namespace

BasketRole BasketReader::read(const TrainingExample& example, const Catalogue& catalogue,
                              std::vector<ItemRow>& before) {
  before.clear();
  if (!fills_basket(example.action)) return BasketRole::kNone;
  const std::vector<HistoryEntry>& history = example.history;
  bool known = false;
  for (std::size_t k = history.size(); k-- > 0 && !example.session_start;) {
    const HistoryEntry& entry = history[k];
    if (fills_basket(entry.action) && !entry.late) {
      known = known || entry.item == example.item;
      const ItemRow row = catalogue.find(entry.item);
      if (row != kNoRow && std::find(before.begin(), before.end(), row) == before.end())
        before.push_back(row);
    }
    if (entry.session_start) break;
  }
  const bool again = same_event(example);
  any_ = true;
  partition_ = example.partition;
  offset_ = example.offset;
  if (known) before.clear();
  if (known) return BasketRole::kNone;
  return before.empty() && !again ? BasketRole::kOpens : BasketRole::kJoins;
}

}  // namespace freshet
