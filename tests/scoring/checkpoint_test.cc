#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "fakes/fake_network.h"
#include "scoring/learning/checkpoint_file.h"
#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

class Checkpoint : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string file() const { return directory_ + "/model.checkpoint"; }

  const std::string directory_ = testing::TempDir() + "freshet_checkpoint_" +
                                 testing::UnitTest::GetInstance()->current_test_info()->name() +
                                 std::to_string(::getpid());
};

TEST_F(Checkpoint, LoadedLearnerGoesOnExactlyWhereTheSavedOneStood) {
  const auto examples = ShopStream(3).take(2'000);
  const std::span<const TrainingExample> all(examples);
  Learner saved(ScoringConfig{}, nullptr), loaded(ScoringConfig{}, nullptr);
  saved.learn(all.first(1'000));
  const ItemUpdate update{.id = item_id_of("item-3"), .name = "item-3", .title = "A lamp"};
  saved.update_items({&update, 1});
  ASSERT_NE(saved.take_delta(), nullptr);

  ASSERT_TRUE(saved.save(directory_));
  ASSERT_TRUE(loaded.load(directory_));
  Replica replica(ScoringConfig{}, nullptr);
  ASSERT_TRUE(replica.apply(*loaded.take_delta()));
  saved.learn(all.subspan(1'000));
  loaded.learn(all);  // The first half is known by its offsets.
  ASSERT_TRUE(replica.apply(*loaded.take_delta()));

  EXPECT_EQ(loaded.figures().repeated, 1'000U);
  Recommender of_saved(ScoringConfig{}, saved.knowledge());
  const auto requests = many_requests();
  const auto expected = of_saved.rank(requests, RankEffort::kFull);
  const auto lists = replica.rank(requests);
  for (std::size_t k = 0; k < lists.size(); ++k) ASSERT_EQ(text_of(lists[k]), text_of(expected[k]));
}

TEST_F(Checkpoint, KeepsTheNetwork) {
  FakeNetwork::Levers levers;
  const NetworkFactory factory = [&levers] { return std::make_unique<FakeNetwork>(&levers); };
  Learner saved(ScoringConfig{}, factory), loaded(ScoringConfig{}, factory);
  saved.learn(ShopStream(3).take(500));
  ASSERT_NE(saved.take_delta(), nullptr);

  ASSERT_TRUE(saved.save(directory_));
  ASSERT_TRUE(loaded.load(directory_));
  Replica replica(ScoringConfig{}, factory);
  ASSERT_TRUE(replica.apply(*loaded.take_delta()));

  Recommender of_saved(ScoringConfig{}, saved.knowledge());
  const auto requests = many_requests();
  const auto expected = of_saved.rank(requests, RankEffort::kFull);
  const auto lists = replica.rank(requests);
  for (std::size_t k = 0; k < lists.size(); ++k) ASSERT_EQ(text_of(lists[k]), text_of(expected[k]));
}

TEST_F(Checkpoint, MissingCheckpointLeavesTheLearnerEmpty) {
  Learner learner(ScoringConfig{}, nullptr);

  EXPECT_TRUE(learner.load(directory_));
  EXPECT_EQ(learner.take_delta(), nullptr);
}

TEST_F(Checkpoint, DamagedFileIsRefusedWithAdvice) {
  Learner learner(ScoringConfig{}, nullptr);
  learner.learn(ShopStream(3).take(100));
  ASSERT_TRUE(learner.save(directory_));
  const auto size = std::filesystem::file_size(file());
  {
    std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(size / 2));
    bytes.put('#').put('#').put('#');
  }

  const Status loaded = Learner(ScoringConfig{}, nullptr).load(directory_);

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(loaded.error().text.find("checksum"), std::string::npos);
  EXPECT_NE(loaded.error().text.find(file()), std::string::npos);
}

TEST_F(Checkpoint, TruncatedFileIsRefused) {
  ASSERT_TRUE(write_checkpoint(directory_, "some payload"));
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 1);

  const auto payload = read_checkpoint(directory_);

  ASSERT_FALSE(payload);
  EXPECT_EQ(payload.error().code, ErrorCode::kCorrupt);
}

TEST_F(Checkpoint, AnotherConfigurationIsRefused) {
  Learner learner(ScoringConfig{}, nullptr);
  learner.learn(ShopStream(3).take(100));
  ASSERT_TRUE(learner.save(directory_));
  ScoringConfig other;
  other.second_stage.hidden = 16;

  const Status loaded = Learner(other, nullptr).load(directory_);

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidConfig);
}

}  // namespace
}  // namespace freshet
