#include "scoring/catalogue/catalogue.h"

#include "config/assert.h"

namespace freshet {

ItemRow Catalogue::find(ItemId id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? kNoRow : found->second;
}

Catalogue::Admission Catalogue::admission(ItemId id, std::string_view name) const {
  const ItemRow row = find(id);
  if (row != kNoRow) return items_[row].name == name ? Admission::kKnown : Admission::kCollision;
  return items_.size() < items_max_ ? Admission::kNew : Admission::kFull;
}

ItemRow Catalogue::add(const ItemIdentity& item) {
  const auto row = static_cast<ItemRow>(items_.size());
  const bool inserted = rows_.emplace(item.id, row).second;
  FRESHET_ASSERT(inserted, "only a new item gets a row");
  items_.push_back(item);
  content_of_.push_back(0);
  if (row / 64 >= unavailable_.size()) unavailable_.push_back(0);
  return row;
}

void Catalogue::update(const ItemUpdate& update) {
  const ItemRow row = find(update.id);
  if (row == kNoRow) return;
  if (content_of_[row] == 0) {
    contents_.emplace_back();
    content_of_[row] = static_cast<std::uint32_t>(contents_.size());
  }
  contents_[content_of_[row] - 1] = update;
  const std::uint64_t bit = std::uint64_t{1} << (row % 64);
  if (update.available && !update.removed) {
    unavailable_[row / 64] &= ~bit;
  } else {
    unavailable_[row / 64] |= bit;
  }
}

const ItemUpdate* Catalogue::content(ItemRow row) const {
  return content_of_[row] == 0 ? nullptr : &contents_[content_of_[row] - 1];
}

bool Catalogue::available(ItemRow row) const {
  return (unavailable_[row / 64] >> (row % 64) & 1) == 0;
}

std::string_view Catalogue::label(ItemRow row) const {
  const ItemUpdate* known = content(row);
  return known != nullptr && !known->title.empty() ? std::string_view(known->title)
                                                   : std::string_view(items_[row].name);
}

void Catalogue::rebuild_rows() {
  rows_.clear();
  rows_.reserve(items_.size());
  for (std::size_t row = 0; row < items_.size(); ++row)
    rows_.emplace(items_[row].id, static_cast<ItemRow>(row));
}

}  // namespace freshet
