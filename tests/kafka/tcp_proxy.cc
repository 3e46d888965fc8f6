#include "tests/kafka/tcp_proxy.h"

#include <array>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace freshet::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// What all connections obey. Touched by the proxy's thread only.
struct Network {
  asio::io_context& io;
  std::chrono::milliseconds delay{0};
  bool cut = false;
  std::set<class Pipe*> pipes;
  std::atomic<std::uint64_t> passed_bytes{0};
};

/// Both ends of one connection; gone with the last pipe that uses it.
struct Connection {
  tcp::socket client;
  tcp::socket server;
};

/// One direction of a connection: reads, waits, writes, one piece after the other.
class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(Network& network, std::shared_ptr<Connection> connection, tcp::socket& from, tcp::socket& to)
      : network_(network),
        connection_(std::move(connection)),
        from_(from),
        to_(to),
        timer_(network.io) {
    network_.pipes.insert(this);
  }
  ~Pipe() { network_.pipes.erase(this); }

  void read() {
    auto self = shared_from_this();
    from_.async_read_some(asio::buffer(bytes_), [this, self](error_code failed, std::size_t n) {
      if (failed) return end();
      size_ = n;
      wait();
    });
  }

  /// Forgets what is held back.
  void drop() { held_.reset(); }

  /// Goes on with what was held back while the network was cut.
  void heal() {
    const auto self = shared_from_this();
    if (held_) write();
  }

 private:
  void wait() {
    if (network_.delay.count() == 0) return write();
    auto self = shared_from_this();
    timer_.expires_after(network_.delay);
    timer_.async_wait([this, self](error_code) { write(); });
  }

  void write() {
    held_ = network_.cut ? shared_from_this() : nullptr;
    if (held_) return;
    auto self = shared_from_this();
    asio::async_write(to_, asio::buffer(bytes_, size_),
                      [this, self](error_code failed, std::size_t n) {
                        network_.passed_bytes += n;
                        if (failed) return end();
                        read();
                      });
  }

  void end() {
    error_code ignored;
    connection_->client.close(ignored);
    connection_->server.close(ignored);
  }

  Network& network_;
  const std::shared_ptr<Connection> connection_;
  tcp::socket& from_;
  tcp::socket& to_;
  asio::steady_timer timer_;
  std::array<char, 64 << 10> bytes_{};
  std::size_t size_ = 0;
  std::shared_ptr<Pipe> held_;  // Itself, while the network holds it back.
};

}  // namespace

class TcpProxy::Impl {
 public:
  Impl() : thread_([this] { io_.run(); }) { accept(); }

  ~Impl() {
    asio::post(io_, [this] {
      const std::set<Pipe*> pipes = network_.pipes;
      for (Pipe* pipe : pipes) pipe->drop();
      io_.stop();
    });
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::uint64_t passed_bytes() const { return network_.passed_bytes; }

  void forward_to(std::uint16_t server_port) { server_port_ = server_port; }

  void delay(std::chrono::milliseconds one_way) {
    asio::post(io_, [this, one_way] { network_.delay = one_way; });
  }

  void cut() {
    asio::post(io_, [this] { network_.cut = true; });
  }

  void heal() {
    asio::post(io_, [this] {
      network_.cut = false;
      const std::set<Pipe*> pipes = network_.pipes;
      for (Pipe* pipe : pipes) pipe->heal();
      for (auto& waiting : std::exchange(waiting_, {})) connect(std::move(waiting));
    });
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code failed, tcp::socket client) {
      if (failed) return;
      if (network_.cut) {
        waiting_.push_back(std::move(client));
      } else {
        connect(std::move(client));
      }
      accept();
    });
  }

  void connect(tcp::socket client) {
    auto connection = std::make_shared<Connection>(Connection{std::move(client), tcp::socket(io_)});
    const tcp::endpoint server(asio::ip::address_v4::loopback(), server_port_);
    connection->server.async_connect(server, [this, connection](error_code failed) {
      if (failed) return;  // Both ends close.
      error_code ignored;
      connection->client.set_option(tcp::no_delay(true), ignored);
      connection->server.set_option(tcp::no_delay(true), ignored);
      std::make_shared<Pipe>(network_, connection, connection->client, connection->server)->read();
      std::make_shared<Pipe>(network_, connection, connection->server, connection->client)->read();
    });
  }

  Network network_{io_};
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  const std::uint16_t port_ = acceptor_.local_endpoint().port();
  std::atomic<std::uint16_t> server_port_{0};
  std::vector<tcp::socket> waiting_;  // Accepted while the network is cut.
  std::thread thread_;
};

TcpProxy::TcpProxy() : impl_(std::make_unique<Impl>()) {}
TcpProxy::~TcpProxy() = default;

std::uint16_t TcpProxy::port() const { return impl_->port(); }
void TcpProxy::forward_to(std::uint16_t server_port) { impl_->forward_to(server_port); }
void TcpProxy::delay(std::chrono::milliseconds one_way) { impl_->delay(one_way); }
void TcpProxy::cut() { impl_->cut(); }
void TcpProxy::heal() { impl_->heal(); }
std::uint64_t TcpProxy::passed_bytes() const { return impl_->passed_bytes(); }

}  // namespace freshet::test
