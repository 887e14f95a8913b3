package dev.greenroom.registry.redis;

import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.KeptPlaces;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.BrowsersTaken;
import dev.greenroom.registry.WorkerRecord.EffectiveLimit;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionLabels;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Reads the replies of the scripts. Values that foreign workers or operators wrote are checked here; an
/// invalid record is skipped.
final class ScriptReplies {
    private static final int WORKER_FIELDS = 17;
    private static final int WORKERS_HEADER = 5;
    private static final int SESSION_FIELDS = 10;
    private static final long FIRST_MILLIS = 100_000_000_000L;

    private ScriptReplies() {}

    /// One reply of `workers.lua`.
    ///
    /// @param next the cursor of the next page; `0` after the last one
    record WorkerPage(String next, List<WorkerRecord> workers) {}

    static int number(List<Object> reply) {
        return Math.toIntExact((Long) reply.getFirst());
    }

    static String word(List<Object> reply, int index) {
        return String.valueOf(reply.get(index));
    }

    /// A reply within a reply.
    static List<Object> list(List<Object> reply, int index) {
        if (reply.get(index) instanceof List<?> inner) {
            return List.copyOf(inner);
        }
        throw new IllegalStateException("a script answered " + reply);
    }

    static HeartbeatReply heartbeat(List<Object> reply) {
        return switch (word(reply, 0)) {
            case "continue" -> new HeartbeatReply.Continue(standing(reply));
            case "recycle" -> new HeartbeatReply.Recycle(standing(reply));
            case "shutdown" -> new HeartbeatReply.Shutdown(standing(reply));
            case "duplicate" -> new HeartbeatReply.Duplicate();
            default -> throw new IllegalStateException("heartbeat.lua answered " + reply);
        };
    }

    private static HeartbeatReply.Standing standing(List<Object> reply) {
        return new HeartbeatReply.Standing(number(reply, 1), number(reply, 2), number(reply, 3), number(reply, 4));
    }

    static int number(List<Object> reply, int index) {
        return Math.toIntExact((Long) reply.get(index));
    }

    static QueueEntry enrollment(List<Object> reply) {
        return word(reply, 0).equals("full")
                ? new QueueEntry.Full(number(reply, 1))
                : new QueueEntry.Waiting(number(reply, 1));
    }

    /// The reply of `keep.lua`.
    static KeptPlaces keptPlaces(List<Object> reply) {
        var lost = new ArrayList<SessionId>();
        var onTurn = new ArrayList<SessionId>();
        var firstOnTurn = 2 + number(reply, 1);
        IntStream.range(2, reply.size())
                .forEach(at -> SessionId.of(word(reply, at)).ifPresent((at < firstOnTurn ? lost : onTurn)::add));
        return new KeptPlaces(number(reply, 0) == 1, lost, onTurn);
    }

    /// The replies of `renew.lua`, one for each batch.
    static LeaseRenewal renewal(List<List<Object>> replies) {
        List<SessionId> restored = new ArrayList<>();
        List<SessionId> toEnd = new ArrayList<>();
        for (var reply : replies) {
            var lastRestored = number(reply);
            IntStream.range(1, reply.size())
                    .forEach(at ->
                            SessionId.of(word(reply, at)).ifPresent((at <= lastRestored ? restored : toEnd)::add));
        }
        return new LeaseRenewal(restored, toEnd);
    }

    /// The reply of `sessions.lua`.
    static SessionList.SessionPage sessions(List<Object> reply) {
        var fields = reply.stream().map(String::valueOf).toList();
        var sessions = IntStream.range(0, fields.size() / SESSION_FIELDS)
                .map(n -> (n * SESSION_FIELDS) + 1)
                .mapToObj(at -> session(fields.subList(at, at + SESSION_FIELDS)))
                .flatMap(Optional::stream)
                .toList();
        return new SessionList.SessionPage(sessions, SessionId.of(fields.getFirst()));
    }

