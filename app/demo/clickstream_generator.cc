#include "app/demo/clickstream_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kBotShareMax = 0.1;
constexpr int kSessionEventsMax = 60;
// Every so many seconds of event time the next product of a category becomes its most popular one.
constexpr double kDriftMinutes = 0.75;

// What a visitor does after having looked at a product; the rest of the probability is a click.
constexpr double kListsAgain = 0.18;
constexpr double kPutsInCart = 0.09;
constexpr double kBuysCart = 0.30;
constexpr double kLikes = 0.035;
constexpr double kDislikes = 0.012;
constexpr double kLeaves = 0.07;

// Where the next click goes; the rest follows the visitor's taste.
constexpr double kToRelated = 0.62;
constexpr double kToComplementAfterPurchase = 0.6;
constexpr double kToNewest = 0.05;
constexpr double kToOtherCategory = 0.08;

constexpr std::array<std::string_view, 3> kDevices = {"mobile", "desktop", "tablet"};
constexpr std::array<std::string_view, 6> kCountries = {"DE", "FR", "US", "GB", "PL", "SE"};

// A user's lasting traits are drawn from the id, so that they take no memory.
RandomStream traits_of(std::size_t user, std::uint64_t seed) {
  RandomStream random(seed * 0x9e3779b97f4a7c15u + user);
  random.bits();
  return random;
}

std::string_view page_of(Action action) {
  switch (action) {
    case Action::kImpression:
      return "listing";
    case Action::kCart:
    case Action::kPurchase:
      return "basket";
    default:
      return "product";
  }
}

}  // namespace

ClickstreamGenerator::ClickstreamGenerator(const GeneratorConfig& config, EventTime start)
    : config_(config),
      start_ms_(start.time_since_epoch().count()),
      now_ms_(start_ms_),
      random_(config.seed),
      catalogue_(config.item_count, config.item_count_max, config.seed) {
  const double bots_per_second =
      std::min(static_cast<double>(config.bot_count) * config.bot_events_per_minute / 60,
               config.events_per_second * kBotShareMax);
  const double pause_ms = static_cast<double>(config.session_pause.count());
  const double slots = (config.events_per_second - bots_per_second) * pause_ms / 1000;
  sessions_.resize(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(slots))));
  config_.user_count = std::max(config.user_count, 4 * sessions_.size());
  visiting_.resize(config_.user_count);
  last_product_.resize(config_.user_count);
  for (std::size_t i = 0; i < sessions_.size(); ++i) add_turn(start_ms_, i, pause_ms);
  if (bots_per_second > 0) {
    bot_pause_ms_ = 1000 * static_cast<double>(config.bot_count) / bots_per_second;
    for (std::size_t bot = 0; bot < config.bot_count; ++bot) {
      add_turn(start_ms_, sessions_.size() + bot, bot_pause_ms_);
    }
  }
  const std::size_t shop = sessions_.size() + config.bot_count;
  add_turn(start_ms_, shop, static_cast<double>(config.new_item_every.count()));
  add_turn(start_ms_, shop + 1, static_cast<double>(config.shortage_every.count()));
  publish_catalogue();
}

GeneratedRecord ClickstreamGenerator::next() {
  while (ready_.empty()) {
    const Turn turn = turns_.top();
    turns_.pop();
    take_turn(turn);
  }
  GeneratedRecord record = std::move(ready_.front());
  ready_.pop_front();
  return record;
}

void ClickstreamGenerator::publish_catalogue() {
  for (std::size_t i = 0; i < catalogue_.size(); ++i) publish(catalogue_[i]);
}

void ClickstreamGenerator::add_turn(std::int64_t after_ms, std::size_t actor,
                                    double mean_pause_ms) {
  const auto pause_ms = static_cast<std::int64_t>(std::lround(random_.exponential(mean_pause_ms)));
  turns_.push({after_ms + pause_ms, actor});
}

