#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "app/evaluation/evaluation.h"
#include "app/evaluation/poison_table.h"
#include "app/evaluation/protocol.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/scoring/shop_stream.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const EvaluationProgress kSilent = [](const ReplayProgress&, const std::string&) {};

/// Lines `session item` of a made-up shop.
std::string shop_lines(std::uint64_t seed, std::size_t events) {
  std::string lines;
  for (const TrainingExample& example : ShopStream(seed).take(events))
    lines += example.user + " " + example.item_name + "\n";
  return lines;
}

EvaluationOptions session_items(std::vector<std::string> paths) {
  EvaluationOptions options;
  options.paths = std::move(paths);
  options.format = RecordingFormat::kSessionItem;
  return options;
}

EvaluationReport report_of(const EvaluationOptions& options, const Config& config = {}) {
  auto report = evaluate(config, options, kSilent, {});
  EXPECT_TRUE(report) << report.error().text;
  return report ? *report : EvaluationReport{};
}

const EvaluatedQuality& row(const EvaluationReport& report, const std::string& name) {
  for (const ReportRow& row : report.rows)
    if (row.name == name) return row.figures;
  ADD_FAILURE() << "no row " << name;
  return report.rows.front().figures;
}

std::vector<std::string> rows_of(const std::string& path, RecordingFormat format) {
  auto recording = Recording::open({path}, format, Recording::for_format(format, {}));
  EXPECT_TRUE(recording) << recording.error().text;
  std::vector<std::string> rows;
  for (auto event = recording->next(); event && *event; event = recording->next())
    rows.push_back((*event)->event.user + ">" + (*event)->event.items.front().name);
  return rows;
}

TEST(Recording, UnfoldsSequencesByPlaceSinceTheOrderOfUsersIsNotTold) {
  const TemporaryDirectory folder;
  const auto path = folder.write("sequences.txt", "u1 a b c\nu2 d\nu3 e f\n");
  EXPECT_THAT(rows_of(path, RecordingFormat::kSequences),
              ElementsAre("u1>a", "u2>d", "u3>e", "u1>b", "u3>f", "u1>c"));
}

TEST(Recording, CountsRowsThatAreNoEventAndNamesTheFirst) {
  const TemporaryDirectory folder;
  const auto path = folder.write("clicks.txt", "s1 a\ns1\ns2 b\n");
  auto recording = Recording::open({path}, RecordingFormat::kSessionItem,
                                   Recording::for_format(RecordingFormat::kSessionItem, {}));
  ASSERT_TRUE(recording);
  while (*recording->next()) {
  }
  EXPECT_EQ(recording->bad_rows(), 1u);
  EXPECT_THAT(recording->first_bad_row(), HasSubstr("clicks.txt:2: "));
}

TEST(Recording, NumbersPeriodsByFile) {
  const TemporaryDirectory folder;
  auto recording = Recording::open({folder.write("0", "s a\n"), folder.write("1", "s b\n")},
                                   RecordingFormat::kSessionItem,
                                   Recording::for_format(RecordingFormat::kSessionItem, {}));
  ASSERT_TRUE(recording);
  EXPECT_EQ((**recording->next()).period, 0u);
  const RecordedEvent second = **recording->next();
  EXPECT_EQ(second.period, 1u);
  EXPECT_EQ(second.offset, Offset{1});
}

TEST(Evaluation, TakesTheTimesOfAStreamThatHasThem) {
  const TemporaryDirectory folder;
  std::string lines;
  for (int k = 0; k < 9; ++k)
    lines += R"({"type":"click","user_id":"u)" + std::to_string(k / 3) + R"(","item_id":"i)" +
             std::to_string(k % 3) + R"(","event_time":"2031-05-05T10:00:0)" + std::to_string(k) +
             "Z\"}\n";
  EvaluationOptions options;
  options.paths = {folder.write("events.jsonl", lines)};
  const auto report = report_of(options);
  EXPECT_EQ(report.events, 9u);
  EXPECT_EQ(report.cost.rows_left_out, "");
}

