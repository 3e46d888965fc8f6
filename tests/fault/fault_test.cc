#include "tests/fault/fault_test.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <regex>
#include <set>

#include "sinks/kafka_record_writer.h"
#include "tests/sinks/http_client.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

/// "partition/user" of all that differ.
std::vector<std::string> different_users(const States& stored, const States& expected) {
  std::vector<std::string> different;
  const auto compare = [&](const States& these, const States& others) {
    for (const auto& [partition, users] : these) {
      const auto other = others.find(partition);
      for (const auto& [user, state] : users) {
        const bool same = other != others.end() && other->second.contains(user) &&
                          other->second.at(user) == state;
        if (!same) different.push_back(std::to_string(partition) + "/" + user);
      }
    }
  };
  compare(stored, expected);
  compare(expected, stored);
  return different;
}

}  // namespace

int from_environment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

FaultTest::FaultTest() : seed_(std::random_device{}()), random_(seed_), writer_random_(seed_) {
  RecordProperty("seed", std::to_string(seed_));
}

void FaultTest::make_topics(const std::string& brokers) {
  brokers_ = brokers;
  ASSERT_TRUE(create_topic(brokers, events(), kPartitions));
  ASSERT_TRUE(create_topic(brokers, lists(), kPartitions,
                           {{"message.timestamp.type", "LogAppendTime"},
                            {"segment.bytes", "67108864"},
                            {"retention.bytes", "536870912"}}));
  ASSERT_TRUE(create_topic(brokers, dead_letters(), 1));
  list_log_ = std::make_unique<ListLog>(brokers, lists());
}

FreshetProcess FaultTest::start(const std::string& name, const InstanceOptions& options) {
  const std::string& brokers = options.brokers.empty() ? brokers_ : options.brokers;
  const auto session = options.session_timeout.count();
  std::ofstream config(config_of(name));
  config << "ingest:\n  kafka: {brokers: '" << brokers << "', group: fault-" << seed_
         << ", events_topic: " << events() << ", items_topic: '', session_timeout: " << session
         << "s" << options.kafka
         << "}\nstate: {directory: " << (options.state.empty() ? state_of(name) : options.state);
  if (options.snapshots) {
    config << ", snapshots: {directory: " << directory_ << "/snapshots, interval: 1s}";
  }
  config << "}\nscoring:\n  learning: {directory: " << directory_ << "/" << name
         << "/model, checkpoint_interval: 1s}\nsinks:\n  kafka: {brokers: '" << brokers
         << "', lists_topic: " << lists() << ", dead_letters_topic: " << dead_letters()
         << ", delivery_timeout: " << session - 1 << "s}\n  http: {port: 0}\n"
         << options.more;
  config.close();
  return FreshetProcess(config_of(name), log_of(name));
}

