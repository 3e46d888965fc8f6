// Every field of every configuration struct stands in the field tables: one that is forgotten there
// could be neither loaded nor documented.

#include <gmock/gmock.h>

#include <set>

#include "config/config_fields.h"

namespace freshet {
namespace {

std::size_t keys_directly_under(const std::string& section) {
  Config config;
  std::set<std::string> names;
  for (const ConfigField& field : config_fields(config)) {
    if (!field.key.starts_with(section + ".")) continue;
    const std::size_t begin = section.size() + 1;
    names.insert(field.key.substr(begin, field.key.find('.', begin) - begin));
  }
  return names.size();
}

/// Stands for a value of whatever type a field has; only for unevaluated initialisers.
struct AnyValue {
  template <class T>
  operator T() const;
};

/// Counts the fields of an aggregate: the most values that initialise it.
template <class Struct, class... Values>
constexpr std::size_t count_fields() {
  if constexpr (requires { Struct{Values{}..., AnyValue{}}; }) {
    return count_fields<Struct, Values..., AnyValue>();
  } else {
    return sizeof...(Values);
  }
}

template <class Struct>
constexpr std::size_t kFieldCount = count_fields<Struct>();

TEST(ConfigFields, NameEveryFieldOfEveryStruct) {
  EXPECT_EQ(keys_directly_under("ingest"), kFieldCount<IngestConfig>);
  EXPECT_EQ(keys_directly_under("ingest.kafka"), kFieldCount<KafkaSourceConfig>);
  EXPECT_EQ(keys_directly_under("ingest.mapping"), kFieldCount<EventMapping>);
  EXPECT_EQ(keys_directly_under("state"), kFieldCount<StateConfig>);
  EXPECT_EQ(keys_directly_under("scoring"), kFieldCount<ScoringConfig>);
  EXPECT_EQ(keys_directly_under("scoring.catalogue"), kFieldCount<CatalogueConfig>);
  EXPECT_EQ(keys_directly_under("scoring.popularity"), kFieldCount<PopularityConfig>);
  EXPECT_EQ(keys_directly_under("scoring.covisitation"), kFieldCount<CovisitationConfig>);
  EXPECT_EQ(keys_directly_under("scoring.network"), kFieldCount<NetworkConfig>);
  EXPECT_EQ(keys_directly_under("scoring.mixture"), kFieldCount<MixtureConfig>);
  EXPECT_EQ(keys_directly_under("scoring.second_stage"), kFieldCount<SecondStageConfig>);
  EXPECT_EQ(keys_directly_under("scoring.learning"), kFieldCount<LearningConfig>);
  EXPECT_EQ(keys_directly_under("scoring.filters"), kFieldCount<FilterConfig>);
  EXPECT_EQ(keys_directly_under("sinks"), kFieldCount<SinksConfig>);
  EXPECT_EQ(keys_directly_under("sinks.kafka"), kFieldCount<KafkaSinkConfig>);
  EXPECT_EQ(keys_directly_under("sinks.http"), kFieldCount<HttpConfig>);
}

TEST(ConfigFields, NameEachValueOnce) {
  Config config;
  std::set<std::string> keys;
  std::set<FieldValue> values;
  for (const ConfigField& field : config_fields(config)) {
    EXPECT_TRUE(keys.insert(field.key).second) << field.key << " stands twice";
    EXPECT_TRUE(values.insert(field.value).second) << field.key << " is another key's value";
    EXPECT_TRUE(field.help.ends_with('.')) << field.key;
  }
}

TEST(ConfigFields, DefaultsAreValid) { EXPECT_THAT(validate(Config{}), testing::IsEmpty()); }

}  // namespace
}  // namespace freshet