TEST(Evaluation, AStreamWithoutEventsIsAnErrorThatNamesTheFirstRow) {
  const TemporaryDirectory folder;
  EvaluationOptions options;
  options.paths = {folder.write("events.jsonl", "{\"type\":\"click\"}\n")};
  const auto report = evaluate({}, options, kSilent, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(report.error().text, HasSubstr("events.jsonl:1: "));
}

TEST(Evaluation, RanksEveryEventThatHasAHistoryBeforeItIsLearned) {
  const TemporaryDirectory folder;
  // Each session's first click has no history; nothing is known at the first other one.
  const auto report =
      report_of(session_items({folder.write("clicks", "s1 a\ns1 b\ns2 a\ns2 b\n")}));
  EXPECT_EQ(row(report, "live").events, 2u);
  EXPECT_DOUBLE_EQ(row(report, "live").at_20().hit_rate, 0.5);
  EXPECT_EQ(report.events, 4u);
}

TEST(Evaluation, AHistoryThatHasExpiredIsNone) {
  const TemporaryDirectory folder;
  const auto click = [](const std::string& user, const std::string& item, const char* time) {
    return R"({"type":"click","user_id":")" + user + R"(","item_id":")" + item +
           R"(","event_time":"2031-05-05T)" + time + "Z\"}\n";
  };
  std::string lines = click("idle", "a", "10:00:00");
  for (const char* user : {"u1", "u2", "u3"}) lines += click(user, "a", "12:00:00");
  lines += click("idle", "b", "12:00:01") + click("u1", "b", "12:00:02");
  EvaluationOptions options;
  options.paths = {folder.write("events.jsonl", lines)};
  EXPECT_EQ(row(report_of(options), "live").events, 2u);
  Config config;
  config.state.history_age_max = std::chrono::hours(1);
  EXPECT_EQ(row(report_of(options, config), "live").events, 1u) << "idle came anew";
}

