#include "scoring/content/vocabulary.h"

#include <algorithm>
#include <fstream>

namespace freshet {
namespace {

tl::unexpected<Error> unusable(const std::string& path, const std::string& why) {
  return error(ErrorCode::kInvalidConfig,
               "scoring.content.encoder.vocabulary: " + path + " " + why);
}

bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace

Result<Vocabulary> Vocabulary::read(const std::string& path) {
  std::ifstream file(path);
  if (!file) return unusable(path, "cannot be read: check the path");
  Vocabulary vocabulary;
  std::string token;
  while (std::getline(file, token)) {
    if (token.ends_with('\r')) token.pop_back();
    const auto id = static_cast<std::int64_t>(vocabulary.ids_.size());
    if (vocabulary.size() == kTokensMax) return unusable(path, "has more than a million tokens");
    if (!vocabulary.ids_.emplace(token, id).second)
      return unusable(path, "has \"" + token + "\" twice: an id belongs to one line");
  }
  if (vocabulary.size() == 0) return unusable(path, "has no token: write one a line");
  return vocabulary;
}

std::optional<std::int64_t> Vocabulary::find(const std::string& token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::int64_t> Vocabulary::ids_of(std::string_view text, std::size_t tokens_max) const {
  const std::string lower = lower_case(text);
  const auto first = find("[CLS]"), last = find("[SEP]");
  std::vector<std::int64_t> ids;
  if (first) ids.push_back(*first);
  const std::size_t before = ids.size();
  const std::size_t room = tokens_max - std::min<std::size_t>(tokens_max, last ? 1 : 0);
  for (std::size_t at = 0; at < lower.size() && ids.size() < room;) {
    std::size_t end = at;
    while (end < lower.size() && in_word(lower[end])) ++end;
    if (end > at) add_word(std::string_view(lower).substr(at, end - at), ids);
    at = std::max(end, at + 1);
  }
  if (ids.size() == before) return {};
  if (ids.size() > room) ids.resize(room);
  if (last) ids.push_back(*last);
  return ids;
}

void Vocabulary::add_word(std::string_view word, std::vector<std::int64_t>& ids) const {
  const std::size_t before = ids.size();
  std::size_t at = 0;
  while (at < word.size() && word.size() <= kWordBytesMax) {
    std::size_t length = word.size() - at;
    std::optional<std::int64_t> id;
    for (; length > 0; --length) {
      const std::string piece(word.substr(at, length));
      if ((id = find(at == 0 ? piece : "##" + piece))) break;
    }
    if (!id) break;
    ids.push_back(*id);
    at += length;
  }
  if (at == word.size()) return;
  ids.resize(before);
  if (const auto unknown = find("[UNK]")) ids.push_back(*unknown);
}

}  // namespace freshet
