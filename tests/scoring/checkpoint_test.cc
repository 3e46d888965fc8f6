#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <string>

#include "fakes/fake_network.h"
#include "scoring/archive.h"
#include "scoring/learning/checkpoint_store.h"
#include "scoring/learning/learner.h"
#include "scoring/network/fused_network.h"
#include "scoring/network/safetensors.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

NetworkFactory network_of(const ScoringConfig& config) {
  return [network = config.network] { return make_fused_network(network, 5); };
}

ScoringConfig small_config() {
  ScoringConfig config;
  config.network = {.enabled = true, .dim = 8, .heads = 2, .history_max = 6, .negatives = 16};
  return config;
}

struct Damage {
  std::string name;
  std::function<void(const std::string& path)> apply;
};

/// Cuts the file to a share of its length.
Damage cut_to(double share) {
  return {"cut to " + std::to_string(share), [share](const std::string& path) {
            const auto size = static_cast<double>(std::filesystem::file_size(path));
            std::filesystem::resize_file(path, static_cast<std::uintmax_t>(share * (size - 1)));
          }};
}

/// Flips one bit at a share of the file's length.
Damage flip_at(double share) {
  return {"bit flipped at " + std::to_string(share), [share](const std::string& path) {
            const auto size = static_cast<double>(std::filesystem::file_size(path));
            std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(static_cast<std::streamoff>(share * (size - 1)));
            const int byte = file.peek();
            file.seekp(file.tellg());
            file.put(static_cast<char>(byte ^ 4));
          }};
}

std::vector<Damage> kinds_of_damage() {
  return {
      cut_to(0),    cut_to(0.5),
      cut_to(1),    flip_at(0),
      flip_at(0.3), flip_at(0.7),
      flip_at(1),   {"missing", [](const std::string& path) { std::filesystem::remove(path); }}};
}

/// Items [begin, end), which resemble each other more or less.
std::vector<ItemUpdate> lamps(int begin, int end) {
  std::vector<ItemUpdate> items;
  for (int k = begin; k < end; ++k) {
    const std::string name = "lamp-" + std::to_string(k);
    items.push_back({.id = item_id_of(name),
                     .name = name,
                     .title = "Lamp of kind " + std::to_string(k % 40) + " in colour " +
                              std::to_string(k * 7 % 11),
                     .category = {"light", std::to_string(k % 5)}});
  }
  return items;
}

std::string bytes_of(const ContentIndex& index) {
  std::ostringstream out(std::ios::binary);
  cereal::PortableBinaryOutputArchive archive(out);
  archive(index);
  return std::move(out).str();
}

class Checkpoint : public testing::Test {
 protected:
  static constexpr std::size_t kFirst = 200;

