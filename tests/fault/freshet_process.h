#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>

namespace freshet::test {

/// Lets other processes work for a while.
void pass_time(std::chrono::milliseconds duration);

/// `freshet run` as a child process; killed with its owner. Confined to one thread.
class FreshetProcess {
 public:
  /// Starts `freshet run --config config_path`; what it prints is appended to `log_path`.
  FreshetProcess(const std::string& config_path, const std::string& log_path);
  /// Kills it if it still runs.
  ~FreshetProcess();
  FreshetProcess(FreshetProcess&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
  FreshetProcess& operator=(FreshetProcess&&) = delete;

  /// As a crash of the process would.
  void kill9();
  /// As a machine that stands still, and goes on.
  void suspend();
  void resume();
  /// Asks it to stop and waits; returns its exit status, 128 and more = it died of a signal.
  int stop();
  bool is_running();
  pid_t id() const { return process_; }
  /// Waits until it ends by itself; returns its exit status, -1 after `within` or by a signal.
  int wait_for_end(std::chrono::milliseconds within);

 private:
  int end(int signal);

  pid_t process_;
};

}  // namespace freshet::test
