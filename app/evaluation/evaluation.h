#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/evaluation/follower.h"
#include "app/evaluation/poison.h"
#include "app/evaluation/recording.h"
#include "app/evaluation/report.h"
#include "config/config.h"

namespace freshet {

/// How a recorded stream is judged (docs/evaluation.md).
enum class Protocol {
  /// Every event is ranked before it is learned.
  kPrequential,
  /// The same, a file a period (Mi et al., ADER, RecSys 2020): the first file only teaches; of each
  /// later one those events count whose item was seen before the period began, and that follow
  /// another such event of their session. Figures are means over periods.
  kPeriods,
  /// Each user's last event is the target, the one before is known but not learned; all others are
  /// learned first (SASRec and its successors; ranked against the whole catalogue).
  kLeaveOneOut,
};

struct EvaluationOptions {
  std::vector<std::string> paths;
  RecordingFormat format = RecordingFormat::kConfigured;
  Protocol protocol = Protocol::kPrequential;
  /// A file of item updates as on the items topic, one JSON object a line; empty = none.
  std::string items_path;
  std::vector<std::uint64_t> delays{0};  ///< Events that ranking stays behind learning; a row each.
  bool freeze = false;                   ///< Another row: ranking learns at the ends of files only.
  /// Settings of ScoringConfig::diversity, a row each beside the first.
  std::vector<double> diversity;
  std::uint64_t every = 1;          ///< Only every so many-th event is ranked; all are learned.
  std::size_t passes = 1;           ///< Leave-one-out: how often the history is learned.
  std::vector<std::string> ablate;  ///< Parts that are left out, one at a time (`ablation_names`).
  /// The stream is spoiled on purpose; then it is run once more unspoiled, for comparison.
  PoisonOptions poison;
};

/// Told now and then how far it is: bytes read, bytes in all, and the figures so far.
using EvaluationProgress =
    std::function<void(const ReplayProgress& progress, const std::string& note)>;

/// What EvaluationOptions::ablate understands.
std::vector<std::string> ablation_names();

/// Runs the protocol over the recorded stream with the parts that a running program is made of, and
/// once more for each ablation. Starts with an empty model and leaves nothing behind. Errors: those
/// of Recording, kInvalidConfig (an unknown ablation, a CUDA device that is not there), kTimedOut
/// when `stop` was requested.
Result<EvaluationReport> evaluate(const Config& config, const EvaluationOptions& options,
                                  const EvaluationProgress& progress, std::stop_token stop);

}  // namespace freshet
