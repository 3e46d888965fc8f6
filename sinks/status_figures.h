#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/ids.h"
#include "config/time.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// A figure and what it is about, for example a queue and how full it is.
struct NamedFigure {
  std::string name;
  double value = 0;
};

/// How far one partition is behind.
struct PartitionLag {
  PartitionId partition;
  Offset next_offset;            ///< First record not yet processed.
  std::int64_t lag_records = 0;  ///< Records in the log from there on.
  double caught_up_ratio = 1;    ///< Part done of the backlog at the assignment; 1 = no backlog.
};

/// Prequential quality: each list judged by its user's next event. NaN = nothing judged yet.
struct QualityFigures {
  double hit_rate_20 = 0;
  double mrr_20 = 0;
  double ndcg_20 = 0;
};

/// One of the newest lists; `items` may be its first few.
struct ShownList {
  RankedList list;
  EventTime published_time;
  std::vector<std::string> titles;  ///< Of `list.items`, same order; empty texts where unknown.
};

/// One of the newest dead letters.
struct ShownDeadLetter {
  std::string reason;
  std::string text;  ///< What is wrong and how to mend it.
  std::string topic;
  PartitionId partition;
  Offset offset;
  std::string key;          ///< Any bytes, cut; what is not UTF-8 is replaced when shown.
  std::string first_bytes;  ///< The same.
};

/// What /v1/status and the console show. NaN = not known yet, shown as such.
struct StatusFigures {
  using Milliseconds = std::chrono::duration<double, std::milli>;

  std::string version;  ///< Of the program.
  std::chrono::milliseconds uptime{0};
  std::uint64_t events_total = 0;
  std::uint64_t lists_total = 0;
  std::uint64_t dead_letters_total = 0;
  double events_per_second = 0;
  double lists_per_second = 0;
  std::vector<PartitionLag> lag;
  Milliseconds event_to_list_p50{0};
  Milliseconds event_to_list_p99{0};
  Milliseconds freshness_p50{0};  ///< Event time of the newest event in a list → published.
  QualityFigures served;
  QualityFigures popularity;
  std::uint64_t judged_total = 0;  ///< Events that judged a list.
  ModelVersion model_version;
  Milliseconds model_age{0};
  double examples_per_second = 0;
  double loss = 0;
  std::vector<NamedFigure> mixture_weights;  ///< Per source; sum 1.
  std::vector<NamedFigure> queue_fills;      ///< Per queue; 0..1.
  std::vector<NamedFigure> fallbacks;        ///< Lists per fallback since the start.
  std::uint64_t rss_bytes = 0;
  std::vector<ShownList> newest_lists;               ///< Newest first; a few.
  std::vector<ShownDeadLetter> newest_dead_letters;  ///< Newest first; a few.
};

/// Returns the figures as the JSON of /v1/status (docs/api.md). Thread-safe (no state).
std::string encode_status(const StatusFigures& figures);

/// Returns {"dead_letters": [...]}, in the order given. Thread-safe (no state).
std::string encode_dead_letters(const std::vector<ShownDeadLetter>& letters);

}  // namespace freshet
