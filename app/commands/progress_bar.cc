#include "app/commands/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr int kWidth = 30;

}  // namespace

ProgressBar::ProgressBar(std::string title, const Clock& clock)
    : title_(std::move(title)), clock_(clock), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (terminal_ && drawn_) fmt::print(stderr, "\n");
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total, const std::string& note) {
  const double part =
      total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  if (!terminal_) {
    const int tenth = static_cast<int>(part * 10);
    if (tenth == last_tenth_) return;
    last_tenth_ = tenth;
    fmt::print(stderr, "{} {:3.0f} %  {}\n", title_, part * 100, note);
    return;
  }
  const SteadyTime now = clock_.steady_now();
  if (now < next_draw_ && done < total) return;
  next_draw_ = now + 100ms;
  const int filled = static_cast<int>(part * kWidth);
  fmt::print(stderr, "\r{} [{:█<{}}{:░<{}}] {:3.0f} %  {}\x1b[K", title_, "", filled, "",
             kWidth - filled, part * 100, note);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace freshet
