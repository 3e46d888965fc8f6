#include <exception>
#include <istream>
#include <sstream>
#include <utility>

#include "scoring/archive.h"
#include "scoring/knowledge.h"

namespace freshet {

std::string Knowledge::to_bytes() const {
  std::ostringstream out(std::ios::binary);
  cereal::PortableBinaryOutputArchive archive(out);
  archive(catalogue_, popularity_, cold_popularity_, covisitation_, baskets_, repeats_, actions_,
          mixture_, second_stage_, version_.value, content_);
  return std::move(out).str();
}

Status Knowledge::from_bytes(const std::string& bytes) {
  Catalogue catalogue = catalogue_;
  ContentIndex content = content_;
  Popularity popularity = popularity_;
  Covisitation covisitation = covisitation_;
  BasketPairs baskets = baskets_;
  ColdPopularity cold_popularity;
  RepeatCounts repeats;
  ActionShares actions;
  MixtureWeights mixture;
  SecondStageWeights second_stage;
  ModelVersion version{};
  try {
    BytesBuffer buffer(bytes);
    std::istream in(&buffer);
    cereal::PortableBinaryInputArchive archive(in);
    archive(catalogue, popularity, cold_popularity, covisitation, baskets, repeats, actions,
            mixture, second_stage, version.value, content);
  } catch (const std::exception& problem) {
    return error(ErrorCode::kCorrupt, std::string("read the model's image: ") + problem.what());
  }
  if (second_stage.hidden != second_stage_.hidden || popularity.levels() != popularity_.levels())
    return error(ErrorCode::kInvalidConfig,
                 "read the model's image: it was learned with another scoring.second_stage or "
                 "scoring.popularity; set them back or start with an empty model directory");
  if (!is_finite(mixture) || !is_finite(second_stage))
    return error(ErrorCode::kCorrupt, "read the model's image: a weight is not finite");
  catalogue_ = std::move(catalogue);
  content_ = std::move(content);
  if (content_.outdated()) content_.rebuild(catalogue_);
  popularity_ = std::move(popularity);
  cold_popularity_ = std::move(cold_popularity);
  covisitation_ = std::move(covisitation);
  baskets_ = std::move(baskets);
  repeats_ = std::move(repeats);
  actions_ = actions;
  mixture_ = mixture;
  second_stage_ = std::move(second_stage);
  version_ = version;
  too_new_.clear();
  set_too_new(catalogue_.by_age());
  if (network_) network_->grow(catalogue_.rows());
  return {};
}

}  // namespace freshet
