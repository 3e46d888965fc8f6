#include "sinks/item_codec.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(ItemCodec, RelationsAreTheRecordOfTheRelatedTopic) {
  ItemRelations relations{.id = ItemId{1}, .name = "lamp", .model_version = ModelVersion{7}};
  relations.related.push_back({.id = ItemId{2},
                               .name = "bulb",
                               .score = 0.5F,
                               .reasons = {{.source = Source::kCovisitation,
                                            .because_of_name = "lamp",
                                            .share = 1,
                                            .text = "Goes with lamp"}}});
  relations.bundle.items.push_back({.id = ItemId{3},
                                    .name = "cord",
                                    .price = 2.5,
                                    .lift = 4,
                                    .confidence = 0.25F,
                                    .support = 8,
                                    .because_of = {"lamp"}});
  EXPECT_EQ(encode_relations(relations, EventTime{std::chrono::milliseconds{1'750'000'000'000}}),
            R"({"item_id":"lamp","related":[{"item_id":"bulb","score":0.5,"reasons":[{"source":)"
            R"("covisitation","because_of":"lamp","share":1,"text":"Goes with lamp"}]}],"bundle":[)"
            R"({"item_id":"cord","price":2.5,"lift":4,"confidence":0.25,"support":8,)"
            R"("because_of":["lamp"]}],"model_version":7,"published_time":1750000000000})");
}

TEST(ItemCodec, RelationsMayLackEither) {
  EXPECT_EQ(encode_relations({.name = "lamp"}, EventTime{}),
            R"({"item_id":"lamp","related":[],"bundle":[],"model_version":0,"published_time":0})");
}

}  // namespace
}  // namespace freshet
