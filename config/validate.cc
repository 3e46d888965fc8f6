#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/config_fields.h"
#include "config/field_parser.h"
#include "config/rule_reader.h"
#include "config/unit_text.h"

namespace freshet {
namespace {

/// Gathers "key: text" where a relation does not hold. Confined to one thread.
class Relations {
 public:
  void require(bool holds, const std::string& key, const std::string& otherwise) {
    if (!holds) problems_.push_back(key + ": " + otherwise);
  }
  void add(const std::vector<std::string>& problems) {
    problems_.insert(problems_.end(), problems.begin(), problems.end());
  }
  std::vector<std::string> take() { return std::move(problems_); }

 private:
  std::vector<std::string> problems_;
};

/// A shorter token can be guessed at the rate that is let through.
constexpr std::size_t kTokenBytesMin = 8;

bool all_different(const std::vector<std::string>& texts) {
  return std::set<std::string>(texts.begin(), texts.end()).size() == texts.size();
}

bool is_time_format(const std::string& format) {
  static const std::set<std::string> kUnits{"auto", "s", "ms", "us", "ns"};
  return kUnits.contains(format) || format.find('%') != std::string::npos;
}

void check_ingest(const IngestConfig& c, Relations& r) {
  constexpr std::size_t kContextMax = 16;
  r.require(c.context.size() <= kContextMax, "ingest.context",
            std::to_string(c.context.size()) + " keys are too many: keep at most 16");
  r.require(all_different(c.context), "ingest.context", "a key stands twice: keep one");
  r.require(all_different(c.csv_columns), "ingest.csv_columns",
            "a heading stands twice: give each column its own");
  r.require(is_time_format(c.mapping.time_format), "ingest.mapping.time_format",
            "\"" + c.mapping.time_format +
                "\" is not known: write auto, s, ms, us, ns or a format such as "
                "%Y-%m-%d %H:%M:%S");
  r.require(!c.mapping.type.empty() || !c.mapping.default_type.empty(), "ingest.mapping.type",
            "no path, and ingest.mapping.default_type is empty: set either");
  r.require(!c.mapping.user_id.empty() || !c.mapping.anonymous_id.empty(), "ingest.mapping.user_id",
            "no path, and ingest.mapping.anonymous_id has none either: set either");
  r.require(!c.mapping.item_id.empty() || !c.mapping.items.empty(), "ingest.mapping.item_id",
            "no path, and ingest.mapping.items has none either: set either");
  r.require(c.mapping.items.empty() || !c.mapping.items_item_id.empty() || c.format == "csv",
            "ingest.mapping.items_item_id", "no path, but items are read: name the id's key");
  r.require(c.kafka.rules_topic.empty() || (c.kafka.rules_topic != c.kafka.events_topic &&
                                            c.kafka.rules_topic != c.kafka.items_topic),
            "ingest.kafka.rules_topic", "is the topic of events or items: name another, or none");
  r.require(c.kafka.items_topic != c.kafka.events_topic, "ingest.kafka.items_topic",
            "is the topic of events: name another, or none");
  r.require(c.kafka.users_topic.empty() || (c.kafka.users_topic != c.kafka.events_topic &&
                                            c.kafka.users_topic != c.kafka.items_topic),
            "ingest.kafka.users_topic", "is a topic of events or items: name another, or none");
  r.require(c.rekey.from_topic.empty() || (c.rekey.from_topic != c.kafka.events_topic &&
                                           c.rekey.from_topic != c.kafka.items_topic),
            "ingest.rekey.from_topic",
            "is a topic that Freshet uses itself: name the one that is not keyed by user");
  r.require(c.record_bytes_max <= c.kafka.prefetch_bytes_max, "ingest.record_bytes_max",
            "is larger than ingest.kafka.prefetch_bytes_max: lower it or raise the other");
}

void check_state(const StateConfig& c, Relations& r) {
  r.require(c.learn_history_max <= c.history_max, "state.learn_history_max",
            "is larger than state.history_max: lower it to " + std::to_string(c.history_max));
  r.require(c.snapshots.directory != c.directory, "state.snapshots.directory",
            "is state.directory: name another, best on another disk");
}

void check_scoring(const ScoringConfig& c, Relations& r) {
  r.require(c.batch_linger_max < c.rank_deadline, "scoring.batch_linger_max",
            "must be shorter than scoring.rank_deadline: shorten it or lengthen the other");
  r.require(2 * c.candidates_per_expert >= c.list_size, "scoring.candidates_per_expert",
            "is less than half of scoring.list_size, so lists stay short: raise it");
  const auto& half_lives = c.popularity.half_lives;
  const bool ascending = std::adjacent_find(half_lives.begin(), half_lives.end(),
                                            std::greater_equal<>()) == half_lives.end();
  r.require(ascending, "scoring.popularity.half_lives",
            "must grow from one to the next: sort them, shortest first");
  r.require(c.covisitation.neighbours_max >= c.covisitation.walk_edges_max,
            "scoring.covisitation.walk_edges_max",
            "is larger than scoring.covisitation.neighbours_max: lower it to " +
                std::to_string(c.covisitation.neighbours_max));
  r.require(c.network.heads == 0 || c.network.dim % c.network.heads == 0, "scoring.network.heads",
            "does not divide scoring.network.dim of " + std::to_string(c.network.dim) +
                ": write a divisor");
  const EncoderConfig& encoder = c.content.encoder;
  const bool encodes = !encoder.file.empty();
  r.require(!encodes || encoder.input != "text" || !encoder.vocabulary.empty(),
            "scoring.content.encoder.vocabulary",
            "is empty, but the encoder is given text: name a file with one token a line");
  r.require(!encodes || encoder.input != "embedding" || c.catalogue.embedding_dim > 0,
            "scoring.catalogue.embedding_dim",
            "is 0, but the encoder is given embeddings: set their size");
  r.require(!encodes || c.content.enabled, "scoring.content.encoder.file",
            "is set, but scoring.content.enabled is false: set it to true or leave the file out");
}

void check_rules(const Config& c, Relations& r) {
  const auto& rules = c.scoring.rules;
  r.require(rules.size() <= c.scoring.rules_max, "scoring.rules",
            std::to_string(rules.size()) +
                " rules are too many: drop some, or raise "
                "scoring.rules_max");
  std::set<std::string> names;
  for (std::size_t k = 0; k < rules.size(); ++k) {
    const std::string key = "scoring.rules[" + std::to_string(k) + "].";
    r.add(rule_problems(rules[k], key, rule_scope(c)));
    r.require(rules[k].name.empty() || names.insert(rules[k].name).second, key + "name",
              quoted(rules[k].name) + " stands twice: give each rule its own");
  }
}

void check_scenarios(const Config& c, Relations& r) {
  constexpr std::size_t kScenariosMax = 16;
  const auto& scenarios = c.scoring.scenarios;
  r.require(scenarios.size() <= kScenariosMax, "scoring.scenarios",
            std::to_string(scenarios.size()) + " are too many: keep at most 16");
  std::vector<std::string> names;
  for (const ScenarioConfig& scenario : scenarios) {
    names.push_back(scenario.name);
    r.require(scenario.name != kDefaultScenario && !scenario.name.empty(),
              "scoring.scenarios." + scenario.name,
              "is the name of lists without a scenario, which scoring itself sets: take another");
  }
  r.require(all_different(c.sinks.kafka.scenarios), "sinks.kafka.scenarios",
            "a scenario stands twice: keep one");
  for (const std::string& name : c.sinks.kafka.scenarios)
    r.require(std::find(names.begin(), names.end(), name) != names.end(), "sinks.kafka.scenarios",
              quoted(name) + " is no scenario: name one of scoring.scenarios");
}

void check_sinks(const SinksConfig& c, Relations& r) {
  r.require(c.kafka.lists_topic != c.kafka.dead_letters_topic, "sinks.kafka.dead_letters_topic",
            "is the topic of lists: name another");
  r.require(c.kafka.linger * 2 <= c.kafka.delivery_timeout, "sinks.kafka.linger",
            "must be at most half of sinks.kafka.delivery_timeout: shorten it");
  const bool local = c.http.address.starts_with("127.") || c.http.address == "::1";
  r.require(!c.http.enabled || local || !c.http.token.empty(), "sinks.http.token",
            "is empty, but " + c.http.address +
                " can be reached from other machines: set it, for example to "
                "${file:/run/secrets/freshet-http}, or listen on 127.0.0.1");
  r.require(
      c.http.token.empty() || c.http.token.size() >= kTokenBytesMin, "sinks.http.token",
      "is shorter than 8 characters: take a longer one, such as `openssl rand -hex 24` gives");
  r.require(c.http.tls_certificate.empty() == c.http.tls_key.empty(), "sinks.http.tls_key",
            "certificate and key go together: set both or none");
  r.require(c.http.advertised_url.empty() || is_base_url(c.http.advertised_url),
            "sinks.http.advertised_url",
            "\"" + c.http.advertised_url +
                "\" is no address to start from: write http:// or https://, a host and a port, and "
                "no / at the end");
  r.require(c.http.advertised_url.empty() || !c.kafka.owners_topic.empty(),
            "sinks.kafka.owners_topic",
            "is empty, so nobody learns sinks.http.advertised_url: name a compacted topic");
}

void check_across(const Config& c, Relations& r) {
  r.require(c.sinks.kafka.delivery_timeout < c.ingest.kafka.session_timeout,
            "sinks.kafka.delivery_timeout",
            "must be shorter than ingest.kafka.session_timeout, or a former owner could publish "
            "late: shorten it or lengthen the other");
  r.require(c.scoring.network.history_max <= c.state.learn_history_max,
            "scoring.network.history_max",
            "is larger than state.learn_history_max, so it never gets as many entries: lower it "
            "or raise the other");
  r.require(c.sinks.kafka.lists_topic != c.ingest.kafka.events_topic &&
                c.sinks.kafka.dead_letters_topic != c.ingest.kafka.events_topic,
            "ingest.kafka.events_topic", "is written to by sinks.kafka: name another topic");
  r.require(!c.sinks.http.accept_events || c.ingest.format == "json", "sinks.http.accept_events",
            "events come as JSON, but ingest.format is csv: set it to false");
  const std::string& owners = c.sinks.kafka.owners_topic;
  r.require(owners.empty() ||
                (owners != c.ingest.kafka.events_topic && owners != c.ingest.kafka.items_topic &&
                 owners != c.sinks.kafka.lists_topic && owners != c.sinks.kafka.dead_letters_topic),
            "sinks.kafka.owners_topic", "is used for something else already: name another topic");
  const std::string& related = c.sinks.kafka.related_topic;
  r.require(related.empty() ||
                (related != c.ingest.kafka.events_topic && related != c.ingest.kafka.items_topic &&
                 related != c.sinks.kafka.lists_topic && related != owners &&
                 related != c.sinks.kafka.dead_letters_topic),
            "sinks.kafka.related_topic", "is used for something else already: name another topic");
  r.require(c.scoring.learning.directory != c.state.directory, "scoring.learning.directory",
            "is state.directory: name another");
}

}  // namespace

bool is_base_url(std::string_view url) {
  const std::size_t host = url.find("://") + 3;
  const std::string_view scheme = url.substr(0, host);
  if (scheme != "http://" && scheme != "https://") return false;
  constexpr std::string_view kHostBytes =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._[]:";
  return host < url.size() && url.find_first_not_of(kHostBytes, host) == std::string_view::npos;
}

std::vector<std::string> validate(const Config& config) {
  Config copy = config;  // The fields point to values that may be written.
  std::vector<std::string> problems;
  for (const ConfigField& field : config_fields(copy)) {
    if (const auto problem = check_field(field)) problems.push_back(field.key + ": " + *problem);
  }
  // Those of rules are checked with their relations.
  for (std::size_t k = 0; k < copy.scoring.scenarios.size(); ++k) {
    ScenarioConfig& scenario = copy.scoring.scenarios[k];
    for (const ConfigField& field : scenario_fields(scenario))
      if (const auto problem = check_field(field))
        problems.push_back("scoring.scenarios." + scenario.name + "." + field.key + ": " +
                           *problem);
  }
  Relations relations;
  check_ingest(config.ingest, relations);
  check_state(config.state, relations);
  check_scoring(config.scoring, relations);
  check_sinks(config.sinks, relations);
  check_rules(config, relations);
  check_scenarios(config, relations);
  check_across(config, relations);
  const auto broken = relations.take();
  problems.insert(problems.end(), broken.begin(), broken.end());
  return problems;
}

}  // namespace freshet
