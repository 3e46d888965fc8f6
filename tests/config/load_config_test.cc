#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "config/config.h"

namespace freshet {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

std::vector<std::string> problems_of(std::string_view yaml) {
  const auto config = load_config(yaml);
  if (config) return {};
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
  std::vector<std::string> lines;
  std::istringstream text(config.error().text);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

TEST(LoadConfig, KeepsDefaultsOfWhatIsNotWritten) {
  const auto config = load_config("");
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(to_yaml(*config), to_yaml(Config{}));
}

TEST(LoadConfig, ReadsEveryKindOfValue) {
  const auto config = load_config(R"(
ingest:
  csv_delimiter: tab
  context: [a, b]
  mapping:
    user_id: properties.user
    type: [event, type]
    items: []
    types: {view_item: click, "*": ignore}
    negative_quantity_cancels: true
  kafka:
    brokers: "a:1,b:2"
    session_timeout: 30s
    prefetch_bytes_max: 64MiB
    properties:
      security.protocol: SSL
scoring:
  list_size: 7
  batch_linger_max: 5us
  popularity: {half_lives: [10, 1e3]}
  mixture: {floor: 0.01}
  learning: {seed: 18446744073709551615}
state:
  session_gap: 1h
  bot_events_per_minute_max: 0
sinks:
  http: {port: 65535}
)");
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->ingest.csv_delimiter, '\t');
  EXPECT_THAT(config->ingest.context, ElementsAre("a", "b"));
  EXPECT_THAT(config->ingest.mapping.user_id, ElementsAre("properties.user"));
  EXPECT_THAT(config->ingest.mapping.type, ElementsAre("event", "type"));
  EXPECT_TRUE(config->ingest.mapping.items.empty());
  EXPECT_THAT(config->ingest.mapping.types,
              ElementsAre(Pair("*", "ignore"), Pair("view_item", "click")));
  EXPECT_TRUE(config->ingest.mapping.negative_quantity_cancels);
  EXPECT_EQ(config->ingest.kafka.brokers, "a:1,b:2");
  EXPECT_EQ(config->ingest.kafka.session_timeout, seconds{30});
  EXPECT_EQ(config->ingest.kafka.prefetch_bytes_max, 64u << 20);
  EXPECT_THAT(config->ingest.kafka.properties, ElementsAre(Pair("security.protocol", "SSL")));
  EXPECT_EQ(config->scoring.list_size, 7u);
  EXPECT_EQ(config->scoring.batch_linger_max, microseconds{5});
  EXPECT_THAT(config->scoring.popularity.half_lives, ElementsAre(10, 1000));
  EXPECT_EQ(config->scoring.mixture.floor, 0.01);
  EXPECT_EQ(config->scoring.learning.seed, 18446744073709551615u);
  EXPECT_EQ(config->state.session_gap, seconds{3600});
  EXPECT_EQ(config->state.bot_events_per_minute_max, 0u);
  EXPECT_EQ(config->sinks.http.port, 65535);
}

TEST(LoadConfig, ReportsAllProblemsAtOnceWithLineAndKey) {
  const auto problems = problems_of(
      "ingest:\n"
      "  kafka:\n"
      "    broker: a\n"
      "scoring:\n"
      "  list_size: many\n"
      "  network: {device: gpu}\n"
      "  batch_linger_max: 1s\n"
      "state:\n"
      "  history_max: 0\n");
  EXPECT_THAT(problems, Contains(StartsWith("text:3: ingest.kafka.broker: unknown key: ")));
  EXPECT_THAT(problems, Contains(StartsWith("text:5: scoring.list_size: \"many\" is no whole")));
  EXPECT_THAT(problems, Contains(StartsWith("text:6: scoring.network.device: \"gpu\" is not")));
  EXPECT_THAT(problems, Contains(StartsWith("text:7: scoring.batch_linger_max: must be shorter")));
  EXPECT_THAT(problems, Contains(StartsWith("text:9: state.history_max: 0 is out of range")));
}

TEST(LoadConfig, SuggestsTheKeyThatWasMeant) {
  EXPECT_THAT(problems_of("state: {histroy_max: 5}"),
              ElementsAre(HasSubstr("did you mean state.history_max?")));
  EXPECT_THAT(problems_of("list_size: 5"),
              ElementsAre(HasSubstr("did you mean scoring.list_size?")));
  EXPECT_THAT(problems_of("scorring: {list_size: 5}"),
              ElementsAre(HasSubstr("did you mean scoring?")));
  EXPECT_THAT(problems_of("state: {xyzzy_plugh: 5}"),
              ElementsAre(AllOf(HasSubstr("state.xyzzy_plugh: unknown key"),
                                Not(HasSubstr("did you mean")))));
}

TEST(LoadConfig, RefusesWrongTypes) {
  EXPECT_THAT(problems_of("scoring: 5"), ElementsAre(HasSubstr("scoring: must be a section")));
  EXPECT_THAT(problems_of("[1, 2]"), ElementsAre(HasSubstr("must be a section")));
  EXPECT_THAT(problems_of("scoring: {list_size: [1]}"), ElementsAre(HasSubstr("not a list")));
  EXPECT_THAT(problems_of("scoring: {list_size: 1.5}"), ElementsAre(HasSubstr("no whole number")));
  EXPECT_THAT(problems_of("scoring: {list_size: -1}"), ElementsAre(HasSubstr("no whole number")));
  EXPECT_THAT(problems_of("scoring: {list_size:}"), ElementsAre(HasSubstr("has no value")));
  EXPECT_THAT(problems_of("scoring: {mixture: {floor: nan}}"),
              ElementsAre(HasSubstr("is no number")));
  EXPECT_THAT(problems_of("scoring: {network: {enabled: yes}}"),
              ElementsAre(HasSubstr("neither true nor false")));
  EXPECT_THAT(problems_of("ingest: {context: {a: b}}"), ElementsAre(HasSubstr("must be a list")));
  EXPECT_THAT(problems_of("ingest: {kafka: {properties: [a]}}"),
              ElementsAre(HasSubstr("must be keys with values")));
  EXPECT_THAT(problems_of("ingest: {kafka: {properties: {a: [1]}}}"),
              ElementsAre(AllOf(HasSubstr("\"a\""), HasSubstr("not a list"))));
  EXPECT_THAT(problems_of("ingest: {csv_delimiter: ab}"),
              ElementsAre(HasSubstr("not one ASCII character")));
  EXPECT_THAT(problems_of("ingest: {csv_delimiter: \"\xa7\"}"),
              ElementsAre(HasSubstr("not one ASCII character")));
  EXPECT_THAT(problems_of("ingest: {poll_wait: 5}"), ElementsAre(HasSubstr("has no unit")));
  EXPECT_THAT(problems_of("ingest: {poll_wait: 5us}"), ElementsAre(HasSubstr("too fine")));
}

TEST(LoadConfig, RefusesValuesOutOfRange) {
  EXPECT_THAT(problems_of("sinks: {http: {port: 70000}}"), ElementsAre(HasSubstr("at most 65535")));
  EXPECT_THAT(problems_of("scoring: {list_size: 100000}"),
              Contains(HasSubstr("100000 is out of range: write 1 to 1000")));
  EXPECT_THAT(problems_of("ingest: {poll_wait: 1h}"),
              ElementsAre(HasSubstr("1h is out of range: write 1ms to 1s")));
  EXPECT_THAT(problems_of("state: {block_cache_bytes: 1KiB}"),
              ElementsAre(HasSubstr("1KiB is out of range: write 1MiB to 1TiB")));
  EXPECT_THAT(problems_of("scoring: {popularity: {half_lives: [-1, 5]}}"),
              ElementsAre(HasSubstr("-1 is out of range")));
  EXPECT_THAT(problems_of("scoring: {popularity: {half_lives: []}}"),
              ElementsAre(HasSubstr("is empty")));
  EXPECT_THAT(problems_of("ingest: {kafka: {assignment: sticky}}"),
              ElementsAre(HasSubstr("write one of cooperative-sticky, range")));
  EXPECT_THAT(problems_of("ingest: {mapping: {types: {buy: bought}}}"),
              ElementsAre(AllOf(HasSubstr("\"buy\""), HasSubstr("\"bought\" is not known"))));
  EXPECT_THAT(problems_of("ingest: {kafka: {brokers: \"\"}}"), ElementsAre(HasSubstr("is empty")));
}

TEST(LoadConfig, PutsEnvironmentVariablesIntoValues) {
  const EnvironmentLookup environment = [](const std::string& name) {
    return name == "BROKERS" ? std::optional<std::string>("k:9092") : std::nullopt;
  };
  const auto config = load_config(
      "ingest: {kafka: {brokers: \"${BROKERS}\", properties: {p: \"${NO:-none}\"}}}\n"
      "sinks: {http: {port: \"${PORT:-9000}\"}}",
      environment);
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->ingest.kafka.brokers, "k:9092");
  EXPECT_THAT(config->ingest.kafka.properties, ElementsAre(Pair("p", "none")));
  EXPECT_EQ(config->sinks.http.port, 9000);
}

