#include "scoring/learning/admission.h"

#include <utility>

namespace freshet {
namespace {

/// Share of the catalogue that leaves at once: what is known of a row is looked for everywhere, so
/// that one row alone would cost as much.
constexpr std::size_t kShare = 16;

/// Looks for removed items in so many parts of the time they stay.
constexpr std::uint64_t kRemovalLooks = 4;

struct Standing {
  double value = 0;
  std::size_t age = 0;  // Place among the catalogue's items; 0 = the oldest.
};

}  // namespace

ItemRow AdmissionControl::admit(ItemId id, const std::string& name, Delta& change) {
  const Catalogue& catalogue = knowledge_.catalogue();
  const Catalogue::Admission admission = catalogue.admission(id, name);
  if (admission == Catalogue::Admission::kKnown) return catalogue.find(id);
  const auto arriving = arriving_.find(id);
  const bool arrives = arriving != arriving_.end();
  if (admission == Catalogue::Admission::kCollision ||
      (arrives && change.new_items[arriving->second].name != name)) {
    ++collisions_;
    return kNoRow;
  }
  if (arrives) return catalogue.next_row(arriving->second);
  if (room() == 0) {
    ++refused_;
    return kNoRow;
  }
  const std::size_t place = change.new_items.size();
  arriving_.emplace(id, place);
  change.new_items.push_back({id, name});
  const ItemRow row = catalogue.next_row(place);
  if (row >= admitted_.size()) admitted_.resize(row + std::size_t{1}, 0);
  admitted_[row] = knowledge_.popularity().events();
  return row;
}

std::uint64_t AdmissionControl::since_admitted(ItemRow row) const {
  return knowledge_.popularity().events() - admitted_[row];
}

double AdmissionControl::standing(ItemRow row) const {
  const Popularity& popularity = knowledge_.popularity();
  return popularity.slow_count(row) + popularity.slow_decay(since_admitted(row));
}

void AdmissionControl::resume(AdmissionControl&& saved) {
  admitted_ = std::move(saved.admitted_);
  admitted_.resize(knowledge_.catalogue().rows(), 0);
  next_removal_ = saved.next_removal_;
  next_search_ = saved.next_search_;
}

std::vector<ItemRow> AdmissionControl::leaving(std::size_t wanted, double standing_max) {
  std::vector<ItemRow> leaving;
  const std::uint64_t events = knowledge_.popularity().events();
  if (config_.removed_events_max > 0 && events >= next_removal_) {
    next_removal_ = events + std::max<std::uint64_t>(1, config_.removed_events_max / kRemovalLooks);
    find_removed(leaving);
  }
  if (wanted <= room() + leaving.size()) return leaving;
  if (standing_max < kAnyStanding && events < next_search_) return leaving;
  const std::size_t batch = std::max<std::size_t>(1, config_.items_max / kShare);
  find_weakest(std::max(batch, wanted), standing_max, leaving);
  // A search that finds nothing is not made again for every update.
  if (leaving.empty()) next_search_ = events + batch;
  return leaving;
}

void AdmissionControl::find_removed(std::vector<ItemRow>& leaving) const {
  const Popularity& popularity = knowledge_.popularity();
  for (const ItemRow row : knowledge_.catalogue().by_age()) {
    const ItemUpdate* content = knowledge_.catalogue().content(row);
    if (content == nullptr || !content->removed) continue;
    const std::uint64_t unused = std::min(popularity.age(row), since_admitted(row));
    if (unused >= config_.removed_events_max) leaving.push_back(row);
  }
}

void AdmissionControl::find_weakest(std::size_t count, double standing_max,
                                    std::vector<ItemRow>& leaving) const {
  const std::span<const ItemRow> by_age = knowledge_.catalogue().by_age();
  std::vector<bool> leaves(knowledge_.catalogue().rows(), false);
  for (const ItemRow row : leaving) leaves[row] = true;
  std::vector<Standing> standings;
  for (std::size_t age = 0; age < by_age.size(); ++age) {
    if (leaves[by_age[age]]) continue;
    const double value = standing(by_age[age]);
    if (value <= standing_max) standings.push_back({value, age});
  }
  const auto weaker = [](const Standing& a, const Standing& b) {
    return a.value != b.value ? a.value < b.value : a.age < b.age;
  };
  count = std::min(count, standings.size());
  const auto end = standings.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(standings.begin(), end, standings.end(), weaker);
  std::sort(standings.begin(), end, weaker);
  for (auto weakest = standings.begin(); weakest != end; ++weakest)
    leaving.push_back(by_age[weakest->age]);
}

}  // namespace freshet
