#include "app/engine/thread_names.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace freshet {

void name_this_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

void yield_to_other_threads() {
  // On Linux a nice value belongs to the thread. A refusal costs latency, nothing else.
  constexpr int kNice = 10;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice));
}

}  // namespace freshet
