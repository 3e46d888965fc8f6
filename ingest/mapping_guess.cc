#include "ingest/mapping_guess.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

#include "ingest/field_names.h"
#include "ingest/time_reader.h"

namespace freshet {
namespace {

constexpr std::size_t kAlternativesMax = 3;
constexpr std::size_t kContextMax = 3;
constexpr std::size_t kContextValuesMax = 60;
constexpr std::size_t kTypesMax = 60;
/// Values that have to fit a role: a few broken records must not hide the field.
constexpr double kFitting = 0.95;
/// Records that a further path must add.
constexpr double kAdded = 0.005;

constexpr std::array kTimeFormats{"auto",
                                  "s",
                                  "us",
                                  "ns",
                                  "%Y-%m-%dT%H:%M:%E*S",
                                  "%Y-%m-%d %H:%M:%E*S",
                                  "%Y-%m-%d %H:%M:%E*S UTC",
                                  "%Y-%m-%d %H:%M:%E*S%Ez",
                                  "%Y-%m-%d %H:%M",
                                  "%Y-%m-%d",
                                  "%Y%m%d",
                                  "%d.%m.%Y %H:%M:%S",
                                  "%d/%m/%Y %H:%M:%S",
                                  "%m/%d/%Y %H:%M:%S",
                                  "%d/%b/%Y:%H:%M:%S %z"};

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool numbers_fit(const FieldFacts& field) {
  return share(field.number_count, field.value_count) >= kFitting;
}

/// Whether all values could be ids: texts, also such as "1234.5678", or whole numbers.
bool ids_fit(const FieldFacts& field) { return field.fraction_count == 0; }

/// The format that reads nearly all values as times between 2000 and 2100; empty = none does.
std::string time_format_of(const FieldFacts& field) {
  for (const char* format : kTimeFormats) {
    const TimeReader reader(format);
    std::size_t read = 0;
    for (const auto& [value, count] : field.values)
      if (reader.read(Scalar::of_text(value))) read += count;
    if (share(read, field.value_count) >= kFitting) return format;
  }
  return "";
}

std::string describe_format(const std::string& format, const FieldFacts& field) {
  if (format == "s") return "epoch seconds";
  if (format == "us") return "epoch microseconds";
  if (format == "ns") return "epoch nanoseconds";
  if (format != "auto") return "times like " + format;
  return numbers_fit(field) ? "epoch milliseconds" : "RFC 3339 times";
}

/// Share of the values that are the name of an action somebody uses.
double known_share(const FieldFacts& field) {
  std::size_t known = 0;
  for (const auto& [value, count] : field.values)
    if (guess_action(value)) known += count;
  return share(known, field.value_count);
}

class Guess {
 public:
  Guess(const std::vector<FieldFacts>& facts, std::size_t record_count)
      : facts_(facts), record_count_(record_count) {
    guess_.fields.resize(facts.size());
  }

  MappingGuess make() {
    guess_time();
    guess_type();
    guess_items();
    guess_users();
    EventMapping& m = guess_.mapping;
    m.session_id = choose(FieldRole::kSession, "session_id", ids_fit, "by its name: ids");
    m.event_id = choose(
        FieldRole::kEventId, "event_id", [this](const auto& field) { return is_unique(field); },
        "nearly each value comes once");
    if (m.event_id.empty())
      open(
          "event_id: no field with a value of its own in every record: events that are sent twice "
          "cannot be told from events that happened twice");
    m.price = choose(FieldRole::kPrice, "price", is_price, "numbers of 0 or more");
    m.quantity = choose(FieldRole::kQuantity, "quantity", is_quantity, "whole numbers");
    m.value = choose(FieldRole::kValue, "value", is_price, "numbers of 0 or more");
    guess_context();
    return std::move(guess_);
  }

 private:
  using Fits = std::function<bool(const FieldFacts&)>;

  struct Candidate {
    std::size_t at;
    int score;
  };

  static bool is_price(const FieldFacts& field) { return numbers_fit(field) && field.least >= 0; }
  static bool is_quantity(const FieldFacts& field) {
    return numbers_fit(field) && share(field.whole_count, field.number_count) >= 0.5;
  }
  /// A stream that sends some events twice repeats their ids.
  bool is_unique(const FieldFacts& field) const {
    return share(field.record_count, record_count_) >= 0.5 &&
           share(field.values.size(), field.value_count) >= kFitting;
  }

  void open(std::string text) { guess_.open.push_back(std::move(text)); }

  void give(std::size_t at, const std::string& role, const std::string& why) {
    guess_.fields[at] = {role, why};
  }

