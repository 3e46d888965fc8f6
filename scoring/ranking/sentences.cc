#include "scoring/ranking/sentences.h"

#include <algorithm>
#include <array>

namespace freshet {
namespace {

using Translations = std::array<std::string_view, kLanguageCount>;

/// By Phrase, in its order; each English, German, Chinese.
constexpr std::array<Translations, kPhraseCount> kTemplates{{
    {"Popular with many users now", "Gerade bei vielen beliebt", "目前很多用户都在关注"},
    {"Popular now with users of {context}", "Gerade beliebt bei Besuchern mit {context}",
     "目前受 {context} 用户欢迎"},
    {"Users who had {because} went on to this", "Wer {because} ansah, kam danach hierher",
     "看过 {because} 的用户接着看了它"},
    {"Users who had {because} went on to this {times} times",
     "Wer {because} ansah, kam danach {times}-mal hierher",
     "看过 {because} 的用户有 {times} 次接着看了它"},
    {"A few steps from {because}", "Wenige Schritte von {because}", "与 {because} 仅几步之遥"},
    {"Fits what you did lately, above all {because}",
     "Passt zu Ihren letzten Schritten, vor allem zu {because}",
     "符合您最近的行为，尤其是 {because}"},
    {"You were at it before", "Sie waren schon einmal hier", "您之前看过它"},
    {"You bought it before and it may be due again",
     "Sie haben es schon gekauft und brauchen es vielleicht wieder", "您之前买过它，可能又需要了"},
    {"Similar to {because}", "Ähnlich wie {because}", "与 {because} 相似"},
    {"New", "Neu", "新品"},
    {"Goes with {because}", "Passt zu {because}", "与 {because} 相配"},
    {"what you did last", "das Letzte, was Sie taten", "您最近的行为"},
    {"{item} stands at place {rank}. Strongest reason, {percent} % of it: {reason}.",
     "{item} steht auf Platz {rank}. Stärkster Grund, {percent} % davon: {reason}.",
     "{item} 排在第 {rank} 位。最主要的原因（占 {percent}%）：{reason}。"},
    {"{item} would stand at place {rank} with a score of {score}; the list ends at {needed}. "
     "Strongest reason, {percent} % of it: {reason}.",
     "{item} stünde mit {score} Punkten auf Platz {rank}; die Liste endet bei {needed}. "
     "Stärkster Grund, {percent} % davon: {reason}.",
     "{item} 的得分为 {score}，排在第 {rank} 位；列表末位得分为 {needed}。"
     "最主要的原因（占 {percent}%）：{reason}。"},
    {"No source names {item} for this user.", "Keine Quelle nennt {item} für diesen Nutzer.",
     "没有任何来源为该用户推荐 {item}。"},
    {"{item} is left out since it is not available.",
     "{item} bleibt draußen, weil es nicht lieferbar ist.", "{item} 未列出，因为暂无供应。"},
    {"{item} is left out since the user disliked it.",
     "{item} bleibt draußen, weil der Nutzer es abgelehnt hat.",
     "{item} 未列出，因为用户不喜欢它。"},
    {"{item} is left out since the user bought it.",
     "{item} bleibt draußen, weil der Nutzer es gekauft hat.", "{item} 未列出，因为用户已经购买。"},
    {"{item} is left out since the user saw it in this session.",
     "{item} bleibt draußen, weil der Nutzer es in dieser Sitzung gesehen hat.",
     "{item} 未列出，因为用户在本次会话中看过它。"},
    {"{item} is left out: {filter}.", "{item} bleibt draußen: {filter}.",
     "{item} 未列出：{filter}。"},
    {"No item is known as {item}.", "Unter {item} ist nichts bekannt.", "没有名为 {item} 的商品。"},
}};

}  // namespace

Language language_of(std::string_view name) {
  if (name == "de") return Language::kGerman;
  return name == "zh" ? Language::kChinese : Language::kEnglish;
}

std::string_view template_of(Phrase phrase, Language language) {
  return kTemplates[static_cast<std::size_t>(phrase)][static_cast<std::size_t>(language)];
}

/// One pass over the template alone, so that nothing is looked for in what was put in.
std::string sentence(Phrase phrase, Language language, std::initializer_list<Placeholder> values) {
  std::string_view rest = template_of(phrase, language);
  std::size_t size = rest.size();
  for (const Placeholder& value : values) size += value.value.size();
  std::string text;
  text.reserve(size);
  for (;;) {
    const std::size_t open = rest.find('{');
    text += rest.substr(0, open);
    if (open == std::string_view::npos) return text;
    const std::size_t close = rest.find('}', open);
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    const auto* value = std::find_if(values.begin(), values.end(),
                                     [name](const Placeholder& p) { return p.name == name; });
    if (value != values.end()) text += value->value;
    rest.remove_prefix(close + 1);
  }
}

}  // namespace freshet