std::string FaultTest::log(const std::string& name) const {
  std::ifstream file(log_of(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

int FaultTest::count_in_log(const std::string& name, const std::string& text) const {
  int found = 0;
  const std::string all = log(name);
  for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
  return found;
}

bool FaultTest::wait_for_log(const std::string& name, const std::string& text, int count,
                             std::chrono::seconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < deadline) {
    if (count_in_log(name, text) >= count) return true;
    pass_time(20ms);
  }
  ADD_FAILURE() << "\"" << text << "\" is not in the log of " << name << ":\n" << log(name);
  return false;
}

std::string FaultTest::get(const std::string& name, const std::string& target) const {
  const std::string all = log(name);
  const auto at = all.rfind("console: http://127.0.0.1:");
  if (at == std::string::npos) return "";
  const int port = std::atoi(all.c_str() + all.find_last_of(':', all.find('\n', at)) + 1);
  try {
    return HttpClient(static_cast<std::uint16_t>(port)).get(target).body;
  } catch (const std::exception&) {
    return "";
  }
}

double FaultTest::metric(const std::string& name, const std::string& metric) const {
  const std::string all = get(name, "/metrics");
  const std::regex line("(?:^|\n)" + metric + R"((?:\{[^\n]*\})? ([0-9.eE+-]+))");
  double sum = -1;
  for (std::sregex_iterator it(all.begin(), all.end(), line), end; it != end; ++it) {
    sum = std::max(sum, 0.0) + std::stod((*it)[1]);
  }
  return sum;
}

std::jthread FaultTest::write_events() {
  return std::jthread([this](std::stop_token stop) {
    auto writer = KafkaRecordWriter::open(
        {.brokers = brokers_, .topic = events(), .linger = 0ms, .delivery_timeout = 1h});
    ASSERT_TRUE(writer) << writer.error().text;
    while (!stop.stop_requested()) {
      write_event(**writer);
      pass_time(2ms);
    }
    ASSERT_TRUE((*writer)->flush(60s));
  });
}

void FaultTest::write_events(int count) {
  auto writer = KafkaRecordWriter::open({.brokers = brokers_, .topic = events()});
  ASSERT_TRUE(writer) << writer.error().text;
  for (int i = 0; i < count; ++i) write_event(**writer);
  ASSERT_TRUE((*writer)->flush(60s));
}

void FaultTest::write_event(KafkaRecordWriter& writer) {
  const std::string user =
      "user-" + std::to_string(writer_random_() % static_cast<unsigned>(user_count_));
  const std::string item =
      "item-" + std::to_string(writer_random_() % static_cast<unsigned>(item_count_));
  const std::string time = std::to_string(++time_ms_);
  const std::string event = R"({"event_id":")" + time + R"(","type":"click","user_id":")" + user +
                            R"(","item_id":")" + item + R"(","event_time":)" + time + "}";
  const bool broken = writer_random_() % 100 == 0;
  ASSERT_TRUE(writer.write(user, broken ? "{\"broken\"" : event));
}

std::vector<TopicRecord> FaultTest::all_of(const std::string& topic) const {
  auto records = consume_all(brokers_, topic, 5min);
  EXPECT_TRUE(records) << records.error().text;
  return records.value_or(std::vector<TopicRecord>{});
}

const std::vector<SeenList>& FaultTest::wait_for_lists(const Replay& expected,
                                                       std::chrono::seconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto& all = list_log_->read();
    if (held_lists(all).newest_offset == expected.newest_offset) return all;
    pass_time(50ms);
  }
  ADD_FAILURE() << "not every user has a list of the newest event, seed " << seed_;
  return list_log_->read();
}

void FaultTest::expect_nothing_lost(FreshetProcess& owner, const std::string& name,
                                    std::chrono::seconds within) {
  const auto records = all_of(events());
  const Replay expected = replay(records);
  const auto& all = wait_for_lists(expected, within);
  EXPECT_TRUE(owner.is_running()) << log(name);
  EXPECT_EQ(owner.stop(), 0) << log(name);

  const HeldLists held = held_lists(all);
  const auto different =
      different_users(stored_states(state_directory_of(name), kPartitions), expected.states);
  EXPECT_THAT(different, testing::IsEmpty()) << "seed " << seed_;
  const bool letters = dead_letters_are(expected);
  EXPECT_TRUE(letters) << "seed " << seed_;
  const bool sound = held.newest_offset == expected.newest_offset && different.empty() && letters;
  std::cout << "seed " << seed_ << ": " << records.size() << " records, "
            << expected.newest_offset.size() << " users, " << expected.broken.size()
            << " broken records; " << all.size() << " lists, of them " << held.ignored
            << " no news by the consumer's rule; "
            << (sound ? "lost: nothing, twice: nothing" : "SOMETHING WAS LOST OR DONE TWICE")
            << "\n";
}

std::string FaultTest::state_directory_of(const std::string& name) const {
  std::ifstream config(config_of(name));
  const std::string text{std::istreambuf_iterator<char>(config), {}};
  const std::string key = "state: {directory: ";
  const auto begin = text.find(key) + key.size();
  return text.substr(begin, text.find_first_of(",}", begin) - begin);
}

bool FaultTest::dead_letters_are(const Replay& expected) const {
  std::set<std::pair<std::int32_t, std::int64_t>> broken;
  for (const TopicRecord& letter : all_of(dead_letters())) {
    broken.emplace(header(letter, "partition"), header(letter, "offset"));
  }
  return broken == expected.broken;
}

}  // namespace freshet::test
