#include "app/commands/init_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "app/commands/table.h"
#include "config/substitute.h"
#include "sinks/json_text.h"

namespace freshet {
namespace {

constexpr std::size_t kRowsMax = 60;
constexpr std::size_t kExampleWidth = 18;
constexpr std::size_t kCommentWidth = 160;
constexpr std::size_t kTypesMax = 60;

/// A YAML text that reads back as `text`: plain where nothing can go wrong, else in double quotes.
std::string quoted_key(const std::string& text) {
  const bool plain =
      !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.") ==
          std::string::npos;
  static const std::vector<std::string> kWords{"y",  "n",    "yes",   "no",  "true",
                                               "on", "null", "false", "off", "nan"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (plain && std::find(kWords.begin(), kWords.end(), lower) == kWords.end()) return text;
  std::string escaped = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return escaped + "\"";
}

/// The same of a value, in which ${NAME} would be replaced.
std::string quoted(const std::string& text) { return quoted_key(escape_environment(text)); }

/// As in our samples: another cluster may be named by the environment.
std::string brokers_of(const InitPlan& plan) {
  const bool plain = plan.brokers.find_first_of("${}#\"'\\ ,") == std::string::npos;
  return plain ? "${FRESHET_BROKERS:-" + plan.brokers + "}" : quoted(plan.brokers);
}

/// "[a, b]", or the text itself of a single one.
std::string list_of(const std::vector<std::string>& texts, bool brackets) {
  if (texts.size() == 1 && !brackets) return quoted(texts.front());
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
  return "[" + list + "]";
}

std::string comment(const std::string& text) {
  return for_terminal(valid_utf8(text), kCommentWidth);
}

std::string percent(std::size_t part, std::size_t whole) {
  return fmt::format(
      "{:.1f} %", whole == 0 ? 0.0 : 100 * static_cast<double>(part) / static_cast<double>(whole));
}

/// "in 100.0 % of the records: by its name: ids, 812 different" of the role's first field.
std::string reason_of(const InitPlan& plan, const std::string& role) {
  for (std::size_t at = 0; at < plan.facts.size(); ++at) {
    if (plan.guess.fields[at].role != role) continue;
    return fmt::format("in {} of the records; {}",
                       percent(plan.facts[at].record_count, plan.sample.records.size()),
                       plan.guess.fields[at].why);
  }
  return "";
}

class YamlText {
 public:
  explicit YamlText(const InitPlan& plan) : plan_(plan) {}

  std::string make() {
    head();
    ingest();
    mapping();
    rest();
    return std::move(text_);
  }

 private:
  void line(const std::string& text) { text_ += text + "\n"; }

  void head() {
    line("# Freshet's configuration, proposed by `freshet init` from " +
         comment(fmt::format("{} records of {}.", plan_.sample.records.size(), plan_.sample.from)));
    line("# Check it: freshet validate FILE. See what becomes of your events: freshet replay.");
    line(
        "# What is not here keeps its default; all keys: docs/config.md, the mapping: "
        "docs/events.md.");
    if (!plan_.guess.open.empty() || !plan_.unreachable.empty()) {
      line("#\n# Could not be guessed:");
      for (const std::string& open : plan_.guess.open) line("# - " + comment(open));
      for (const std::string& name : plan_.unreachable)
        line("# - " +
             comment("field \"" + name + "\": no path can spell a name with a dot or bracket"));
    }
    line("");
  }

  void ingest() {
    line("ingest:\n  kafka:");
    line(fmt::format("    brokers: {} # where the events are read", brokers_of(plan_)));
    if (plan_.rekey) {
      line("    events_topic: freshet.events # Freshet's own: the events, keyed by user");
    } else {
      line(fmt::format("    events_topic: {} # each record's key must be its user",
                       quoted(plan_.topic)));
    }
    line("    items_topic: freshet.items # titles, categories, prices; \"\" = none");
    properties();
    if (plan_.rekey) {
      line("  rekey:");
      line(fmt::format(
          "    from_topic: {} # your topic: only {} of its records have the user as key",
          quoted(plan_.topic), percent(plan_.trial.keyed_by_user, plan_.trial.read)));
    }
    line(fmt::format("  context: {} # {}", list_of(plan_.guess.context, true),
                     plan_.guess.context.empty()
                         ? "nothing with few different values, such as the device, was found"
                         : "kept with each event and learned from; at most 16"));
  }

  /// Their references are meant, so nothing is escaped.
  void properties() {
    if (plan_.properties.empty()) return;
    line("    properties: # handed to librdkafka; ${NAME}: the environment, ${file:PATH}: a file");
    for (const auto& [key, value] : plan_.properties)
      line(fmt::format("      {}: {}", quoted_key(key), quoted_key(value)));
  }

  void path(const std::string& key, const std::vector<std::string>& paths,
            const std::string& absent = "not found in the sample") {
    const std::string why = reason_of(plan_, key);
    line(fmt::format("    {}: {} # {}", key, list_of(paths, false),
                     comment(why.empty() ? absent : why)));
  }

  void mapping() {
    const EventMapping& m = plan_.guess.mapping;
    line(
        "  mapping: # where each field stands in your records; of several paths the first present "
        "counts");
    path("event_id", m.event_id, "none with a value of its own in each record");
    path("type", m.type);
    if (!m.default_type.empty())
      line(fmt::format("    default_type: {} # what every record is taken for: check it",
                       m.default_type));
    path("user_id", m.user_id, "NOT FOUND in the sample: name your field");
    if (!m.anonymous_id.empty()) path("anonymous_id", m.anonymous_id);
    path("session_id", m.session_id,
         "not found: a session ends after state.session_gap of silence");
    path("event_time", m.event_time, "not found: the time that Kafka gave the record stands in");
    if (!m.event_time.empty())
      line(fmt::format("    time_format: {} # {}", quoted(m.time_format),
                       time_comment(m.time_format)));
    path("item_id", m.item_id,
         m.items.empty() ? "NOT FOUND in the sample: name your field"
                         : "items stand in an array alone");
    path("quantity", m.quantity);
    path("price", m.price);
    path("items", m.items,
         m.items.empty() ? "no array of items in the sample"
                         : "arrays of items: their ids are below");
    if (!m.items.empty()) {
      path("items_item_id", m.items_item_id, "the elements are ids themselves");
      path("items_quantity", m.items_quantity);
      path("items_price", m.items_price);
    }
    path("value", m.value);
    line(fmt::format(
        "    context: {} # object that the context keys stand in; \"\" = the record itself",
        quoted(m.context)));
    if (negative_quantities())
      line("    negative_quantity_cancels: true # the sample has some: a purchase taken back");
    types();
  }

  static std::string time_comment(const std::string& format) {
    if (format == "auto") return "RFC 3339 text, or epoch milliseconds";
    if (format.find('%') != std::string::npos) return "read as UTC";
    return format == "s"    ? "epoch seconds"
           : format == "us" ? "epoch microseconds"
                            : "epoch nanoseconds";
  }

  bool negative_quantities() const {
    for (std::size_t at = 0; at < plan_.facts.size(); ++at) {
      const std::string& role = plan_.guess.fields[at].role;
      if ((role == "quantity" || role == "items_quantity") && plan_.facts[at].least < 0)
        return true;
    }
    return false;
  }

  void types() {
    if (plan_.guess.types.empty()) return;
    line(
        "    types: # what the values of `type` mean: impression, click, cart, purchase, like, "
        "dislike, ignore");
    std::size_t count = 0;
    for (const GuessedType& type : plan_.guess.types) {
      if (type.value == "*") continue;  // It stands for all others, below.
      if (++count > kTypesMax) break;
      line(fmt::format("      {}: {} # {:.1f} % of the records{}", quoted_key(type.value),
                       type.meaning, 100 * type.share,
                       type.meaning == "ignore" ? "; no known meaning: check it" : ""));
    }
    if (plan_.guess.mapping.types.contains("*"))
      line("      \"*\": ignore # all others; without this line they become dead letters");
  }

  void rest() {
    line("\nstate:\n  directory: freshet-data/state # one database per partition\n");
    line("scoring:\n  list_size: 20\n  learning:");
    line("    directory: freshet-data/model # checkpoints of the model\n");
    line("sinks:\n  kafka:");
    line(fmt::format("    brokers: {} # where the lists go", brokers_of(plan_)));
    properties();
    line("    lists_topic: freshet.recommendations # key = user");
    line("    dead_letters_topic: freshet.dead-letters # what could not be used, and why");
    line(
        "  http:\n    address: 127.0.0.1 # 0.0.0.0 = reachable from other machines; needs a token");
    line("    port: ${FRESHET_PORT:-8080} # API and console");
  }

  const InitPlan& plan_;
  std::string text_;
};

std::string examples_of(const FieldFacts& field) {
  std::vector<std::pair<std::size_t, std::string>> common;
  for (const auto& [value, count] : field.values) common.push_back({count, value});
  const auto end =
      common.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, common.size()));
  std::partial_sort(common.begin(), end, common.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::string text;
  for (auto it = common.begin(); it != end; ++it)
    text += (text.empty() ? "" : ", ") + for_terminal(valid_utf8(it->second), kExampleWidth);
  return text;
}

}  // namespace

Status make_plan(InitPlan& plan) {
  FieldSurvey survey;
  std::string trouble;
  for (const std::string& record : plan.sample.records) {
    const std::string why = survey.add(record);
    if (trouble.empty()) trouble = why;
  }
  if (survey.record_count() == 0) {
    return error(ErrorCode::kInvalidConfig,
                 fmt::format("{}: none of {} records is a JSON object: {}. For CSV start from "
                             "config/online-retail.yaml",
                             plan.sample.from, plan.sample.records.size(), trouble));
  }
  plan.facts = survey.facts();
  plan.unreachable = survey.unreachable();
  plan.guess = guess_mapping(plan.facts, survey.record_count());
  IngestConfig config;
  config.mapping = plan.guess.mapping;
  config.context = plan.guess.context;
  plan.trial = try_mapping(plan.sample, config);
  plan.rekey = plan.sample.is_topic && plan.trial.read > 0 &&
               plan.trial.keyed_by_user * 100 < plan.trial.read * 99;
  return {};
}

std::string init_yaml(const InitPlan& plan) { return YamlText(plan).make(); }

std::string field_table(const InitPlan& plan, bool styled) {
  Table table({"field", "records", "examples", "role", "why"});
  std::size_t rows = 0;
  for (const bool with_role : {true, false}) {
    for (std::size_t at = 0; at < plan.facts.size(); ++at) {
      const GuessedField& guessed = plan.guess.fields[at];
      if (guessed.role.empty() == with_role || ++rows > kRowsMax) continue;
      table.add({valid_utf8(plan.facts[at].name()),
                 percent(plan.facts[at].record_count, plan.sample.records.size()),
                 examples_of(plan.facts[at]), guessed.role, guessed.why});
    }
  }
  return table.text(styled);
}

std::string summary(const InitPlan& plan) {
  const std::size_t count = plan.sample.records.size();
  std::string text;
  if (!plan.guess.types.empty()) {
    text += "\ntypes:";
    std::size_t shown = 0;
    for (const GuessedType& type : plan.guess.types) {
      if (++shown > 12) break;
      text += fmt::format("{} {} = {}", shown == 1 ? "" : ",", comment(type.value), type.meaning);
    }
    text += plan.guess.types.size() > 12 ? ", ...\n" : "\n";
  }
  text += fmt::format("\nwith this mapping {} of {} records are events", plan.trial.read, count);
  if (plan.trial.ignored > 0) text += fmt::format(", {} are ignored", plan.trial.ignored);
  text += "\n";
  for (const auto& [why, refused] : plan.trial.refused)
    text += fmt::format("  {} would be dead letters: {}\n", refused, comment(why));
  if (plan.rekey)
    text +=
        fmt::format("  {} of them have the user as their key: the others are keyed anew (rekey)\n",
                    percent(plan.trial.keyed_by_user, plan.trial.read));
  for (const std::string& open : plan.guess.open) text += "open: " + comment(open) + "\n";
  return text;
}

}  // namespace freshet
