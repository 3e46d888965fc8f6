#pragma once

#include <vector>

#include "scoring/catalogue/catalogue.h"
#include "scoring/delta.h"

namespace freshet {

/// Items that are available now and that `delta`, which is about to be applied, may take out: by an
/// item update, or since they leave the catalogue. An image's own changes do not count.
std::vector<ItemId> items_that_may_leave(const Catalogue& catalogue, const Delta& delta);

/// Those of `items` that are not available.
std::vector<ItemId> unavailable_of(const Catalogue& catalogue, std::vector<ItemId> items);

}  // namespace freshet
