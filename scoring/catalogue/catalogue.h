#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/scoring_config.h"
#include "ingest/item_update.h"
#include "scoring/network/network.h"

namespace freshet {

/// The row of an item that has none.
inline constexpr ItemRow kNoRow = std::numeric_limits<ItemRow>::max();

/// An item's id inside and on the wire.
struct ItemIdentity {
  ItemId id;
  std::string name;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(id.value, name);
  }
};

/// The items known: their rows, names, newest content and availability.
///
/// A row is given out at an item's first sight, so every table of the model is a dense array; when
/// the item leaves, the row goes to the next new one. Bounded by CatalogueConfig::items_max.
/// Confined to one thread.
class Catalogue {
 public:
  /// What would become of an item.
  enum class Admission : std::uint8_t { kKnown, kNew, kCollision };

  explicit Catalogue(const CatalogueConfig& config) : items_max_(config.items_max) {}

  /// Returns the item's row, or kNoRow.
  ItemRow find(ItemId id) const;

  /// Says whether `name` is known, is new, or shares its id with another name.
  Admission admission(ItemId id, std::string_view name) const;

  /// Items that still find room.
  std::size_t room() const { return items_max_ - std::min(items_max_, size()); }

  /// The row that the next item but `ahead` gets.
  ItemRow next_row(std::size_t ahead = 0) const;

  /// Gives the item the next row. It must be new and find room. Returns the row.
  ItemRow add(const ItemIdentity& item);

  /// Forgets the items of these rows, each of which has one; their rows are free.
  void evict(std::span<const ItemRow> rows);

  /// Replaces the content of a known item; an unknown one is ignored.
  void update(const ItemUpdate& update);

  /// Items known.
  std::size_t size() const { return by_age_.size(); }
  /// Rows of the tables; free ones have the empty identity.
  std::size_t rows() const { return items_.size(); }
  /// The rows that have an item, in the order of their first sight.
  std::span<const ItemRow> by_age() const { return by_age_; }
  const ItemIdentity& item(ItemRow row) const { return items_[row]; }

  /// Newest content, or null when no item update has come.
  const ItemUpdate* content(ItemRow row) const;

  /// Items that have content.
  std::size_t described() const { return contents_.size(); }

  /// False for a free row, and once an update said that the item is out of stock or removed.
  bool available(ItemRow row) const;

  /// What to call the item in a sentence: its title, else its name.
  std::string_view label(ItemRow row) const;

  /// Bitmap [ceil(rows/64)] of unavailable rows, as top_k takes it.
  std::span<const std::uint64_t> unavailable() const { return unavailable_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(items_, by_age_, free_, contents_, content_of_, unavailable_);
    if (Archive::is_loading::value) rebuild_rows();
  }

 private:
  void set_available(ItemRow row, bool available);
  void drop_content(ItemRow row);
  void rebuild_rows();

  std::size_t items_max_;
  std::vector<ItemIdentity> items_;         // [row]
  std::vector<ItemRow> by_age_;             // Oldest first.
  std::vector<ItemRow> free_;               // The last one is given out first.
  std::vector<ItemUpdate> contents_;        // In no particular order.
  std::vector<std::uint32_t> content_of_;   // [row] index into contents_ plus one; 0 = none.
  std::vector<std::uint64_t> unavailable_;  // Bitmap [ceil(rows/64)].
  absl::flat_hash_map<ItemId, ItemRow> rows_;
};

}  // namespace freshet
