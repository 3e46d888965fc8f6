#include "ingest/event.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {

std::string_view to_string(Action action) {
  switch (action) {
    case Action::kImpression:
      return "impression";
    case Action::kClick:
      return "click";
    case Action::kCart:
      return "cart";
    case Action::kPurchase:
      return "purchase";
    case Action::kLike:
      return "like";
    case Action::kDislike:
      return "dislike";
  }
  return "click";
}

ItemId item_id_of(std::string_view name) {
  const std::uint64_t hash = XXH3_64bits(name.data(), name.size());
  return ItemId{hash == 0 ? 1 : hash};
}

}  // namespace freshet
