#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "scoring/catalogue/catalogue.h"

namespace freshet {

/// An item's categories, each once: the first of its path; 0 where there are no more.
using ItemCategories = std::array<std::uint64_t, 6>;

/// Of a path or list of categories: the first ones that differ.
ItemCategories categories_of(const std::vector<std::string>& names);

/// What an item is counted by: hashes of its words; 0 = it has none.
struct ItemLabels {
  std::uint64_t brand = 0;
  std::uint64_t category = 0;  ///< Last of the path.
  ItemCategories categories{};
};

/// The labels of every row, kept beside the catalogue so that a list need not read texts. Costs 64
/// bytes per row once it is wanted, nothing before. Confined to one thread.
class LabelTable {
 public:
  /// `catalogue` must outlive the table.
  explicit LabelTable(const Catalogue& catalogue) : catalogue_(catalogue) {}

  /// From now on labels are known.
  void want();
  /// Looks at a row whose item changed, came or left.
  void update(ItemRow row);
  /// Looks at every row.
  void update_all();

  /// Valid until the table changes.
  const ItemLabels& of(ItemRow row) const { return row < labels_.size() ? labels_[row] : none_; }

 private:
  const Catalogue& catalogue_;
  const ItemLabels none_;
  bool wanted_ = false;
  std::vector<ItemLabels> labels_;  // [row]
};

}  // namespace freshet
