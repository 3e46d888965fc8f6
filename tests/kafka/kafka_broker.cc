#include "tests/kafka/kafka_broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace freshet::test {
namespace {

constexpr const char* kBrokerScript = FRESHET_KAFKA_SCRIPTS "/broker.sh";
constexpr std::chrono::seconds kReadyWithin{60};

// A bound socket keeps its port away from the next call; the kernel hands it out again after close.
int bind_free_port(std::vector<int>& held_sockets) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (bind(socket_fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::perror("no free port");
    std::abort();
  }
  held_sockets.push_back(socket_fd);
  return ntohs(address.sin_port);
}

// What the child does between fork and exec: only calls that are safe there.
[[noreturn]] void become_node(pid_t parent, const std::string& log, char* const* arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);
  const int log_fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log_fd, STDOUT_FILENO);
  dup2(log_fd, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

// Client that says nothing: a broker that is not there yet is no news.
std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> quiet_client(const std::string& brokers) {
  char why[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), why, sizeof(why));
  rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "200", why, sizeof(why));
  rd_kafka_conf_set_log_cb(conf, nullptr);
  return {rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why)), &rd_kafka_destroy};
}

// Brokers the cluster counts as alive; 0 while none answers. Blocks for at most 200 ms.
int alive_count(rd_kafka_t* client) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 0, nullptr, &metadata, 200) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  const int count = metadata->broker_cnt;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

}  // namespace

std::optional<std::string> KafkaBroker::why_unavailable() {
  std::string why;
  FILE* script = popen((std::string(kBrokerScript) + " check 2>&1").c_str(), "r");
  if (script == nullptr) return "cannot run " + std::string(kBrokerScript);
  for (int c = std::fgetc(script); c != EOF && c != '\n'; c = std::fgetc(script)) {
    why.push_back(static_cast<char>(c));
  }
  if (pclose(script) == 0) return std::nullopt;
  return why;
}

Result<std::unique_ptr<KafkaBroker>> KafkaBroker::start(int node_count, int proxy_port) {
  std::string directory = std::filesystem::temp_directory_path() / "freshet-kafka-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) {
    return error(ErrorCode::kUnavailable, "cannot make the directory " + directory);
  }
  std::unique_ptr<KafkaBroker> broker(new KafkaBroker(directory));
  broker->reserve_ports(node_count, proxy_port);
  for (int node = 1; node <= node_count; ++node) {
    FRESHET_RETURN_IF_ERROR(broker->spawn(node));
  }
  FRESHET_RETURN_IF_ERROR(broker->wait_until_ready());
  return broker;
}

KafkaBroker::KafkaBroker(std::string directory) : directory_(std::move(directory)) {}

KafkaBroker::~KafkaBroker() {
  for (int node = 1; node <= node_count(); ++node) kill9(node);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void KafkaBroker::reserve_ports(int node_count, int proxy_port) {
  std::vector<int> held_sockets;
  for (int node = 0; node < node_count; ++node) {
    nodes_.push_back({bind_free_port(held_sockets), bind_free_port(held_sockets), 0});
    const std::string separator = node == 0 ? "" : ",";
    brokers_ += separator + "127.0.0.1:" + std::to_string(nodes_.back().client_port);
    ports_ += separator + std::to_string(nodes_.back().client_port) + ":" +
              std::to_string(nodes_.back().controller_port);
    if (node > 0 || proxy_port == 0) continue;
    port_behind_proxy_ = bind_free_port(held_sockets);
    ports_ += ":" + std::to_string(port_behind_proxy_) + ":" + std::to_string(proxy_port);
  }
  for (int socket_fd : held_sockets) close(socket_fd);
}

Status KafkaBroker::spawn(int node) {
  const std::string number = std::to_string(node);
  const std::string log = directory_ + "/node-" + number + ".log";
  std::string words[] = {kBrokerScript, "run", directory_, ports_, number};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return error(ErrorCode::kUnavailable, "cannot fork a Kafka node");
  if (child == 0) become_node(parent, log, arguments.data());
  setpgid(child, child);  // In both: whoever comes first.
  nodes_[node - 1].process = child;
  return {};
}

// Asks each node itself: for some seconds the others count a killed one as alive.
Status KafkaBroker::wait_until_ready() {
  int running_count = 0;
  for (const Node& node : nodes_) running_count += node.process != 0;
  const auto deadline = std::chrono::steady_clock::now() + kReadyWithin;
  for (int node = 1; node <= node_count(); ++node) {
    pid_t& process = nodes_[node - 1].process;
    if (process == 0) continue;
    const auto client = quiet_client("127.0.0.1:" + std::to_string(nodes_[node - 1].client_port));
    while (alive_count(client.get()) < running_count) {
      if (waitpid(process, nullptr, WNOHANG) != 0) {
        process = 0;
        return error(ErrorCode::kUnavailable,
                     "Kafka node " + std::to_string(node) + " ended: " + last_log_line(node));
      }
      if (std::chrono::steady_clock::now() > deadline) {
        return error(ErrorCode::kTimedOut, "Kafka is not ready after 60 s: " + last_log_line(node));
      }
    }
  }
  return {};
}

void KafkaBroker::stop(int node) { end(node, SIGTERM); }

void KafkaBroker::kill9(int node) { end(node, SIGKILL); }

Status KafkaBroker::restart(int node) {
  kill9(node);
  FRESHET_RETURN_IF_ERROR(spawn(node));
  return wait_until_ready();
}

// The whole process group: broker.sh may still be formatting the directory with a Java of its own.
void KafkaBroker::end(int node, int signal) {
  pid_t& process = nodes_[node - 1].process;
  if (process == 0) return;
  kill(-process, signal);
  waitpid(process, nullptr, 0);
  process = 0;
}

std::string KafkaBroker::last_log_line(int node) const {
  std::ifstream log(directory_ + "/node-" + std::to_string(node) + ".log");
  std::string last = "nothing in its log";
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

Result<KafkaBroker*> shared_kafka_broker() {
  static const Result<std::unique_ptr<KafkaBroker>> broker = KafkaBroker::start();
  if (!broker) return tl::unexpected(broker.error());
  return broker->get();
}

}  // namespace freshet::test
