#include "scoring/content/torch_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include <cmath>

#include "fakes/temporary_directory.h"
#include "ingest/event.h"
#include "scoring/learning/learner.h"
#include "scoring/replica.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kWords = "[PAD]\nsofa\ncouch\nlamp\npoison\nmine\n";

/// Sum of the words' vectors; a sofa and a couch are alike, a poison has no number, a mine
/// explodes.
constexpr const char* kTextModule = R"(
def forward(self, ids, mask):
    assert not bool((ids == 5).any()), "a mine"
    return (self.table[ids] * mask.unsqueeze(-1)).sum(1)
)";

ItemUpdate item(const std::string& name, const std::string& title) {
  return {.id = item_id_of(name), .name = name, .title = title};
}

class TorchEncoderTest : public testing::Test {
 protected:
  void SetUp() override {
    config_ = {.file = directory_.path() + "/module.ts",
               .input = "text",
               .vocabulary = directory_.write("vocabulary.txt", kWords),
               .tokens_max = 8,
               .dim = 3};
    const float nan = std::numeric_limits<float>::quiet_NaN();
    write_module(kTextModule, torch::tensor({{9.F, 9.F, 9.F},
                                             {3.F, 4.F, 0.F},
                                             {3.F, 4.F, 0.1F},
                                             {0.F, 0.F, 2.F},
                                             {nan, 0.F, 0.F},
                                             {0.F, 0.F, 0.F}}));
  }

  void write_module(const std::string& code, const torch::Tensor& table) {
    torch::jit::Module module("encoder");
    module.register_buffer("table", table);
    module.define(code);
    module.save(config_.file);
  }

  std::unique_ptr<ItemEncoder> open(std::size_t embedding_dim = 0) {
    auto encoder = open_torch_encoder(config_, embedding_dim);
    EXPECT_TRUE(encoder) << encoder.error().text;
    return encoder ? std::move(*encoder) : nullptr;
  }

  std::string problem(std::size_t embedding_dim = 0) {
    const auto encoder = open_torch_encoder(config_, embedding_dim);
    if (encoder) return "";
    EXPECT_EQ(encoder.error().code, ErrorCode::kInvalidConfig);
    return encoder.error().text;
  }

  const TemporaryDirectory directory_;
  EncoderConfig config_;
};

TEST_F(TorchEncoderTest, GivesTheModulesVectorOfTheTextAtUnitLength) {
  const auto encoder = open();
  const std::vector<ItemUpdate> items{item("a", "Sofa"), item("b", "lamp, lamp!"),
                                      item("c", "unheard of"), item("d", "")};

  const auto vectors = encoder->encode(items);

  const auto near = [](float value) { return FloatNear(value, 1e-6F); };
  EXPECT_THAT(vectors[0], ElementsAre(near(.6F), near(.8F), near(0)));
  EXPECT_THAT(vectors[1], ElementsAre(near(0), near(0), near(1)));
  EXPECT_THAT(vectors[2], IsEmpty());  // None of its words is in the vocabulary.
  EXPECT_THAT(vectors[3], IsEmpty());
  EXPECT_EQ(encoder->failures(), 0U);
}

TEST_F(TorchEncoderTest, ReadsCategoryBrandAndTagsToo) {
  ItemUpdate all = item("a", "");
  all.category = {"sofa"};
  all.brand = "lamp";
  all.tags = {"couch"};

  EXPECT_EQ(open()->encode({&all, 1}).at(0),
            open()->encode(std::vector{item("b", "sofa lamp couch")}).at(0));
}

TEST_F(TorchEncoderTest, BatchesEqualOneByOne) {
  const auto encoder = open();
  std::vector<ItemUpdate> items;
  for (std::size_t k = 0; k < 150; ++k)
    items.push_back(item(std::to_string(k), k % 3 == 0   ? "sofa"
                                            : k % 3 == 1 ? "lamp couch lamp"
                                                         : ""));

  const auto together = encoder->encode(items);

  for (std::size_t k = 0; k < items.size(); ++k)
    EXPECT_EQ(together[k], encoder->encode({&items[k], 1}).at(0)) << k;
}

