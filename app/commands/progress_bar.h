#pragma once

#include <string>

#include "config/time.h"

namespace freshet {

/// A progress bar on stderr: redrawn in place on a terminal, a line per tenth elsewhere. Confined
/// to one thread.
class ProgressBar {
 public:
  ProgressBar(std::string title, const Clock& clock);
  /// Ends the line.
  ~ProgressBar();

  /// Draws `done` of `total` with `note` behind it, at most ten times a second.
  void show(std::uint64_t done, std::uint64_t total, const std::string& note);

 private:
  const std::string title_;
  const Clock& clock_;
  const bool terminal_;
  SteadyTime next_draw_{};
  int last_tenth_ = -1;
  bool drawn_ = false;
};

}  // namespace freshet
