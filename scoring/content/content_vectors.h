#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/catalogue/catalogue.h"
#include "scoring/content/text_features.h"

namespace freshet {

/// Place of an item that has content; kNoSlot = none.
using ContentSlot = std::uint32_t;
inline constexpr ContentSlot kNoSlot = 0xffffffff;

/// What of an item's content is compared as it stands, not by vectors.
struct ContentTraits {
  static constexpr std::size_t kLevelsMax = 6;
  std::array<std::uint32_t, kLevelsMax> category{};  ///< Hash of each prefix; 0 = no such level.
  std::uint32_t brand = 0;                           ///< Hash; 0 = not given.
  float price = 0;                                   ///< 0 = not given.

  static ContentTraits of(const ItemUpdate& item);
};

/// Unit vectors of the items that have content: sparse ones of their texts, dense ones of their own
/// embeddings, and their traits. A fixed block per item. Confined to one thread.
class ContentVectors {
 public:
  ContentVectors(std::size_t features_max, std::size_t embedding_dim)
      : features_max_(features_max), embedding_dim_(embedding_dim) {}

  ContentSlot slot_of(ItemRow row) const { return row < slots_.size() ? slots_[row] : kNoSlot; }
  ItemRow row_of(ContentSlot slot) const { return rows_[slot]; }
  std::size_t size() const { return rows_.size(); }

  /// Returns the row's slot, a new and empty one if it has none.
  ContentSlot admit(ItemRow row);

  /// Takes the row's slot away; the next new one gets it.
  void drop(ItemRow row);

  /// Replaces the vectors. `text`: strongest first; what lies beyond `features_max` is dropped and
  /// the rest scaled to length 1. An `embedding` of another size than configured counts as none.
  void set(ContentSlot slot, std::span<const TextFeature> text, std::span<const float> embedding);

  void set_traits(ContentSlot slot, const ContentTraits& traits) { traits_[slot] = traits; }
  const ContentTraits& traits(ContentSlot slot) const { return traits_[slot]; }

  /// Strongest first; empty = no text.
  std::span<const TextFeature> text(ContentSlot slot) const {
    return {features_.data() + slot * features_max_, sizes_[slot]};
  }
  /// Empty = none.
  std::span<const float> embedding(ContentSlot slot) const {
    return {embeddings_.data() + slot * embedding_dim_, embedded_[slot] != 0 ? embedding_dim_ : 0};
  }
  bool empty(ContentSlot slot) const { return sizes_[slot] == 0 && embedded_[slot] == 0; }

  void clear();

  template <class Archive>
  void serialize(Archive& archive) {
    archive(slots_, rows_, free_, sizes_, embedded_, embeddings_);
    serialize_block(archive, features_);
    serialize_block(archive, traits_);
  }

 private:
  std::size_t features_max_;
  std::size_t embedding_dim_;
  std::vector<ContentSlot> slots_;     // [row]
  std::vector<ItemRow> rows_;          // [slot]
  std::vector<ContentSlot> free_;      // The last one is given out first.
  std::vector<std::uint16_t> sizes_;   // [slot] features used
  std::vector<TextFeature> features_;  // [slot, features_max]
  std::vector<std::uint8_t> embedded_;
  std::vector<float> embeddings_;  // [slot, embedding_dim]
  std::vector<ContentTraits> traits_;
};

/// One item's vectors, spread out so that its cosine with many others is quick. Confined to one
/// thread.
class ContentQuery {
 public:
  /// Takes up an item. `vectors` must stay as they are while it is asked.
  void take(const ContentVectors& vectors, ContentSlot slot, float embedding_share);

  /// Cosine with another item, -1..1. Of texts and embeddings where both have both, weighted by
  /// `embedding_share`; else of what both have; 0 where they have nothing in common.
  float cosine(ContentSlot other) const;

 private:
  static constexpr std::size_t kTableSize = 1024;  // A power of two, well above features_max.

  float text_cosine(std::span<const TextFeature> text) const;

  const ContentVectors* vectors_ = nullptr;
  ContentSlot slot_ = kNoSlot;
  float embedding_share_ = 0;
  std::vector<TextFeature> table_;  // Open addressing by bin; weight 0 = free.
};

}  // namespace freshet
