#pragma once

#include <cstdint>
#include <vector>

#include "config/ids.h"
#include "scoring/catalogue/catalogue.h"
#include "state/training_example.h"

namespace freshet {

/// What an example says of its user's basket.
enum class BasketRole : std::uint8_t {
  kNone,   ///< The target came into no basket, or stood in it already.
  kOpens,  ///< It is the first item of a basket.
  kJoins,  ///< It came into a basket with others.
};

/// Reads from training examples which items come together. A basket is what a user puts into the
/// cart or buys within one session, each item once: carts, then the order of the same items, are
/// one basket; so is an order that comes as an event per line. Confined to one thread.
class BasketReader {
 public:
  /// Says what the example's target does, and fills `before` with the distinct known items that
  /// came into its basket before the event. Examples of one event must come one after the other.
  BasketRole read(const TrainingExample& example, const Catalogue& catalogue,
                  std::vector<ItemRow>& before);

 private:
  bool same_event(const TrainingExample& example) const {
    return any_ && example.partition == partition_ && example.offset == offset_;
  }

  bool any_ = false;  // An event was read; the newest one was:
  PartitionId partition_{};
  Offset offset_{};
};

}  // namespace freshet
