#include "scoring/catalogue/catalogue.h"

#include <algorithm>
#include <utility>

#include "config/assert.h"

namespace freshet {

ItemRow Catalogue::find(ItemId id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? kNoRow : found->second;
}

Catalogue::Admission Catalogue::admission(ItemId id, std::string_view name) const {
  const ItemRow row = find(id);
  if (row == kNoRow) return Admission::kNew;
  return items_[row].name == name ? Admission::kKnown : Admission::kCollision;
}

ItemRow Catalogue::next_row(std::size_t ahead) const {
  return ahead < free_.size() ? free_[free_.size() - 1 - ahead]
                              : static_cast<ItemRow>(items_.size() + ahead - free_.size());
}

ItemRow Catalogue::add(const ItemIdentity& item) {
  const ItemRow row = next_row();
  const bool inserted = rows_.emplace(item.id, row).second;
  FRESHET_ASSERT(inserted, "only a new item gets a row");
  if (free_.empty()) {
    items_.emplace_back();
    content_of_.push_back(0);
    if (row / 64 >= unavailable_.size()) unavailable_.push_back(0);
  } else {
    free_.pop_back();
  }
  items_[row] = item;
  by_age_.push_back(row);
  set_available(row, true);
  return row;
}

void Catalogue::evict(std::span<const ItemRow> rows) {
  std::vector<bool> leaves(items_.size(), false);
  for (const ItemRow row : rows) {
    leaves[row] = true;
    const bool erased = rows_.erase(items_[row].id) == 1;
    FRESHET_ASSERT(erased, "only an item that is known can leave");
    drop_content(row);
    items_[row] = {};
    set_available(row, false);
  }
  std::erase_if(by_age_, [&leaves](ItemRow row) { return leaves[row]; });
  free_.insert(free_.end(), rows.rbegin(), rows.rend());
}

void Catalogue::update(const ItemUpdate& update) {
  const ItemRow row = find(update.id);
  if (row == kNoRow) return;
  if (content_of_[row] == 0) {
    contents_.emplace_back();
    content_of_[row] = static_cast<std::uint32_t>(contents_.size());
  }
  contents_[content_of_[row] - 1] = update;
  set_available(row, update.available && !update.removed);
}

/// The last content moves to the place that becomes free.
void Catalogue::drop_content(ItemRow row) {
  const std::uint32_t place = std::exchange(content_of_[row], 0);
  if (place == 0) return;
  if (place < contents_.size()) {
    contents_[place - 1] = std::move(contents_.back());
    content_of_[find(contents_[place - 1].id)] = place;
  }
  contents_.pop_back();
}

const ItemUpdate* Catalogue::content(ItemRow row) const {
  return content_of_[row] == 0 ? nullptr : &contents_[content_of_[row] - 1];
}

bool Catalogue::available(ItemRow row) const {
  return (unavailable_[row / 64] >> (row % 64) & 1) == 0;
}

void Catalogue::set_available(ItemRow row, bool available) {
  const std::uint64_t bit = std::uint64_t{1} << (row % 64);
  if (available) {
    unavailable_[row / 64] &= ~bit;
  } else {
    unavailable_[row / 64] |= bit;
  }
}

std::string_view Catalogue::label(ItemRow row) const {
  const ItemUpdate* known = content(row);
  return known != nullptr && !known->title.empty() ? std::string_view(known->title)
                                                   : std::string_view(items_[row].name);
}

void Catalogue::rebuild_rows() {
  rows_.clear();
  rows_.reserve(by_age_.size());
  for (const ItemRow row : by_age_) rows_.emplace(items_[row].id, row);
}

}  // namespace freshet
