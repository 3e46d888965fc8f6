#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "config/related_config.h"
#include "config/time.h"
#include "scoring/network/network.h"

namespace freshet {

/// What is counted of an item beside another one. In units of BasketPairs.
struct Partner {
  ItemRow row = 0;
  float count = 0;  ///< At least the baskets with both; too many by `error` at most.
  float error = 0;  ///< What was inherited from the partner whose place it took.

  /// Baskets with both that were counted for certain.
  float sure() const { return count - error; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(row, count, error);
  }
};

/// An item that came into a basket: a cart, then an order.
struct BasketEntry {
  ItemRow row = 0;
  bool opens = false;               ///< It is the basket's first item.
  EventTime time;                   ///< Of the event.
  std::span<const ItemRow> before;  ///< Items that came into the basket before the event.
  std::span<const ItemRow> beside;  ///< Others of the event, whose own entries count them, too.
};

/// Which items stand in baskets together, how often lately. Every count decays with event time,
/// forwards: instead of shrinking all counts, a basket at time t counts 2^((t - landmark) /
/// half-life) (Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009), so late events need no
/// treatment of their own.
///
/// Bounded: an item's partners_max partners by the space-saving algorithm (Metwally, Agrawal & El
/// Abbadi, ICDT 2005): a new partner takes the rarest one's place and inherits its count as its
/// error. So every partner in more than one of partners_max of an item's pairs is there. Confined
/// to one thread.
class BasketPairs {
 public:
  explicit BasketPairs(const RelatedConfig& config) : config_(config) {}

  /// Makes room for `rows` rows.
  void grow(std::size_t rows) { items_.resize(rows); }

  /// Forgets the rows and all pairs with them: one pass over all pairs. Baskets they stood in stay.
  void evict(std::span<const ItemRow> rows);

  /// Counts one entry.
  void observe(const BasketEntry& entry);

  /// Baskets, each counted as what it has decayed to at the newest event's time.
  double baskets() const { return baskets_ * scale_; }
  /// The same, those with the item.
  double baskets(ItemRow row) const { return items_[row].count * scale_; }
  /// The same, those with both; what is sure of it.
  double together(ItemRow a, ItemRow b) const;

  /// Baskets with both against those that chance would give: shrunk_ratio with the prior of
  /// RelatedConfig, 1 for items that have nothing to do with each other.
  float lift(ItemRow a, ItemRow b) const;

  /// In no particular order.
  std::span<const Partner> partners(ItemRow row) const { return items_[row].partners; }

  std::size_t rows() const { return items_.size(); }
  /// Bytes held, by capacity.
  std::size_t bytes() const;

  template <class Archive>
  void serialize(Archive& archive) {
    std::int64_t landmark = landmark_.time_since_epoch().count();
    archive(items_, baskets_, scale_, landmark);
    landmark_ = EventTime(std::chrono::milliseconds(landmark));
    if (Archive::is_loading::value) trim();
  }

 private:
  struct Item {
    double count = 0;
    std::vector<Partner> partners;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(count, partners);
    }
  };

  double weight_at(EventTime time);
  void move_landmark(double half_lives);
  void add(ItemRow from, ItemRow to, float weight);
  const Partner* find(ItemRow from, ItemRow to) const;
  void trim();

  RelatedConfig config_;
  std::vector<Item> items_;  // [row]
  double baskets_ = 0;
  double scale_ = 1;  // What a count of 1 has decayed to at the newest time.
  EventTime landmark_{};
};

}  // namespace freshet
