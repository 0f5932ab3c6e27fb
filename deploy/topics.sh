#!/bin/sh
# Makes vigil's topics with Kafka's own tool, for clusters on which vigil may not (topics.create = false):
#
#   deploy/topics.sh BOOTSTRAP [further arguments of kafka-topics.sh, such as --command-config admin.properties]
#
# REPLICATION and MIN_INSYNC are 3 and 2 unless set. Topics that are there already are left as they are; `vigil check
# --cluster` says whether they are as they must be. The source topics are their senders' to make.
set -eu

[ $# -ge 1 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 64; }
BOOTSTRAP=$1
shift
ARGUMENTS=$*
REPLICATION=${REPLICATION:-3}
MIN_INSYNC=${MIN_INSYNC:-2}
TOOL=${KAFKA_TOPICS:-kafka-topics.sh}

topic() { # topic NAME PARTITIONS KEY=VALUE…
    name=$1
    partitions=$2
    shift 2
    configs=
    for config in "$@"; do
        configs="$configs --config $config"
    done
    # None of these words holds a space.
    # shellcheck disable=SC2086
    "$TOOL" --bootstrap-server "$BOOTSTRAP" $ARGUMENTS --create --if-not-exists --topic "$name" \
        --partitions "$partitions" --replication-factor "$REPLICATION" $configs
}

topic vigil.records 6 cleanup.policy=delete max.message.bytes=1114112 min.insync.replicas="$MIN_INSYNC" unclean.leader.election.enable=false message.timestamp.type=CreateTime message.timestamp.after.max.ms=9223372036854775807 retention.ms=-1 retention.bytes=-1
topic vigil.alerts 6 cleanup.policy=delete max.message.bytes=1048576 min.insync.replicas="$MIN_INSYNC" unclean.leader.election.enable=false message.timestamp.type=CreateTime message.timestamp.after.max.ms=9223372036854775807 retention.ms=-1 retention.bytes=-1
topic vigil.state 6 cleanup.policy=compact max.message.bytes=1048576 min.insync.replicas="$MIN_INSYNC" unclean.leader.election.enable=false message.timestamp.type=CreateTime message.timestamp.after.max.ms=9223372036854775807 min.compaction.lag.ms=3600000 delete.retention.ms=604800000 segment.ms=3600000
topic vigil.rejects 6 cleanup.policy=delete max.message.bytes=1048576 min.insync.replicas="$MIN_INSYNC" unclean.leader.election.enable=false message.timestamp.type=CreateTime message.timestamp.after.max.ms=9223372036854775807 retention.ms=2592000000
topic vigil.audit 6 cleanup.policy=delete max.message.bytes=1048576 min.insync.replicas="$MIN_INSYNC" unclean.leader.election.enable=false message.timestamp.type=CreateTime message.timestamp.after.max.ms=9223372036854775807 retention.ms=-1 retention.bytes=-1
