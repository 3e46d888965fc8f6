#include "scoring/ranking/rule_rows.h"

#include <algorithm>

namespace freshet {
namespace {

/// What a word in the inverted index is.
enum Word : char { kItem = 'i', kCategory = 'c', kBrand = 'b', kTag = 't', kAttribute = 'a' };

std::string key_of(char kind, std::string_view text) { return kind + std::string(text); }

/// An attribute as one word; its two parts cannot be mistaken for another pair.
std::string attribute_word(std::string_view name, std::string_view value) {
  return std::to_string(name.size()) + ':' + std::string(name) + std::string(value);
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool share_one(const std::vector<std::string>& wanted, const std::vector<std::string>& has) {
  return wanted.empty() || std::any_of(has.begin(), has.end(), [&](const std::string& text) {
           return contains(wanted, text);
         });
}

bool has_attributes(const RuleConfig& rule, const ItemUpdate& item) {
  return std::all_of(rule.attributes.begin(), rule.attributes.end(), [&](const auto& wanted) {
    return std::any_of(item.attributes.begin(), item.attributes.end(), [&](const auto& attribute) {
      return attribute.first == wanted.first && attribute.second == wanted.second;
    });
  });
}

bool keeps_out_by_price(const RuleConfig& rule, const ItemUpdate* item) {
  if (item == nullptr || item->price <= 0) return false;  // Not known.
  return item->price < rule.price_min || (rule.price_max > 0 && item->price > rule.price_max);
}

}  // namespace

void RuleRows::compile(std::span<const Rule> rules) {
  rules_ = rules;
  postings_.clear();
  unbound_.clear();
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) index(static_cast<RuleIndex>(rule));
  update_all();
}

/// By the way of matching that is likely to find the fewest items.
void RuleRows::index(RuleIndex rule) {
  const RuleConfig& config = rules_[rule].config;
  const auto add = [&](char kind, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      RuleSet& rules = postings_[key_of(kind, text)];
      if (rules.empty() || rules.back() != rule) rules.push_back(rule);
    }
    return !texts.empty();
  };
  if (add(kItem, config.items) || add(kTag, config.tags) || add(kBrand, config.brands) ||
      add(kCategory, config.categories))
    return;
  if (config.attributes.empty()) return unbound_.push_back(rule);
  const auto& [name, value] = *config.attributes.begin();
  add(kAttribute, {attribute_word(name, value)});
}

void RuleRows::update_all() {
  sets_.assign(1, {});
  numbers_.clear();
  numbers_.emplace(RuleSet{}, 0);
  set_of_.clear();
  if (rules_.empty()) return;
  set_of_.resize(catalogue_.rows(), 0);
  for (const ItemRow row : catalogue_.by_age()) update(row);
}

void RuleRows::update(ItemRow row) {
  if (rules_.empty()) return;
  if (row >= set_of_.size()) set_of_.resize(catalogue_.rows(), 0);
  find_matches(row);
  const auto [place, is_new] = numbers_.try_emplace(found_, sets_.size());
  if (is_new) sets_.push_back(found_);
  set_of_[row] = place->second;
  // Sets that no row has any more are forgotten by finding all anew, long before they outnumber
  // the rows.
  constexpr std::size_t kSpareSets = 1024;
  if (sets_.size() > kSpareSets + 2 * catalogue_.size()) update_all();
}

void RuleRows::find_matches(ItemRow row) {
  found_.clear();
  const ItemIdentity& item = catalogue_.item(row);
  if (item.name.empty()) return;  // Free.
  found_ = unbound_;
  take_postings(kItem, item.name);
  if (const ItemUpdate* content = catalogue_.content(row)) {
    for (const std::string& tag : content->tags) take_postings(kTag, tag);
    if (!content->brand.empty()) take_postings(kBrand, content->brand);
    for (const std::string& category : content->category) take_postings(kCategory, category);
    for (const auto& [name, value] : content->attributes)
      take_postings(kAttribute, attribute_word(name, value));
  }
  std::sort(found_.begin(), found_.end());
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  std::erase_if(found_, [&](RuleIndex rule) { return !matches(rules_[rule], row); });
}

void RuleRows::take_postings(char kind, std::string_view text) {
  key_.assign(1, kind);
  key_ += text;
  const auto found = postings_.find(key_);
  if (found != postings_.end())
    found_.insert(found_.end(), found->second.begin(), found->second.end());
}

bool RuleRows::matches(const Rule& rule, ItemRow row) const {
  static const ItemUpdate kNothing;
  const RuleConfig& config = rule.config;
  const ItemUpdate* known = catalogue_.content(row);
  const ItemUpdate& content = known == nullptr ? kNothing : *known;
  // Rules that name items are found by them alone, so those need no second look.
  if (!config.brands.empty() && !contains(config.brands, content.brand)) return false;
  if (!share_one(config.categories, content.category)) return false;
  if (!share_one(config.tags, content.tags)) return false;
  if (!has_attributes(config, content)) return false;
  if (rule.kind == RuleKind::kPrice) return keeps_out_by_price(config, known);
  return rule.kind != RuleKind::kAvailability || !catalogue_.available(row);
}

}  // namespace freshet
