#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"

namespace freshet {

/// What to replay, how fast, and where to.
struct ReplayOptions {
  std::vector<std::string> paths;
  double speed = 0;  ///< Seconds of event time per second; 0 = as fast as possible.
  double rate = 0;   ///< Records per second into Kafka; 0 = as fast as possible.
  std::string lists_path = "lists.jsonl";
  std::string dead_letters_path = "dead-letters.jsonl";
};

/// Runs the pipeline on files, with state in memory; prints a summary. Errors: unreadable files.
Status replay_here(Config config, const ReplayOptions& options, std::stop_token stop);

/// Writes the files' records, as they are and keyed by user, to the events topic. Records that
/// cannot be decoded are written too: the pipeline makes dead letters of them. Errors: unreadable
/// files, unreachable broker.
Status replay_into_kafka(Config config, const ReplayOptions& options, std::stop_token stop);

}  // namespace freshet