  /// Fields of the record itself (or inside `array`) that nothing else is made of, best first.
  std::vector<Candidate> candidates(FieldRole role, const Fits& fits,
                                    const std::string& array = "") const {
    std::vector<Candidate> found;
    for (std::size_t at = 0; at < facts_.size(); ++at) {
      const FieldFacts& field = facts_[at];
      if (field.array != array || field.path.empty() || !guess_.fields[at].role.empty()) continue;
      const int score = name_score(role, field.path);
      if (score > 0 && fits(field)) found.push_back({at, score});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    return found;
  }

  /// Takes the best, and others that have it where the better ones are absent.
  std::vector<std::string> take(const std::vector<Candidate>& found, const std::string& role,
                                const std::string& why) {
    std::vector<std::string> paths;
    std::vector<bool> covered(record_count_);
    for (const Candidate& candidate : found) {
      const FieldFacts& field = facts_[candidate.at];
      std::size_t added = 0;
      for (std::size_t k = 0; k < record_count_; ++k) added += field.present[k] && !covered[k];
      if (added == 0 || (!paths.empty() && share(added, record_count_) < kAdded)) continue;
      for (std::size_t k = 0; k < record_count_; ++k) covered[k] = covered[k] || field.present[k];
      paths.push_back(field.path);
      give(candidate.at, role,
           fmt::format("{}, {} different", paths.size() == 1 ? why : "where others are absent",
                       field.values.size()));
      if (paths.size() == kAlternativesMax) break;
    }
    return paths;
  }

  std::vector<std::string> choose(FieldRole role, const std::string& name, const Fits& fits,
                                  const std::string& why, const std::string& array = "") {
    return take(candidates(role, fits, array), name, why);
  }

  /// Share of the records that have one of the paths outside of arrays.
  double coverage(const std::vector<std::string>& paths) const {
    std::size_t covered = 0;
    for (std::size_t k = 0; k < record_count_; ++k)
      covered += std::any_of(facts_.begin(), facts_.end(), [&](const FieldFacts& field) {
        return field.array.empty() && field.present[k] &&
               std::find(paths.begin(), paths.end(), field.path) != paths.end();
      });
    return share(covered, record_count_);
  }

  void guess_time() {
    EventMapping& m = guess_.mapping;
    m.event_time.clear();
    auto found = candidates(FieldRole::kTime,
                            [](const FieldFacts& field) { return !time_format_of(field).empty(); });
    if (found.empty()) {
      open(
          "event_time: no field of times between 2000 and 2100: the time that Kafka gives each "
          "record stands in; name the field and its time_format if there is one");
      return;
    }
    m.time_format = time_format_of(facts_[found.front().at]);
    std::erase_if(found, [&](const Candidate& candidate) {
      return time_format_of(facts_[candidate.at]) != m.time_format;
    });
    m.event_time =
        take(found, "event_time", describe_format(m.time_format, facts_[found.front().at]));
  }

  void guess_type() {
    std::vector<Candidate> found;
    for (std::size_t at = 0; at < facts_.size(); ++at) {
      const FieldFacts& field = facts_[at];
      if (!field.array.empty() || !guess_.fields[at].role.empty()) continue;
      const bool few =
          field.values.size() <= kTypesMax && share(field.number_count, field.value_count) < 0.5;
      const int score = name_score(FieldRole::kType, field.path);
      const double known = known_share(field);
      // A name alone will do only where the values repeat, as those of an action do.
      const bool repeats = field.values.size() * 2 <= field.value_count;
      if (few && ((score > 0 && (repeats || known > 0)) || known > 0.5))
        found.push_back({at, score + static_cast<int>(200 * known)});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    guess_.mapping.type = take(found, "type", "few different values, some known as actions");
    if (guess_.mapping.type.empty()) {
      guess_.mapping.default_type = "click";
      open(
          "type: no field that says what was done: every record is taken for a click; set "
          "default_type to purchase if that is what they are");
      return;
    }
    guess_meanings();
  }

  /// The values of the first path that each record has.
  void guess_meanings() {
    std::map<std::string, std::size_t> counts;
    for (std::size_t at = 0; at < facts_.size(); ++at)
      if (guess_.fields[at].role == "type")
        for (const auto& [value, count] : facts_[at].values) counts[value] += count;
    std::string unknown;
    for (const auto& [value, count] : counts) {
      const auto action = guess_action(value);
      guess_.types.push_back({value, share(count, record_count_),
                              action ? std::string(to_string(*action)) : "ignore"});
    }
    std::stable_sort(guess_.types.begin(), guess_.types.end(),
                     [](const auto& a, const auto& b) { return a.share > b.share; });
    std::size_t unknown_count = 0;
    for (const GuessedType& type : guess_.types) {
      guess_.mapping.types[type.value] = type.meaning;
      if (type.meaning != "ignore") continue;
      ++unknown_count;
      if (unknown_count <= 5) unknown += (unknown.empty() ? "" : ", ") + type.value;
    }
    if (unknown_count == 0) return;
    guess_.mapping.types["*"] = "ignore";
    open(
        fmt::format("types: {} values have no known meaning and are ignored ({}{}): say which of "
                    "them are impression, click, cart, purchase, like or dislike",
                    unknown_count, unknown, unknown_count > 5 ? ", ..." : ""));
  }

  void guess_items() {
    EventMapping& m = guess_.mapping;
    m.items.clear();
    m.items_item_id.clear();
    m.items_quantity.clear();
    m.items_price.clear();
    m.item_id = choose(
        FieldRole::kItem, "item_id",
        [](const FieldFacts& field) { return ids_fit(field) && field.values.size() > 1; },
        "by its name: ids");
    for (const std::string& array : arrays()) guess_array(array);
    if (m.items_item_id.empty()) m.items_item_id = {"item_id"};
    if (m.item_id.empty() && m.items.empty()) {
      m.item_id = {"item_id"};  // There must be one, and a reader has to find the place.
      open(
          "item_id: no field looks like an item's id, and nothing can be recommended without: name "
          "it, or the array under items");
    }
  }

  /// Arrays by name, those with items' ids inside first.
  std::vector<std::string> arrays() const {
    std::vector<std::pair<int, std::string>> scored;
    for (const FieldFacts& field : facts_) {
      if (field.array.empty()) continue;
      const bool known = std::any_of(scored.begin(), scored.end(),
                                     [&](const auto& each) { return each.second == field.array; });
      if (!known) scored.push_back({name_score(FieldRole::kItems, field.array), field.array});
    }
    std::stable_sort(scored.begin(), scored.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::string> names;
    for (const auto& [score, array] : scored)
      if (score > 0) names.push_back(array);
    return names;
  }

  void guess_array(const std::string& array) {
    EventMapping& m = guess_.mapping;
    if (m.items.size() == kAlternativesMax) return;
    const auto add = [](std::vector<std::string>& paths, const std::vector<std::string>& more) {
      for (const std::string& path : more)
        if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
    };
    auto ids = candidates(FieldRole::kItemInItems, ids_fit, array);
    if (ids.size() > 1) ids.resize(1);
    if (ids.empty()) {
      const auto bare = std::find_if(facts_.begin(), facts_.end(), [&](const FieldFacts& field) {
        return field.array == array && field.path.empty();
      });
      if (bare == facts_.end() || !ids_fit(*bare)) return;
      m.items.push_back(array);
      give(static_cast<std::size_t>(bare - facts_.begin()), "items", "an array of ids");
      return;
    }
    m.items.push_back(array);
    add(m.items_item_id, take(ids, "items_item_id", "ids inside of an array of items"));
    add(m.items_quantity,
        choose(FieldRole::kQuantity, "items_quantity", is_quantity, "whole numbers", array));
    add(m.items_price,
        choose(FieldRole::kPrice, "items_price", is_price, "numbers of 0 or more", array));
  }

  void guess_users() {
    EventMapping& m = guess_.mapping;
    const Fits fits = [](const FieldFacts& field) {
      return ids_fit(field) && field.values.size() > 1;
    };
    m.user_id = choose(FieldRole::kUser, "user_id", fits, "by its name: ids");
    const bool known = !m.user_id.empty();
    const double found = coverage(m.user_id);
    if (known && found > 0.999) return;
    auto others = choose(FieldRole::kAnonymous, known ? "anonymous_id" : "user_id", fits,
                         known ? "ids of those without a user id" : "by its name: ids");
    std::vector<std::string> all = m.user_id;
    all.insert(all.end(), others.begin(), others.end());
    (known ? m.anonymous_id : m.user_id) = std::move(others);
    if (all.empty()) {
      m.user_id = {"user_id"};
      open(
          "user_id: no field looks like a user's id: every record becomes a dead letter until it "
          "is "
          "named");
    } else if (const double share_known = coverage(all); share_known < 0.999) {
      open(
          fmt::format("user_id: {:.1f} % of the records have none: they become dead letters unless "
                      "anonymous_id names a field that they have",
                      100 * (1 - share_known)));
    }
  }

  void guess_context() {
    auto found = candidates(FieldRole::kContext, [this](const FieldFacts& field) {
      return field.values.size() > 1 && field.values.size() <= kContextValuesMax &&
             share(field.record_count, record_count_) >= 0.2 &&
             share(field.number_count, field.value_count) < 0.5;
    });
    if (found.size() > kContextMax) found.resize(kContextMax);
    std::vector<std::string> paths;
    for (const Candidate& candidate : found) {
      paths.push_back(facts_[candidate.at].path);
      give(candidate.at, "context", "few different values, known before the click");
    }
    guess_.mapping.context = common_object(paths);
    const std::size_t skipped =
        guess_.mapping.context.empty() ? 0 : guess_.mapping.context.size() + 1;
    for (const std::string& path : paths) guess_.context.push_back(path.substr(skipped));
  }

  /// The object that all paths begin with, "" = none.
  static std::string common_object(const std::vector<std::string>& paths) {
    if (paths.empty()) return "";
    const std::string object = paths.front().substr(0, paths.front().find('.'));
    const bool common = std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
      return path.starts_with(object + ".");
    });
    return common ? object : "";
  }

  const std::vector<FieldFacts>& facts_;
  const std::size_t record_count_;
  MappingGuess guess_;
};

}  // namespace

MappingGuess guess_mapping(const std::vector<FieldFacts>& facts, std::size_t record_count) {
  return Guess(facts, record_count).make();
}

}  // namespace freshet
