#!/usr/bin/env bash
# The fold beside Kafka Streams 3.9: the same JSON events, the same history of 50 per user, on the same broker and the same
# core, which the broker shares; by turns.
#
#   bench/kafka_streams.sh [EVENTS] [USERS] [ROUNDS] [CORE]
#
# Events per second from the first fifth of the events to the end, so that neither start-up nor the compiling of Java counts.
# Needs a JDK and Maven, and the release preset's bench programs (BUILD names another build folder).
set -euo pipefail
cd "$(dirname "$0")/.."
events=${1:-500000} users=${2:-200000} rounds=${3:-3} core=${4:-1}
build=${BUILD:-build/release}
here=bench/kafka_streams home=build/kafka-streams
for program in javac mvn kcat taskset; do
  command -v $program >/dev/null || { echo "skipped: no $program here"; exit 0; }
done
tests/kafka/fetch-jars.sh
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$scratch"' EXIT

if [ ! -e "$home/HistoryFold.class" ] || [ $here/HistoryFold.java -nt "$home/HistoryFold.class" ]; then
  mkdir -p "$home"
  mvn -q -B -f $here/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$PWD/$home/lib"
  javac -cp "$home/lib/*" -d "$home" $here/HistoryFold.java
fi

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
brokers=127.0.0.1:$port
echo auto.create.topics.enable=true >"$scratch/broker.properties"  # Of one partition each.
KAFKA_PROPERTIES=$scratch/broker.properties taskset -c "$core" tests/kafka/broker.sh run "$scratch/kafka" "$port:$(free_port)" >"$scratch/broker.log" 2>&1 &
until kcat -b "$brokers" -L -m 1 >/dev/null 2>&1; do sleep 0.2; done

python3 - "$events" "$users" >"$scratch/events" <<'END'
import random, sys
events, users = int(sys.argv[1]), int(sys.argv[2])
random.seed(1)
for n in range(events):
    user, time = f"user-{random.randrange(users)}", 1_700_000_000_000 + n * 10
    print(f'{user}|{{"event_id":"e{n}","type":"click","user_id":"{user}","item_id":"i{random.randrange(50_000)}",'
          f'"event_time":{time},"context":{{"device":"phone","country":"DE","page":"home"}}}}')
END
kcat -b "$brokers" -t events -P -K '|' -l "$scratch/events"
echo "$events events of $users users, $(stat -c %s "$scratch/events") bytes"

streams() { # NAME GUARANTEE CACHED
  taskset -c "$core" java -Xms1g -Xmx1g -cp "$home:$home/lib/*" -Dlog4j.configuration="file:bench/kafka_streams/log4j.properties" \
    HistoryFold "$brokers" events "lists-$1" "$scratch/$1" "$events" "$2" "$3"
  rm -rf "${scratch:?}/$1"
}
freshet() { # NAME
  taskset -c "$core" "$build/bench/fold_from_kafka" --brokers "$brokers" --events-topic events --lists-topic "lists-$1" \
    --directory "$scratch/$1" --events "$events" 2>>"$scratch/warnings"
  rm -rf "${scratch:?}/$1"
}

for round in $(seq "$rounds"); do
  echo "freshet $(freshet "freshet-$round")"
  echo "exactly_once_v2 $(streams "eos-$round" exactly_once_v2 false)"
  echo "exactly_once_v2,cache $(streams "cache-$round" exactly_once_v2 true)"
  echo "at_least_once $(streams "once-$round" at_least_once false)"
done | tee "$scratch/rates"
python3 - "$scratch/rates" <<'END'
import collections, statistics, sys
rates = collections.defaultdict(list)
for line in open(sys.argv[1]):
    name, rate = line.split()
    rates[name].append(float(rate))
ours = statistics.median(rates["freshet"])
for name, all in rates.items():
    print(f"{name:<24} {statistics.median(all):>10,.0f} events/s   freshet is {ours / statistics.median(all):.2f}x")
END
