#include "tests/fault/freshet_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>

namespace freshet::test {

void pass_time(std::chrono::milliseconds duration) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, duration);
}

FreshetProcess::FreshetProcess(const std::string& config_path, const std::string& log_path)
    : process_(fork()) {
  if (process_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execl(FRESHET_PROGRAM, "freshet", "run", "--config", config_path.c_str(), nullptr);
  _exit(127);
}

FreshetProcess::~FreshetProcess() { kill9(); }

void FreshetProcess::kill9() {
  if (process_ > 0) end(SIGKILL);
}

void FreshetProcess::suspend() { ::kill(process_, SIGSTOP); }

void FreshetProcess::resume() { ::kill(process_, SIGCONT); }

int FreshetProcess::stop() {
  const int status = end(SIGTERM);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool FreshetProcess::is_running() {
  if (process_ <= 0) return false;
  int status = 0;
  if (waitpid(process_, &status, WNOHANG) == 0) return true;
  process_ = -1;
  return false;
}

int FreshetProcess::wait_for_end(std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  int status = 0;
  while (process_ > 0 && std::chrono::steady_clock::now() < deadline) {
    if (waitpid(process_, &status, WNOHANG) == 0) {
      pass_time(std::chrono::milliseconds(20));
      continue;
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  return -1;
}

int FreshetProcess::end(int signal) {
  int status = 0;
  if (process_ <= 0) return -1;
  ::kill(process_, signal);
  waitpid(process_, &status, 0);
  process_ = -1;
  return status;
}

}  // namespace freshet::test