TEST_F(TorchEncoderTest, ItemThatFailsCostsTheOthersNothing) {
  const auto encoder = open();
  const std::vector<ItemUpdate> items{item("good", "sofa"), item("nan", "poison lamp"),
                                      item("throws", "mine"), item("last", "lamp")};

  const auto vectors = encoder->encode(items);

  EXPECT_EQ(vectors[0].size(), 3U);
  EXPECT_THAT(vectors[1], IsEmpty());
  EXPECT_THAT(vectors[2], IsEmpty());
  EXPECT_EQ(vectors[3].size(), 3U);
  EXPECT_EQ(encoder->failures(), 2U);
  EXPECT_THAT(encoder->newest_failure(), HasSubstr("throws"));
}

TEST_F(TorchEncoderTest, TakesTheItemsOwnEmbedding) {
  config_.input = "embedding";
  config_.vocabulary.clear();
  write_module("def forward(self, x):\n    return x.matmul(self.table)\n",
               torch::tensor({{1.F, 0.F, 0.F}, {0.F, 0.F, 2.F}}));
  const auto encoder = open(2);
  ItemUpdate described = item("a", "sofa"), other = item("b", "sofa");
  described.embedding = {3, 2};

  EXPECT_THAT(encoder->encode({&described, 1}).at(0),
              ElementsAre(FloatNear(.6F, 1e-6F), 0, FloatNear(.8F, 1e-6F)));
  EXPECT_THAT(encoder->encode({&other, 1}).at(0), IsEmpty());
}

TEST_F(TorchEncoderTest, WhatCannotBeUsedIsAnErrorAtTheStart) {
  config_.dim = 4;
  EXPECT_THAT(problem(), HasSubstr("shape [2, 3] where [2, 4] is expected"));
  config_.dim = 3;
  write_module("def forward(self, ids, mask):\n    return self.table\n", torch::zeros({2, 3, 1}));
  EXPECT_THAT(problem(), HasSubstr("shape [2, 3, 1]"));
  write_module("def forward(self, ids, mask):\n    return 3\n", torch::zeros({1}));
  EXPECT_THAT(problem(), HasSubstr("no tensor"));
  write_module("def forward(self, ids):\n    return self.table\n", torch::zeros({2, 3}));
  EXPECT_THAT(problem(), HasSubstr(config_.file + " cannot be loaded or run"));
  directory_.write("module.ts", "no module");
  EXPECT_THAT(problem(), HasSubstr("scoring.content.encoder.file"));
  config_.file += ".missing";
  EXPECT_THAT(problem(), HasSubstr("module.ts.missing"));
  config_.vocabulary += ".missing";
  EXPECT_THAT(problem(), HasSubstr("scoring.content.encoder.vocabulary"));
}

TEST_F(TorchEncoderTest, LearnerJoinsItToTheContentAndReplicaNeedsNoEncoder) {
  ScoringConfig config;
  config.content.encoder = config_;
  Learner learner(config, nullptr);
  Replica replica(config, nullptr);
  learner.encode_with(open());
  const std::vector<ItemUpdate> items{item("a", "sofa"), item("b", "couch"), item("c", "lamp"),
                                      item("bad", "mine")};

  learner.update_items(items);
  ASSERT_TRUE(replica.apply(*learner.take_delta()));

  std::vector<ScoredRow> nearest;
  for (const Knowledge* knowledge : {&learner.knowledge(), &replica.knowledge()}) {
    const Catalogue& catalogue = knowledge->catalogue();
    knowledge->content().neighbours(catalogue.find(items[0].id), nearest);
    ASSERT_FALSE(nearest.empty());
    EXPECT_EQ(catalogue.item(nearest[0].row).name, "b");
    EXPECT_NEAR(nearest[0].score, config.content.embedding_share, 0.01);  // The text's part is 0.
    EXPECT_EQ(catalogue.size(), 4U);
  }
  EXPECT_TRUE(replica.knowledge().to_bytes() == learner.knowledge().to_bytes());
  EXPECT_EQ(learner.figures().encoder_failures, 1U);
}

}  // namespace
}  // namespace freshet
