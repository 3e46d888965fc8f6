#include "record_source_contract.h"

#include "ingest/file_source.h"
#include "ingest/replay_pacer.h"
#include "tests/fakes/fake_source.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<RecordSource> make_fake(const std::vector<std::string>& values) {
  auto source = std::make_unique<FakeSource>();
  for (const std::string& value : values) source->append(value);
  source->end();
  return source;
}

std::unique_ptr<RecordSource> make_file(const std::vector<std::string>& values) {
  const TemporaryDirectory folder;  // An open file outlives its name.
  std::string lines;
  for (const std::string& value : values) lines += value + "\n";
  auto source = FileSource::open({folder.write("lines", lines)}, IngestConfig{});
  EXPECT_TRUE(source) << source.error().text;
  return std::move(*source);
}

std::unique_ptr<RecordSource> make_paced(const std::vector<std::string>& values) {
  static const SystemClock clock;
  return std::make_unique<PacedSource>(
      make_fake(values), ReplayPacer(clock, 0),
      [](const Record&) { return EventTime{seconds{1'700'000'000}}; }, [](microseconds) {});
}

INSTANTIATE_TEST_SUITE_P(All, RecordSourceContract,
                         testing::Values(SourceKind{"Fake", &make_fake},
                                         SourceKind{"File", &make_file},
                                         SourceKind{"Paced", &make_paced}),
                         [](const testing::TestParamInfo<SourceKind>& test) {
                           return test.param.name;
                         });

// --- pacing: the clock stands still unless the paced source waits ---

class HandClock final : public Clock {
 public:
  EventTime now() const override { return EventTime{}; }
  SteadyTime steady_now() const override { return now_; }
  BootTime boot_now() const override { return BootTime(now_.time_since_epoch()); }
  void advance(microseconds by) { now_ += by; }

 private:
  SteadyTime now_{};
};

class PacedSourceTest : public testing::Test {
 protected:
  // Records one second of event time apart.
  std::unique_ptr<PacedSource> paced(int count, double speed) {
    auto source = std::make_unique<FakeSource>();
    for (int i = 0; i < count; ++i) source->append("x", "", EventTime{seconds{1'700'000'000 + i}});
    source->end();
    return std::make_unique<PacedSource>(
        std::move(source), ReplayPacer(clock_, speed),
        [](const Record& record) { return record.timestamp; },
        [this](microseconds wait) { clock_.advance(wait); });
  }

  // Polls until the end; returns how long the clock went.
  microseconds drain(PacedSource& source) {
    const SteadyTime begin = clock_.steady_now();
    while (!source.exhausted()) EXPECT_TRUE(source.poll(100, milliseconds{10}));
    return std::chrono::duration_cast<microseconds>(clock_.steady_now() - begin);
  }

  HandClock clock_;
};

TEST_F(PacedSourceTest, TakesTheLogsTimeAtSpeedOne) {
  EXPECT_EQ(drain(*paced(11, 1)), seconds{10});
}

TEST_F(PacedSourceTest, IsFasterAtAHigherSpeed) {
  EXPECT_EQ(drain(*paced(11, 20)), milliseconds{500});
}

TEST_F(PacedSourceTest, WaitsForNothingAtSpeedZero) {
  EXPECT_EQ(drain(*paced(11, 0)), microseconds{0});
}

TEST_F(PacedSourceTest, NeverWaitsLongerThanItsPollerDoes) {
  const auto source = paced(2, 0.001);
  ASSERT_EQ(source->poll(10, milliseconds{10})->size(), 1u);
  const SteadyTime before = clock_.steady_now();

  const auto polled = source->poll(10, milliseconds{10});

  ASSERT_TRUE(polled);
  EXPECT_TRUE(polled->empty());
  EXPECT_EQ(clock_.steady_now() - before, milliseconds{10});
}

// --- the fake's own levers ---

TEST(FakeSource, FailsOnceAllBeforeTheFailureIsDelivered) {
  FakeSource source;
  source.append("a");
  source.append("b");
  source.fail_at(Offset{1}, {ErrorCode::kUnavailable, "gone"});

  EXPECT_EQ(source.poll(10, milliseconds{0})->size(), 1u);
  EXPECT_FALSE(source.poll(10, milliseconds{0}));
}

TEST(FakeSource, LeavesGaps) {
  FakeSource source;
  source.append("a");
  source.leave_gap(3);
  EXPECT_EQ(source.append("b"), Offset{4});
  EXPECT_EQ(source.watermarks().high, Offset{5});
}

}  // namespace
}  // namespace freshet
