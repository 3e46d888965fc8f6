#include "app/commands/dead_letter_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "ingest/event_decoder.h"
#include "ingest/time_reader.h"
#include "sinks/kafka_producer.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectWait = 10s;
constexpr auto kFlushWait = 60s;
constexpr auto kDeliveryTimeout = 30s;

std::string place_text(const std::string& topic, SourcePosition place) {
  return topic + "/" + format_source(place);
}

/// Why the letter must not go; empty = it may.
std::string objection(const StoredDeadLetter& letter, const StoredDeadLetter* stored,
                      const DeadLetterReplayRules& rules) {
  if (stored == nullptr && !rules.again) {
    return "the dead letter is no longer in its topic, so nobody knows whether it was replayed: "
           "--again sends it all the same";
  }
  if (stored != nullptr && stored->replayed_time && !rules.again)
    return "replayed on " + to_rfc3339(*stored->replayed_time) + ": --again sends it once more";
  if (letter.cut) {
    return "only its beginning was kept: list it with --json, put the whole record under value, "
           "and remove cut";
  }
  if (letter.reason == to_string(BadRecordReason::kPoison) && !rules.poison)
    return "it killed the process three times: once that is mended, name --reason poison";
  return "";
}

/// What the fold will make of an event; refused when it would become a dead letter again.
void judge_event(DeadLetterReplay& replay, EventDecoder& decoder, EventTime now) {
  const StoredDeadLetter& letter = replay.letter;
  const Record record{.partition = letter.source.partition,
                      .offset = letter.source.offset,
                      .timestamp = now,
                      .key = letter.key,
                      .value = letter.value,
                      .source = {}};
  const auto event = decoder.decode(record);
  if (!event) {
    replay.refused = true;
    replay.outcome =
        fmt::format("still {}: {}", to_string(event.error().reason), event.error().text);
    return;
  }
  if (!event->has_value()) {
    replay.refused = true;
    replay.outcome = "ignored, by ingest.mapping.types: it would change nothing";
    return;
  }
  const Event& read = **event;
  replay.outcome =
      fmt::format("{} of {} on {}{}", to_string(read.action), read.user, read.items.front().name,
                  read.event_id == 0 ? ", counts again if sent again (no event id)" : "");
  if (letter.key != read.user && replay.partition)
    replay.outcome += ", under the key \"" + letter.key + "\", which is not its user";
}

class Planner {
 public:
  Planner(const Config& config, const std::vector<StoredDeadLetter>& stored,
          const DeadLetterReplayRules& rules, EventTime now)
      : config_(config), stored_(stored), rules_(rules), now_(now), decoder_(config.ingest) {}

  DeadLetterReplay plan(StoredDeadLetter mended) {
    const auto same = std::find_if(stored_.begin(), stored_.end(), [&](const auto& letter) {
      return letter.place == mended.place;
    });
    const StoredDeadLetter* stored = same == stored_.end() ? nullptr : &*same;
    DeadLetterReplay replay{std::move(mended), {}, {}, {}, false};
    replay.topic = replay.letter.topic;
    if (stored == nullptr || stored->key == replay.letter.key)
      replay.partition = replay.letter.source.partition;
    const bool is_event = replay.letter.topic == config_.ingest.kafka.events_topic;
    if (is_event && !config_.ingest.rekey.from_topic.empty()) {
      // Nobody but the rekeying writes to the events topic; it finds the key anew.
      replay.topic = config_.ingest.rekey.from_topic;
      replay.partition.reset();
    }
    replay.outcome = objection(replay.letter, stored, rules_);
    if (replay.outcome.empty() && !seen_.insert(format_source(replay.letter.place)).second)
      replay.outcome = "named twice: it is sent once";
    replay.refused = !replay.outcome.empty();
    if (replay.refused) return replay;
    if (is_event) {
      judge_event(replay, decoder_, now_);
    } else {
      replay.outcome = "as it is, unchecked";
    }
    return replay;
  }

 private:
  const Config& config_;
  const std::vector<StoredDeadLetter>& stored_;
  const DeadLetterReplayRules& rules_;
  const EventTime now_;
  EventDecoder decoder_;
  std::set<std::string> seen_;
};

