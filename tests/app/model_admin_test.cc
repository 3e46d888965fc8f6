#include "app/engine/model_admin.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/scoring/shop_stream.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

class ModelAdminTest : public testing::Test {
 protected:
  ModelAdminTest() {
    config_.directory = directory_.path() + "/model";
    config_.versions_max = 3;
    restart();
  }

  void restart() {
    admin_ = std::make_unique<ModelAdmin>(
        config_, learner_, [] { return std::optional(0.25); }, clock_);
  }

  /// Learns some more and gives it a version.
  ModelVersion learn() {
    learner_.learn(stream_.take(100));
    learner_.take_delta();
    return learner_.version();
  }
  ModelVersion keep() {
    const ModelVersion version = learn();
    EXPECT_TRUE(admin_->keep());
    return version;
  }
  std::vector<ModelVersion> kept() const {
    std::vector<ModelVersion> versions;
    const auto status = admin_->status();
    for (const KeptVersion& one : status->versions) versions.push_back(one.version);
    return versions;
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  LearningConfig config_;
  ShopStream stream_{5};
  Learner learner_{ScoringConfig{}, nullptr};
  std::unique_ptr<ModelAdmin> admin_;
};

TEST_F(ModelAdminTest, ListsWhatIsKeptNewestFirst) {
  const ModelVersion first = keep(), second = keep();

  const auto status = admin_->status();

  ASSERT_TRUE(status);
  ASSERT_EQ(status->versions.size(), 2U);
  EXPECT_EQ(kept(), (std::vector{second, first}));
  EXPECT_EQ(status->versions.back().learned_examples, 100U);
  EXPECT_EQ(status->versions.back().hit_rate_20, 0.25);
  EXPECT_GT(status->versions.back().bytes, 0U);
}

TEST_F(ModelAdminTest, TheOldestGoes) {
  keep();
  const ModelVersion second = keep(), third = keep(), fourth = keep();
  EXPECT_EQ(kept(), (std::vector{fourth, third, second}));
}

TEST_F(ModelAdminTest, RollsBackStepByStep) {
  const ModelVersion first = keep(), second = keep();
  const std::size_t items = learner_.knowledge().catalogue().size();
  learn();

  ASSERT_TRUE(admin_->roll_back());
  EXPECT_EQ(learner_.knowledge().catalogue().size(), items) << "the second version's";
  learn();
  ASSERT_TRUE(admin_->roll_back()) << "goes to the first: " << first.value;
  const auto further = admin_->roll_back();

  ASSERT_FALSE(further);
  EXPECT_EQ(further.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(admin_->promote(second)) << "and forward again";
}

TEST_F(ModelAdminTest, AVersionThatIsNotKeptIsAnErrorWithAdvice) {
  keep();
  const auto promoted = admin_->promote(ModelVersion{4711});
  ASSERT_FALSE(promoted);
  EXPECT_EQ(promoted.error().code, ErrorCode::kNotFound);
  EXPECT_NE(promoted.error().text.find("model list"), std::string::npos);
}

TEST_F(ModelAdminTest, StaysFrozenOverARestart) {
  ASSERT_TRUE(admin_->freeze(true));
  restart();
  EXPECT_TRUE(admin_->frozen());
  ASSERT_TRUE(admin_->freeze(false));
  restart();
  EXPECT_FALSE(admin_->frozen());
}

TEST_F(ModelAdminTest, KeepsAVersionWhenItIsDue) {
  config_.version_interval = 1h;
  restart();
  learn();
  ASSERT_TRUE(admin_->keep_when_due());
  EXPECT_TRUE(kept().empty());
  clock_.advance(2h);
  ASSERT_TRUE(admin_->keep_when_due());
  ASSERT_TRUE(admin_->keep_when_due());
  EXPECT_EQ(kept().size(), 1U);
}

TEST_F(ModelAdminTest, WithoutADirectoryNothingIsKept) {
  config_.directory = "";
  restart();
  EXPECT_TRUE(admin_->status());
  EXPECT_EQ(admin_->keep().error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(admin_->freeze(true)) << "until the restart";
}

}  // namespace
}  // namespace freshet
