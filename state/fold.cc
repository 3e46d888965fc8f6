#include "state/fold.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// A bot is given another chance after this much silence in event time.
constexpr auto kBotParole = 24h;
constexpr auto kRateWindow = 1min;

template <class T>
void keep_newest(std::vector<T>& list, std::size_t max) {
  if (list.size() > max) {
    list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(max));
  }
}

bool enters_history(Action action) {
  return action != Action::kImpression && action != Action::kDislike;
}

std::uint32_t pieces(double quantity) {
  const double n = std::round(std::abs(quantity));
  return static_cast<std::uint32_t>(std::clamp(n, 1.0, 1e9));
}

std::uint32_t saturating_add(std::uint32_t a, std::uint32_t b) {
  constexpr std::uint32_t kMax = std::numeric_limits<std::uint32_t>::max();
  return a > kMax - b ? kMax : a + b;
}

/// Moves the item's tally to the end (the newest place) and adds `n` to it.
template <class Tally>
void tally(std::vector<Tally>& list, ItemId item, std::uint32_t n, EventTime time) {
  const auto it = std::find_if(list.begin(), list.end(), [&](auto& t) { return t.item == item; });
  if (it == list.end()) {
    list.push_back({item, time, n});
    return;
  }
  it->count = saturating_add(it->count, n);
  it->last_time = std::max(it->last_time, time);
  std::rotate(it, it + 1, list.end());
}

void take_back(std::vector<Bought>& bought, ItemId item, std::uint32_t n) {
  const auto it =
      std::find_if(bought.begin(), bought.end(), [&](auto& b) { return b.item == item; });
  if (it == bought.end()) return;
  if (it->count <= n) {
    bought.erase(it);
  } else {
    it->count -= n;
  }
}

bool is_absurd(const Event& event, double limit) {
  return std::abs(event.value) > limit ||
         std::any_of(event.items.begin(), event.items.end(),
                     [&](const EventItem& i) { return std::abs(i.quantity) > limit; });
}

}  // namespace

std::string_view to_string(FoldOutcome outcome) {
  switch (outcome) {
    case FoldOutcome::kApplied:
      return "applied";
    case FoldOutcome::kDuplicate:
      return "duplicate";
    case FoldOutcome::kLate:
      return "late";
    case FoldOutcome::kBot:
      return "bot";
    case FoldOutcome::kAbsurd:
      return "absurd";
    case FoldOutcome::kForgotten:
      return "forgotten";
  }
  return "applied";
}

FoldOutcome Fold::apply(const Event& event, EventPosition position, UserState& state,
                        std::vector<TrainingExample>& examples) const {
  if (is_duplicate(event, state)) return FoldOutcome::kDuplicate;

  const bool known = state.newest_event_time != EventTime{};
  const bool late = known && event.event_time < state.newest_event_time - config_.late_grace;
  const bool interaction = enters_history(event.action) && !event.cancels;
  const bool session_start = interaction && opens_session(event, state);
  count_rate(event, state);
  remember_id(event, state);
  const std::vector<std::string> known_context = state.context;
  remember_context(event, state);
  const FoldOutcome outcome = late        ? FoldOutcome::kLate
                              : state.bot ? FoldOutcome::kBot
                              : is_absurd(event, config_.absurd_quantity_min)
                                  ? FoldOutcome::kAbsurd
                                  : FoldOutcome::kApplied;

  if (outcome == FoldOutcome::kApplied && interaction) {
    const std::size_t first = examples.size();
    add_examples(event, position, state, examples);
    for (std::size_t i = first; i < examples.size(); ++i) {
      examples[i].session_start = session_start;
      examples[i].known_context = known_context;
    }
  }
  if (session_start) ++state.session_count;
  if (interaction && !event.session.empty()) state.session = event.session;
  state.newest_event_time = std::max(state.newest_event_time, event.event_time);
  if (!event.cancels) ++state.action_counts[static_cast<std::size_t>(event.action)];
  add_items(event, session_start, late, state);
  return outcome;
}

bool Fold::is_duplicate(const Event& event, const UserState& state) const {
  const auto& ids = state.recent_event_ids;
  return event.event_id != 0 && std::find(ids.begin(), ids.end(), event.event_id) != ids.end();
}

