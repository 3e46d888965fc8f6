#include "scoring/item_search.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "scoring/knowledge.h"
#include "scoring/related/item_lists.h"

namespace freshet {

std::string category_path(const std::vector<std::string>& category) {
  std::string path;
  for (const std::string& part : category) path.append(path.empty() ? "" : "/").append(part);
  return path;
}

ItemSearch::ItemSearch(ItemQuery query) : query_(std::move(query)) {
  std::string text = query_.words;
  absl::AsciiStrToLower(&text);
  std::istringstream words(text);
  for (std::string word; words >> word;) words_.push_back(word);
}

bool ItemSearch::look(const Knowledge& knowledge, std::size_t items_max) {
  const auto rows = knowledge.catalogue().by_age();
  const std::size_t end = std::min(rows.size(), next_ + items_max);
  for (; next_ < end; ++next_) {
    if (!fits(knowledge, rows[next_])) continue;
    const bool shown = page_.total >= query_.from && page_.items.size() < query_.count;
    if (shown) page_.items.push_back(figures_of(knowledge, rows[next_]));
    ++page_.total;
  }
  return next_ >= rows.size();
}

ItemPage ItemSearch::take() {
  page_.categories.assign(categories_.begin(), categories_.end());
  return std::move(page_);
}

bool ItemSearch::fits(const Knowledge& knowledge, ItemRow row) {
  const ItemUpdate* content = knowledge.catalogue().content(row);
  const std::string path = content == nullptr ? "" : category_path(content->category);
  if (!below(path)) return false;
  return words_.empty() || has_words(knowledge.catalogue().item(row).name,
                                     content == nullptr ? std::string_view() : content->title);
}

bool ItemSearch::has_words(std::string_view name, std::string_view title) {
  buffer_.assign(name).append("\n").append(title);
  absl::AsciiStrToLower(&buffer_);
  return std::all_of(words_.begin(), words_.end(), [this](const std::string& word) {
    return buffer_.find(word) != std::string::npos;
  });
}

bool ItemSearch::below(const std::string& path) {
  const std::string& asked = query_.category;
  if (!path.starts_with(asked)) return false;
  if (path.size() == asked.size()) return true;
  const bool whole = asked.empty() || path[asked.size()] == '/';
  if (!whole) return false;
  const std::size_t begin = asked.empty() ? 0 : asked.size() + 1;
  if (categories_.size() < ItemPage::kCategoriesMax)
    categories_.insert(path.substr(begin, path.find('/', begin) - begin));
  return true;
}

}  // namespace freshet
