#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scoring/learning/learner.h"
#include "scoring/network/fused_network.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

ScoringConfig small_config() {
  ScoringConfig config;
  config.network = {.enabled = true, .dim = 8, .heads = 2, .history_max = 6, .negatives = 16};
  return config;
}

NetworkFactory network_of(const ScoringConfig& config) {
  return [network = config.network] { return make_fused_network(network, 5); };
}

/// Everything that ranks, as text, for a handful of histories.
std::vector<std::string> lists_of(const Knowledge& knowledge, const ScoringConfig& config) {
  std::vector<RankRequest> requests;
  for (std::size_t item = 0; item < 60; item += 3)
    requests.push_back(request_after({ShopStream::name(item), ShopStream::name(item + 1)}));
  std::vector<std::string> texts;
  Recommender recommender(config, knowledge);
  for (const RankedList& list : recommender.rank(requests, RankEffort::kFull))
    texts.push_back(text_of(list));
  return texts;
}

class GoBack : public testing::Test {
 protected:
  /// Learns the next `count` examples and has the replica follow.
  void learn(std::size_t count) {
    learner_.learn(std::span(examples_).subspan(learned_, count));
    learned_ += count;
    follow();
  }
  void follow() {
    const auto delta = learner_.take_delta();
    ASSERT_NE(delta, nullptr);
    ASSERT_TRUE(replica_.apply(*delta));
  }

  const ScoringConfig config_ = small_config();
  const std::vector<TrainingExample> examples_ = ShopStream(3).take(900);
  Learner learner_{config_, network_of(config_)};
  Replica replica_{config_, network_of(config_)};
  std::size_t learned_ = 0;
};

TEST_F(GoBack, RanksAsItDidThen) {
  learn(200);
  const auto then = lists_of(learner_.knowledge(), config_);
  const auto files = learner_.to_files();
  ASSERT_TRUE(files);
  learn(400);
  ASSERT_NE(lists_of(learner_.knowledge(), config_), then);

  ASSERT_TRUE(learner_.go_back_to(*files, "of a test"));
  follow();

  EXPECT_EQ(lists_of(learner_.knowledge(), config_), then);
  EXPECT_EQ(lists_of(replica_.knowledge(), config_), then);
}

TEST_F(GoBack, VersionsGoOnCountingAndNoExampleComesTwice) {
  learn(200);
  const auto files = learner_.to_files();
  ASSERT_TRUE(files);
  learn(400);
  const ModelVersion before = learner_.version();

  ASSERT_TRUE(learner_.go_back_to(*files, "of a test"));
  follow();

  EXPECT_GT(learner_.version(), before);
  learner_.learn(std::span(examples_).first(600));
  EXPECT_EQ(learner_.figures().repeated, 600U);
}

TEST_F(GoBack, LearnsOnFromThereAndTheReplicaFollows) {
  learn(150);
  const auto files = learner_.to_files();
  ASSERT_TRUE(files);
  const std::size_t items_then = learner_.knowledge().catalogue().size();
  learn(500);
  ASSERT_GT(learner_.knowledge().catalogue().size(), items_then) << "items came meanwhile";

  ASSERT_TRUE(learner_.go_back_to(*files, "of a test"));
  EXPECT_EQ(learner_.knowledge().catalogue().size(), items_then);
  learn(250);  // They come again, into the same rows.

  EXPECT_GT(learner_.knowledge().catalogue().size(), items_then);
  EXPECT_EQ(lists_of(replica_.knowledge(), config_), lists_of(learner_.knowledge(), config_));
}

TEST_F(GoBack, DamagedFilesChangeNothing) {
  learn(200);
  auto files = *learner_.to_files();
  learn(200);
  const auto before = lists_of(learner_.knowledge(), config_);
  files.begin()->second.resize(files.begin()->second.size() / 2);

  const Status back = learner_.go_back_to(files, "of a test");

  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(lists_of(learner_.knowledge(), config_), before);
}

}  // namespace
}  // namespace freshet