void ClickstreamGenerator::take_turn(const Turn& turn) {
  now_ms_ = turn.time_ms;
  const std::size_t shop = sessions_.size() + config_.bot_count;
  if (turn.actor < sessions_.size()) {
    session_turn(sessions_[turn.actor]);
    add_turn(now_ms_, turn.actor, static_cast<double>(config_.session_pause.count()));
  } else if (turn.actor < shop) {
    bot_turn(turn.actor - sessions_.size());
    add_turn(now_ms_, turn.actor, bot_pause_ms_);
  } else {
    const bool adds_product = turn.actor == shop;
    change_shop(adds_product);
    const auto pause = adds_product ? config_.new_item_every : config_.shortage_every;
    add_turn(now_ms_, turn.actor, static_cast<double>(pause.count()));
  }
}

void ClickstreamGenerator::change_shop(bool adds_product) {
  if (!adds_product) return publish(catalogue_.change_availability(random_));
  for (const GeneratedProduct& product : catalogue_.add(random_)) publish(product);
}

void ClickstreamGenerator::bot_turn(std::size_t bot) {
  Session session;
  session.user = config_.user_count + bot;  // Ids past the visitors' are the bots'.
  emit(session, Action::kClick, random_.below(catalogue_.size()));
}

void ClickstreamGenerator::session_turn(Session& session) {
  if (session.user == kNobody) begin(session);
  ++session.event_count;
  if (session.product == kNobody || random_.chance(kListsAgain)) {
    show_listing(session);
  } else {
    act(session);
  }
  if (session.event_count >= kSessionEventsMax || random_.chance(kLeaves)) end(session);
}

void ClickstreamGenerator::begin(Session& session) {
  session = Session{};
  // The square of a uniform number: some visitors come back often, most rarely.
  do {
    const double u = random_.uniform();
    session.user = static_cast<std::size_t>(u * u * static_cast<double>(config_.user_count));
    if (visiting_[session.user]) session.user = random_.below(config_.user_count);
  } while (visiting_[session.user]);
  visiting_[session.user] = true;
  session.number = ++session_count_;
  session.category = category_for(session.user);
  const std::uint32_t last = last_product_[session.user];
  if (last == 0 || !random_.chance(0.6)) return;
  // Who comes back often goes on where the last visit ended.
  session.product = last - 1;
  session.category = catalogue_[session.product].category;
}

void ClickstreamGenerator::end(Session& session) {
  visiting_[session.user] = false;
  if (session.product != kNobody) {
    last_product_[session.user] = static_cast<std::uint32_t>(session.product + 1);
  }
  session.user = kNobody;
}

// Three favourite categories in a lasting mixture, each more or less in fashion at this minute.
std::size_t ClickstreamGenerator::category_for(std::size_t user) {
  constexpr std::array<double, 3> kShares = {0.6, 0.27, 0.13};
  RandomStream traits = traits_of(user, config_.seed);
  std::array<std::size_t, 3> favourites;
  std::array<double, 3> weights;
  double sum = 0;
  for (std::size_t i = 0; i < favourites.size(); ++i) {
    favourites[i] = traits.below(ClickstreamCatalogue::kCategoryCount);
    const double period_minutes = 4 + static_cast<double>(favourites[i] % 7);
    const double phase = static_cast<double>(favourites[i]);
    weights[i] =
        kShares[i] * std::exp(1.2 * std::sin(2 * kPi * minutes() / period_minutes + phase));
    sum += weights[i];
  }
  double left = random_.uniform() * sum;
  for (std::size_t i = 0; i + 1 < favourites.size(); ++i) {
    if ((left -= weights[i]) < 0) return favourites[i];
  }
  return favourites.back();
}

double ClickstreamGenerator::minutes() const {
  return static_cast<double>(now_ms_ - start_ms_) / 60000;
}

std::size_t ClickstreamGenerator::next_product(const Session& session) {
  const double drift = minutes() / kDriftMinutes;
  if (session.product != kNobody) {
    if (session.just_bought && random_.chance(kToComplementAfterPurchase)) {
      return catalogue_.complement_of(session.product, random_);
    }
    if (random_.chance(kToRelated)) return catalogue_.related_to(session.product, random_);
  }
  if (random_.chance(kToNewest)) return catalogue_.newest(random_);
  const bool elsewhere = random_.chance(kToOtherCategory);
  const std::size_t category = elsewhere ? category_for(session.user) : session.category;
  return catalogue_.popular_in(category, drift, random_);
}