bool Fold::opens_session(const Event& event, const UserState& state) const {
  if (state.history.empty()) return true;
  if (!event.session.empty() && !state.session.empty()) return event.session != state.session;
  // The newest entry need not be the last one: an event may have come late.
  const auto newest =
      std::max_element(state.history.begin(), state.history.end(),
                       [](const auto& a, const auto& b) { return a.event_time < b.event_time; });
  return event.event_time - newest->event_time > config_.session_gap;
}

void Fold::count_rate(const Event& event, UserState& state) const {
  if (event.event_time - state.newest_event_time >= kBotParole) state.bot = false;
  // Events may come out of order: inside a minute before the window they count in it.
  const auto age = event.event_time - state.rate_window_start;
  if (age >= kRateWindow || age <= -kRateWindow) {
    state.rate_window_start = event.event_time;
    state.rate_window_count = 0;
  }
  state.rate_window_count = saturating_add(state.rate_window_count, 1);
  const std::uint32_t max = config_.bot_events_per_minute_max;
  if (max > 0 && state.rate_window_count > max) state.bot = true;
}

void Fold::remember_id(const Event& event, UserState& state) const {
  if (event.event_id == 0) return;
  state.recent_event_ids.push_back(event.event_id);
  keep_newest(state.recent_event_ids, config_.recent_event_ids_max);
}

void Fold::remember_context(const Event& event, UserState& state) const {
  state.context.resize(event.context.size());
  for (std::size_t i = 0; i < event.context.size(); ++i) {
    if (!event.context[i].empty()) state.context[i] = event.context[i];
  }
}

void Fold::add_examples(const Event& event, EventPosition position, const UserState& state,
                        std::vector<TrainingExample>& examples) const {
  const auto& history = state.history;
  const auto& bought = state.bought;
  const std::size_t n = std::min(history.size(), config_.learn_history_max);
  const std::size_t owned = std::min(bought.size(), TrainingExample::kBoughtMax);
  for (const EventItem& item : event.items) {
    TrainingExample& example = examples.emplace_back();
    example.partition = position.partition;
    example.offset = position.offset;
    example.user = event.user;
    example.history.assign(history.end() - static_cast<std::ptrdiff_t>(n), history.end());
    example.context = state.context;
    example.bought.assign(bought.end() - static_cast<std::ptrdiff_t>(owned), bought.end());
    example.item = item.id;
    example.item_name = item.name;
    example.pieces = pieces(item.quantity);
    example.action = event.action;
    example.event_time = event.event_time;
    for (const EventItem& other : event.items) {
      if (example.basket.size() == TrainingExample::kBasketMax) break;
      if (other.id != item.id) example.basket.push_back(other.id);
    }
  }
}

void Fold::expire(UserState& state) const {
  if (config_.history_age_max == 0s) return;
  const EventTime oldest = state.newest_event_time - config_.history_age_max;
  std::erase_if(state.history, [&](const auto& entry) { return entry.event_time < oldest; });
  std::erase_if(state.bought, [&](const auto& tally) { return tally.last_time < oldest; });
  std::erase_if(state.shown, [&](const auto& tally) { return tally.last_time < oldest; });
}

void Fold::add_items(const Event& event, bool session_start, bool late, UserState& state) const {
  for (const EventItem& item : event.items) {
    switch (event.action) {
      case Action::kImpression:
        tally(state.shown, item.id, 1, event.event_time);
        break;
      case Action::kDislike:
        std::erase(state.disliked, item.id);
        state.disliked.push_back(item.id);
        break;
      case Action::kLike:
        std::erase(state.disliked, item.id);
        break;
      case Action::kPurchase:
        if (event.cancels) {
          take_back(state.bought, item.id, pieces(item.quantity));
        } else {
          tally(state.bought, item.id, pieces(item.quantity), event.event_time);
        }
        break;
      case Action::kClick:
      case Action::kCart:
        break;
    }
    if (!enters_history(event.action) || event.cancels) continue;
    state.history.push_back({item.id, event.action, session_start, late, event.event_time});
    session_start = false;
  }
  expire(state);
  keep_newest(state.history, config_.history_max);
  keep_newest(state.bought, config_.bought_max);
  keep_newest(state.shown, config_.shown_max);
  keep_newest(state.disliked, config_.disliked_max);
}

}  // namespace freshet
