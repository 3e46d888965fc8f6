#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <queue>
#include <string>
#include <vector>

#include "app/demo/clickstream_catalogue.h"
#include "app/demo/clickstream_records.h"
#include "app/demo/random_stream.h"
#include "config/time.h"

namespace freshet {

/// What the generated shop looks like. Times are event time.
struct GeneratorConfig {
  std::uint64_t seed = 1;
  /// Products at the start; their item updates come before the first event.
  std::size_t item_count = 2000;
  /// Past this, a new product takes the place of the oldest one that was added.
  std::size_t item_count_max = 8000;
  /// Visitors; raised to four times the sessions that run at once.
  std::size_t user_count = 20000;
  /// Mean rate of events, bots and broken ones included.
  double events_per_second = 2000;
  /// Mean silence between two events of a session.
  std::chrono::milliseconds session_pause{4000};
  /// How often a product is added, and how often one sells out or comes back.
  std::chrono::milliseconds new_item_every{5000};
  std::chrono::milliseconds shortage_every{10000};
  /// Visitors that are machines, and what one of them does; together at most a tenth of all events.
  std::size_t bot_count = 3;
  double bot_events_per_minute = 600;
  /// Share of events that are broken in one of the BrokenKind ways, or are sent twice.
  double broken_ratio = 0.001;
  double duplicate_ratio = 0.001;
};

/// Which topic a generated record belongs to.
enum class GeneratedTopic { kEvents, kItems };

/// One record in the default wire format.
struct GeneratedRecord {
  GeneratedTopic topic = GeneratedTopic::kEvents;
  std::string key;    ///< The user's or the item's id.
  std::string value;  ///< JSON, except where `broken`.
  EventTime event_time;
  bool broken = false;  ///< A decoder must refuse it.
};

/// An endless clickstream in event-time order, the same bytes for the same configuration and start.
///
/// It has what a recommender can learn: visitors with lasting tastes, sessions that walk from a
/// product to its related ones and from a purchase to its complements, popularity that moves within
/// minutes, new products that are soon looked at. And what it must bear: bots, broken records,
/// duplicates, products that sell out. Confined to one thread.
class ClickstreamGenerator {
 public:
  ClickstreamGenerator(const GeneratorConfig& config, EventTime start);

  /// Returns the next record; their event times never go back.
  GeneratedRecord next();

 private:
  static constexpr std::size_t kNobody = ~std::size_t{0};
  static constexpr std::size_t kListingSize = 8;

  struct Session {
    std::size_t user = kNobody;
    std::uint64_t number = 0;
    std::size_t category = 0;
    std::size_t product = kNobody;  // What was looked at last.
    std::size_t in_cart = kNobody;
    bool just_bought = false;
    int event_count = 0;
  };
  // Who acts next: sessions first, then bots, then the two processes of the shop.
  struct Turn {
    std::int64_t time_ms;
    std::size_t actor;
    bool operator>(const Turn& other) const {
      return time_ms != other.time_ms ? time_ms > other.time_ms : actor > other.actor;
    }
  };

  void publish_catalogue();
  void add_turn(std::int64_t after_ms, std::size_t actor, double mean_pause_ms);
  void take_turn(const Turn& turn);
  void change_shop(bool adds_product);
  void bot_turn(std::size_t bot);
  void session_turn(Session& session);
  void begin(Session& session);
  void end(Session& session);
  std::size_t category_for(std::size_t user);
  std::size_t next_product(const Session& session);
  std::size_t available(std::size_t product);
  void show_listing(Session& session);
  void act(Session& session);
  void buy(Session& session);
  void emit(const Session& session, Action action, std::size_t product);
  void emit_lines(const Session& session, Action action,
                  const std::vector<GeneratedEvent::Line>& lines);
  void publish(const GeneratedProduct& product);
  double minutes() const;

  GeneratorConfig config_;
  std::int64_t start_ms_;
  std::int64_t now_ms_;
  RandomStream random_;
  ClickstreamCatalogue catalogue_;
  std::vector<Session> sessions_;
  double bot_pause_ms_ = 0;
  std::vector<bool> visiting_;               // By user.
  std::vector<std::uint32_t> last_product_;  // By user; 0 = none, else the product's index + 1.
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  std::deque<GeneratedRecord> ready_;  // At most the catalogue at the start, then a few.
  std::uint64_t session_count_ = 0;
  std::uint64_t event_count_ = 0;
};

}  // namespace freshet
