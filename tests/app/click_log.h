#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/fakes/fake_source.h"

namespace freshet {

inline std::string click(const std::string& user, const std::string& item, std::int64_t time_ms) {
  return R"({"event_id":")" + user + std::to_string(time_ms) + R"(","type":"click","user_id":")" +
         user + R"(","item_id":")" + item + R"(","event_time":)" + std::to_string(time_ms) + "}";
}

inline constexpr std::int64_t kStartMs = 1'750'000'000'000;

/// A log of clicks of a few users with broken records among them.
inline std::vector<std::string> make_log(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> log;
  for (std::size_t i = 0; i < size; ++i) {
    log.push_back(random() % 20 == 0 ? "{broken"
                                     : click("u" + std::to_string(random() % 17),
                                             "i" + std::to_string(random() % 50),
                                             kStartMs + static_cast<std::int64_t>(i) * 1'000));
  }
  return log;
}

/// The log from `start` on, at most `batch_size` records a poll.
inline FakeSource source_of(const std::vector<std::string>& log, Offset start,
                            std::size_t batch_size) {
  FakeSource source;
  for (const std::string& value : log) source.append(value);
  source.start_at(start);
  source.deliver_at_most(batch_size);
  source.end();
  return source;
}

}  // namespace freshet
