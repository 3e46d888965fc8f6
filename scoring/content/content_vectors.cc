#include "scoring/content/content_vectors.h"

#include <algorithm>
#include <cmath>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {
namespace {

std::uint32_t trait_hash(const std::string& text) {
  return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size())) | 1U;
}

}  // namespace

ContentTraits ContentTraits::of(const ItemUpdate& item) {
  ContentTraits traits;
  std::string path;
  for (std::size_t k = 0; k < std::min(kLevelsMax, item.category.size()); ++k) {
    path += '\x1f' + item.category[k];
    traits.category[k] = trait_hash(path);
  }
  if (!item.brand.empty()) traits.brand = trait_hash(item.brand);
  traits.price = static_cast<float>(item.price);
  return traits;
}

ContentSlot ContentVectors::admit(ItemRow row) {
  if (row >= slots_.size()) slots_.resize(row + std::size_t{1}, kNoSlot);
  if (slots_[row] != kNoSlot) return slots_[row];
  if (!free_.empty()) {
    slots_[row] = free_.back();
    free_.pop_back();
    rows_[slots_[row]] = row;
    return slots_[row];
  }
  const auto slot = static_cast<ContentSlot>(rows_.size());
  slots_[row] = slot;
  rows_.push_back(row);
  sizes_.push_back(0);
  embedded_.push_back(0);
  traits_.emplace_back();
  features_.resize(features_.size() + features_max_);
  embeddings_.resize(embeddings_.size() + embedding_dim_, 0);
  return slot;
}

void ContentVectors::drop(ItemRow row) {
  const ContentSlot slot = slot_of(row);
  if (slot == kNoSlot) return;
  slots_[row] = kNoSlot;
  sizes_[slot] = embedded_[slot] = 0;
  free_.push_back(slot);
}

void ContentVectors::set(ContentSlot slot, std::span<const TextFeature> text,
                         std::span<const float> embedding) {
  text = text.first(std::min(features_max_, text.size()));
  float square = 0;
  for (const TextFeature& feature : text) square += feature.weight * feature.weight;
  const float scale = square > 0 ? 1 / std::sqrt(square) : 0;
  TextFeature* features = features_.data() + slot * features_max_;
  for (std::size_t k = 0; k < text.size(); ++k) features[k] = {text[k].bin, scale * text[k].weight};
  sizes_[slot] = static_cast<std::uint16_t>(text.size());

  square = 0;
  if (embedding.size() == embedding_dim_)
    for (const float x : embedding) square += x * x;
  embedded_[slot] = square > 0 && std::isfinite(square) ? 1 : 0;
  if (embedded_[slot] == 0) return;
  for (std::size_t k = 0; k < embedding_dim_; ++k)
    embeddings_[slot * embedding_dim_ + k] = embedding[k] / std::sqrt(square);
}

void ContentVectors::clear() { *this = ContentVectors(features_max_, embedding_dim_); }

void ContentQuery::take(const ContentVectors& vectors, ContentSlot slot, float embedding_share) {
  vectors_ = &vectors;
  slot_ = slot;
  embedding_share_ = embedding_share;
  table_.assign(kTableSize, {});
  for (const TextFeature& feature : vectors.text(slot)) {
    std::size_t place = feature.bin % kTableSize;
    while (table_[place].weight != 0) place = (place + 1) % kTableSize;
    table_[place] = feature;
  }
}

float ContentQuery::text_cosine(std::span<const TextFeature> text) const {
  float cosine = 0;
  for (const TextFeature& feature : text) {
    std::size_t place = feature.bin % kTableSize;
    while (table_[place].weight != 0 && table_[place].bin != feature.bin)
      place = (place + 1) % kTableSize;
    cosine += feature.weight * table_[place].weight;
  }
  return cosine;
}

float ContentQuery::cosine(ContentSlot other) const {
  const auto text = vectors_->text(other);
  const auto a = vectors_->embedding(slot_);
  const auto b = vectors_->embedding(other);
  const bool both_texts = !text.empty() && !vectors_->text(slot_).empty();
  const bool both_embeddings = !a.empty() && !b.empty();
  if (!both_embeddings) return both_texts ? text_cosine(text) : 0;
  float dense = 0;
  for (std::size_t k = 0; k < a.size(); ++k) dense += a[k] * b[k];
  if (!both_texts) return dense;
  return (1 - embedding_share_) * text_cosine(text) + embedding_share_ * dense;
}

}  // namespace freshet
