#include "app/commands/stop_signals.h"

#include <semaphore.h>

#include <csignal>

namespace freshet {
namespace {

// A signal handler can reach nothing but a global. (Blocking the signals and waiting for them would
// not do: libraries start threads before main, and a signal may go to one of those.)
sem_t stop_asked;

void on_signal(int) { sem_post(&stop_asked); }

}  // namespace

StopSignals::StopSignals() {
  sem_init(&stop_asked, 0, 0);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  waiter_ = std::jthread([this] {
    while (sem_wait(&stop_asked) != 0) {
    }
    stop_.request_stop();
  });
}

StopSignals::~StopSignals() { sem_post(&stop_asked); }

}  // namespace freshet