TEST(LoadConfig, NamesAMissingEnvironmentVariable) {
  EXPECT_THAT(
      problems_of("ingest: {kafka: {brokers: \"${BROKERS}\"}}"),
      ElementsAre(AllOf(HasSubstr("ingest.kafka.brokers"), HasSubstr("BROKERS is not set"))));
}

TEST(LoadConfig, ShowsWhereYamlIsBroken) {
  EXPECT_THAT(problems_of("a: [1\nb: 2"), ElementsAre(StartsWith("text: line 2, column ")));
  EXPECT_THAT(problems_of("state: {history_max: 5, history_max: 6}"),
              ElementsAre(HasSubstr("key \"history_max\" stands twice")));
  EXPECT_THAT(problems_of("? [a, b]\n: c"), ElementsAre(HasSubstr("a key must be text")));
}

TEST(LoadConfig, RefusesATextThatAnchorsBlowUp) {
  std::string text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int n = 1; n < 10; ++n) text += "," + alias;
    text += "]\n";
  }
  EXPECT_THAT(problems_of(text), ElementsAre(HasSubstr("too many values")));
}

TEST(LoadConfig, SaysThatAFileIsMissing) {
  const auto config = load_config_file("no-such-folder/freshet.yaml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(config.error().text, StartsWith("no-such-folder/freshet.yaml: cannot be read"));
}

struct Relation {
  const char* yaml;
  const char* key;
};

class Relations : public testing::TestWithParam<Relation> {};

TEST_P(Relations, AreChecked) {
  EXPECT_THAT(problems_of(GetParam().yaml), ElementsAre(HasSubstr(GetParam().key)));
}

INSTANTIATE_TEST_SUITE_P(
    LoadConfig, Relations,
    testing::Values(
        Relation{"sinks: {kafka: {delivery_timeout: 10s}}", " sinks.kafka.delivery_timeout: "},
        Relation{"sinks: {kafka: {linger: 8s}}", " sinks.kafka.linger: "},
        Relation{"scoring: {rank_deadline: 5ms, batch_linger_max: 5ms}",
                 " scoring.batch_linger_max: "},
        Relation{"scoring: {list_size: 101}", " scoring.candidates_per_expert: "},
        Relation{"scoring: {popularity: {half_lives: [5, 5]}}", " scoring.popularity.half_lives: "},
        Relation{"scoring: {covisitation: {neighbours_max: 10}}",
                 " scoring.covisitation.walk_edges_max: "},
        Relation{"scoring: {network: {dim: 63}}", " scoring.network.heads: "},
        Relation{"scoring: {network: {history_max: 30}}", " scoring.network.history_max: "},
        Relation{"state: {history_max: 60, learn_history_max: 61}", " state.learn_history_max: "},
        Relation{"scoring: {learning: {directory: freshet-data/state}}",
                 " scoring.learning.directory: "},
        Relation{"ingest: {context: [a, a]}", " ingest.context: "},
        Relation{"ingest: {context: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]}",
                 " ingest.context: 17 keys"},
        Relation{"ingest: {csv_columns: [a, a]}", " ingest.csv_columns: "},
        Relation{"ingest: {record_bytes_max: 32MiB}", " ingest.record_bytes_max: "},
        Relation{"ingest: {mapping: {time_format: seconds}}", " ingest.mapping.time_format: "},
        Relation{"ingest: {mapping: {type: []}}", " ingest.mapping.type: "},
        Relation{"ingest: {mapping: {user_id: []}}", " ingest.mapping.user_id: "},
        Relation{"ingest: {mapping: {item_id: [], items: []}}", " ingest.mapping.item_id: "},
        Relation{"ingest: {mapping: {items_item_id: []}}", " ingest.mapping.items_item_id: "},
        Relation{"ingest: {kafka: {items_topic: freshet.events}}", " ingest.kafka.items_topic: "},
        Relation{"sinks: {kafka: {dead_letters_topic: freshet.events}}",
                 " ingest.kafka.events_topic: "},
        Relation{"sinks: {kafka: {dead_letters_topic: freshet.recommendations}}",
                 " sinks.kafka.dead_letters_topic: "}));

}  // namespace
}  // namespace freshet
