#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/network/network.h"

namespace freshet {

/// When an item that was bought is bought again: for every item the distribution of its age when
/// the user buys it next, learned as purchases come. Age: from the last purchase to the newest
/// event that was known before the next one. Discrete hazards (Kalbfleisch & Prentice 2002, 2.4):
/// of the purchases that were not repeated before an age, the share repeated at that age. What an
/// item has not shown yet it borrows from all items, by how many pieces the user had. Older
/// purchases fade: an item's counts are halved at kItemPurchasesMax, those of all at
/// kAllPurchasesMax. Confined to one thread.
class Repurchases {
 public:
  /// Ages in quarters of an octave from one day on: under 1.2 days, 1.2, 1.4, 1.7, 2, … 11 years.
  static constexpr std::size_t kAges = 48;
  static std::size_t age_bucket(std::chrono::seconds age);

  /// Pieces a user had of an item: 1, 2-3, 4-7, 8 and more.
  static constexpr std::size_t kPieceGroups = 4;
  static std::size_t piece_group(std::uint32_t pieces);

  /// Makes room for `rows` rows.
  void grow(std::size_t rows) { items_.resize(rows); }

  /// Forgets the rows; what they told of all items stays.
  void evict(std::span<const ItemRow> rows);

  /// Counts a purchase of `row` by a user who then has bought pieces of `group_after`.
  void observe(ItemRow row, std::size_t group_after);

  /// Counts that it was the user's next purchase after one of age `age`, when the user had a number
  /// of pieces of `group`. Comes before `observe` of the same purchase.
  void observe_again(ItemRow row, std::size_t group, std::size_t age);

  /// Purchases per day to be expected now, of an item bought `age` ago; for comparison between
  /// items.
  float rate(ItemRow row, std::size_t group, std::size_t age) const;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(items_, again_, free_, all_);
  }

 private:
  static constexpr float kItemPurchasesMax = 1'024;
  static constexpr float kAllPurchasesMax = 1 << 20;
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Again {
    std::array<float, kAges> at{};  ///< Repeated purchases by age.

    template <class Archive>
    void serialize(Archive& archive) {
      archive(at);
    }
  };
  struct Item {
    float purchases = 0;
    std::uint32_t again = kNone;  ///< Index of again_; none were repeated yet.

    template <class Archive>
    void serialize(Archive& archive) {
      archive(purchases, again);
    }
  };
  struct All {
    float purchases = 0;
    Again again;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(purchases, again);
    }
  };

  std::vector<Item> items_;          // [row]
  std::vector<Again> again_;         // Of items that were bought again.
  std::vector<std::uint32_t> free_;  // Of again_: their items have left.
  std::array<All, kPieceGroups> all_{};
};

}  // namespace freshet
