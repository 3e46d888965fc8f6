#include "sinks/explanation_codec.h"

#include "sinks/json_text.h"
#include "sinks/list_json.h"

namespace freshet {
namespace {

void put(JsonWriter& writer, const char* name, const std::string& text) {
  put_key(writer, name);
  put_text(writer, text);
}

void put(JsonWriter& writer, const char* name, const std::optional<std::size_t>& rank) {
  put_key(writer, name);
  put_count(writer, rank);
}

void put(JsonWriter& writer, const char* name, const std::optional<float>& score) {
  put_key(writer, name);
  put_number(writer, score);
}

void put_experts(JsonWriter& writer, const std::vector<ExpertOpinion>& experts) {
  put_key(writer, "experts");
  writer.StartArray();
  for (const ExpertOpinion& expert : experts) {
    writer.StartObject();
    put_key(writer, "source");
    put_text(writer, to_string(expert.source));
    put(writer, "probability", std::optional(expert.probability));
    put(writer, "rank", expert.rank);
    put(writer, "share", std::optional(expert.share));
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

std::string encode_explanation(const Explanation& explanation, const std::string& title) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put(writer, "user_id", explanation.user);
  put(writer, "item_id", explanation.item);
  if (!title.empty()) put(writer, "title", title);
  put_key(writer, "in_list");
  writer.Bool(explanation.verdict == Verdict::kInList);
  put(writer, "rank", explanation.rank);
  put(writer, "score", explanation.score);
  put(writer, "score_needed", explanation.score_needed);
  put_key(writer, "verdict");
  put_text(writer, to_string(explanation.verdict));
  put_key(writer, "filter");
  put_text_or_null(writer, explanation.filter);
  put(writer, "sentence", explanation.sentence);
  put_reasons(writer, explanation.reasons);
  put_experts(writer, explanation.experts);
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