  void SetUp() override { std::filesystem::remove_all(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  /// A checkpoint after kFirst of the examples, and one after all.
  void save_twice() {
    Learner learner(config_, network_);
    learner.learn(std::span(examples_).first(kFirst));
    ASSERT_TRUE(learner.save(directory_));
    learner.learn(std::span(examples_).subspan(kFirst));
    ASSERT_TRUE(learner.save(directory_));
  }
  std::string newest() const { return checkpoints_in(directory_)->front(); }

  const ScoringConfig config_ = small_config();
  const NetworkFactory network_ = network_of(config_);
  const std::vector<TrainingExample> examples_ = ShopStream(3).take(300);
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

TEST_F(Checkpoint, ContentGoesOnExactlyAsItWas) {
  Learner saved(ScoringConfig{}, nullptr), loaded(ScoringConfig{}, nullptr);
  saved.update_items(lamps(0, 700));

  ASSERT_TRUE(saved.save(directory_));
  ASSERT_TRUE(loaded.load(directory_));
  for (Learner* learner : {&saved, &loaded})
    learner->update_items(lamps(650, 750));  // Some are known, some are new.

  EXPECT_TRUE(bytes_of(loaded.knowledge().content()) == bytes_of(saved.knowledge().content()));
}

TEST_F(Checkpoint, ContentOfAnotherConfigurationIsMadeAnew) {
  ScoringConfig changed;
  changed.content.neighbours_max = 5;
  changed.content.features_max = 20;
  Learner saved(ScoringConfig{}, nullptr), loaded(changed, nullptr);
  saved.update_items(lamps(0, 100));

  ASSERT_TRUE(saved.save(directory_));
  ASSERT_TRUE(loaded.load(directory_));

  ContentIndex anew(changed.content, 0);
  anew.rebuild(saved.knowledge().catalogue());
  std::vector<ScoredRow> expected, nearest;
  for (ItemRow row = 0; row < 100; ++row) {
    anew.neighbours(row, expected);
    loaded.knowledge().content().neighbours(row, nearest);
    ASSERT_EQ(expected.size(), 5U);
    ASSERT_EQ(nearest, expected) << row;
  }
}

TEST_F(Checkpoint, MissingCheckpointLeavesTheLearnerEmpty) {
  Learner learner(ScoringConfig{}, nullptr);

  EXPECT_TRUE(learner.load(directory_));
  EXPECT_EQ(learner.take_delta(), nullptr);
}

TEST_F(Checkpoint, IsAFolderWhoseManifestNamesItsFiles) {
  save_twice();

  const auto files = read_checkpoint(newest());

  ASSERT_TRUE(files);
  EXPECT_THAT(*files, testing::UnorderedElementsAre(testing::Key("learner.bin"),
                                                    testing::Key("knowledge.bin"),
                                                    testing::Key("network.safetensors")));
  EXPECT_TRUE(read_safetensors(files->at("network.safetensors")));
}

TEST_F(Checkpoint, KeepsTheNewestTwo) {
  save_twice();
  save_twice();

  const auto paths = *checkpoints_in(directory_);

  ASSERT_EQ(paths.size(), 2U);
  EXPECT_TRUE(paths[0].ends_with("checkpoint-000004"));
  EXPECT_TRUE(paths[1].ends_with("checkpoint-000003"));
}

TEST_F(Checkpoint, TornOrChangedFileMeansTheOneBefore) {
  for (const char* name : {"manifest", "learner.bin", "knowledge.bin", "network.safetensors"}) {
    for (const Damage& damage : kinds_of_damage()) {
      SCOPED_TRACE(std::string(name) + " " + damage.name);
      std::filesystem::remove_all(directory_);
      save_twice();
      damage.apply(newest() + "/" + name);
      Learner learner(config_, network_);

      const auto passed_over = learner.load(directory_);

      ASSERT_TRUE(passed_over) << passed_over.error().text;
      ASSERT_EQ(passed_over->size(), 1U);
      EXPECT_NE(passed_over->front().text.find(name), std::string::npos);
      EXPECT_EQ(learner.figures().examples, kFirst);
      EXPECT_TRUE(std::filesystem::exists(directory_ + "/damaged"));
      learner.learn(examples_);  // Known by its offsets up to the checkpoint before, then new.
      EXPECT_EQ(learner.figures().repeated, kFirst);
      EXPECT_EQ(learner.figures().examples, examples_.size());
    }
  }
}

TEST_F(Checkpoint, NextOneAfterADamagedOneIsTheNewestAgain) {
  save_twice();
  std::filesystem::remove(newest() + "/learner.bin");
  Learner learner(config_, network_);
  ASSERT_TRUE(learner.load(directory_));
  learner.learn(examples_);

  ASSERT_TRUE(learner.save(directory_));
  Learner again(config_, network_);
  const auto passed_over = again.load(directory_);

  ASSERT_TRUE(passed_over);
  EXPECT_TRUE(passed_over->empty());
  EXPECT_EQ(again.figures().examples, examples_.size());
}

TEST_F(Checkpoint, WeightThatIsNotFiniteMeansTheOneBefore) {
  save_twice();
  auto files = *read_checkpoint(newest());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::string& network = files.at("network.safetensors");
  std::memcpy(network.data() + network.size() - sizeof(float), &nan, sizeof(float));
  ASSERT_TRUE(write_checkpoint(directory_, files));
  Learner learner(config_, network_);

  const auto passed_over = learner.load(directory_);

  ASSERT_TRUE(passed_over);
  ASSERT_EQ(passed_over->size(), 1U);
  EXPECT_NE(passed_over->front().text.find("not finite"), std::string::npos);
  EXPECT_EQ(learner.figures().examples, examples_.size());
}

TEST_F(Checkpoint, NoneWholeIsAnErrorWithAdvice) {
  save_twice();
  const auto paths = *checkpoints_in(directory_);
  for (const std::string& path : paths) std::filesystem::resize_file(path + "/learner.bin", 100);

  const auto loaded = Learner(config_, network_).load(directory_);

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(loaded.error().text.find("learner.bin: it is cut short"), std::string::npos);
  EXPECT_NE(loaded.error().text.find("move " + directory_ + " away"), std::string::npos);
}

TEST_F(Checkpoint, WhatACrashLeftOfTheNextOneIsIgnored) {
  save_twice();
  std::filesystem::create_directories(directory_ + "/new");
  std::ofstream(directory_ + "/new/learner.bin") << "half of it";
  Learner learner(config_, network_);

  const auto passed_over = learner.load(directory_);

  ASSERT_TRUE(passed_over);
  EXPECT_TRUE(passed_over->empty());
  EXPECT_EQ(learner.figures().examples, examples_.size());
  EXPECT_TRUE(learner.save(directory_));
}

TEST_F(Checkpoint, FileOfTheFormatBeforeIsRefusedByName) {
  std::filesystem::create_directories(directory_);
  std::ofstream(directory_ + "/model.checkpoint") << "FSHETMDL";

  const auto loaded = Learner(config_, network_).load(directory_);

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(loaded.error().text.find("model.checkpoint"), std::string::npos);
}

TEST_F(Checkpoint, AnotherConfigurationIsRefusedAndNothingIsSetAside) {
  save_twice();
  ScoringConfig hidden = config_, dim = config_;
  hidden.second_stage.hidden = 16;
  dim.network.dim = 16;

  for (const ScoringConfig& other : {hidden, dim}) {
    const auto loaded = Learner(other, network_of(other)).load(directory_);

    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidConfig) << loaded.error().text;
  }
  EXPECT_EQ(checkpoints_in(directory_)->size(), 2U);
}

}  // namespace
}  // namespace freshet
