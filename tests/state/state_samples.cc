#include "state_samples.h"

#include <array>
#include <iostream>

namespace freshet {
namespace {

constexpr std::int64_t kStartMs = 1'704'067'200'000;  // 2024-01-01T00:00:00Z.

std::uint64_t below(std::mt19937_64& random, std::uint64_t bound) { return random() % bound; }

EventTime random_time(std::mt19937_64& random) {
  // Mostly inside one minute, sometimes hours or days away.
  constexpr std::array<std::uint64_t, 10> kSpansMs{
      60'000, 60'000, 60'000, 60'000, 60'000, 60'000, 60'000, 7'200'000, 7'200'000, 260'000'000};
  const std::uint64_t span_ms = kSpansMs[below(random, kSpansMs.size())];
  return at_ms(static_cast<std::int64_t>(below(random, span_ms)));
}

template <class Tally>
void fill_tallies(std::mt19937_64& random, std::vector<Tally>& tallies) {
  tallies.resize(below(random, 6));
  for (Tally& t : tallies) {
    t = {ItemId{random()}, random_time(random), static_cast<std::uint32_t>(random())};
  }
}

}  // namespace

EventTime at_ms(std::int64_t ms) { return EventTime(std::chrono::milliseconds(kStartMs + ms)); }

Event event_at(std::int64_t s, Action action, std::initializer_list<const char*> item_names) {
  Event event;
  event.user = "u";
  event.action = action;
  event.event_time = at_s(s);
  for (const char* name : item_names) {
    EventItem& item = event.items.emplace_back();
    item.name = name;
    item.id = item_id_of(name);
  }
  return event;
}

std::uint64_t printed_seed() {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  return seed;
}

Event random_event(std::mt19937_64& random) {
  Event event;
  event.user = "u";
  event.event_id = below(random, 4) == 0 ? 0 : below(random, 50) + 1;
  event.action = static_cast<Action>(below(random, kActionCount));
  event.cancels = event.action == Action::kPurchase && below(random, 3) == 0;
  event.event_time = random_time(random);
  if (below(random, 3) == 0) event.session = "s" + std::to_string(below(random, 3));
  event.items.resize(1 + below(random, 3));
  for (EventItem& item : event.items) {
    item.name = "item" + std::to_string(below(random, 20));
    item.id = item_id_of(item.name);
    item.quantity = below(random, 30) == 0 ? 1e9 : 1.0 + static_cast<double>(below(random, 4));
  }
  event.context = {below(random, 2) == 0 ? "phone" : "", "DE"};
  return event;
}

UserState random_state(std::mt19937_64& random) {
  UserState state;
  state.history.resize(below(random, 6));
  for (HistoryEntry& entry : state.history) {
    entry = {ItemId{random()}, static_cast<Action>(below(random, kActionCount)),
             below(random, 2) == 0, below(random, 2) == 0, random_time(random)};
  }
  fill_tallies(random, state.bought);
  fill_tallies(random, state.shown);
  state.disliked.resize(below(random, 4));
  for (ItemId& item : state.disliked) item = ItemId{random()};
  state.recent_event_ids.resize(below(random, 4));
  for (std::uint64_t& id : state.recent_event_ids) id = random();
  for (std::uint64_t& count : state.action_counts) count = random() >> below(random, 64);
  state.context.resize(below(random, 4));
  for (std::string& value : state.context) value.assign(below(random, 300), 'c');
  state.session.assign(below(random, 20), 's');
  state.newest_event_time = random_time(random);
  state.rate_window_start = random_time(random);
  state.rate_window_count = static_cast<std::uint32_t>(random());
  state.bot = below(random, 2) == 0;
  state.session_count = static_cast<std::uint32_t>(random());
  return state;
}

}  // namespace freshet