TEST(Evaluation, TheListsOfTheReplicaAreWhatTheLearnerSays) {
  const TemporaryDirectory folder;
  const auto report = report_of(session_items({folder.write("clicks", shop_lines(5, 4'000))}));
  const RankingFigures& live = row(report, "live").at_20();
  const RankingFigures& learner = row(report, "second stage").at_20();
  EXPECT_NEAR(live.hit_rate, learner.hit_rate, 0.005);
  EXPECT_NEAR(live.mrr, learner.mrr, 0.005);
  EXPECT_GT(live.hit_rate, row(report, "popularity").at_20().hit_rate + 0.2);
}

TEST(Evaluation, ALaterModelIsWorseOnAStreamThatMovesOn) {
  const TemporaryDirectory folder;
  std::vector<std::string> paths;
  for (const char* day : {"monday", "tuesday", "wednesday"}) {
    std::string lines = shop_lines(7, 1'500);
    for (std::size_t at = 0; (at = lines.find("item-", at)) != std::string::npos; at += 9)
      lines.replace(at, 5, std::string(day).substr(0, 3) + "-");
    paths.push_back(folder.write(day, lines));
  }
  EvaluationOptions options = session_items(paths);
  options.delays = {0, 500};
  options.freeze = true;
  const auto report = report_of(options);
  const double live = row(report, "live").at_20().recall;
  const double late = row(report, "delay 500").at_20().recall;
  EXPECT_GT(live, late + 0.02);
  EXPECT_GT(late, row(report, "frozen per period").at_20().recall + 0.02);
  ASSERT_EQ(report.freshness.size(), 3u);
  EXPECT_EQ(report.freshness[1].delay, 500u);
}

TEST(Evaluation, OfAPeriodOnlyItemsSeenBeforeItCountAndNeedOneBefore) {
  const TemporaryDirectory folder;
  EvaluationOptions options = session_items(
      {folder.write("0", "s1 a\ns1 b\n"),
       // new comes first in s2, so b has no known item before it; c is new; a after b counts.
       folder.write("1", "s2 new\ns2 b\ns2 c\ns2 a\n")});
  options.protocol = Protocol::kPeriods;
  const auto report = report_of(options);
  EXPECT_EQ(row(report, "live").events, 3u);
  ASSERT_FALSE(report.periods.empty());
  EXPECT_EQ(report.periods[0].period, "mean");
  EXPECT_EQ(report.periods[0].events, 1u);
}

TEST(Evaluation, LeavesTheLastItemUnlearnedAndTheOneBeforeInTheHistoryOnly) {
  const TemporaryDirectory folder;
  std::string lines;
  for (int user = 0; user < 30; ++user) lines += "u" + std::to_string(user) + " a b c only-last\n";
  EvaluationOptions options;
  options.paths = {folder.write("sequences.txt", lines)};
  options.format = RecordingFormat::kSequences;
  options.protocol = Protocol::kLeaveOneOut;
  const auto report = report_of(options);
  EXPECT_EQ(row(report, "live").events, 30u);
  EXPECT_EQ(row(report, "live").at_20().hit_rate, 0);
  EXPECT_EQ(report.cost.items, 2u);
}

TEST(Evaluation, AblationSaysWhatAPartBrings) {
  const TemporaryDirectory folder;
  EvaluationOptions options = session_items({folder.write("clicks", shop_lines(9, 3'000))});
  options.ablate = {"second_stage"};
  const auto report = report_of(options);
  ASSERT_EQ(report.ablation.size(), 1u);
  EXPECT_NEAR(report.ablation[0].mrr_20_change,
              row(report, "mixture").at_20().mrr - row(report, "live").at_20().mrr, 0.01);
}

TEST(Evaluation, EveryNthEventRankedStillLearnsAll) {
  const TemporaryDirectory folder;
  EvaluationOptions options = session_items({folder.write("clicks", shop_lines(9, 3'000))});
  const auto all = report_of(options);
  options.every = 3;
  const auto some = report_of(options);
  EXPECT_NEAR(static_cast<double>(row(some, "live").events),
              static_cast<double>(row(all, "live").events) / 3, 100);
  EXPECT_EQ(some.cost.items, all.cost.items);
  EXPECT_NEAR(row(some, "live").at_20().recall, row(all, "live").at_20().recall, 0.05);
}

TEST(Evaluation, ItemUpdatesComeBeforeTheStream) {
  const TemporaryDirectory folder;
  EvaluationOptions options = session_items({folder.write("clicks", "s1 a\ns1 b\n")});
  options.items_path = folder.write("items.jsonl", R"({"item_id":"x","title":"Never clicked"})"
                                                   "\n");
  EXPECT_EQ(report_of(options).cost.items, 3u);
  options.items_path = folder.write("bad.jsonl", "{}\n");
  const auto report = evaluate({}, options, kSilent, {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().text, HasSubstr("bad.jsonl:1: "));
}

TEST(Evaluation, NamesWhatCanBeLeftOut) {
  EvaluationOptions options = session_items({"nothing"});
  options.ablate = {"gravity"};
  const auto report = evaluate({}, options, kSilent, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(report.error().text, HasSubstr("walk"));
}

TEST(Evaluation, SpoiledStreamIsRunOnceMoreUnspoiledAndWithoutTheGuard) {
  const TemporaryDirectory folder;
  EvaluationOptions options = session_items({folder.write("shop.txt", shop_lines(7, 6'000))});
  options.poison = {.kind = PoisonKind::kFlood, .from = 3'000, .events = 1'000};
  options.ablate = {"guard"};

  const EvaluationReport report = report_of(options);

  std::vector<std::string> lines;
  for (const QualityLine& line : report.quality_over_time) lines.push_back(line.name);
  EXPECT_THAT(lines, ElementsAre("live", "popularity", "flooded item", "not poisoned",
                                 "flooded item, not poisoned", "without guard",
                                 "flooded item, without guard"));
  // Bots are not judged.
  EXPECT_EQ(row(report, "live").events,
            row(report_of(session_items(options.paths)), "live").events);
  EXPECT_THAT(poison_table(options.poison, report), HasSubstr("whole poison"));
  EXPECT_THAT(report.guard, HasSubstr("examples capped"));
}

TEST(Poison, SpoilsWhatIsLearnedDuringItsEventsAndNothingElse) {
  const auto examples = ShopStream(7).take(300);
  Poison poison({.kind = PoisonKind::kShuffledTargets, .from = 100, .events = 100}, 7);

  const auto learned = poison.spoil(examples);

  std::size_t changed = 0;
  for (std::size_t k = 0; k < examples.size(); ++k) {
    if (k < 100 || k >= 200) {
      ASSERT_EQ(learned[k].item, examples[k].item);
    }
    changed += learned[k].item != examples[k].item ? 1 : 0;
  }
  EXPECT_GT(changed, 80U);
}

}  // namespace
}  // namespace freshet
