#include "app/stop_signals.h"

#include <pthread.h>

#include <csignal>

namespace freshet {
namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this] {
    const sigset_t waited = stop_set();
    int signal = 0;
    sigwait(&waited, &signal);
    stop_.request_stop();
  });
}

StopSignals::~StopSignals() { pthread_kill(waiter_.native_handle(), SIGTERM); }

}  // namespace freshet
