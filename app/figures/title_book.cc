#include "app/figures/title_book.h"

#include <mutex>

namespace freshet {

void TitleBook::update(const ItemUpdate& update) {
  std::unique_lock lock(mutex_);
  if (update.removed || update.title.empty()) {
    titles_.erase(update.id);
  } else if (titles_.size() < items_max_ || titles_.contains(update.id)) {
    titles_[update.id] = update.title;
  }
}

std::string TitleBook::title_of(ItemId item) const {
  std::shared_lock lock(mutex_);
  const auto it = titles_.find(item);
  return it == titles_.end() ? std::string() : it->second;
}

}  // namespace freshet