// Nobody looks at what is sold out: then it is the next one on the shelf.
std::size_t ClickstreamGenerator::available(std::size_t product) {
  for (int tries = 0; tries < 8 && !catalogue_[product].available; ++tries) {
    product = catalogue_.related_to(product, random_);
  }
  return product;
}

void ClickstreamGenerator::show_listing(Session& session) {
  std::vector<GeneratedEvent::Line> lines;
  for (std::size_t i = 0; i < kListingSize; ++i) {
    const std::size_t product = available(next_product(session));
    const std::string_view name = catalogue_[product].name;
    const bool shown = std::any_of(lines.begin(), lines.end(),
                                   [&](const auto& line) { return line.item == name; });
    if (shown) continue;
    lines.push_back({name, catalogue_[product].price, 1});
    if (session.product == kNobody) session.product = product;
  }
  emit_lines(session, Action::kImpression, lines);
}

void ClickstreamGenerator::act(Session& session) {
  if (session.in_cart != kNobody && random_.chance(kBuysCart)) return buy(session);
  const double what = random_.uniform();
  if (what < kPutsInCart && session.in_cart == kNobody) {
    session.in_cart = session.product;
    emit(session, Action::kCart, session.product);
  } else if (what < kPutsInCart + kLikes) {
    emit(session, Action::kLike, session.product);
  } else if (what < kPutsInCart + kLikes + kDislikes) {
    emit(session, Action::kDislike, session.product);
  } else {
    session.product = available(next_product(session));
    session.category = catalogue_[session.product].category;
    session.just_bought = false;
    emit(session, Action::kClick, session.product);
  }
}

void ClickstreamGenerator::buy(Session& session) {
  const GeneratedProduct& main = catalogue_[session.in_cart];
  std::vector<GeneratedEvent::Line> lines{{main.name, main.price, random_.chance(0.15) ? 2 : 1}};
  const GeneratedProduct& extra = catalogue_[catalogue_.complement_of(session.in_cart, random_)];
  if (extra.available && random_.chance(0.35)) lines.push_back({extra.name, extra.price, 1});
  emit_lines(session, Action::kPurchase, lines);
  session.product = session.in_cart;
  session.in_cart = kNobody;
  session.just_bought = true;
}

void ClickstreamGenerator::emit(const Session& session, Action action, std::size_t product) {
  const GeneratedProduct& what = catalogue_[product];
  emit_lines(session, action, {{what.name, what.price, 1}});
}

void ClickstreamGenerator::emit_lines(const Session& session, Action action,
                                      const std::vector<GeneratedEvent::Line>& lines) {
  const bool is_bot = session.user >= config_.user_count;
  const std::string user = is_bot ? fmt::format("bot-{}", session.user - config_.user_count + 1)
                                  : fmt::format("u-{}", session.user + 1);
  const std::string event_id = fmt::format("e-{}-{}", config_.seed, ++event_count_);
  const std::string session_id = fmt::format("s-{}-{}", config_.seed, session.number);
  RandomStream traits = traits_of(session.user, ~config_.seed);
  const GeneratedEvent event{
      .event_id = event_id,
      .action = action,
      .user = user,
      .session = session_id,
      .lines = lines,
      .event_time = EventTime(std::chrono::milliseconds(now_ms_)),
      .device = kDevices[traits.chance(0.6) ? 0 : traits.below(kDevices.size())],
      .country = kCountries[traits.below(kCountries.size())],
      .page = page_of(action)};
  GeneratedRecord record{GeneratedTopic::kEvents, user, {}, event.event_time, false};
  record.broken = action == Action::kClick && random_.chance(config_.broken_ratio / 0.6);
  record.value = record.broken
                     ? broken_json(event, static_cast<BrokenKind>(random_.below(kBrokenKindCount)))
                     : event_json(event);
  if (random_.chance(config_.duplicate_ratio)) ready_.push_back(record);
  ready_.push_back(std::move(record));
}

void ClickstreamGenerator::publish(const GeneratedProduct& product) {
  const EventTime now{std::chrono::milliseconds(now_ms_)};
  ready_.push_back({GeneratedTopic::kItems, product.name, item_json(product, now), now, false});
}

}  // namespace freshet
