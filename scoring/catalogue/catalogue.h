#pragma once

#include <absl/container/flat_hash_map.h>

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
/// A row is given out at an item's first sight and kept for ever, so every table of the model is a
/// dense array. Bounded by CatalogueConfig::items_max. Confined to one thread.
class Catalogue {
 public:
  /// What would become of a new item.
  enum class Admission : std::uint8_t { kKnown, kNew, kFull, kCollision };

  explicit Catalogue(const CatalogueConfig& config) : items_max_(config.items_max) {}

  /// Returns the item's row, or kNoRow.
  ItemRow find(ItemId id) const;

  /// Says whether `name` is known, may come in, finds no room, or shares its id with another name.
  Admission admission(ItemId id, std::string_view name) const;

  /// Gives the item the next row. It must be new (`admission` said kNew). Returns the row.
  ItemRow add(const ItemIdentity& item);

  /// Replaces the content of a known item; an unknown one is ignored.
  void update(const ItemUpdate& update);

  std::size_t size() const { return items_.size(); }
  const ItemIdentity& item(ItemRow row) const { return items_[row]; }

  /// Newest content, or null when no item update has come.
  const ItemUpdate* content(ItemRow row) const;

  /// Items that have content.
  std::size_t described() const { return contents_.size(); }

  /// False once an update said that the item is out of stock or removed.
  bool available(ItemRow row) const;

  /// What to call the item in a sentence: its title, else its name.
  std::string_view label(ItemRow row) const;

  /// Bitmap [ceil(size/64)] of unavailable rows, as top_k takes it.
  std::span<const std::uint64_t> unavailable() const { return unavailable_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(items_, contents_, content_of_, unavailable_);
    if (Archive::is_loading::value) rebuild_rows();
  }

 private:
  void rebuild_rows();

  std::size_t items_max_;
  std::vector<ItemIdentity> items_;         // [row]
  std::vector<ItemUpdate> contents_;        // In order of the first update.
  std::vector<std::uint32_t> content_of_;   // [row] index into contents_ plus one; 0 = none.
  std::vector<std::uint64_t> unavailable_;  // Bitmap [ceil(rows/64)].
  absl::flat_hash_map<ItemId, ItemRow> rows_;
};

}  // namespace freshet
