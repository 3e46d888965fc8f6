#include "scoring/catalogue/item_labels.h"

#include <algorithm>
#include <string>

#include "ingest/event.h"

namespace freshet {
namespace {

std::uint64_t label_of(const std::string& text) {
  return text.empty() ? 0 : item_id_of(text).value;
}

}  // namespace

ItemCategories categories_of(const std::vector<std::string>& names) {
  ItemCategories categories{};
  auto end = categories.begin();
  for (const std::string& name : names) {
    const std::uint64_t label = label_of(name);
    if (end == categories.end()) break;
    if (label != 0 && std::find(categories.begin(), end, label) == end) *end++ = label;
  }
  return categories;
}

void LabelTable::want() {
  if (wanted_) return;
  wanted_ = true;
  update_all();
}

void LabelTable::update_all() {
  if (!wanted_) return;
  labels_.assign(catalogue_.rows(), {});
  for (const ItemRow row : catalogue_.by_age()) update(row);
}

void LabelTable::update(ItemRow row) {
  if (!wanted_) return;
  if (row >= labels_.size()) labels_.resize(catalogue_.rows());
  const ItemUpdate* content = catalogue_.content(row);
  labels_[row] = {};
  if (content == nullptr) return;
  labels_[row].brand = label_of(content->brand);
  if (content->category.empty()) return;
  labels_[row].category = label_of(content->category.back());
  labels_[row].categories = categories_of(content->category);
}

}  // namespace freshet
