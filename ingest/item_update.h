#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/ids.h"
#include "config/time.h"

namespace freshet {

/// The newest description of an item, from the compacted items topic. Replaces the one before.
struct ItemUpdate {
  ItemId id;
  std::string name;      ///< The item's id on the wire.
  bool removed = false;  ///< Tombstone: the item left the catalogue.
  std::string title;
  std::vector<std::string> category;  ///< Path from the general to the special.
  std::string brand;
  double price = 0;  ///< 0 = not given.
  std::vector<std::string> tags;
  bool available = true;
  std::vector<float> embedding;  ///< Own embedding [scoring.catalogue.embedding_dim], or empty.
  std::vector<std::pair<std::string, std::string>> attributes;
  EventTime updated_time{};
};

}  // namespace freshet