Result<std::unique_ptr<KafkaProducer>> open_producer(
    const std::string& brokers, const std::map<std::string, std::string>& properties) {
  return KafkaProducer::create({.brokers = brokers,
                                .delivery_timeout = kDeliveryTimeout,
                                .linger = 5ms,
                                .in_flight_max = 10'000,
                                .properties = properties,
                                .transactional_id = {}});
}

Status note(KafkaProducer& producer, const std::string& topic,
            const std::vector<DeadLetterReplay>& plan) {
  for (const DeadLetterReplay& replay : plan) {
    if (replay.refused) continue;
    const std::string offset = std::to_string(replay.letter.place.offset.value);
    const OutgoingRecord::Header header{kReplayedHeader, offset};
    FRESHET_RETURN_IF_ERROR(producer.send({.topic = topic,
                                           .key = replay.letter.key,
                                           .value = std::nullopt,
                                           .headers = {&header, 1},
                                           .timestamp = {},
                                           .partition = replay.letter.place.partition},
                                          {}));
  }
  FRESHET_RETURN_IF_ERROR(producer.flush(kFlushWait));
  if (producer.failed_total() == 0) return {};
  return error(ErrorCode::kUnavailable,
               fmt::format("{} took {} of the notes that letters are replayed: nothing was sent; "
                           "`freshet dead-letters list` shows which are noted, --again sends them",
                           topic, producer.delivered_total()));
}

Status send_one(KafkaProducer& producer, const std::string& dead_letters_topic,
                const DeadLetterReplay& replay) {
  const StoredDeadLetter& letter = replay.letter;
  const std::string from = place_text(letter.topic, letter.source);
  const std::string place = place_text(dead_letters_topic, letter.place);
  const std::array headers{OutgoingRecord::Header{kReplayedFromHeader, from},
                           OutgoingRecord::Header{kDeadLetterHeader, place}};
  return producer.send({.topic = replay.topic,
                        .key = letter.key,
                        .value = letter.value,
                        .headers = headers,
                        .timestamp = {},
                        .partition = replay.partition},
                       {});
}

}  // namespace

std::vector<DeadLetterReplay> plan_replay(const Config& config,
                                          std::vector<StoredDeadLetter> mended,
                                          const std::vector<StoredDeadLetter>& stored,
                                          const DeadLetterReplayRules& rules, EventTime now) {
  Planner planner(config, stored, rules, now);
  std::vector<DeadLetterReplay> plan;
  for (StoredDeadLetter& letter : mended) plan.push_back(planner.plan(std::move(letter)));
  return plan;
}

Result<std::size_t> send_replay(const Config& config, const std::vector<DeadLetterReplay>& plan) {
  const std::string& letters_topic = config.sinks.kafka.dead_letters_topic;
  auto notes = open_producer(config.sinks.kafka.brokers, config.sinks.kafka.properties);
  if (!notes) return tl::unexpected(std::move(notes).error());
  auto records = open_producer(config.ingest.kafka.brokers, config.ingest.kafka.properties);
  if (!records) return tl::unexpected(std::move(records).error());
  std::set<std::string> topics;
  for (const DeadLetterReplay& replay : plan)
    if (!replay.refused) topics.insert(replay.topic);
  for (const std::string& topic : topics)
    FRESHET_RETURN_IF_ERROR((*records)->check_topic(topic, kConnectWait));
  FRESHET_RETURN_IF_ERROR((*notes)->check_topic(letters_topic, kConnectWait));

  FRESHET_RETURN_IF_ERROR(note(**notes, letters_topic, plan));
  Status sent;
  for (const DeadLetterReplay& replay : plan)
    if (sent && !replay.refused) sent = send_one(**records, letters_topic, replay);
  if (sent) sent = (*records)->flush(kFlushWait);
  const std::size_t delivered = (*records)->delivered_total();
  if (sent && (*records)->failed_total() == 0) return delivered;
  return error(
      ErrorCode::kUnavailable,
      fmt::format("{} records were acknowledged, the others perhaps not{}; all of them are "
                  "noted as replayed: look what became of them, then send with --again",
                  delivered, sent ? "" : " (" + sent.error().text + ")"));
}

}  // namespace freshet
