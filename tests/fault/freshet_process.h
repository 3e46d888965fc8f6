#pragma once

#include <sys/types.h>

#include <string>

namespace freshet::test {

/// `freshet run` as a child process; killed with its owner. Confined to one thread.
class FreshetProcess {
 public:
  /// Starts `freshet run --config config_path`; what it prints is appended to `log_path`.
  FreshetProcess(const std::string& config_path, const std::string& log_path);
  /// Kills it if it still runs.
  ~FreshetProcess();

  /// As a crash of the process would.
  void kill9();
  /// Asks it to stop and waits; returns its exit status.
  int stop();
  bool is_running();

 private:
  int end(int signal);

  pid_t process_;
};

}  // namespace freshet::test
