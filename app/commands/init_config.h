#pragma once

#include <string>

#include "app/commands/init_sample.h"
#include "app/commands/kafka_properties.h"
#include "ingest/mapping_guess.h"

namespace freshet {

/// What a written configuration is made of.
struct InitPlan {
  std::string brokers = "127.0.0.1:9092";
  std::string topic = "freshet.events";  ///< Where the events are.
  KafkaProperties properties;            ///< Of the clients of all topics; written as they are.
  EventSample sample;
  std::vector<FieldFacts> facts;
  std::vector<std::string> unreachable;  ///< FieldSurvey::unreachable().
  MappingGuess guess;
  SampleTrial trial;
  bool rekey = false;  ///< The topic's keys are not its users.
};

/// Looks at the sample and fills in the rest. Errors: kInvalidConfig when no record is a JSON
/// object, saying what it looks like.
Status make_plan(InitPlan& plan);

/// The configuration, with a comment on each line that says where it comes from. What came from
/// the sample is spelled so that it can be nothing else than text. Thread-safe.
std::string init_yaml(const InitPlan& plan);

/// The sample's fields, what each is taken for and why, for a terminal.
std::string field_table(const InitPlan& plan, bool styled);

/// "982 of 1,000 records are events, ...", and what could not be guessed; lines for people.
std::string summary(const InitPlan& plan);

}  // namespace freshet
