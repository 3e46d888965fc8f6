#pragma once

#include <cstdint>
#include <vector>

#include "scoring/catalogue/catalogue.h"

namespace freshet {

/// What an item is counted by: hashes of its words; 0 = it has none.
struct ItemLabels {
  std::uint64_t brand = 0;
  std::uint64_t category = 0;      ///< Last of the path.
  std::uint64_t top_category = 0;  ///< First of the path.
};

/// The labels of every row, kept beside the catalogue so that a list need not read texts. Costs 24
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

  ItemLabels of(ItemRow row) const { return row < labels_.size() ? labels_[row] : ItemLabels{}; }

 private:
  const Catalogue& catalogue_;
  bool wanted_ = false;
  std::vector<ItemLabels> labels_;  // [row]
};

}  // namespace freshet