    private static Optional<LiveSession> session(List<String> fields) {
        return SessionId.of(fields.get(0))
                .flatMap(session -> WorkerId.of(fields.get(1))
                        .map(worker -> new LiveSession(
                                session,
                                worker,
                                fields.get(2),
                                new LiveSession.Client(
                                        PlaywrightVersion.of(fields.get(3)),
                                        fields.get(4),
                                        fields.get(5),
                                        ClientProtocol.of(fields.get(7)).orElse(ClientProtocol.PLAYWRIGHT),
                                        labels(fields.get(8), fields.get(9))),
                                millis(fields.get(6)))));
    }

    /// What somebody else wrote there and breaks the rules counts as missing.
    private static SessionLabels labels(String name, String labels) {
        try {
            return SessionLabels.of(name, labels);
        } catch (IllegalArgumentException _) {
            return SessionLabels.NONE;
        }
    }

    private static Optional<Duration> millis(String text) {
        return text.matches("\\d{1,15}") ? Optional.of(Duration.ofMillis(Long.parseLong(text))) : Optional.empty();
    }

    static WorkerPage workers(List<Object> reply) {
        List<WorkerRecord> workers = new ArrayList<>();
        var fields = reply.stream().map(String::valueOf).toList();
        var slots = limit(fields.get(1), fields.get(2));
        var lifetime = limit(fields.get(3), fields.get(4));
        for (var at = WORKERS_HEADER; at + WORKER_FIELDS <= fields.size(); at += WORKER_FIELDS) {
            worker(fields.subList(at, at + WORKER_FIELDS), slots, lifetime).ifPresent(workers::add);
        }
        return new WorkerPage(fields.getFirst(), workers);
    }

    private static SessionLimit limit(String value, String explicit) {
        return new SessionLimit(Integer.parseInt(value), explicit.equals("1"));
    }

    private static Optional<WorkerRecord> worker(
            List<String> fields, SessionLimit gridSlots, SessionLimit gridLifetime) {
        var active = Integer.parseInt(fields.get(6));
        var slots = EffectiveLimit.of(own(fields.get(8)), gridSlots);
        var occupied = Integer.parseInt(fields.get(13));
        var replaced = fields.get(14).equals("1");
        return WorkerId.of(fields.get(0))
                .flatMap(worker -> WorkerEndpoint.of(fields.get(1))
                        .map(endpoint -> new WorkerRecord(
                                worker,
                                endpoint,
                                WorkerStatus.of(fields.get(2)).orElse(WorkerStatus.DRAINING),
                                instant(fields.get(3)),
                                instant(fields.get(4)),
                                SupportedVersions.of(fields.get(5)).orElseGet(SupportedVersions.Any::new),
                                active,
                                Integer.parseInt(fields.get(7)),
                                replaced ? active : Math.max(0, slots.value() - occupied),
                                slots,
                                EffectiveLimit.of(own(fields.get(12)), gridLifetime),
                                occupied,
                                Integer.parseInt(fields.get(15)),
                                BrowsersTaken.of(fields.get(16)),
                                seconds(fields.get(11)),
                                fields.get(9).equals("1"),
                                fields.get(10))));
    }

    /// The limit that a worker set itself; empty for 0.
    private static OptionalInt own(String text) {
        var number = Integer.parseInt(text);
        return number > 0 ? OptionalInt.of(number) : OptionalInt.empty();
    }

    private static Duration seconds(String text) {
        return text.matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(text)) : Duration.ZERO;
    }

    /// Reads seconds, milliseconds or ISO 8601, since the documents do not say which of them a worker writes;
    /// the epoch for anything else.
    private static Instant instant(String text) {
        try {
            if (text.matches("\\d{1,15}")) {
                var number = Long.parseLong(text);
                return number < FIRST_MILLIS ? Instant.ofEpochSecond(number) : Instant.ofEpochMilli(number);
            }
            return Instant.parse(text);
        } catch (DateTimeException _) {
            return Instant.EPOCH;
        }
    }
}
